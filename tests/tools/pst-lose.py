#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy a PST and lose something of it, as programs and disks do:

    pst-lose.py header IN OUT        the first 1024 bytes are zeros
    pst-lose.py delete IN OUT NID... a new tree of nodes without them, behind
                                     the old one, which stays ([MS-PST] 2.2.2.7.7)
    pst-lose.py forget IN OUT NID... the same, and nothing of the old tree
    pst-lose.py tail IN OUT          cut off before the first page of a tree
    pst-lose.py trees IN OUT         all pages of both trees are zeros
    pst-lose.py zeros IN OUT FROM N  N bytes from FROM on are zeros
    pst-lose.py attachment IN OUT NID props|data
                                     of the first attachment of message NID,
                                     the block of its properties or its data
    pst-lose.py nids IN              print the messages' node ids and those
                                     of their folders' contents tables
"""

import struct
import sys
import zlib


class Pst:
    def __init__(self, path):
        with open(path, 'rb') as f:
            self.d = bytearray(f.read())
        version = struct.unpack_from('<H', self.d, 10)[0]
        self.wide = version >= 20
        self.big = version == 36
        self.page = 4096 if self.big else 512
        self.trailer = 24 if self.big else 16 if self.wide else 12
        self.meta = 4056 if self.big else 488 if self.wide else 496
        self.id = 8 if self.wide else 4
        self.root = 216 if self.wide else 184

    def u(self, at):
        return int.from_bytes(self.d[at:at + self.id], 'little')

    def head(self, at):
        m = at + self.meta
        if self.big:
            n, _, width, level = struct.unpack_from('<HHBB', self.d, m)
            return n, width, level
        return self.d[m], self.d[m + 2], self.d[m + 3]

    def pages(self, at):
        """The places of a tree's pages."""
        n, width, level = self.head(at)
        yield at
        for i in range(n if level else 0):
            yield from self.pages(self.u(at + i * width + 2 * self.id))

    def tree_pages(self):
        """Every page of a tree, of whatever age."""
        for at in range(0, len(self.d) - self.page + 1, self.page):
            t = at + self.page - self.trailer
            if self.d[t] in (0x80, 0x81) and self.d[t + 1] == self.d[t]:
                bid = self.u(t + (8 if self.wide else 4))
                x = (at ^ bid) & 0xffffffff
                # a trailer may outlive its page, with blocks before it
                crc = ~zlib.crc32(bytes(self.d[at:t]), 0xffffffff) & 0xffffffff
                if struct.unpack_from('<H', self.d, t + 2)[0] == \
                        (x >> 16 ^ x) & 0xffff and crc == \
                        struct.unpack_from('<I', self.d,
                                           t + (4 if self.wide else 8))[0]:
                    yield at, self.d[t], bid

    def nodes(self):
        for at in self.pages(self.u(self.root + self.id)):
            n, width, level = self.head(at)
            for i in range(0 if level else n):
                e = at + i * width
                yield (struct.unpack_from('<I', self.d, e)[0],
                       struct.unpack_from('<I', self.d, e + 3 * self.id)[0])

    def put_page(self, data, kind, bid):
        """Append a page; where it is."""
        while len(self.d) % self.page:
            self.d += b'\0'
        at = len(self.d)
        crc = ~zlib.crc32(bytes(data), 0xffffffff) & 0xffffffff
        x = (at ^ bid) & 0xffffffff
        t = struct.pack('<BBH', kind, kind, (x >> 16 ^ x) & 0xffff)
        if self.wide:
            t += struct.pack('<IQ', crc, bid) + bytes(self.trailer - 16)
        else:
            t += struct.pack('<II', bid, crc)
        self.d += data + t
        return at

    def without(self, at, lost, bid):
        """Copies of the page at 'at' and what is below, without 'lost':
        (place, number, next number)"""
        n, width, level = self.head(at)
        entries = []
        for i in range(n):
            e = self.d[at + i * width:at + (i + 1) * width]
            if level:
                where, number, bid = self.without(
                    int.from_bytes(e[2 * self.id:3 * self.id], 'little'),
                    lost, bid)
                e[self.id:3 * self.id] = number.to_bytes(
                    self.id, 'little') + where.to_bytes(self.id, 'little')
            elif struct.unpack_from('<I', e)[0] in lost:
                continue
            entries.append(e)
        data = bytearray(self.d[at:at + self.page - self.trailer])
        data[:self.meta] = b''.join(entries).ljust(self.meta, b'\0')
        if self.big:
            struct.pack_into('<H', data, self.meta, len(entries))
        else:
            data[self.meta] = len(entries)
        return self.put_page(data, 0x81, bid), bid, bid + 4

    def delete(self, lost):
        up = [p for n, p in self.nodes() if n in lost and n & 0x1f == 4]
        for folder in set(up):
            self.count_less(folder, up.count(folder))
        bid = max(b for _, _, b in self.tree_pages()) + 4
        where, number, _ = self.without(self.u(self.root + self.id), lost, bid)
        self.d[self.root:self.root + 2 * self.id] = number.to_bytes(
            self.id, 'little') + where.to_bytes(self.id, 'little')
        size_at = self.root - (32 if self.wide else 16)
        self.d[size_at:size_at + self.id] = len(self.d).to_bytes(
            self.id, 'little')
        self.seal()

    def find(self, root, key):
        """A leaf's entry in the tree at 'root', or None."""
        for at in self.pages(self.u(root + self.id)):
            n, width, level = self.head(at)
            for i in range(0 if level else n):
                e = at + i * width
                if self.u(e) & ~1 == key & ~1:
                    return e
        return None

    def place(self, bid):
        """Where a block is, and its size."""
        e = self.find(self.root + 2 * self.id, bid)
        return (self.u(e + self.id),
                struct.unpack_from('<H', self.d, e + 2 * self.id)[0])

    def subnode(self, bid, kind):
        """Data and subnodes of the first subnode of a type."""
        at, _ = self.place(bid)
        n = struct.unpack_from('<H', self.d, at + 2)[0]
        head = 8 if self.wide else 4
        for e in range(at + head, at + head + n * 3 * self.id, 3 * self.id):
            if self.u(e) & 0x1f == kind:
                return self.u(e + self.id), self.u(e + 2 * self.id)
        return 0, 0

    def spoil(self, nid, what):
        e = self.find(self.root, nid)
        data, sub = self.subnode(self.u(e + 2 * self.id), 5)
        if what == 'data':
            data, _ = self.subnode(sub, 0x1f)
        at, n = self.place(data)
        self.d[at:at + n] = bytes(n)

    def count_less(self, folder, n):
        """A folder's number of items, where it is not encoded."""
        e = self.find(self.root, folder)
        e = e and self.find(self.root + 2 * self.id, self.u(e + self.id))
        if not e:
            return
        at = self.u(e + self.id)
        size = struct.unpack_from('<H', self.d, e + 2 * self.id)[0]
        rec = self.d.find(b'\x02\x36\x03\x00', at, at + size)
        if rec < 0:
            return
        old = struct.unpack_from('<I', self.d, rec + 4)[0]
        struct.pack_into('<I', self.d, rec + 4, old - n)
        end = at + (size + self.trailer + 63) // 64 * 64 - self.trailer
        struct.pack_into('<I', self.d, end + (4 if self.wide else 8),
                         ~zlib.crc32(bytes(self.d[at:at + size]),
                                     0xffffffff) & 0xffffffff)

    def seal(self):
        """The header's checksums."""
        def crc(a, b):
            return ~zlib.crc32(bytes(self.d[a:b]), 0xffffffff) & 0xffffffff
        struct.pack_into('<I', self.d, 4, crc(8, 8 + 471))
        if self.wide:
            struct.pack_into('<I', self.d, 524, crc(8, 8 + 516))


def main():
    what, pst = sys.argv[1], Pst(sys.argv[2])
    if what == 'nids':
        print('\n'.join(f'{n:#x} {(up & ~0x1f) | 0xe:#x}'
                        for n, up in pst.nodes() if n & 0x1f == 4))
        return
    if what == 'header':
        pst.d[:1024] = bytes(1024)
    elif what in ('delete', 'forget'):
        old = [at for at, kind, _ in pst.tree_pages() if kind == 0x81]
        pst.delete({int(n, 16) for n in sys.argv[4:]})
        for at in old if what == 'forget' else []:
            pst.d[at:at + pst.page] = bytes(pst.page)
    elif what == 'tail':
        del pst.d[min(at for at, _, _ in pst.tree_pages()):]
    elif what == 'trees':
        for at, _, _ in list(pst.tree_pages()):
            pst.d[at:at + pst.page] = bytes(pst.page)
    elif what == 'attachment':
        pst.spoil(int(sys.argv[4], 16), sys.argv[5])
    elif what == 'zeros':
        at, n = int(sys.argv[4]), int(sys.argv[5])
        pst.d[at:at + n] = bytes(n)
    with open(sys.argv[3], 'wb') as f:
        f.write(pst.d)


main()

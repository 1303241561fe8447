#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the nodes and blocks of a small Unicode PST again in another form of
[MS-PST], so that each form has files that are known to the byte:

    pst-recast.py [-d DAMAGE] ansi|unicode|4k none|permute|cyclic IN OUT

IN is not encoded (mkpst with ENCODE=0), and no heap of it has two blocks.
4k: pages of 4096 bytes and blocks that zlib compressed, as OSTs have since
Outlook 2013.  DAMAGE, structures that refer wrongly:
    cycle    the tree of nodes has a page that leads back to the root
    crossed  two messages have each other's blocks of subnodes
    loop     a list of subnodes is its own subnodes' list
    loose    a message's node is gone, its folder still names it
"""

import os
import re
import struct
import sys
import zlib


def crc(data):
    return ~zlib.crc32(data, 0xffffffff) & 0xffffffff


def sig(ib, bid):
    x = (ib ^ bid) & 0xffffffff
    return (x >> 16 ^ x) & 0xffff


def crypt_table(name):
    """One of [MS-PST] 5's, as the project has it."""
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, '../../formats/pst/crypt.c')) as f:
        text = f.read()
    table = re.search(name + r'\[256\] = \{(.*?)\}', text, re.S).group(1)
    return bytes(int(n) for n in re.findall(r'\d+', table))


R, S, BACK = (crypt_table('table_' + c) for c in 'rsi')


def u64(d, at):
    return struct.unpack_from('<Q', d, at)[0]


def read(path):
    """Nodes and blocks of a Unicode PST."""
    with open(path, 'rb') as f:
        d = f.read()

    def tree(ib):
        n, width, level = d[ib + 488], d[ib + 490], d[ib + 491]
        for e in range(ib, ib + n * width, width):
            if level:
                yield from tree(u64(d, e + 16))
            else:
                yield e
    nodes = [(u64(d, e) & 0xffffffff, u64(d, e + 8), u64(d, e + 16),
              u64(d, e + 24) & 0xffffffff) for e in tree(u64(d, 224))]
    blocks = {}
    for e in tree(u64(d, 240)):
        ib, n = u64(d, e + 8), struct.unpack_from('<H', d, e + 16)[0]
        blocks[u64(d, e) & ~1] = d[ib:ib + n]
    return nodes, blocks


def narrow(bid, data, n):
    """An internal block with ids of 'n' bytes."""
    if not bid & 2 or n == 8:
        return data
    kind, level, count = data[0], data[1], struct.unpack_from('<H', data, 2)[0]
    per = 1 if kind == 1 else 2 if level else 3
    words = struct.unpack_from('<%dQ' % (per * count), data, 8)
    head = data[:8] if kind == 1 else data[:4]
    return head + struct.pack('<%dI' % len(words),
                              *(w & 0xffffffff for w in words))


class Writer:
    def __init__(self, form, crypt):
        self.form, self.crypt = form, crypt
        self.id = 4 if form == 'ansi' else 8
        self.page = 4096 if form == '4k' else 512
        self.trailer = {'ansi': 12, 'unicode': 16, '4k': 24}[form]
        self.align = 512 if form == '4k' else 64
        self.d = bytearray(0x4600)
        self.number = 0x400000  # of pages

    def word(self, v):
        return v.to_bytes(self.id, 'little')

    def tail(self, first, ib, bid, data, more=b''):
        if self.form == 'ansi':
            return first + struct.pack('<HII', sig(ib, bid), bid, crc(data))
        return (first + struct.pack('<HIQ', sig(ib, bid), crc(data), bid) +
                more.ljust(self.trailer - 16, b'\0'))

    def block(self, bid, data):
        """Its entry in the tree of blocks."""
        size = len(data)
        if not bid & 2 and self.crypt == 'permute':
            data = bytes(R[c] for c in data)
        elif not bid & 2 and self.crypt == 'cyclic':
            data = cyclic(data, bid)
        if self.form == '4k' and not bid & 2:
            packed = zlib.compress(data)
            data = packed if len(packed) < size else data
        ib = len(self.d)
        whole = (len(data) + self.trailer + self.align - 1) \
            // self.align * self.align
        self.d += data.ljust(whole - self.trailer, b'\0')
        more = struct.pack('<HH', 2, size) if self.form == '4k' else b''
        self.d += self.tail(struct.pack('<H', len(data)), ib, bid, data, more)
        counts = (struct.pack('<HHHH', len(data), size, 2, 0)
                  if self.form == '4k' else
                  struct.pack('<HHI', len(data), 2, 0)[:2 * self.id - 4]
                  if self.form == 'ansi' else
                  struct.pack('<HHI', len(data), 2, 0))
        return self.word(bid) + self.word(ib) + counts

    def put_page(self, entries, width, kind, level):
        """Where a page is, and its number."""
        meta = self.page - self.trailer - (16 if self.form == '4k' else
                                           8 if self.id == 8 else 4)
        while len(self.d) % self.page:
            self.d += b'\0'
        ib, self.number = len(self.d), self.number + 4
        p = b''.join(entries).ljust(meta, b'\0')
        if self.form == '4k':
            p += struct.pack('<HHBBH', len(entries), meta // width, width,
                             level, 0) + bytes(8)
        else:
            p += struct.pack('<BBBB', len(entries), meta // width, width,
                             level) + bytes(self.id - 4)
        self.d += p + self.tail(bytes([kind, kind]), ib, self.number, p)
        return ib, self.number

    def tree(self, entries, kind, cycle=False):
        """Its root's place and number."""
        meta = self.page - self.trailer - (16 if self.form == '4k' else
                                           8 if self.id == 8 else 4)
        level = 0
        while True:
            width = len(entries[0])
            per = meta // width - 1
            up = []
            for i in range(0, len(entries), per):
                some = entries[i:i + per]
                ib, bid = self.put_page(some, width, kind, level)
                up.append(some[0][:self.id] + self.word(bid) + self.word(ib))
            if len(up) == 1 and not (cycle and level == 0):
                return ib, bid
            entries, level = up, level + 1
            if cycle:  # the next page at the same level as its parent
                there = len(self.d) + -len(self.d) % self.page
                entries.append(self.word(0xfffffff0) +
                               self.word(self.number + 4) + self.word(there))
                cycle = False

    def end(self, nodes, blocks, path, cycle):
        nbt = self.tree(nodes, 0x81, cycle)
        bbt = self.tree(blocks, 0x80)
        wide = self.id == 8
        h = bytearray(b'!BDN' + bytes(4) + (b'SO' if self.form == '4k' else
                                            b'SM'))
        h += struct.pack('<HHBB', {'ansi': 15, 'unicode': 23, '4k': 36}
                         [self.form], 19, 1, 1)
        h = h.ljust(184 if wide else 168, b'\0')
        h += self.word(len(self.d)) + bytes(3 * self.id)
        for ib, bid in (nbt, bbt):
            h += self.word(bid) + self.word(ib)
        h = h.ljust(512 if wide else 460, b'\0')
        h += bytes([0x80, ['none', 'permute', 'cyclic'].index(self.crypt)])
        h = h.ljust(564, b'\0')
        struct.pack_into('<I', h, 4, crc(bytes(h[8:479])))
        if wide:
            struct.pack_into('<I', h, 524, crc(bytes(h[8:524])))
        self.d[:len(h)] = h
        with open(path, 'wb') as f:
            f.write(self.d)


def cyclic(data, bid):
    """[MS-PST] 5.2, its own inverse: three turns of the permutation."""
    w = (bid ^ bid >> 16) & 0xffff
    out = bytearray()
    for c in data:
        c = R[(c + w) & 0xff]
        c = S[(c + (w >> 8)) & 0xff]
        c = BACK[(c - (w >> 8)) & 0xff]
        out.append((c - w) & 0xff)
        w = (w + 1) & 0xffff
    return bytes(out)


def main():
    args = sys.argv[1:]
    damage = ''
    if args[0] == '-d':
        damage, args = args[1], args[2:]
    w = Writer(args[0], args[1])
    nodes, blocks = read(args[2])
    messages = [i for i, n in enumerate(nodes) if n[0] & 0x1f == 4]
    if damage == 'crossed':
        i, j = messages[:2]
        (a, b, c, d), (e, f, g, h) = nodes[i], nodes[j]
        nodes[i], nodes[j] = (a, b, g, d), (e, f, c, h)
    elif damage == 'loop':
        sub = nodes[messages[0]][2]
        b = bytearray(blocks[sub & ~1])
        struct.pack_into('<Q', b, 8 + 16, sub)
        blocks[sub & ~1] = bytes(b)
    elif damage == 'loose':
        del nodes[messages[0]]
    entries = [w.block(bid, narrow(bid, data, w.id))
               for bid, data in sorted(blocks.items())]
    leaves = [w.word(nid) + w.word(data) + w.word(sub) +
              struct.pack('<I', parent) + bytes(w.id - 4)
              for nid, data, sub, parent in nodes]
    w.end(leaves, entries, args[3], damage == 'cycle')


main()

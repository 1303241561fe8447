#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A big PST, for measuring: mkpst.py MESSAGES FOLDERS [ATTACHMENT_BYTES] FILE

Unicode, permute encoding, B-trees of as many levels as it takes, contents
tables with all their rows; each message has a subject, a body and headers,
the first one an attachment of the size given.  Streams: memory is some bytes
a message.  From [MS-PST]; readpst and pffexport read it, too."""

import struct
import sys
import zlib

R = None  # mpbbR, taken from the project's own table


def permute_table():
    import os
    import re
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, '../../formats/pst/crypt.c')) as f:
        text = f.read()
    table = re.search(r'table_r\[256\] = \{(.*?)\}', text, re.S).group(1)
    return bytes(int(n) for n in re.findall(r'\d+', table))


def crc(data):
    return ~zlib.crc32(data, 0xffffffff) & 0xffffffff


def sig(ib, bid):
    x = (ib ^ bid) & 0xffffffff
    return (x >> 16 ^ x) & 0xffff


def utf16(s):
    return s.encode('utf-16-le')


class Writer:
    def __init__(self, f):
        self.f = f
        self.at = 0x800
        self.next_bid = 4
        self.blocks, self.nodes = [], []
        f.seek(self.at)

    def block(self, data, internal=False):
        bid = self.next_bid
        self.next_bid += 4
        if internal:
            bid |= 2
        else:
            data = data.translate(R)
        assert len(data) <= 8176
        whole = (len(data) + 16 + 63) // 64 * 64
        trailer = struct.pack('<HHIQ', len(data), sig(self.at, bid),
                              crc(data), bid)
        self.f.write(data + bytes(whole - 16 - len(data)) + trailer)
        self.blocks.append((bid, self.at, len(data)))
        self.at += whole
        return bid

    def listing(self, level, bids, total):
        return self.block(struct.pack('<BBHI', 1, level, len(bids), total) +
                          struct.pack(f'<{len(bids)}Q', *bids), True)

    def tree(self, blocks, total):
        """A data tree over blocks that come one by one."""
        bids = list(blocks)
        if len(bids) == 1:
            return bids[0]
        groups = [bids[i:i + 1021] for i in range(0, len(bids), 1021)]
        if len(groups) == 1:
            return self.listing(1, bids, total)
        lists = [self.listing(1, g, min(total, len(g) * 8176))
                 for g in groups]
        return self.listing(2, lists, total)

    def data(self, data):
        return self.tree((self.block(data[i:i + 8176])
                          for i in range(0, max(len(data), 1), 8176)),
                         len(data))

    def subnodes(self, entries):
        return self.block(struct.pack('<BBHI', 2, 0, len(entries), 0) +
                          b''.join(struct.pack('<QQQ', *e)
                                   for e in sorted(entries)), True)

    def node(self, nid, data, sub=0, parent=0):
        self.nodes.append((nid, data, sub, parent))

    def page(self, entries, width, kind, level):
        bid = self.next_bid
        self.next_bid += 4
        self.at = (self.at + 511) // 512 * 512
        body = b''.join(entries).ljust(488, b'\0')
        body += struct.pack('<BBBBI', len(entries), 488 // width, width,
                            level, 0)
        self.f.seek(self.at)
        self.f.write(body + struct.pack('<BBHIQ', kind, kind,
                                        sig(self.at, bid), crc(body), bid))
        self.at += 512
        return bid, self.at - 512

    def pages(self, leaves, width, kind):
        """leaves: (key, bytes) in order; returns the root."""
        level, per = 0, 488 // width
        while True:
            refs = []
            for i in range(0, len(leaves), per):
                part = leaves[i:i + per]
                bid, ib = self.page([e for _, e in part], width, kind, level)
                refs.append((part[0][0],
                             struct.pack('<QQQ', part[0][0], bid, ib)))
            if len(refs) == 1:
                return bid, ib
            leaves, width, per, level = refs, 24, 20, level + 1

    def end(self):
        nodes = self.pages([(n[0], struct.pack('<QQQII', *n, 0))
                            for n in sorted(self.nodes)], 32, 0x81)
        blocks = self.pages([(b, struct.pack('<QQHHI', b, ib, n, 2, 0))
                             for b, ib, n in sorted(self.blocks)], 24, 0x80)
        size = self.at
        head = struct.pack('<2sHHBBIIQQI', b'SM', 23, 19, 1, 1, 0, 0, 0,
                           self.next_bid, 1).ljust(176 - 4, b'\0')
        head += struct.pack('<IQQQQQQQQBBH', 0, size, 0, 0, 0, *nodes,
                            *blocks, 2, 0, 0)
        head = head.ljust(504, b'\0') + struct.pack('<BBHQ', 0x80, 1, 0,
                                                    self.next_bid)
        full = crc(head[:516])
        self.f.seek(0)
        self.f.write(b'!BDN' + struct.pack('<I', crc(head[:471])) + head +
                     struct.pack('<I', full))
        self.f.truncate(size)


class Heap:
    """A heap on a node; allocations go into as many blocks as it takes."""

    def __init__(self, kind):
        self.kind, self.blocks, self.now, self.used = kind, [], [], 12

    def add(self, data):
        if self.used + len(data) + 2 * len(self.now) + 8 > 8176:
            self.blocks.append(self.now)
            self.now = []
            self.used = 66 if len(self.blocks) % 128 == 8 else 2
        self.now.append(data)
        self.used += len(data)
        return len(self.blocks) << 16 | len(self.now) << 5

    def bytes(self, root):
        out = []
        for i, items in enumerate(self.blocks + [self.now]):
            if i == 0:
                head = struct.pack('<HBBII', 0, 0xec, self.kind, root, 0)
            else:
                head = bytes(66 if i % 128 == 8 else 2)
            body, at = head, []
            for item in items:
                at.append(len(body))
                body += item
            at.append(len(body))
            body = struct.pack('<H', len(body)) + body[2:]
            out.append(body + struct.pack('<HH', len(items), 0) +
                       struct.pack(f'<{len(at)}H', *at))
        return out

    def write(self, w, root):
        blocks = self.bytes(root)
        # all blocks of a data tree but the last are full
        full = []
        for i, b in enumerate(blocks):
            full.append(b if i + 1 == len(blocks) else b.ljust(8176, b'\0'))
        return w.tree((w.block(b) for b in full), sum(map(len, full)))


def bth(heap, records, key, entry):
    """A tree in a heap; records are sorted bytes."""
    per, level = 3500 // (key + entry), 0
    rows = [(r[:key], r) for r in records]
    root = 0
    while rows:
        up = []
        for i in range(0, len(rows), per):
            part = rows[i:i + per]
            hid = heap.add(b''.join(r for _, r in part))
            up.append((part[0][0], part[0][0] + struct.pack('<I', hid)))
        if len(up) == 1:
            root = hid
            break
        rows, per, level = up, 3500 // (key + 4), level + 1
    return struct.pack('<BBBBI', 0xb5, key, entry, level, root)


def props(w, values, sub=None):
    heap = Heap(0xbc)
    top = heap.add(bytes(8))
    records, subnodes = [], list(sub or [])
    for tag in sorted(values):
        kind, v = values[tag]
        if kind in (3, 0xb):
            ref = v
        elif kind == 0xd:
            ref = heap.add(v)
        elif len(v) <= 3580:
            ref = heap.add(v) if v else 0
        else:
            ref = (0x100 + tag) << 5 | 0x1f
            subnodes.append((ref, w.data(v), 0))
        records.append(struct.pack('<HHI', tag, kind, ref))
    head = bth(heap, records, 2, 6)
    (heap.blocks[0] if heap.blocks else heap.now)[0] = head
    data = heap.write(w, top)
    return data, w.subnodes(subnodes) if subnodes else 0


def table(w, columns, rows):
    """columns: tag, type, width; rows: id, {tag: bytes or number}."""
    heap = Heap(0x7c)
    top, at, cols = None, 8, []
    for i, (tag, kind, width) in enumerate(columns):
        cols.append((tag, kind, at if i > 1 else 4 * i, width, i))
        at += width if i > 1 else 0
    size = at + (len(columns) + 7) // 8
    info = heap.add(bytes(22 + 8 * len(cols)))
    index_at = heap.add(bytes(8))
    matrix, index, per = [], [], 8176 // size
    for n, (rid, cells) in enumerate(rows):
        row = bytearray(size)
        for tag, kind, cat, width, bit in cols:
            v = cells.get(tag, rid if tag == 0x67f2 else 1)
            if isinstance(v, bytes):
                v = heap.add(v)
            struct.pack_into('<I', row, cat, v)
            row[at + bit // 8] |= 0x80 >> bit % 8
        matrix.append(bytes(row))
        index.append(struct.pack('<II', rid, n))
    blocks = [b''.join(matrix[i:i + per]) for i in range(0, len(matrix), per)]
    for i in range(len(blocks) - 1):
        blocks[i] = blocks[i].ljust(8176, b'\0')
    head = bth(heap, sorted(index, key=lambda r: struct.unpack('<II', r)),
               4, 4)
    ref, sub = 0, 0
    if blocks:
        ref = 0x1f | 0x8000
        sub = w.subnodes([(ref, w.tree((w.block(b) for b in blocks),
                                       sum(map(len, blocks))), 0)])
    first = heap.blocks[0] if heap.blocks else heap.now
    first[1] = head
    first[0] = struct.pack('<BB4HIII', 0x7c, len(cols), at, at, at, size,
                           index_at, ref, 0) + b''.join(
        struct.pack('<HHHBB', kind, tag, cat, width, bit)
        for tag, kind, cat, width, bit in sorted(
            cols, key=lambda c: c[0] << 16 | c[1]))
    return heap.write(w, info), sub


CONTENTS = [(0x67f2, 3, 4), (0x67f3, 3, 4), (0x0037, 0x1f, 4),
            (0x001a, 0x1f, 4), (0x0e07, 3, 4)]
HIERARCHY = [(0x67f2, 3, 4), (0x67f3, 3, 4), (0x3001, 0x1f, 4),
             (0x3602, 3, 4)]


def folder(w, nid, parent, name, children, messages):
    data, sub = props(w, {0x3001: (0x1f, utf16(name)),
                          0x3602: (3, len(messages)),
                          0x360a: (0xb, bool(children))})
    w.node(nid, data, sub, parent)
    rows = [(n, {0x3001: utf16(t), 0x3602: 0}) for n, t in children]
    w.node(nid & ~31 | 0xd, *table(w, HIERARCHY, rows), nid)
    rows = ((n, {0x0037: utf16(s), 0x001a: utf16('IPM.Note'), 0x0e07: 1})
            for n, s in messages)
    w.node(nid & ~31 | 0xe, *table(w, CONTENTS, rows), nid)


def message(w, nid, parent, i, attachment):
    subject = f'message {i}'
    when = (1500000000 + i * 60 + 11644473600) * 10**7
    values = {
        0x001a: (0x1f, utf16('IPM.Note')), 0x0037: (0x1f, utf16(subject)),
        0x0e06: (0x40, struct.pack('<Q', when)), 0x0e07: (3, 1),
        0x0c1f: (0x1f, utf16(f'user{i % 97}@example.org')),
        0x0c1e: (0x1f, utf16('SMTP')), 0x0c1a: (0x1f, utf16('A User')),
        0x1000: (0x1f, utf16(f'This is message {i}.\r\n' * 12)),
        0x007d: (0x1f, utf16(
            f'From: A User <user{i % 97}@example.org>\r\n'
            f'To: you@example.com\r\nSubject: {subject}\r\n'
            f'Message-ID: <{i}.made@example.org>\r\n'
            'Date: Fri, 14 Jul 2017 02:40:00 +0000\r\n\r\n')),
    }
    subs = []
    if attachment:
        def blocks():
            left = attachment
            while left > 0:
                n = min(left, 8176)
                yield w.block(bytes(n))
                left -= n
        bid = w.tree(blocks(), attachment)
        # the data stand in a subnode of the attachment
        heap = Heap(0xbc)
        top = heap.add(bytes(8))
        name = heap.add(utf16('big.bin'))
        records = [struct.pack('<HHI', 0x3701, 0x102, 0x803f),
                   struct.pack('<HHI', 0x3705, 3, 1),
                   struct.pack('<HHI', 0x3707, 0x1f, name)]
        heap.now[0] = bth(heap, records, 2, 6)
        subs.append((0x8025, heap.write(w, top),
                     w.subnodes([(0x803f, bid, 0)])))
    w.node(nid, *props(w, values, subs), parent)
    return nid, subject


def main():
    global R
    R = permute_table()
    n, k = int(sys.argv[1]), int(sys.argv[2])
    attachment = int(sys.argv[3]) if len(sys.argv) > 4 else 0
    with open(sys.argv[-1], 'wb') as f:
        w = Writer(f)
        key = b'0123456789abcdef'
        entry = bytes(4) + key
        w.node(0x21, *props(w, {
            0x0ff9: (0x102, key),
            0x35e0: (0x102, entry + struct.pack('<I', 0x8022)),
            0x35e3: (0x102, entry + struct.pack('<I', 0x8042))}))
        w.node(0x61, *props(w, {2: (0x102, key), 3: (0x102, bytes(8)),
                                4: (0x102, bytes(4))}))
        names = [(0x8062 + 32 * i, f'Folder {i}') for i in range(k)]
        folder(w, 0x122, 0x122, '', [(0x8022, 'Top'), ], [])
        folder(w, 0x8022, 0x122, 'Top', [(0x8042, 'Deleted Items')] + names,
               [])
        folder(w, 0x8042, 0x8022, 'Deleted Items', [], [])
        for i, (nid, name) in enumerate(names):
            made = [message(w, 0x200004 + 32 * m, nid, m,
                            attachment if m == 0 else 0)
                    for m in range(i, n, k)]
            folder(w, nid, 0x8022, name, [], made)
        w.end()


main()

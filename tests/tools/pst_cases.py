#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write PST files for tests, one CASE each, from [MS-PST] (section numbers in
comments).

	pst_cases.py CASE FILE.pst [NUMBER]

CASEs are at the end; 'pst_cases.py list' names them.  What a case must give is
said in the test that uses it.  Small on purpose: one table of each kind, no
allocation maps that could be used for writing (fAMapValid is 0).  readpst and
pffexport read what it writes.
"""
import struct
import sys
import unicodedata
import zlib

TO, CC, BCC = 1, 2, 3


def crc(data):
    """5.3: the polynomial of zip, but without its inversions."""
    return zlib.crc32(data, 0xffffffff) ^ 0xffffffff


def sig(ib, bid):
    """5.5"""
    x = (ib ^ bid) & 0xffffffff
    return (x >> 16) ^ (x & 0xffff)


def filetime(unix):
    return struct.pack('<Q', (unix + 11644473600) * 10000000)


class Pst:
    def __init__(self, path, ansi=False, codepage=1252, key=b'mkpst-test-store'):
        self.ansi, self.codepage = ansi, codepage
        self.f = open(path, 'wb')
        self.at = 0x4600
        self.id_fmt = '<I' if ansi else '<Q'
        self.block_max = 8180 if ansi else 8176
        self.bid, self.page_bid = 4, 4
        self.blocks, self.nodes = [], []
        self.next_nid = 0x1000
        self.key = key
        self.folders = {}
        self.names = ['mkpst'] # libpff wants at least one
        self.sets = [bytes(16)]
        self.counts = {}

    # ---------------------------------------------------- blocks, 2.2.2.8

    def raw_block(self, data, internal):
        bid = self.bid | (2 if internal else 0)
        self.bid += 4
        trailer = 12 if self.ansi else 16
        size = (len(data) + trailer + 63) // 64 * 64
        # an allocation map page every 253,952 bytes (2.2.2.7.2)
        room = 0x3e000 - (self.at - 0x4400) % 0x3e000
        if room < size + 512 and room != 0x3e000:
            self.at += room
        if (self.at - 0x4400) % 0x3e000 == 0:
            self.at += 512
        ib = self.at
        self.at += size
        pad = b'\0' * (size - len(data) - trailer)
        if self.ansi:
            tail = struct.pack('<HHII', len(data), sig(ib, bid), bid,
                               crc(data))
        else:
            tail = struct.pack('<HHIQ', len(data), sig(ib, bid), crc(data),
                               bid)
        self.f.seek(ib)
        self.f.write(data + pad + tail)
        self.blocks.append((bid, ib, len(data)))
        return bid

    def tree(self, pieces, total):
        """A data tree of block-sized pieces (2.2.2.8.3.2)."""
        bids, sizes = [], []
        for p in pieces:
            bids.append(self.raw_block(p, False))
            sizes.append(len(p))
        if len(bids) == 1:
            return bids[0]
        per = (self.block_max - 8) // struct.calcsize(self.id_fmt)
        level, sums = 1, sizes
        while len(bids) > 1 or level == 1:
            up, upsum = [], []
            for i in range(0, len(bids), per):
                part = bids[i:i + per]
                n = sum(sums[i:i + per])
                body = struct.pack('<BBHI', 1, level, len(part),
                                   n & 0xffffffff)
                body += b''.join(struct.pack(self.id_fmt, b) for b in part)
                up.append(self.raw_block(body, True))
                upsum.append(n)
            bids, sums, level = up, upsum, level + 1
            if len(bids) == 1:
                break
        return bids[0]

    def data(self, data):
        """Bytes, or an iterator of block-sized pieces with its total."""
        if isinstance(data, tuple):
            return self.tree(data[0], data[1])
        n = self.block_max
        return self.tree((data[i:i + n] for i in range(0, len(data) or 1, n)),
                         len(data))

    def subnodes(self, entries):
        """2.2.2.8.3.3: [(nid, bid, bid of its subnodes)]"""
        if not entries:
            return 0
        one = '<III' if self.ansi else '<QQQ'
        head = 4 if self.ansi else 8
        per = (self.block_max - head) // struct.calcsize(one)
        entries = sorted(entries)
        leaves = []
        for i in range(0, len(entries), per):
            part = entries[i:i + per]
            body = struct.pack('<BBH', 2, 0, len(part)).ljust(head, b'\0')
            body += b''.join(struct.pack(one, *e) for e in part)
            leaves.append((part[0][0], self.raw_block(body, True)))
        if len(leaves) == 1:
            return leaves[0][1]
        one = '<II' if self.ansi else '<QQ'
        body = struct.pack('<BBH', 2, 1, len(leaves)).ljust(head, b'\0')
        body += b''.join(struct.pack(one, *e) for e in leaves)
        return self.raw_block(body, True)

    # ------------------------------------------- heaps and tables, 2.3

    def text(self, s):
        if isinstance(s, bytes):
            return s
        if self.ansi:
            return s.encode('cp%d' % self.codepage, 'replace')
        return s.encode('utf-16-le', 'surrogatepass')

    @property
    def tstr(self):
        return 0x1e if self.ansi else 0x1f

    def props(self, props, subs, client=0xbc):
        """A property context (2.3.3): {id: (type, value)} -> data."""
        heap = Heap(self, client)
        bth = heap.reserve(8)
        entries = []
        for pid in sorted(props):
            ptype, value = props[pid]
            if ptype == 'str':
                ptype, value = self.tstr, self.text(value)
            if ptype in (2, 3, 11):
                v = value & 0xffffffff
            elif ptype == 13:
                v = heap.add(struct.pack('<II', *value))
            elif isinstance(value, tuple) or len(value) > 3500:
                nid = self.sub_nid(0x1f)
                subs.append((nid, self.data(value), 0))
                v = nid
            else:
                v = heap.add(value) if value else 0
            entries.append(struct.pack('<HHI', pid, ptype, v))
        root = heap.add(b''.join(entries)) if entries else 0
        heap.fill(bth, struct.pack('<BBBBI', 0xb5, 2, 6, 0, root))
        return self.tree(heap.blocks(bth), 0)

    def table(self, columns, rows, subs):
        """A table context (2.3.4): columns [(tag, size)], rows of
        {tag: value} with 0x67f20003 for the row's id."""
        heap = Heap(self, 0x7c)
        info = heap.reserve(22 + 8 * len(columns))
        index = heap.reserve(8)
        big = [c for c in columns if c[1] >= 4]
        two = [c for c in columns if c[1] == 2]
        one = [c for c in columns if c[1] == 1]
        at, place = 0, {}
        ends = []
        for group in (big, two, one):
            for tag, size in group:
                place[tag] = (at, size)
                at += size
            ends.append(at)
        bitmap = (len(columns) + 7) // 8
        width = at + bitmap
        ends.append(width)
        bits = {c[0]: i for i, c in enumerate(columns)}
        desc = b''
        for tag, size in sorted(columns):
            desc += struct.pack('<IHBB', tag, place[tag][0], size, bits[tag])
        lines, keys = [], []
        for i, row in enumerate(rows):
            line = bytearray(width)
            for tag, value in row.items():
                off, size = place[tag]
                ptype = tag & 0xffff
                if ptype in (0x1e, 0x1f, 0x102):
                    value = self.text(value)
                    value = heap.add(value) if value else 0
                if isinstance(value, bytes):
                    line[off:off + size] = value
                else:
                    line[off:off + size] = (value & (1 << 8 * size) - 1
                                            ).to_bytes(size, 'little')
                b = bits[tag]
                line[ends[2] + b // 8] |= 0x80 >> b % 8
            lines.append(bytes(line))
            keys.append((row[0x67f20003], i))
        keyfmt = '<IH' if self.ansi else '<II'
        leaf = b''.join(struct.pack(keyfmt, *k) for k in sorted(keys))
        matrix = 0
        root = 0
        if lines:
            if len(leaf) <= 3500:
                root = heap.add(leaf)
            else:
                raise ValueError('too many rows for this small writer')
            per = self.block_max // width
            if width * len(lines) <= 3500:
                matrix = heap.add(b''.join(lines))
            else:
                matrix = self.sub_nid(0x1f)
                full = [b''.join(lines[i:i + per]).ljust(
                    self.block_max if i + per < len(lines) else 0, b'\0')
                    for i in range(0, len(lines), per)]
                subs.append((matrix, self.tree(full, 0), 0))
        heap.fill(index, struct.pack('<BBBBI', 0xb5, 4,
                                     2 if self.ansi else 4, 0, root))
        heap.fill(info, struct.pack('<BB4H3I', 0x7c, len(columns), *ends,
                                    index, matrix, 0) + desc)
        return self.tree(heap.blocks(info), 0)

    def sub_nid(self, kind):
        self.next_nid += 1
        return self.next_nid << 5 | kind

    # ------------------------------------------------- messaging, 2.4

    def node(self, nid, bid, sub=0, parent=0):
        self.nodes.append((nid, bid, sub, parent))

    def entry_id(self, nid):
        return b'\0\0\0\0' + self.key + struct.pack('<I', nid)

    def folder(self, name, parent=0x8022, nid=None, **more):
        if nid is None:
            self.next_nid += 1
            nid = self.next_nid << 5 | 2
        self.folders[nid] = {'name': name, 'parent': parent, 'more': more}
        self.counts.setdefault(nid, 0)
        return nid

    RECIPIENT = [(0x67f20003, 4), (0x67f30003, 4), (0x0c150003, 4),
                 (0x30010000, 4), (0x30020000, 4), (0x30030000, 4),
                 (0x39fe0000, 4), (0x0e0f000b, 1)]
    ATTACHMENT = [(0x67f20003, 4), (0x67f30003, 4), (0x0e200003, 4),
                  (0x37040000, 4), (0x37050003, 4), (0x370b0003, 4)]

    def columns(self, cols):
        return [(t | self.tstr if t & 0xffff == 0 else t, n) for t, n in cols]

    def recipients(self, people, subs):
        rows = []
        for i, (kind, name, kind_of, addr) in enumerate(people):
            row = {0x67f20003: i, 0x67f30003: 0, 0x0c150003: kind,
                   0x0e0f000b: 1}
            row[0x30010000 | self.tstr] = name
            row[0x30020000 | self.tstr] = kind_of
            row[0x30030000 | self.tstr] = addr
            if kind_of == 'SMTP' and '@' in addr:
                row[0x39fe0000 | self.tstr] = addr
            rows.append(row)
        inner = []
        bid = self.table(self.columns(self.RECIPIENT), rows, inner)
        subs.append((0x692, bid, self.subnodes(inner)))

    def attachments(self, list_, subs):
        rows = []
        for i, a in enumerate(list_):
            nid = self.sub_nid(5)
            inner = []
            props = {0x3705: (3, a.get('method', 1)),
                     0x370b: (3, -1), 0x0e20: (3, 100), 0x0e21: (3, i)}
            if 'name' in a:
                props[0x3704] = ('str', a['name'][:8])
                props[0x3707] = ('str', a['name'])
                props[0x3001] = ('str', a['name'])
            if 'mime' in a:
                props[0x370e] = ('str', a['mime'])
            if 'cid' in a:
                props[0x3712] = ('str', a['cid'])
            if 'path' in a:
                props[0x370d] = ('str', a['path'])
            if 'data' in a:
                props[0x3701] = (0x102, a['data'])
            if 'message' in a:
                n = self.sub_nid(4)
                bid, sub = self.message_object(a['message'])
                inner.append((n, bid, sub))
                props[0x3701] = (13, (n, 100))
                props[0x3705] = (3, 5)
            bid = self.props(props, inner)
            subs.append((nid, bid, self.subnodes(inner)))
            rows.append({0x67f20003: nid, 0x67f30003: 0, 0x0e200003: 100,
                         0x37050003: props[0x3705][1], 0x370b0003: -1,
                         0x37040000 | self.tstr: a.get('name', '')[:8]})
        inner = []
        bid = self.table(self.columns(self.ATTACHMENT), rows, inner)
        subs.append((0x671, bid, self.subnodes(inner)))

    def message_object(self, m):
        """m: a dict; 'props' adds to or replaces what is made of the rest.
        -> (bid, bid of subnodes)"""
        subs = []
        p = {0x1a: ('str', m.get('class', 'IPM.Note')),
             0x0e07: (3, m.get('flags', 1)),
             0x3007: (0x40, filetime(m.get('created', 1300000000)))}
        if m.get('subject') is not None:
            p[0x37] = ('str', m['subject'])
            p[0x70] = ('str', m['subject'])
        if m.get('delivered') is not None:
            p[0x0e06] = (0x40, filetime(m['delivered']))
        if m.get('submitted') is not None:
            p[0x39] = (0x40, filetime(m['submitted']))
        if 'headers' in m:
            p[0x7d] = ('str', m['headers'])
        if 'body' in m:
            p[0x1000] = ('str', m['body'])
        if 'html' in m:
            p[0x1013] = (0x102, m['html'])
        if 'rtf' in m:
            p[0x1009] = (0x102, struct.pack(
                '<4I', len(m['rtf']) + 12, len(m['rtf']), 0x414c454d, 0) +
                m['rtf'])
        if 'cpid' in m:
            p[0x3fde] = (3, m['cpid'])
        if 'from' in m:
            name, kind, addr = m['from']
            for base in ((0x42, 0x64, 0x65), (0x0c1a, 0x0c1e, 0x0c1f)):
                for pid, v in zip(base, (name, kind, addr)):
                    p[pid] = ('str', v)
        if self.ansi:
            p[0x3ffd] = (3, self.codepage)
        people = m.get('to', [])
        for kind, pid in ((TO, 0x0e04), (CC, 0x0e03), (BCC, 0x0e02)):
            p[pid] = ('str', '; '.join(r[1] for r in people if r[0] == kind))
        if people:
            self.recipients(people, subs)
        if m.get('attachments'):
            p[0x0e07] = (3, p[0x0e07][1] | 0x10)
            self.attachments(m['attachments'], subs)
        p.update(m.get('props', {}))
        p = {k: v for k, v in p.items() if v is not None}
        bid = self.props(p, subs)
        return bid, self.subnodes(subs)

    def message(self, folder, m):
        bid, sub = self.message_object(m)
        self.next_nid += 1
        nid = self.next_nid << 5 | 4
        self.node(nid, bid, sub, folder)
        self.counts[folder] = self.counts.get(folder, 0) + 1
        return nid

    HIERARCHY = [(0x67f20003, 4), (0x67f30003, 4), (0x30010000, 4),
                 (0x36020003, 4), (0x36030003, 4), (0x360a000b, 1)]
    CONTENTS = [(0x67f20003, 4), (0x67f30003, 4), (0x001a0000, 4),
                (0x00370000, 4), (0x0e070003, 4)]

    def close_folder(self, nid):
        f = self.folders[nid]
        kids = sorted(n for n, g in self.folders.items()
                      if g['parent'] == nid and n != nid)
        props = {0x3001: ('str', f['name']), 0x3602: (3, self.counts[nid]),
                 0x3603: (3, 0), 0x360a: (11, bool(kids))}
        props.update(f['more'].get('props', {}))
        subs = []
        bid = self.props(props, subs)
        self.node(nid, bid, self.subnodes(subs), f['parent'])
        rows = [{0x67f20003: k, 0x67f30003: 0, 0x36020003: self.counts[k],
                 0x36030003: 0, 0x360a000b: 0,
                 0x30010000 | self.tstr: self.folders[k]['name']}
                for k in kids][:400]
        for kind, cols, lines in (
                (0xd, self.HIERARCHY, rows),
                (0xe, self.CONTENTS, self.contents_rows(nid)),
                (0xf, self.CONTENTS, [])):
            subs = []
            bid = self.table(self.columns(cols), lines, subs)
            self.node(nid & ~0x1f | kind, bid, self.subnodes(subs))

    def contents_rows(self, nid):
        """Enough rows for readers that go by the table, in small stores."""
        mine = [n for n in self.nodes if n[3] == nid and n[0] & 0x1f == 4]
        if len(mine) > 400:
            return []
        return [{0x67f20003: n[0], 0x67f30003: 0, 0x0e070003: 1,
                 0x001a0000 | self.tstr: 'IPM.Note',
                 0x00370000 | self.tstr: ''} for n in mine]

    def keywords_name(self, name):
        """A string-named property in PS_PUBLIC_STRINGS -> its id (2.4.7)."""
        self.names.append(name)
        return 0x8000 + len(self.names) - 1

    def number_name(self, guid, number):
        """A property named by a number in the set 'guid' -> its id."""
        if guid not in self.sets:
            self.sets.append(guid)
        self.names.append((self.sets.index(guid), number))
        return 0x8000 + len(self.names) - 1

    def name_map(self):
        entries, strings = b'', b''
        for i, name in enumerate(self.names):
            if not isinstance(name, str):
                entries += struct.pack('<IHH', name[1], (3 + name[0]) << 1, i)
                continue
            s = name.encode('utf-16-le')
            entries += struct.pack('<IHH', len(strings), 1 | 2 << 1, i)
            strings += struct.pack('<I', len(s)) + s
            strings += b'\0' * (-len(strings) % 4)
        subs = []
        bid = self.props({1: (3, 251), 2: (0x102, b''.join(self.sets)),
                          3: (0x102, entries), 4: (0x102, strings)}, subs)
        self.node(0x61, bid, self.subnodes(subs))

    # --------------------------------------------- B-trees, header, 2.2.2

    def page(self, ptype, entries, size, per, level):
        bid = self.page_bid
        self.page_bid += 4
        room = 496 if self.ansi else 488
        self.at = (self.at + 511) // 512 * 512
        if (self.at - 0x4400) % 0x3e000 == 0:
            self.at += 512
        ib = self.at
        self.at += 512
        body = b''.join(entries).ljust(room, b'\0')
        body += struct.pack('<BBBB', len(entries), per, size, level)
        if self.ansi:
            body += struct.pack('<BBHII', ptype, ptype, sig(ib, bid), bid,
                                crc(body))
        else:
            body += b'\0' * 4
            body += struct.pack('<BBHIQ', ptype, ptype, sig(ib, bid),
                                crc(body), bid)
        self.f.seek(ib)
        self.f.write(body)
        return bid, ib

    def btree(self, ptype, leaves):
        """leaves: sorted [(key, bytes)] -> (bid, ib) of the root"""
        size = len(leaves[0][1])
        room = 496 if self.ansi else 488
        level = 0
        while True:
            per = room // size
            up = []
            for i in range(0, len(leaves), per):
                part = leaves[i:i + per]
                bid, ib = self.page(ptype, [e for _, e in part], size, per,
                                    level)
                fmt = '<III' if self.ansi else '<QQQ'
                up.append((part[0][0], struct.pack(fmt, part[0][0], bid, ib)))
            if len(up) == 1:
                return bid, ib
            leaves, level = up, level + 1
            size = 12 if self.ansi else 24

    def close(self):
        store = {0x0ff9: (0x102, self.key), 0x3001: ('str', 'mkpst'),
                 0x35e0: (0x102, self.entry_id(0x8022)),
                 0x35e3: (0x102, self.entry_id(0x8062)),
                 0x67ff: (3, 0)}
        subs = []
        self.node(0x21, self.props(store, subs), self.subnodes(subs))
        self.name_map()
        for nid in list(self.folders):
            self.close_folder(nid)
        nfmt, bfmt = ('<IIII', '<IIHH') if self.ansi else ('<QQQII',
                                                          '<QQHHI')
        nbt = sorted((n[0], struct.pack(nfmt, *(n if self.ansi else
                                                n + (0,))))
                     for n in self.nodes)
        bbt = sorted((b[0], struct.pack(bfmt, b[0], b[1], b[2], 2,
                                        *(() if self.ansi else (0,))))
                     for b in self.blocks)
        nroot, broot = self.btree(0x81, nbt), self.btree(0x80, bbt)
        self.f.truncate(self.at)
        self.header(nroot, broot)
        self.f.close()

    def header(self, nroot, broot):
        """2.2.2.6"""
        h = bytearray(0x4400)
        struct.pack_into('<4s', h, 0, b'!BDN')
        struct.pack_into('<HHHBB', h, 8, 0x4d53, 14 if self.ansi else 23, 19,
                         1, 1)
        if self.ansi:
            struct.pack_into('<IIIIIIII', h, 0xa8, self.at, 0x4400, 0, 0,
                             nroot[0], nroot[1], broot[0], broot[1])
            h[0xc8] = 2  # the allocation maps are valid: it was closed
            h[0x1cc] = 0x80
            full, part = 0, crc(bytes(h[8:8 + 471]))
        else:
            struct.pack_into('<QQQQQQQQ', h, 0xb8, self.at, 0x4400, 0, 0,
                             nroot[0], nroot[1], broot[0], broot[1])
            h[0xf8] = 2
            h[0x200] = 0x80
            struct.pack_into('<Q', h, 0x204, self.bid)
            full = crc(bytes(h[8:8 + 516]))
            part = crc(bytes(h[8:8 + 471]))
            struct.pack_into('<I', h, 0x20c, full)
        struct.pack_into('<I', h, 4, part)
        self.f.seek(0)
        self.f.write(h)
        self.f.seek(0x4400)
        self.f.write(b'\xff' * 496 + struct.pack('<BB', 0x84, 0x84))


class Heap:
    """2.3.1: items in blocks; a reserved item keeps its place."""

    def __init__(self, pst, client):
        self.pst, self.client = pst, client
        self.pages = [[]]
        self.used = [16]

    def add(self, data):
        n = len(data) + 2
        room = self.pst.block_max - 80
        if self.used[-1] + n > room:
            self.pages.append([])
            self.used.append(80)
        self.pages[-1].append(bytes(data))
        self.used[-1] += n
        return (len(self.pages) - 1) << 16 | len(self.pages[-1]) << 5

    def reserve(self, n):
        return self.add(b'\0' * n)

    def fill(self, hid, data):
        page = self.pages[hid >> 16]
        i = (hid >> 5 & 0x7ff) - 1
        assert len(page[i]) == len(data), (len(page[i]), len(data))
        page[i] = data

    def blocks(self, root):
        out = []
        for i, items in enumerate(self.pages):
            if i == 0:
                head = 12
            elif i % 128 == 8:
                head = 66
            else:
                head = 2
            body, offs = b'', []
            for it in items:
                offs.append(head + len(body))
                body += it
            offs.append(head + len(body))
            body += b'\0' * (len(body) % 2)
            at = head + len(body)
            if i == 0:
                h = struct.pack('<HBBII', at, 0xec, self.client, root, 0)
            else:
                h = struct.pack('<H', at).ljust(head, b'\0')
            tail = struct.pack('<HH', len(items), 0)
            tail += b''.join(struct.pack('<H', o) for o in offs)
            block = h + body + tail
            if i + 1 < len(self.pages):
                block = block.ljust(self.pst.block_max, b'\0')
            out.append(block)
        return out


# ------------------------------------------------------------------ cases

def store(path, **kw):
    p = Pst(path, **kw)
    p.folder('', parent=0x122, nid=0x122)
    p.folder('Top of Outlook data file', parent=0x122, nid=0x8022)
    p.folder('Deleted Items', nid=0x8062)
    return p


JANE = ('Jane Doe', 'SMTP', 'jane@example.org')
JOHN = (TO, 'John Doe', 'SMTP', 'john@example.com')
EX = ('Roe, Richard', 'EX', '/O=EXAMPLE/OU=FIRST/CN=RECIPIENTS/CN=RROE')
PNG = bytes.fromhex('89504e470d0a1a0a0000000d49484452') + bytes(range(256))


def mail(i=0, **more):
    m = {'subject': 'Message %d' % i, 'from': JANE, 'to': [JOHN],
         'body': 'Text of message %d\r\n' % i,
         'submitted': 1400000000 + i * 60, 'delivered': 1400000030 + i * 60}
    m.update(more)
    return m


def case_sample(path, n):
    """A bit of everything that people have."""
    p = store(path)
    inbox = p.folder('Inbox')
    sent = p.folder('Sent Items')
    p.folder('Empty')
    odd = p.folder('Reports\u30002014/Q1')
    deep = p.folder('Deep', parent=inbox)
    headers = ('From: Jane Doe <jane@example.org>\r\n'
               'To: John Doe <john@example.com>\r\n'
               'Subject: With headers\r\n'
               'Date: Tue, 13 May 2014 16:53:20 +0000\r\n'
               'Message-ID: <with-headers@example.org>\r\n'
               'X-Unknown: kept\r\n'
               'Content-Type: text/plain; charset=us-ascii\r\n\r\n')
    p.message(inbox, mail(0, subject='With headers', headers=headers))
    p.message(inbox, mail(1, flags=0, subject='Unread'))
    p.message(inbox, mail(2, subject='Grüße aus 東京 😀', body='äöü €\r\n'))
    p.message(inbox, mail(3, subject='Picture', html=(
        b'<html><body>see <img src="cid:one%40here"></body></html>'),
        cpid=65001, attachments=[
            {'name': 'one.png', 'mime': 'image/png', 'cid': 'one@here',
             'data': PNG},
            {'name': 'Rechnung März.pdf', 'mime': 'application/pdf',
             'data': b'%PDF-1.4 ' + bytes(range(256)) * 40}]))
    p.message(deep, mail(4, subject='Outer', attachments=[
        {'name': 'Inner', 'message': mail(5, subject='Inner', attachments=[
            {'name': 'Innermost', 'message': mail(6, subject='Innermost')}
        ])}]))
    p.message(sent, mail(7, flags=0x21, subject='Sent', **{
        'to': [JOHN, (BCC, 'Secret', 'SMTP', 'secret@example.com')]}))
    p.message(odd, mail(8, **{'from': EX}))
    p.message(0x8062, mail(9, flags=8, subject='Draft', delivered=None,
                           props={0x0e06: None}))
    p.message(odd, {'class': 'IPM.Contact', 'subject': 'A contact'})
    p.message(odd, {'class': 'IPM.Appointment', 'subject': 'A date'})
    p.close()


def case_many(path, n):
    p = store(path)
    inbox = p.folder('Inbox')
    for i in range(n):
        p.message(inbox, mail(i))
    p.close()


def case_big(path, n):
    """An attachment of n MiB."""
    p = store(path)
    inbox = p.folder('Inbox')
    piece = bytes(range(256)) * 32
    size = p.block_max
    count = n * 1048576 // size

    def pieces():
        for i in range(count):
            yield struct.pack('<Q', i) + piece[:size - 8]
    p.message(inbox, mail(0, attachments=[
        {'name': 'big.bin', 'mime': 'application/octet-stream',
         'data': (pieces(), count * size)}]))
    p.message(inbox, mail(1))
    p.close()


def case_nested(path, n):
    """n messages in one another."""
    p = store(path)
    inbox = p.folder('Inbox')
    m = mail(n, subject='Level %d' % n)
    for i in range(n - 1, -1, -1):
        m = mail(i, subject='Level %d' % i,
                 attachments=[{'name': 'Level %d' % (i + 1), 'message': m}])
    p.message(inbox, m)
    p.message(inbox, mail(1))
    p.close()


def case_recipients(path, n):
    p = store(path)
    inbox = p.folder('Inbox')
    p.message(inbox, mail(0, to=[
        (TO if i % 2 else CC, 'Person %d' % i, 'SMTP',
         'person%d@example.com' % i) for i in range(n)]))
    p.close()


def case_ansi(path, n):
    """Names, subjects and bodies in code page n."""
    words = {932: '日本語のテスト', 1251: 'Проверка', 1255: 'בדיקה',
             1252: 'Prüfung', 936: '测试', 949: '시험', 874: 'ทดสอบ'}[n]
    p = store(path, ansi=True, codepage=n)
    f = p.folder(words)
    p.message(f, mail(0, subject=words, body=words + '\r\n',
                      attachments=[{'name': words + '.txt',
                                    'data': b'x' * 5000}]))
    p.close()


def case_html(path, n):
    """HTML in its own bytes; each folder is called by its code page."""
    p = store(path)
    words = {932: '日本語', 1251: 'Проверка', 1255: 'בדיקה', 1252: 'Prüfung',
             65001: 'Ελληνικά', 50220: '日本語', 28605: 'Prix: 5 €'}
    for cp, word in words.items():
        f = p.folder(str(cp))
        name = {65001: 'utf-8', 50220: 'iso-2022-jp',
                28605: 'iso-8859-15'}.get(cp, 'cp%d' % cp)
        html = ('<html><body>%s</body></html>' % word).encode(name)
        p.message(f, mail(0, html=html, cpid=cp, subject=word))
    f = p.folder('lying')
    p.message(f, mail(0, cpid=1252, html=(
        '<meta http-equiv=Content-Type content="text/html; charset=utf-8">'
        'Größe').encode()))
    p.message(f, mail(1, cpid=20127, html='Größe'.encode('cp1252')))
    p.close()


SIGNED = (b'Content-Type: multipart/signed; protocol="application/'
          b'pkcs7-signature"; micalg=sha-256;\r\n boundary="signed"\r\n\r\n'
          b'--signed\r\nContent-Type: text/plain; charset=iso-8859-1\r\n'
          b'Content-Transfer-Encoding: 8bit\r\n\r\nSigned: \xe4\xf6  \r\n'
          b'--signed\r\nContent-Type: application/pkcs7-signature\r\n'
          b'Content-Transfer-Encoding: base64\r\n\r\nMIIB\r\n--signed--\r\n')
ENVELOPED = bytes.fromhex('308006092a864886f70d010703a080') + b'\0' * 500
OPAQUE = bytes.fromhex('308006092a864886f70d010702a080') + b'\0' * 500


def case_smime(path, n):
    p = store(path)
    inbox = p.folder('Inbox')
    p.message(inbox, mail(0, subject='signed', **{
        'class': 'IPM.Note.SMIME.MultipartSigned', 'attachments': [
            {'name': 'smime.p7m', 'mime': 'multipart/signed',
             'data': SIGNED}]}))
    for i, data in enumerate((ENVELOPED, OPAQUE)):
        p.message(inbox, mail(1 + i, subject=('encrypted', 'opaque')[i], **{
            'class': 'IPM.Note.SMIME', 'attachments': [
                {'name': 'smime.p7m', 'mime': 'application/pkcs7-mime',
                 'data': data}]}))
    p.close()


def case_hostile(path, n):
    """What strangers might write."""
    p = store(path)
    f = p.folder('../../etc')
    names = ['../../x', '/etc/passwd', 'a\0b', 'x' * 65536, '', '', '\r\nX: y',
             'twin.txt', 'twin.txt', '\u202egnp.exe', 'a"b\\c.txt']
    p.message(f, mail(0, attachments=[
        {'name': s, 'data': b'data %d' % i} for i, s in enumerate(names)]))
    p.message(f, mail(1, subject='Two\r\nBcc: victim@example.com\r\n\r\nlines',
                      **{'from': ('A\r\nX-Evil: 1', 'SMTP',
                                  'a@b>\r\nX-Evil: 2')}))
    p.message(f, mail(2, headers='Subject: ok\r\nnonsense\r\n'
                      'X-Long: ' + 'y' * 5000 + '\r\nX-8bit: Größe\r\n'
                      'From: Jörg <joerg@example.org>\r\n\r\n'
                      'This is body text: not a header\r\n'))
    p.message(f, {})
    p.message(f, mail(4, submitted=-11644473600, delivered=910692730085))
    p.message(f, mail(5, subject='x' * 100000, body='z' * 3000))
    p.message(f, mail(6, subject='', to=[], body='--=_not a boundary\n.\n'))
    p.message(f, mail(7, subject='=?utf-8?q?not_a_word?= ' + 'é' * 200))
    p.message(f, mail(8, rtf=b'{\\rtf1\\ansi\\ansicpg1252 Gr\\\'fc\\\'dfe'
                      b'\\par \\u8364?{\\fonttbl no}}',
                      props={0x1000: None}))
    p.message(f, mail(9, attachments=[
        {'name': 'gone.bin', 'method': 1},
        {'name': 'link.doc', 'method': 4}]))
    for i in range(3):
        f = p.folder('Twin')
        p.message(f, mail(10 + i))
    p.close()


def case_deep(path, n):
    """n folders in one another, a message in the last."""
    p = store(path)
    f = 0x8022
    for i in range(n):
        f = p.folder('d%d' % i, parent=f)
    p.message(f, mail(0))
    p.close()


def case_bomb(path, n):
    """A message whose HTML is n MiB long, between two others."""
    p = store(path)
    inbox = p.folder('Inbox')
    p.message(inbox, mail(0))
    p.message(inbox, mail(1, html=b'<p>x</p>' * (n * 131072), cpid=65001))
    p.message(inbox, mail(2))
    p.close()


def case_roles(path, n):
    """A German mailbox, mail in the top folder and outside of it."""
    p = store(path)
    p.folders[0x8062]['name'] = 'Gelöschte Elemente'
    inbox = p.folder('Posteingang')
    for name in ('Gesendete Elemente', 'Entwürfe', 'Junk-E-Mail'):
        p.folder(name)
    out = p.folder('Outside', parent=0x122)
    p.folder('Outside and empty', parent=0x122)
    p.folder('cur', parent=inbox)
    p.message(inbox, mail(0))
    p.message(0x8022, mail(1))
    p.message(out, mail(2))
    p.message(0xffff02, mail(3))
    p.close()


def case_categories(path, n):
    p = store(path, ansi=True)
    inbox = p.folder('Inbox')
    pid = p.keywords_name('Keywords')
    values = [b'Red', b'Two words']
    data = struct.pack('<I', len(values))
    at = 4 + 4 * len(values)
    for v in values:
        data += struct.pack('<I', at)
        at += len(v)
    p.message(inbox, mail(0, props={pid: (0x101e, data + b''.join(values))}))
    p.close()


def case_meeting(path, n):
    """Requests, cancellations, answers; what 45-pst-bodies.t expects."""
    p = store(path)
    inbox = p.folder('Inbox')
    a = bytes.fromhex('0220060000000000c000000000000046')
    b = bytes.fromhex('90dad86e0b451b1098da00aa003f1305')
    gid, seq, loc, start, end, day, recurs, rule, zone, counter, new_start, \
        new_end, at = [p.number_name(*x) for x in (
            (b, 3), (a, 0x8201), (a, 0x8208), (a, 0x820d), (a, 0x820e),
            (a, 0x8215), (a, 0x8223), (a, 0x8216), (a, 0x8260), (a, 0x8257),
            (a, 0x8250), (a, 0x8251), (b, 0xe))]
    # [MS-OXOCAL] 4.1.1.2 and 4.1.4
    series = bytes.fromhex(
        '043004300B2001000000C0210000010000000000000032000000222000000C000000'
        '0000000001000000A096BC0C01000000A096BC0C8020BC0C20ADBC0C063000000930'
        '0000580200007602000001003499BC0C5299BC0CF898BC0C11002200210053696D70'
        '6C6520526563757272656E6365207769746820657863657074696F6E730800070033'
        '342F34313431000000000400000000000000000000003499BC0C5299BC0CF898BC0C'
        '2100530069006D0070006C006500200052006500630075007200720065006E006300'
        '6500200077006900740068002000650078006300650070007400 69006F006E007300'
        '0700330034002F0034003100340031000000000000000000')
    pacific = bytes.fromhex(
        '0201300002001500500061006300690066006900630020005300740061006E006400'
        '610072006400200054006900 6D006500020002013E000000D60700000000000000'
        '00000000000000E001000000000000C4FFFFFF00000A000000050002000000000000'
        '000000040000000100020000000000000002013E000200D707000000000000000000'
        '0000000000E001000000000000C4FFFFFF00000B0000000100020000000000000000'
        '000300000002000200000000000000')
    head = bytes.fromhex('040000008200e00074c5b7101a82e008')
    own = head + bytes.fromhex('07de0c0e') + bytes(16) + \
        struct.pack('<I', 16) + bytes(range(0xa0, 0xb0))
    text = b'vCal-Uid\x01\0\0\0' + b'a;b@example.org\0'
    far = head + bytes(20) + struct.pack('<I', len(text)) + text
    times = {start: (0x40, filetime(1400000000)),
             end: (0x40, filetime(1400003600))}
    people = [JOHN, (CC, 'Böse; "Büro", Raum \u6771\u4eac ' + 'lang ' * 20,
                     'SMTP', 'two@example.com'),
              (BCC, 'Room', 'SMTP', 'room@example.com')]
    kind = 'IPM.Schedule.Meeting.'
    p.message(inbox, mail(0, subject='Größe; a, b\\c ' + '\u6771\u4eac' * 40,
                          to=people, **{'class': kind + 'Request', 'props': {
        gid: (0x102, own), seq: (3, 7), loc: ('str', 'Room, 1\r\nfloor'),
        at: (3, 14 * 4096 + 15 * 64), **times}}))
    p.message(inbox, mail(1, subject='Off', to=[JOHN], **{
        'class': kind + 'Canceled', 'props': {gid: (0x102, far), **times}}))
    for i, k in enumerate(('Pos', 'Neg', 'Tent')):
        p.message(inbox, mail(2 + i, subject=k, to=[JOHN], **{
            'class': kind + 'Resp.' + k, 'props': {gid: (0x102, own),
                                                   **times}}))
    p.message(inbox, mail(5, subject='Has one', to=[JOHN], **{
        'class': kind + 'Request', 'props': {gid: (0x102, own), **times},
        'attachments': [{'name': 'invite', 'mime': 'text/calendar',
                         'data': b'BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n'}]}))
    p.message(inbox, mail(6, subject='No time', to=[JOHN], **{
        'class': kind + 'Request'}))
    p.message(inbox, mail(7, subject='Series', to=[JOHN], **{
        'class': kind + 'Request', 'props': {
            gid: (0x102, far), recurs: (11, True), rule: (0x102, series),
            zone: (0x102, pacific), start: (0x40, filetime(1174928400)),
            end: (0x40, filetime(1174930200))}}))
    p.message(inbox, mail(11, subject='Nowhere', to=[JOHN], **{
        'class': kind + 'Request', 'props': {
            gid: (0x102, far), recurs: (11, True), rule: (0x102, series),
            start: (0x40, filetime(1174928400)),
            end: (0x40, filetime(1174930200))}}))
    # two days that somebody at UTC+2 took for whole ones
    p.message(inbox, mail(8, subject='Days', to=[JOHN], **{
        'class': kind + 'Request', 'props': {
            gid: (0x102, far), day: (11, True),
            start: (0x40, filetime(1399932000)),
            end: (0x40, filetime(1399932000 + 2 * 86400))}}))
    p.message(inbox, mail(9, subject='Later', to=[JOHN], **{
        'class': kind + 'Resp.Tent', 'props': {
            gid: (0x102, far), counter: (11, True), **times,
            new_start: (0x40, filetime(1400007200)),
            new_end: (0x40, filetime(1400010800))}}))
    # a rule that is cut: the meeting is there without it
    p.message(inbox, mail(10, subject='Cut', to=[JOHN], **{
        'class': kind + 'Request', 'props': {
            gid: (0x102, far), recurs: (11, True), rule: (0x102, series[:40]),
            **times}}))
    p.close()


# What Windows and Internet code pages a store may have, Python's name of each
# and words in it.
CODEPAGES = {
    874: ('cp874', 'ทดสอบ'), 932: ('cp932', '日本語テスト①'),
    936: ('cp936', '简体中文测试'), 949: ('cp949', '한국어 시험'),
    950: ('cp950', '繁體中文測試'), 1250: ('cp1250', 'Příliš žluťoučký'),
    1251: ('cp1251', 'Проверка'), 1252: ('cp1252', 'Prüfung – 5 €'),
    1253: ('cp1253', 'Δοκιμή'), 1254: ('cp1254', 'Türkçe ğış'),
    1255: ('cp1255', 'בדיקה'), 1256: ('cp1256', 'اختبار'),
    1257: ('cp1257', 'Pārbaude ąčę'), 1258: ('cp1258', 'Thử'),
    20866: ('koi8_r', 'Проверка'), 21866: ('koi8_u', 'Перевірка їґ'),
    28591: ('iso8859_1', 'Größe'), 28592: ('iso8859_2', 'Łódź'),
    28595: ('iso8859_5', 'Проверка'), 28597: ('iso8859_7', 'Δοκιμή'),
    28598: ('iso8859_8', 'בדיקה'), 28599: ('iso8859_9', 'ğış'),
    28605: ('iso8859_15', '5 €'), 50220: ('iso2022_jp', '日本語テスト'),
    51932: ('euc_jp', '日本語テスト'), 51949: ('euc_kr', '한국어'),
    54936: ('gb18030', '简体中文€'), 65001: ('utf-8', '日本語 עברית 😀'),
}
# as PidTagMessageCodepage: the code pages that Windows has for 8-bit strings
ANSI_CODEPAGES = [cp for cp in CODEPAGES if cp < 2000 or cp == 65001]


def in_codepage(cp):
    """The words of a code page in its bytes (1258 composes its letters)."""
    codec, word = CODEPAGES[cp]
    if cp == 1258:
        word = unicodedata.normalize('NFC', 'Thư') + ' - cà'
    return word, word.encode(codec)


def case_codepages(path, n):
    """Each code page: 8-bit strings beside their PidTagMessageCodepage, and
    HTML beside its PidTagInternetCodepage, in a Unicode store."""
    p = store(path)
    ansi, html = p.folder('ansi'), p.folder('html')
    for cp in ANSI_CODEPAGES:
        word, raw = in_codepage(cp)
        p.message(ansi, mail(0, subject=None, props={
            0x3ffd: (3, cp), 0x37: (0x1e, raw), 0x70: (0x1e, raw),
            0x0c1a: (0x1e, raw), 0x42: (0x1e, raw),
            0x1000: (0x1e, raw + b' body\r\n'),
            0x1035: ('str', '<ansi.%d@example.org>' % cp)}))
    for cp in CODEPAGES:
        word, raw = in_codepage(cp)
        p.message(html, mail(0, subject=word, cpid=cp, html=(
            b'<html><body>' + raw + b'</body></html>'), props={
                0x1000: None,
                0x1035: ('str', '<html.%d@example.org>' % cp)}))
    p.close()


def case_choice(path, n):
    """Which body Outlook would show; subjects say what must come out."""
    p = store(path)
    inbox = p.folder('Inbox')
    true_rtf = b'{\\rtf1\\ansi\\deff0{\\fonttbl{\\f0 A;}}the RTF\\par}'
    empty_rtf = b'{\\rtf1\\ansi\\deff0{\\fonttbl{\\f0 A;}}\\pard\\par }'
    none = {0x1000: None}
    for subject, m in (
            ('plain the text', {'body': 'the text', 'rtf': empty_rtf}),
            ('plain the text', {'body': 'the text', 'rtf': true_rtf,
                                'props': {0x1016: (3, 1)}}),
            ('plain the text', {'body': 'the text', 'rtf': true_rtf,
                                'props': {0x0e1f: (11, False)}}),
            ('both the RTF', {'body': 'the text', 'rtf': true_rtf,
                              'props': {0x1016: (3, 2)}}),
            ('both the RTF', {'rtf': true_rtf, 'props': none}),
            ('html the HTML', {'rtf': true_rtf, 'html': b'<p>the HTML</p>',
                               'cpid': 65001, 'props': none}),
            ('plain', {'rtf': empty_rtf, 'props': none}),
            ('plain', {'props': none}),
            ('both caf\u00e9', {'rtf': b"{\\rtf1\\mac caf\\'8e\\par}",
                              'props': none}),
            ('both caf\u00e9', {'rtf': b"{\\rtf1\\pc caf\\'82\\par}",
                              'props': none}),
            ('both \u00d7', {'rtf': b"{\\rtf1\\pca \\'9e\\par}",
                           'props': none})):
        p.message(inbox, mail(0, subject=subject, **m))
    p.close()


def case_cms(path, n):
    """S/MIME as it was made by somebody else: files in this folder, signed.eml
    and those whose names end in .der."""
    import glob
    p = store(path)
    inbox = p.folder('Inbox')
    with open('signed.eml', 'rb') as f:
        data = f.read().replace(b'\r\n', b'\n')
    data = data[data.index(b'Content-Type:'):]
    m = mail(0, subject='signed', **{
        'class': 'IPM.Note.SMIME.MultipartSigned', 'attachments': [
            {'name': 'smime.p7m', 'mime': 'multipart/signed', 'data': data}]})
    p.message(inbox, m)
    p.message(inbox, mail(0, subject='forwarded', attachments=[
        {'name': 'signed', 'message': m}]))
    for name in glob.glob('*.der'):
        with open(name, 'rb') as f:
            data = f.read()
        p.message(inbox, mail(0, subject=name[:-4], **{
            'class': 'IPM.Note.SMIME', 'attachments': [
                {'name': 'smime.p7m', 'data': data}]}))
    p.close()


def case_report(path, n):
    """Each kind of report, [MS-OXCMAIL] 2.2.3.7; of people who have no address
    and no name in ASCII, too."""
    p = store(path)
    inbox = p.folder('Inbox')
    for i, kind in enumerate(('NDR', 'IPNRN', 'IPNNRN', 'DR', 'Delayed.DR',
                              'Expanded.DR', 'Relayed.DR')):
        for who in (JANE, ('Jürgen Ötker', '', '')):
            p.message(inbox, mail(i, subject=kind, to=[(TO,) + who], **{
                'class': 'REPORT.IPM.Note.' + kind, 'from': who,
                'props': {0x1001: ('str', 'Report text\r\n'), 0x1000: None,
                          0x1046: ('str', '<original@example.org>')}}))
    p.close()


def one_off(name, kind, addr, wide=True):
    """A One-Off EntryID, [MS-OXCDATA] 2.2.5.1"""
    codec, end = ('utf-16-le', b'\0\0') if wide else ('cp1252', b'\0')
    return (bytes(4) + bytes.fromhex('812b1fa4bea310199d6e00dd010f5402') +
            struct.pack('<HH', 0, 0x9001 if wide else 0x1001) +
            b''.join(s.encode(codec) + end for s in (name, kind, addr)))


def book_entry(x500):
    """An Address Book EntryID, 2.2.5.2"""
    return (bytes(4) + bytes.fromhex('dca740c8c042101ab4b908002b2fe182') +
            struct.pack('<II', 1, 0) + x500.encode() + b'\0')


def flat_list(ids):
    """A FlatEntryList, 2.3.3"""
    body = b''
    for i in ids:
        body += struct.pack('<I', len(i)) + i
        body += bytes(-len(body) % 4)
    return struct.pack('<II', len(ids), len(body)) + body


def case_people(path, n):
    """Addresses as programs stored them, in all the places they have."""
    p = store(path)
    reply, people = p.folder('reply'), p.folder('people')
    for name, props in {
            'entries': {0x50: ('str', 'Support;Other'), 0x4f: (0x102, flat_list(
                [one_off('Support; all', 'SMTP', 'support@example.org'),
                 one_off('Ötker, Jö', 'SMTP', 'other@example.org', False)]))},
            'names': {0x50: ('str', 'a@example.org; No Address')},
            'own': {0x50: ('str', 'Roe'), 0x5d02: ('str', 'roe@example.org'),
                    0x4f: (0x102, flat_list([book_entry(EX[2])]))},
            'cut': {0x50: ('str', 'Support'), 0x4f: (0x102, flat_list(
                [one_off('Support', 'SMTP', 'support@example.org')])[:60])},
            'lie': {0x4f: (0x102, struct.pack('<III', 99999, 4, 99999))},
            }.items():
        p.message(reply, mail(0, subject=name, **{'from': EX}, props=props))
    for i, (name, addr) in enumerate((
            ("'jane@example.org'", "'jane@example.org'"),
            ('Jane', '<jane@example.org>'), ('Jane', 'SMTP:jane@example.org '),
            ('Jane', '"jane doe"@example.org'), ('Jane', 'a/b c@example.org'),
            ('Jürgen', 'jürgen@exämple.org'), ('Fax', 'Jane@+49 89 123'))):
        p.message(people, mail(i, subject='%d' % i, **{
            'from': (name, 'SMTP', addr), 'to': [(TO, name, 'SMTP', addr)]}))
    p.message(people, mail(9, subject='entry', **{'from': EX}, props={
        0x41: (0x102, one_off('Roe', 'SMTP', 'roe@example.org')),
        0x29: (11, True)}))
    p.message(people, mail(9, subject='x500', **{'from': EX}, props={
        0x29: (11, True)}))
    p.message(people, mail(9, subject='name', to=[
        (TO, 'roe@example.org', 'EX', EX[2]), (CC, 'Roe@EXAMPLE', 'EX', EX[2])]))
    p.close()


def case_links(path, n):
    """Attachments that are elsewhere, and an OLE object."""
    p = store(path)
    inbox = p.folder('Inbox')
    p.message(inbox, mail(0, attachments=[
        {'name': 'share.doc', 'method': 2,
         'path': '\\\\server\\share\\Übersicht.doc'},
        {'name': 'cloud.docx', 'method': 7, 'path':
         'https://example.org/documents/a long name that is there.docx?a=1'},
        {'name': 'a=b? [1] (ü).txt', 'data': b'x'},
        {'name': 'Picture', 'method': 6,
         'data': bytes.fromhex('d0cf11e0a1b11ae1') + bytes(4096)}]))
    p.message(inbox, mail(1, attachments=[{'name': 'lost.doc', 'method': 4}]))
    p.close()


def main():
    cases = {k[5:]: v for k, v in globals().items() if k.startswith('case_')}
    if len(sys.argv) < 3 or sys.argv[1] not in cases:
        print('\n'.join(sorted(cases)))
        return 0 if sys.argv[1:] == ['list'] else 64
    number = int(sys.argv[3]) if len(sys.argv) > 3 else 10
    cases[sys.argv[1]](sys.argv[2], number)
    return 0


if __name__ == '__main__':
    sys.exit(main())

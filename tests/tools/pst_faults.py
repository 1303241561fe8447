#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plant one fault in a sound PST, for the checker to find.

    pst_faults.py list                  names, the base each wants, the rule
    pst_faults.py NAME IN.pst OUT.pst

IN is a Unicode PST without encoding (ENCODE=0 mkpst KIND).  Where a fault is
deeper than a checksum, the checksums around it are made right again, so that
nothing but the rule itself can tell.
"""
import struct
import sys
import zlib

SECTION = 496 * 8 * 64
FIRST_AMAP = 0x4400
DLIST = 0x4200
FAULTS = {}


def fault(base, rule):
    def add(fn):
        FAULTS[fn.__name__.replace('_', '-')] = (base, rule, fn)
        return fn
    return add


def crc(data):
    return (zlib.crc32(data, 0xffffffff) ^ 0xffffffff) & 0xffffffff


class Pst:
    def __init__(self, data):
        self.b = bytearray(data)
        if self.b[:4] != b'!BDN' or self.u16(10) != 23 or self.b[513] != 0:
            sys.exit('pst_faults: not a Unicode PST without encoding')
        self.leaves = {0x80: [], 0x81: []}   # (offset of entry, page)
        self.inner = {0x80: [], 0x81: []}
        for kind, at in ((0x80, 0xf0), (0x81, 0xe0)):
            self.walk(kind, self.u64(at))

    def u16(self, at):
        return struct.unpack_from('<H', self.b, at)[0]

    def u32(self, at):
        return struct.unpack_from('<I', self.b, at)[0]

    def u64(self, at):
        return struct.unpack_from('<Q', self.b, at)[0]

    def put(self, fmt, at, *v):
        struct.pack_into('<' + fmt, self.b, at, *v)

    def walk(self, kind, page):
        n, _, size, level = self.b[page + 488:page + 492]
        for i in range(n):
            at = page + i * size
            if level:
                self.inner[kind].append((at, page))
                self.walk(kind, self.u64(at + 16))
            else:
                self.leaves[kind].append((at, page))

    # -- checksums
    def fix_header(self):
        self.put('I', 4, crc(self.b[8:8 + 471]))
        self.put('I', 0x20c, crc(self.b[8:8 + 516]))

    def fix_page(self, page):
        self.put('I', page + 500, crc(self.b[page:page + 496]))

    def fix_block(self, entry):
        at, n = self.u64(entry + 8), self.u16(entry + 16)
        self.put('I', self.trailer(entry) + 4, crc(self.b[at:at + n]))

    def trailer(self, entry):
        at, n = self.u64(entry + 8), self.u16(entry + 16)
        return at + (n + 16 + 63) // 64 * 64 - 16

    # -- things by their numbers
    def block(self, bid):
        for at, _ in self.leaves[0x80]:
            if self.u64(at) == bid:
                return at
        sys.exit('pst_faults: no block 0x%x' % bid)

    def node(self, nid):
        for at, page in self.leaves[0x81]:
            if self.u32(at) == nid:
                return at, page
        sys.exit('pst_faults: no node 0x%x' % nid)

    def first(self, kind):
        """The first node of a NID type, as (entry, page)."""
        return next(x for x in self.leaves[0x81] if self.u32(x[0]) & 31 == kind)

    def heap(self, bid):
        return Heap(self, self.block(bid))

    def node_heap(self, nid):
        return self.heap(self.u64(self.node(nid)[0] + 8))

    def subnodes(self, bid):
        """(offset of SLENTRY, BBT entry of its block)"""
        entry = self.block(bid)
        at = self.u64(entry + 8)
        assert self.b[at] == 2 and self.b[at + 1] == 0
        return [(at + 8 + 24 * i, entry) for i in range(self.u16(at + 2))]

    def xblock(self):
        for at, _ in self.leaves[0x80]:
            ib = self.u64(at + 8)
            if self.u64(at) & 2 and self.b[ib] == 1:
                return at, ib
        sys.exit('pst_faults: no XBLOCK')


class Heap:
    """A heap of one block."""
    def __init__(self, p, entry):
        self.p, self.entry, self.at = p, entry, p.u64(entry + 8)
        self.map = self.at + p.u16(self.at)
        self.root = p.u32(self.at + 4)

    def item(self, hid):
        i = hid >> 5
        a = self.map + 4 + 2 * (i - 1)
        return self.at + self.p.u16(a), self.at + self.p.u16(a + 2)

    def records(self, hid, size):
        head, _ = self.item(hid)
        a, e = self.item(self.p.u32(head + 4))
        return list(range(a, e, size))

    def prop(self, tag):
        for r in self.records(self.root, 8):
            if self.p.u16(r) == tag:
                return r
        sys.exit('pst_faults: no property 0x%x' % tag)

    def value(self, tag):
        return self.item(self.p.u32(self.prop(tag) + 4))

    def done(self):
        self.p.fix_block(self.entry)

    # a table
    def info(self):
        return self.item(self.root)[0]

    def row(self, i):
        size = self.p.u16(self.info() + 8)
        return self.item(self.p.u32(self.info() + 14))[0] + i * size


def swap(p, a, b, n):
    p.b[a:a + n], p.b[b:b + n] = p.b[b:b + n], p.b[a:a + n]


# ------------------------------------------------------------------ header

@fault('odd', '2.2.2.6')
def header_crc(p):
    p.b[4] ^= 1

@fault('odd', '2.2.2.6')
def header_full_crc(p):
    p.b[0x20c] ^= 1

@fault('odd', '2.2.2.6')
def header_sentinel(p):
    p.b[0x200] = 0x81
    p.fix_header()

@fault('odd', '2.2.2.6')
def header_client_version(p):
    p.put('H', 12, 20)
    p.fix_header()

@fault('odd', '2.2.2.6')
def header_next_block(p):
    p.put('Q', 0x204, p.u64(p.leaves[0x80][-1][0]))
    p.fix_header()

@fault('odd', '2.2.2.6')
def header_next_page(p):
    p.put('Q', 0x20, 1)
    p.fix_header()

@fault('odd', '2.2.2.6')
def header_node_counter(p):
    p.put('I', 0x2c + 4 * 4, 0x10000)
    p.fix_header()

@fault('odd', '2.2.2.5')
def root_file_size(p):
    p.put('Q', 0xb8, p.u64(0xb8) + SECTION)
    p.fix_header()

@fault('odd', '2.2.2.5')
def root_last_map(p):
    p.put('Q', 0xc0, p.u64(0xc0) + SECTION)
    p.fix_header()

@fault('odd', '2.2.2.5')
def root_free_bytes(p):
    p.put('Q', 0xc8, p.u64(0xc8) - 64)
    p.fix_header()

@fault('odd', '2.2.2.5')
def root_maps_invalid(p):
    p.b[0xf8] = 0
    p.fix_header()

# ------------------------------------------------------------------- pages

@fault('odd', '2.2.2.7.1')
def page_crc(p):
    p.b[p.leaves[0x81][0][1] + 500] ^= 1

@fault('odd', '2.2.2.7.1')
def page_type(p):
    p.b[p.leaves[0x80][0][1] + 497] ^= 1

@fault('odd', '2.2.2.7.1')
def page_signature(p):
    p.b[p.leaves[0x80][0][1] + 498] ^= 1

@fault('odd', '2.2.2.7.1')
def page_number(p):
    page = p.leaves[0x80][0][1]
    p.put('Q', page + 504, p.u64(page + 504) + 1)

@fault('odd', '2.2.2.7.1')
def map_overwritten(p):
    at = FIRST_AMAP + 512
    p.b[at:at + 512] = bytes(512)

@fault('odd', '2.2.2.7.2')
def map_not_marked(p):
    entry = p.leaves[0x80][5][0]
    unit = (p.u64(entry + 8) - FIRST_AMAP) // 64
    p.b[FIRST_AMAP + unit // 8] &= ~(0x80 >> unit % 8) & 0xff
    p.fix_page(FIRST_AMAP)
    p.put('Q', 0xc8, p.u64(0xc8) + 64)
    p.fix_header()
    p.put('I', DLIST + 8, p.u32(DLIST + 8) + (1 << 20))
    p.fix_page(DLIST)

@fault('odd', '2.2.2.7.4.2')
def density_slots(p):
    p.put('I', DLIST + 8, p.u32(DLIST + 8) + (1 << 20))
    p.fix_page(DLIST)

@fault('odd', '2.2.2.7.4.2')
def density_page(p):
    p.put('I', DLIST + 8, p.u32(DLIST + 8) + 1000)
    p.fix_page(DLIST)

@fault('odd', '2.2.2.7.7.1')
def tree_max(p):
    page = p.leaves[0x81][0][1]
    p.b[page + 489] += 1
    p.fix_page(page)

@fault('odd', '2.2.2.7.7.1')
def tree_level(p):
    page = p.inner[0x81][0][1]
    p.b[page + 491] += 1
    p.fix_page(page)

@fault('odd', '2.2.2.7.7.2')
def tree_order(p):
    at, page = p.leaves[0x81][3]
    swap(p, at, at + 32, 32)
    p.fix_page(page)

@fault('odd', '2.2.2.7.7.2')
def tree_key(p):
    at, page = p.inner[0x80][1]
    p.put('Q', at, p.u64(at) + 4)
    p.fix_page(page)

@fault('odd', '2.2.2.7.7.3')
def block_count(p):
    at, page = p.leaves[0x80][2]
    p.put('H', at + 18, 5)
    p.fix_page(page)

@fault('odd', '2.6.1.1')
def block_overlap(p):
    a, page = p.leaves[0x80][3]
    b = p.leaves[0x80][4][0]
    p.put('Q', a + 8, p.u64(b + 8))
    p.fix_page(page)

@fault('odd', '2.2.2.7.7.4')
def node_without_data(p):
    at, page = p.node(0x8022)
    p.put('Q', at + 8, 0x7ffffff0)
    p.fix_page(page)

# ------------------------------------------------------------------ blocks

@fault('odd', '2.2.2.8.1')
def block_crc(p):
    entry = p.leaves[0x80][7][0]
    p.b[p.trailer(entry) + 4] ^= 1

@fault('odd', '2.2.2.8.1')
def block_signature(p):
    entry = p.leaves[0x80][7][0]
    p.b[p.trailer(entry) + 2] ^= 1

@fault('odd', '2.2.2.8.1')
def block_size(p):
    t = p.trailer(p.leaves[0x80][7][0])
    p.put('H', t, p.u16(t) + 1)

@fault('many', '2.2.2.8.3.2')
def list_total(p):
    entry, ib = p.xblock()
    p.put('I', ib + 4, p.u32(ib + 4) + 1)
    p.fix_block(entry)

@fault('many', '2.2.2.2')
def list_of_lists(p):
    entry, ib = p.xblock()
    p.put('Q', ib + 8, p.u64(entry))
    p.fix_block(entry)

@fault('odd', '2.2.2.8.3.3.1')
def subnode_order(p):
    at, _ = p.first(4)
    subs = p.subnodes(p.u64(at + 16))
    if len(subs) < 2:
        at = next(x for x, _ in p.leaves[0x81] if p.u64(x + 16) and
                  len(p.subnodes(p.u64(x + 16))) > 1)
        subs = p.subnodes(p.u64(at + 16))
    swap(p, subs[0][0], subs[1][0], 24)
    p.fix_block(subs[0][1])

@fault('odd', '2.2.2.8.3.3.1')
def subnode_circle(p):
    at, _ = p.first(4)
    bid = p.u64(at + 16)
    sub, entry = p.subnodes(bid)[0]
    p.put('Q', sub + 16, bid)
    p.fix_block(entry)

# ------------------------------------------------------- heaps and trees

@fault('odd', '2.3.1.2')
def heap_signature(p):
    h = p.node_heap(0x8022)
    p.b[h.at + 2] = 0xed
    h.done()

@fault('odd', '2.3.1.2')
def heap_client(p):
    h = p.node_heap(0x8022)
    p.b[h.at + 3] = 0x7c
    h.done()

@fault('odd', '2.3.1.5')
def heap_map(p):
    h = p.node_heap(0x8022)
    p.put('H', h.map + 6, 0x4000)
    h.done()

@fault('odd', '2.3.1.5')
def heap_free(p):
    h = p.node_heap(0x8022)
    p.put('H', h.map + 2, 3)
    h.done()

@fault('odd', '2.3.2.1')
def tree_in_heap_type(p):
    h = p.node_heap(0x8022)
    p.b[h.item(h.root)[0]] = 0xb6
    h.done()

@fault('odd', '2.3.2.3')
def tree_in_heap_order(p):
    h = p.node_heap(0x21)
    r = h.records(h.root, 8)
    swap(p, r[0], r[1], 8)
    h.done()

@fault('odd', '2.3.3.3')
def property_type(p):
    h = p.node_heap(0x8022)
    p.put('H', h.prop(0x3602) + 2, 0x0fff)
    h.done()

@fault('odd', '2.3.3.3')
def property_type_of_tag(p):
    h = p.node_heap(0x8022)
    p.put('H', h.prop(0x3602) + 2, 0x000b)
    h.done()

@fault('odd', '2.3.3.4')
def property_value(p):
    h = p.node_heap(0x8022)
    p.put('I', h.prop(0x3001) + 4, 0x7fe0)
    h.done()

# ------------------------------------------------------------------ tables

@fault('odd', '2.3.4.1')
def table_columns(p):
    h = p.node_heap(0x60d)
    swap(p, h.info() + 22, h.info() + 30, 8)
    h.done()

@fault('odd', '2.3.4.2')
def table_cells(p):
    h = p.node_heap(0x60d)
    p.put('H', h.info() + 22 + 4, 8)
    h.done()

@fault('odd', '2.3.4.2')
def table_bit(p):
    h = p.node_heap(0x60d)
    p.b[h.info() + 22 + 7] = p.b[h.info() + 30 + 7]
    h.done()

@fault('odd', '2.3.4.3.1')
def table_row_index(p):
    h = p.node_heap(0x12d)
    r = h.records(p.u32(h.info() + 10), 8)
    p.put('I', r[0] + 4, 1)
    p.put('I', r[1] + 4, 0)
    h.done()

@fault('odd', '2.3.4.4.1')
def table_row_bits(p):
    h = p.node_heap(0x12d)
    p.b[h.row(0) + p.u16(h.info() + 6)] &= 0x7f
    h.done()

# ------------------------------------------------------------------- store

@fault('odd', '2.4.3.1')
def store_subtree(p):
    h = p.node_heap(0x21)
    p.put('H', h.prop(0x35e0), 0x35e1)
    h.done()

@fault('odd', '2.4.3.2')
def store_entry_id(p):
    h = p.node_heap(0x21)
    p.b[h.value(0x35e3)[0] + 4] ^= 0xff
    h.done()

@fault('odd', '2.4.3.2')
def store_wastebasket(p):
    h = p.node_heap(0x21)
    p.put('I', h.value(0x35e3)[0] + 20, 0x7fe2)
    h.done()

@fault('odd', '2.4.7.1')
def names_guid(p):
    h = p.node_heap(0x61)
    p.put('H', h.value(3)[0] + 4, 50 << 1 | 1)
    h.done()

@fault('odd', '2.4.7.4')
def names_string(p):
    h = p.node_heap(0x61)
    p.put('I', h.value(3)[0], 0x4000)
    h.done()

@fault('odd', '2.4.7.5')
def names_buckets(p):
    h = p.node_heap(0x61)
    p.put('I', h.prop(1) + 4, 250)
    h.done()

@fault('names', '2.4.7.5')
def names_other_bucket(p):
    h = p.node_heap(0x61)
    buckets = [r for r in h.records(h.root, 8) if p.u16(r) >= 0x1000]
    # two single entries change places
    one = [r for r in buckets if len(range(*h.item(p.u32(r + 4)))) == 8]
    a, b = h.item(p.u32(one[0] + 4))[0], h.item(p.u32(one[1] + 4))[0]
    swap(p, a, b, 8)
    h.done()

@fault('odd', '2.6.1.1')
def page_overlap(p):
    """A page in the place of a block."""
    entry, page = p.leaves[0x80][3]
    p.put('Q', entry + 8, p.leaves[0x81][0][1])
    p.fix_page(page)

@fault('odd', '2.4.4.1')
def folder_circle(p):
    a, page = p.node(0x8062)
    p.put('I', a + 24, 0x8062)
    p.fix_page(page)

@fault('odd', '2.2.2.6')
def header_encryption(p):
    p.b[513] = 7
    p.fix_header()

@fault('many', '2.3.1.2')
def heap_fill(p):
    """The heap of the big contents table says that it is empty."""
    best = max((x for x, _ in p.leaves[0x81] if p.u64(x + 8) and
                not p.u64(x + 8) & 2 and
                p.b[p.u64(p.block(p.u64(x + 8)) + 8) + 2] == 0xec),
               key=lambda x: p.u16(p.block(p.u64(x + 8)) + 16))
    h = p.heap(p.u64(best + 8))
    if p.u16(h.entry + 16) < 7000:
        sys.exit('pst_faults: no heap is full')
    p.b[h.at + 8] &= 0xf0
    h.done()

@fault('odd', '2.4.4.5.1')
def template_missing(p):
    at, page = p.node(0x60e)
    p.put('Q', at, 0x60d)
    p.put('Q', at - 32, 0x60c)      # the one before it, moved down
    p.fix_page(page)

@fault('odd', '2.7.1')
def queue_missing(p):
    at, page = p.node(0x1e1)
    p.put('Q', at, 0x1e0)
    p.fix_page(page)

@fault('odd', '2.4.8.4.2')
def search_list(p):
    entry = p.block(p.u64(p.node(0x201)[0] + 8))
    p.put('I', p.u64(entry + 8), 0x8022)
    p.fix_block(entry)

# --------------------------------------------------- folders and messages

@fault('odd', '2.4.4.1')
def folder_count(p):
    h = p.node_heap(0x8022)
    p.put('I', h.prop(0x3602) + 4, 77)
    h.done()

@fault('odd', '2.4.4.1')
def folder_unread(p):
    at = next(x for x, _ in p.leaves[0x81] if p.u32(x) & 31 == 2 and
              p.u32(p.heap(p.u64(x + 8)).prop(0x3602) + 4) > 0)
    h = p.heap(p.u64(at + 8))
    p.put('I', h.prop(0x3603) + 4, 1000)
    h.done()

@fault('odd', '2.4.4.1')
def folder_subfolders(p):
    h = p.node_heap(0x8022)
    p.put('I', h.prop(0x360a) + 4, 0)
    h.done()

@fault('odd', '2.4.4.1')
def folder_parent(p):
    at, page = p.node(0x8062)
    p.put('I', at + 24, 0x21)
    p.fix_page(page)

@fault('odd', '2.4.4.4')
def folder_not_listed(p):
    h = p.node_heap(0x12d)
    r = h.records(p.u32(h.info() + 10), 8)
    # the last row names a folder that is not there
    p.put('I', r[-1], 0x9002)
    p.put('I', h.row(p.u32(r[-1] + 4)), 0x9002)
    h.done()

@fault('odd', '2.4.4.5')
def message_parent(p):
    at, page = p.first(4)
    p.put('I', at + 24, 0x8062)
    p.fix_page(page)

def cell(h, i, tag):
    """Of row i: where the cell of a column is."""
    info = h.info()
    for c in range(h.p.b[info + 1]):
        if h.p.u16(info + 22 + 8 * c + 2) == tag:
            return h.row(i) + h.p.u16(info + 22 + 8 * c + 4)
    sys.exit('pst_faults: no column 0x%x' % tag)

@fault('odd', '2.4.4.5')
def message_row(p):
    folder = p.u32(p.first(4)[0] + 24)
    h = p.node_heap(folder & ~31 | 0xe)
    at = cell(h, 0, 0x0017)
    p.put('I', at, p.u32(at) ^ 1)
    h.done()

@fault('odd', '2.4.4.4')
def folder_row(p):
    h = p.node_heap(0x12d)
    p.put('I', cell(h, 1, 0x3603), 5)
    h.done()

@fault('odd', '2.4.5.1.1')
def message_class(p):
    h = p.heap(p.u64(p.first(4)[0] + 8))
    p.put('H', h.prop(0x001a), 0x001b)
    h.done()

@fault('odd', '2.4.7')
def message_unknown_name(p):
    h = p.heap(p.u64(p.first(4)[0] + 8))
    last = h.records(h.root, 8)[-1]
    p.put('H', last, 0x8fff)
    h.done()

@fault('odd', '2.4.6.1')
def attachment_not_listed(p):
    for at, _ in p.leaves[0x81]:
        if p.u32(at) & 31 != 4 or not p.u64(at + 16):
            continue
        for sub, entry in p.subnodes(p.u64(at + 16)):
            if p.u32(sub) == 0x671:
                h = p.heap(p.u64(sub + 8))
                r = h.records(p.u32(h.info() + 10), 8)
                p.put('I', r[-1], p.u32(r[-1]) + 0x2000)
                p.put('I', h.row(p.u32(r[-1] + 4)), p.u32(r[-1]))
                h.done()
                return
    sys.exit('pst_faults: no attachment table')


def main():
    if sys.argv[1:] == ['list']:
        for name, (base, rule, _) in FAULTS.items():
            print(name, base, rule)
        return
    if len(sys.argv) != 4 or sys.argv[1] not in FAULTS:
        sys.exit(__doc__)
    with open(sys.argv[2], 'rb') as f:
        p = Pst(f.read())
    FAULTS[sys.argv[1]][2](p)
    with open(sys.argv[3], 'wb') as f:
        f.write(p.b)


main()

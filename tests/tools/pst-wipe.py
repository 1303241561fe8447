#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy a PST with the root pages of its trees zeroed: pst-wipe.py IN OUT"""

import struct
import sys

with open(sys.argv[1], 'rb') as f:
    data = bytearray(f.read())
version = struct.unpack_from('<H', data, 10)[0]
form, places = ('<I', (188, 196)) if version < 20 else ('<Q', (224, 240))
size = 4096 if version == 36 else 512
for at in places:
    ib = struct.unpack_from(form, data, at)[0]
    data[ib:ib + size] = bytes(size)
with open(sys.argv[2], 'wb') as f:
    f.write(data)

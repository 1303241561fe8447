#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A name server on loopback that knows service records only (RFC 2782).

    dns_server.py LOG NAME=PRIORITY:WEIGHT:PORT:TARGET ... [silent|garbage]

Prints its port; serves until killed.  Names that it does not know do not
exist.  'silent' never answers, 'garbage' answers with noise.
"""
import os
import socket
import struct
import sys

LOG, *args = sys.argv[1:]
MODE = args.pop() if args and '=' not in args[-1] else ''
records = {}
for arg in args:
    name, value = arg.split('=', 1)
    priority, weight, port, target = value.split(':')
    records.setdefault(name.lower(), []).append(
        (int(priority), int(weight), int(port), target))


def encode(name):
    out = b''
    for label in name.rstrip('.').split('.'):
        if label:
            out += bytes([len(label)]) + label.encode()
    return out + b'\0'


sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(('127.0.0.1', 0))
print(sock.getsockname()[1], flush=True)
while True:
    query, peer = sock.recvfrom(4096)
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    question = query[12:at + 5]
    name = '.'.join(labels).lower()
    with open(LOG, 'a') as f:
        f.write(name + '\n')
    if MODE == 'silent':
        continue
    if MODE == 'garbage':
        sock.sendto(query[:2] + b'\x81\x80\0\1\0\7\0\0\0\0' + question +
                    os.urandom(60), peer)
        continue
    found = records.get(name, [])
    answer = query[:2] + struct.pack('>HHHHH', 0x8180 if found else 0x8183, 1,
                                     len(found), 0, 0) + question
    for priority, weight, port, target in found:
        data = struct.pack('>HHH', priority, weight, port) + encode(target)
        answer += b'\xc0\x0c' + struct.pack('>HHIH', 33, 1, 60,
                                            len(data)) + data
    sock.sendto(answer, peer)

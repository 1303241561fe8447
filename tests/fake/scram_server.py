#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""An IMAP server that knows SCRAM (RFC 5802, 7677), and lies as it is told.

    scram_server.py MODE [HASH [PASSWORD]]     prints its port, serves one client

MODE: good; signature (a wrong one); skip (OK without the proof); silent (OK at
once); nonce (not built on the client's); rounds (far too many); norounds;
refuse (e=invalid-proof); again (a challenge behind the proof).  Its end says
on stderr what the client did last: 'said: ...'.
"""
import base64
import hashlib
import hmac
import os
import socket
import sys

MODE = sys.argv[1]
HASH = sys.argv[2] if len(sys.argv) > 2 else 'sha256'
PASSWORD = (sys.argv[3] if len(sys.argv) > 3 else 'secret').encode()
NAME = {'sha1': 'SCRAM-SHA-1', 'sha256': 'SCRAM-SHA-256'}[HASH]

listener = socket.socket()
listener.bind(('127.0.0.1', 0))
listener.listen(1)
print(listener.getsockname()[1], flush=True)
listener.settimeout(20)
client = listener.accept()[0]
client.settimeout(20)
lines = client.makefile('rb')


def say(text):
    client.sendall(text.encode() + b'\r\n')


def hear():
    line = lines.readline()
    return line.decode().rstrip('\r\n')


def challenge(text):
    say('+ ' + base64.b64encode(text.encode()).decode())


def answer():
    line = hear()
    if line == '*':
        print('said: *', file=sys.stderr)
        sys.exit(0)
    return base64.b64decode(line).decode()


def mac(key, text):
    return hmac.new(key, text.encode(), HASH).digest()


def b64(data):
    return base64.b64encode(data).decode()


say('* OK [CAPABILITY IMAP4rev1 AUTH=%s AUTH=PLAIN] hello' % NAME)
tag, verb, mech = hear().split(' ')[:3]
assert (verb, mech) == ('AUTHENTICATE', NAME), (verb, mech)
if MODE == 'silent':
    say(tag + ' OK in')
    print('said: %s' % hear(), file=sys.stderr)
    sys.exit(0)
say('+ ')
first = answer()
gs2, bare = first.split(',', 2)[:2], first.split(',', 2)[2]
fields = dict(f.split('=', 1) for f in bare.split(','))
nonce = fields['r'] + b64(os.urandom(12))
if MODE == 'nonce':
    nonce = b64(os.urandom(18))
salt = os.urandom(16)
rounds = {'rounds': '4294967295', 'norounds': '0'}.get(MODE, '4096')
server_first = 'r=%s,s=%s,i=%s' % (nonce, b64(salt), rounds)
challenge(server_first)
final = answer()
without, proof = final.rsplit(',p=', 1)
if MODE == 'skip':
    say(tag + ' OK in')
    print('said: %s' % hear(), file=sys.stderr)
    sys.exit(0)
salted = hashlib.pbkdf2_hmac(HASH, PASSWORD, salt, 4096)
client_key = mac(salted, 'Client Key')
stored = hashlib.new(HASH, client_key).digest()
everything = ','.join([bare, server_first, without])
want = bytes(a ^ b for a, b in zip(client_key, mac(stored, everything)))
channel = dict(f.split('=', 1) for f in without.split(','))
assert base64.b64decode(channel['c']).decode() == ','.join(gs2) + ','
assert channel['r'] == nonce
if base64.b64decode(proof) != want or MODE == 'refuse':
    challenge('e=invalid-proof')
    answer()
    say(tag + ' NO [AUTHENTICATIONFAILED] no')
    print('said: %s' % hear(), file=sys.stderr)
    sys.exit(0)
signature = mac(mac(salted, 'Server Key'), everything)
if MODE == 'signature':
    signature = bytes(len(signature))
challenge('v=' + b64(signature))
answer()
if MODE == 'again':
    challenge('v=' + b64(signature))
    answer()
say(tag + ' OK [CAPABILITY IMAP4rev1] in')
print('said: %s %s' % (gs2[1], hear().split(' ')[-1]), file=sys.stderr)

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""An OAuth 2 token server (RFC 6749, 7662, 8628), for tests.

    token_server.py LOG [CERT KEY]      prints its port; serves until killed

It knows the client 'app' with the secret 'app-secret-canary', gives tokens
'tok-canary-N' and takes what is in a file LOG.life (seconds; 3600) as their
life.  LOG gets a line for each request: path, grant, and what is wrong.
A refresh token is good once: 'ref-canary-N' gives the next one.

    /token       grants refresh_token, client_credentials, device_code
    /device      a code that is granted at the third question; the second one
                 is told to slow down
    /introspect  for Dovecot: is that token the latest?
    /later /html /huge /redirect /mac /nothing   answers that are none
"""
import http.server
import json
import os
import ssl
import sys
import urllib.parse

LOG = sys.argv[1]
state = {'tokens': 0, 'refresh': 1, 'polls': 0, 'revoked': set()}


def life():
    try:
        with open(LOG + '.life') as f:
            return json.loads(f.read())
    except OSError:
        return 3600


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def note(self, text):
        with open(LOG, 'a') as f:
            f.write(text + '\n')

    def reply(self, status, body, kind='application/json'):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def error(self, code, words, status=400):
        self.note('  error ' + code)
        self.reply(status, {'error': code, 'error_description': words})

    def token(self, refresh):
        state['tokens'] += 1
        answer = {'access_token': 'tok-canary-%d' % state['tokens'],
                  'token_type': 'Bearer'}
        if life() is not None:
            answer['expires_in'] = life()
        if refresh:
            state['refresh'] += 1
            answer['refresh_token'] = 'ref-canary-%d' % state['refresh']
        self.reply(200, answer)

    def do_GET(self):
        self.introspect(urllib.parse.unquote(self.path.split('token=')[-1]))

    def introspect(self, token):
        good = token == 'tok-canary-%d' % state['tokens'] and \
            not os.path.exists(LOG + '.revoked-' + token)
        self.note('introspect %s %s' % (token, good))
        answer = {'active': good, 'username': 'mary', 'sub': 'mary',
                  'scope': 'imap'}
        self.reply(200, answer)

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length'])).decode()
        form = {k: v[0] for k, v in urllib.parse.parse_qs(body).items()}
        path = self.path
        if path == '/introspect':
            return self.introspect(form['token'])
        self.note('%s %s %s' % (path, form.get('grant_type', '-').split(
            ':')[-1], form.get('scope', '-')))
        if path == '/later':
            return self.reply(503, b'')
        if path == '/html':
            return self.reply(200, b'<html>', 'text/html')
        if path == '/huge':
            return self.reply(200, b'{"a":"' + b'x' * 200000 + b'"}')
        if path == '/mac':
            return self.reply(200, {'access_token': 'x', 'token_type': 'mac'})
        if path == '/nothing':
            return self.reply(200, {})
        if path == '/break':
            return self.reply(200, {'access_token': 'tok\r\ncanary'})
        if path == '/redirect':
            self.send_response(302)
            self.send_header('Location', '/token')
            self.send_header('Content-Length', '0')
            self.end_headers()
            return None
        if form.get('client_id') != 'app':
            return self.error('invalid_client', 'no such application', 401)
        if path == '/device':
            state['polls'] = 0
            return self.reply(200, {
                'device_code': 'dev-canary', 'user_code': 'WDJB-\x1b[1mMJHT',
                'verification_uri': 'https://example.org/device',
                'interval': 1, 'expires_in': 60})
        grant = form.get('grant_type')
        if grant == 'refresh_token':
            if form['refresh_token'] != 'ref-canary-%d' % state['refresh']:
                return self.error('invalid_grant', 'expired: ' +
                                  form['refresh_token'])
            return self.token(True)
        if grant == 'client_credentials':
            if form.get('client_secret') != 'app-secret-canary':
                return self.error('invalid_client', 'wrong secret', 401)
            if not form.get('scope', '').endswith('/.default'):
                return self.error('invalid_scope', 'only .default')
            return self.token(False)
        if grant and grant.endswith(':device_code'):
            state['polls'] += 1
            if state['polls'] == 1:
                return self.error('authorization_pending', '')
            if os.path.exists(LOG + '.denied'):
                return self.error('access_denied', 'the user said no')
            return self.token(True)
        return self.error('unsupported_grant_type', '')


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()

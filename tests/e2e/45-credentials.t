#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Secrets: where they may come from, and that they are nowhere else.  The
# children that parse mail: 44-pst-child.t (K9).
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/fake.sh"

[ -x "$FAKE" ] || skip_all 'the test tools are not built'
mkdir -p box/cur box/new box/tmp
printf 'Subject: x\n\nx\n' >box/cur/1:2,S
postroad extract -q box a.spool >/dev/null || bail 'no spool'
fake_certificates || bail 'openssl failed'

# K1: no option takes a secret, not even shortened
for command in extract load verify survey; do
	postroad help $command >out
	is "$(grep -oE '^ +--[a-z-]*(password|token|secret|key)[a-z-]* [A-Z]*' \
	    out | grep -vE ' (FILE|CMD|NAME)$')" '' \
	    "K1: $command takes a file, a command or a name, no secret"
done
for bad in '--password canary' '--password=canary' '--pass canary' \
    '--oauth-token canary' '--oauth-token=canary' '--oauth-secret canary' \
    '--oauth-refresh=canary' '--password-e canary' '--password-f canary'; do
	# shellcheck disable=SC2086
	status 64 "K1: $bad" postroad load $bad a.spool imaps://mary@127.0.0.1:1/
	unlike "$(cat out err)" canary '  is not repeated'
done
for url in imaps://mary:canary@127.0.0.1:1/ imaps://mary%3Acanary:x@h/; do
	status 64 "K1: a password in a URL" postroad load a.spool $url
	unlike "$(cat out err)" canary '  is not repeated'
done

# K2
umask 077
load() { status "$@" imaps://mary@127.0.0.1:1/; }
for place in --password-file --credentials; do
	echo 'machine 127.0.0.1 login mary password canary' >f
	for mode in 640 604 620 602; do
		chmod $mode f
		load 78 "K2: $place with mode $mode" postroad load $place f a.spool
		like "$(cat err)" "what to do: chmod 600 'f'" '  says what to do'
	done
	chmod 600 f
	ln -sf f link
	load 78 "K2: $place is a link" postroad load $place link a.spool
	load 78 "K2: $place is a directory" postroad load $place . a.spool
	load 78 "K2: $place is a device" postroad load $place /dev/zero a.spool
	if [ "$(id -u)" = 0 ] && chown 12345 f 2>/dev/null; then
		load 78 "K2: $place belongs to somebody else" \
		    postroad load $place f a.spool
		chown 0 f
	else
		skip "K2: $place belongs to somebody else" 'not root'
	fi
	unlike "$(cat out err)" canary '  nothing of it is told'
done
for what in '' '\n' 'can\nary' 'can\rary' 'can\0ary'; do
	printf "$what" >f
	load 78 "K2: a password file with '$what'" postroad load \
	    --password-file f a.spool
done

# K3
k3() { load "$1" "K3: $2" timeout 90 "$POSTROAD" load \
    --password-command "$3" a.spool; }
k3 69 'words, no shell' 'echo $HOME; echo "a  b" > made'
nok '  nothing was redirected' test -e made
k3 69 'quotes' "printf '%s' \"can ary\""
k3 78 'exit status 3' "sh -c 'echo canary; exit 3'"
like "$(cat err)" 'exit status 3' '  is named'
k3 78 'a signal' "sh -c 'echo canary; kill -9 \$\$'"
k3 78 'nothing' true
k3 78 'too much' 'head -c 5000 /dev/zero'
k3 78 'without end' yes
k3 78 'a NUL' "printf 'can\\0ary'"
k3 78 'two lines' "printf 'can\\nary\\n'"
k3 78 'no such command' ./no-such-command
k3 64 'a quote without end' "echo 'canary"
unlike "$(cat out err)" canary '  nothing of it is told'

# K4
load 77 'K4: no terminal, no question' setsid "$POSTROAD" load a.spool
if command -v python3 >/dev/null; then
	fake_start --store st --cert cert.pem --key key.pem --tls
	cat >ask.py <<-'END'
	import os, pty, signal, sys, termios, time
	what, program = sys.argv[1], sys.argv[2:]
	pid, fd = pty.fork()
	if pid == 0:
	    os.execv(program[0], program)
	echo = lambda: bool(termios.tcgetattr(fd)[3] & termios.ECHO)
	seen = b''
	while b': ' not in seen:
	    seen += os.read(fd, 1000)
	print('asked' if b'Password for mary at localhost' in seen else seen)
	print('echo' if echo() else 'no echo')
	if what == 'signal':
	    os.kill(pid, signal.SIGTERM)
	elif what == 'ctrl-c':
	    os.write(fd, b'\x03')
	else:
	    os.write(fd, b'secret\n')
	seen = b''
	try:
	    while True:
	        part = os.read(fd, 1000)
	        if not part:
	            break
	        seen += part
	        last = echo()
	except OSError:
	    pass
	print('shown' if b'secret' in seen else 'not shown')
	print('echo again' if last else 'still no echo')
	print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	END
	for what in answer:0 signal:75 ctrl-c:75; do
		is "$(timeout 60 python3 ask.py ${what%:*} "$POSTROAD" load -q \
		    --progress never --ca-file ca.pem a.spool \
		    "imaps://mary@localhost:$FAKE_PORT/" | tr '\n' ';')" \
		    "asked;no echo;not shown;echo again;${what#*:};" \
		    "K4: asked on a terminal, ${what%:*}"
	done
	fake_stop
else
	skip 'K4: asked on a terminal' 'no python3'
fi

# K5: while it talks to a server, nobody can look into it
printf '%s\n' 'S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hi' \
    'C: TAG AUTHENTICATE PLAIN *' '!stall 60000' >a.talk
SECRET_HERE=canary; export SECRET_HERE
fake_start --talk a.talk --cert cert.pem --key key.pem --tls
chmod 644 ca.pem
"$POSTROAD" load -q --password-env SECRET_HERE --ca-file ca.pem a.spool \
    "imaps://mary@localhost:$FAKE_PORT/" >/dev/null 2>&1 &
pid=$!
unset SECRET_HERE
# memory left out of dumps, not counting the kernel's own [vvar]
hidden() {
	awk '/^[0-9a-f]+-/ { name = $6 } name !~ /^\[v/ && / dd( |$)/ { n++ }
	    END { print n + 0 }' "/proc/$1/smaps" 2>&1
}
try=0
until [ "$(hidden $pid)" != 0 ] || [ $((try += 1)) -gt 200 ]; do
	sleep 0.05
done
like "$(cat /proc/$pid/limits)" 'Max core file size +0 +0' 'K5: no core file'
unlike "$(tr '\0' '\n' </proc/$pid/environ)" canary \
    'K5: nor in the environment that others see'
unlike "$(tr '\0' '\n' </proc/$pid/cmdline)" canary 'K5: nor in argv'
like "$(hidden $pid)" '^[1-9]' \
    'K5: some memory is left out of dumps'
kill $pid
wait $pid 2>/dev/null
fake_stop
if [ "$(id -u)" = 0 ] && [ -z "${SAN:-}" ] &&
    command -v setpriv >/dev/null; then
	# who may not be traced has /proc files of root
	printf '!stall 60000\n' >a.talk
	fake_start --talk a.talk
	mkdir -m 777 nobody && cp -R a.spool nobody/ && chmod -R a+rwX nobody
	setpriv --reuid 65534 --clear-groups "$POSTROAD" load -q \
	    --password-command 'echo canary' \
	    nobody/a.spool "imap://mary@localhost:$FAKE_PORT/" \
	    >nobody.out 2>&1 &
	pid=$!
	try=0
	# setpriv's own are of root, too
	until { [ "$(readlink -f "/proc/$pid/exe")" = \
	    "$(readlink -f "$POSTROAD")" ] &&
	    [ "$(stat -c %u /proc/$pid/environ)" = 0 ]; } ||
	    [ $((try += 1)) -gt 200 ]; do
		sleep 0.05
	done
	is "$(stat -c %u /proc/$pid/environ 2>&1)" 0 'K5: not to be traced' ||
	    diag "$(cat nobody.out)"
	kill $pid
	wait $pid 2>/dev/null
	fake_stop
else
	skip 'K5: not to be traced' 'not root, or a sanitizer'
fi

# K10, T18: a whole run, and what is left of the secrets in all of its outputs
fake_start --store st --cert cert.pem --key key.pem --tls \
    --password canary-password
echo canary-password >f
status 0 'K10: a whole run' postroad load --json -v --log log --trace-wire \
    trace --ca-file ca.pem --password-file f a.spool \
    "imaps://mary@localhost:$FAKE_PORT/"
like "$(jq -r .security out)" 'TLSv1.3 .*, verified' 'T18: how safe, in the summary'
unlike "$(cat out err log trace)" "canary|$(printf %s 'canary-password' |
    base64 | cut -c 1-12)|$(printf '\0mary\0canary-password' | base64 |
    cut -c 8-18)" 'K10: no password in output, log or trace'
ok 'K10: nor in the spool' sh -c '! grep -rqa canary a.spool'
status 0 'T18: --tls insecure' postroad load --json --tls insecure \
    --password-file f a.spool "imaps://mary@localhost:$FAKE_PORT/"
like "$(cat err)" 'warning: --tls insecure: .* NOT verified' 'T18: is loud'
like "$(jq -r '.security + (.notes | tostring)' out)" \
    'NOT verified.*certificate was NOT verified' 'T18: and in the summary'
fake_stop
done_testing

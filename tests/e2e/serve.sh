# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# The throw-away server (tests/tools/serve_imap.c) in e2e tests, after lib.sh:
#
#	serve_start --as microsoft [--throttle 5,100,60000] [--stats FILE]
#	to_serve load a.spool		# postroad load --json ... a.spool
#	serve_stop
#
# serve_start sets SERVE_PORT and SERVE_URL; its stderr is in serve.err.

SERVE=${BUILD:-$ROOT/build}/tests/tools/serve_imap
serve_pid=
(umask 077; echo secret >serve.pw)

serve_start() {
	: >serve.port
	"$SERVE" "$@" >serve.port 2>serve.err &
	serve_pid=$!
	while ! [ -s serve.port ]; do
		kill -0 "$serve_pid" 2>/dev/null || { cat serve.err >&2; return 1; }
		sleep 0.01
	done
	SERVE_PORT=$(cat serve.port)
	SERVE_URL=imap://mary@127.0.0.1:$SERVE_PORT/
}

# It must still be there: a server that died fails the test.
serve_stop() {
	[ "$serve_pid" ] || return 0
	kill "$serve_pid" 2>/dev/null || { diag 'the server is gone'; cat serve.err; failed=$((failed + 1)); }
	wait "$serve_pid" 2>/dev/null
	serve_pid=
}

# to_serve COMMAND [OPTIONS] SPOOL
to_serve() {
	what=$1; shift
	postroad "$what" --json --tls none --password-file serve.pw "$@" "$SERVE_URL"
}

serve_exit() {
	rc=$?
	[ -z "$serve_pid" ] || kill "$serve_pid" 2>/dev/null
	(exit "$rc")
	at_exit
}
trap serve_exit EXIT

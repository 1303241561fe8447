# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# The fake IMAP server (tests/fake/README.md) in e2e tests:
#
#	. "${0%/*}/lib.sh"; . "$ROOT/tests/e2e/fake.sh"
#	fake_start --store st --cut-before-ok 5
#	postroad load --tls none --password-file pw a.spool "$FAKE_URL"
#	fake_stop
#
# fake_start sets FAKE_PORT, FAKE_URL and FAKE_TLS_URL (user mary); its
# stderr is in fake.err.  fake_wait waits for a script's end: its status.
# fake_certificates makes ca.pem, cert.pem and key.pem for localhost and
# 127.0.0.1 in the current directory, and 'pw' holds the password.

FAKE=${BUILD:-$ROOT/build}/tests/fake/fake_imap
IMAP_TOOL=${BUILD:-$ROOT/build}/tests/tools/imap_tool
fake_pid=
(umask 077; echo secret >pw)

fake_start() {
	: >fake.port
	"$FAKE" "$@" >fake.port 2>fake.err &
	fake_pid=$!
	while ! [ -s fake.port ]; do
		kill -0 "$fake_pid" 2>/dev/null || { cat fake.err >&2; return 1; }
		sleep 0.01
	done
	FAKE_PORT=$(cat fake.port)
	FAKE_URL=imap://mary@127.0.0.1:$FAKE_PORT/
	FAKE_TLS_URL=imaps://mary@127.0.0.1:$FAKE_PORT/
}

fake_wait() {
	fake_rc=0
	wait "$fake_pid" || fake_rc=$?
	fake_pid=
	return $fake_rc
}

fake_stop() {
	[ "$fake_pid" ] || return 0
	kill "$fake_pid" 2>/dev/null
	wait "$fake_pid" 2>/dev/null
	fake_pid=
}

trap 'fake_stop; at_exit' EXIT

# fake_cert NAME SUBJECT SAN DAYS [ISSUER [KEY]]: NAME.pem, NAME.key
fake_cert() {
	{
		openssl req -newkey ${6:-ec -pkeyopt ec_paramgen_curve:P-256} \
		    -nodes -keyout "$1.key" -out "$1.csr" -subj "$2" &&
		echo "${3:+subjectAltName=$3}" >"$1.ext" &&
		openssl x509 -req -in "$1.csr" -CA "${5:-ca}.pem" \
		    -CAkey "${5:-ca}.key" -set_serial "$(date +%s%N)" \
		    -days "$4" -extfile "$1.ext" -out "$1.pem"
	} >>openssl.log 2>&1
}

fake_certificates() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout ca.key -out ca.pem -days 30 -subj '/CN=Fake test CA' \
	    >openssl.log 2>&1 &&
	fake_cert cert /CN=localhost DNS:localhost,IP:127.0.0.1 30 &&
	mv cert.key key.pem
}

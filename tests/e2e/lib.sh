# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# What every NN-topic.t starts with: TAP, an empty directory, the program.
#
#	. "${0%/*}/lib.sh"
#	plan 2				# or done_testing at the end
#	status 0 "an mbox is extracted" postroad extract in.mbox a.spool
#	is "$(cat out)" "1 message" "and counted"
#
# $ROOT is the source tree, $T (the current directory) is empty and removed
# at the end.  POSTROAD= names the program to test.  See dovecot.sh for the
# server.

set -u
ROOT=$(cd "${0%/*}/../.." && pwd)
POSTROAD=${POSTROAD:-$ROOT/postroad}
T=$(mktemp -d "${TMPDIR:-/tmp}/postroad-test.XXXXXX") || exit 1
chmod 711 "$T" # Dovecot's mail user passes through
cd "$T" || exit 1
export LC_ALL=C.UTF-8 TZ=UTC HOME="$T"
unset NO_COLOR POSTROAD_PASSWORD 2>/dev/null || :
tests=0 failed=0 planned=
. "$ROOT/tests/e2e/dovecot.sh"

postroad() { "$POSTROAD" "$@"; }

at_exit() {
	rc=$?
	trap - EXIT INT TERM HUP
	dovecot_stop
	cd /
	rm -rf "$T" 2>/dev/null || { chmod -R u+rwX "$T"; rm -rf "$T"; }
	[ "$failed" = 0 ] || rc=1
	exit "$rc"
}
trap at_exit EXIT
trap 'exit 130' INT TERM HUP

plan() { planned=$1; echo "1..$1"; }
done_testing() { [ "$planned" ] || echo "1..$tests"; }
skip_all() { echo "1..0 # SKIP $*"; exit 0; }
diag() { printf '%s\n' "$*" | sed 's/^/# /' >&2; }
bail() { echo "Bail out! $*"; exit 1; }

# result STATUS DESCRIPTION
result() {
	tests=$((tests + 1))
	[ "$1" = 0 ] && { echo "ok $tests - $2"; return 0; }
	failed=$((failed + 1))
	echo "not ok $tests - $2"
	return 1
}

# skip DESCRIPTION REASON: counts as a test that was not run
skip() { tests=$((tests + 1)); echo "ok $tests - $1 # SKIP $2"; }

# ok DESCRIPTION COMMAND...: the command succeeds; nok: it fails
ok() {
	desc=$1; shift
	if "$@" >ok.log 2>&1; then result 0 "$desc"; return; fi
	result 1 "$desc"
	diag "failed: $*"; diag "$(head -c 4000 ok.log)"
}
nok() {
	desc=$1; shift
	if "$@" >ok.log 2>&1; then result 1 "$desc"; else result 0 "$desc"; fi
}

# is GOT WANT DESCRIPTION
is() {
	[ "$1" = "$2" ] && { result 0 "$3"; return; }
	result 1 "$3"
	diag "got:  $1"; diag "want: $2"
}

# like TEXT REGEX DESCRIPTION (grep -E); unlike: it must not match
like() {
	printf '%s\n' "$1" | grep -Eq -e "$2" && { result 0 "$3"; return; }
	result 1 "$3"
	diag "got:    $1"; diag "no match: $2"
}
unlike() {
	printf '%s\n' "$1" | grep -Eq -e "$2" || { result 0 "$3"; return; }
	result 1 "$3"
	diag "got:     $1"; diag "matches: $2"
}

# same GOT-FILE WANT-FILE DESCRIPTION: shows the difference
same() {
	diff -u "$2" "$1" >ok.log 2>&1 && { result 0 "$3"; return; }
	result 1 "$3"
	diag "$(head -c 4000 ok.log)"
}

# status WANT DESCRIPTION COMMAND...: exit status, as a number or a regex like
# '6[56]'; leaves the files out and err
status() {
	want=$1 desc=$2; shift 2
	got=0
	"$@" >out 2>err || got=$?
	echo "$got" | grep -Eqx -e "$want" && { result 0 "$desc"; return; }
	result 1 "$desc"
	diag "exit status $got, not $want: $*"; diag "$(head -c 4000 err)"
}

# corpus PATH: prints where it is, or fails: p=$(corpus pst/x.pst) || skip ...
corpus() {
	[ -e "$ROOT/../shared/corpus/$1" ] || return 1
	echo "$ROOT/../shared/corpus/$1"
}

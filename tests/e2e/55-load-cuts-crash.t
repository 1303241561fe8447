#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The connection is cut before and after every OK, by a server that kept the
# message, did not, or does so later: each message is there once.  LONG=1:
# every OK, else a sample of them.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"
. "$ROOT/tests/e2e/fake.sh"

[ -x "$FAKE" ] || skip_all "no $FAKE (make check-build)"

mkdir -p box/cur box/new box/tmp box/.Sub/cur box/.Sub/new box/.Sub/tmp
for i in 1 2 3; do
	message $i >"box/cur/135551943$i.M$i.host:2,S"
done
message 4 >box/.Sub/cur/1355519434.M4.host:2,Fa
printf '0 Important\n' >box/.Sub/dovecot-keywords
printf 'Subject: twin\n\ntwin\n' >box/.Sub/cur/1355519437.M7.host:2,
cp box/.Sub/cur/1355519437.M7.host:2, box/.Sub/cur/1355519438.M8.host:2,
touch -d @1355519437 box/cur/* box/.Sub/cur/*
postroad extract -q box orig.spool >/dev/null 2>&1 || bail "extract"

# fload [OPTIONS]: a load into the fake
# shellcheck disable=SC2120
fload() {
	postroad load --json --tls none --password-file pw "$@" a.spool \
	    "$FAKE_URL"
}

# stored: hashes of what the fake keeps, sorted; with CR taken out
stored() {
	find st -type f -name '[0-9]*' ! -name '*.info' -exec cat {} + |
		grep -c '^Subject:'
}
hashes() { # DIR PATTERN
	find "$1" -type f -name "$2" ! -name '*.info' -exec sha256sum {} + |
		cut -c1-64 | sort
}
hashes orig.spool/mail '*postroad*' >want

begin() { rm -rf st a.spool; mkdir st; cp -r orig.spool a.spool; }
check() { # DESCRIPTION: what is there is what there is to be
	hashes st '[0-9]*' >got
	same got want "$1: each message once"
}

# ---- cut off before and after every OK, kept, not kept, kept later
every=3
[ "${LONG:-}" ] && every=1
for how in '' --lose '--keep-late 600'; do
	for side in before after; do
		bad='' n=0 runs=0
		while n=$((n + every)); [ $n -le 22 ]; do
			begin
			# shellcheck disable=SC2086
			fake_start --store st --cut-$side-ok $n $how
			rc=0
			fload >out 2>err || rc=$?
			[ $rc = 0 ] || fload >out 2>err || bad="$bad $n(exit)"
			fake_stop
			runs=$((runs + 1))
			hashes st '[0-9]*' >got
			cmp -s got want || {
				bad="$bad $n"
				diag "$(wc -l <got) $(jq -c . out)"
			}
			[ "$(jq '.announced == .loaded + .unchanged' out)" = \
			    true ] || bad="$bad $n(sum)"
			[ "$(jq '.maybe_twice // 0' out)" = 0 ] ||
				bad="$bad $n(twice)"
		done
		is "$bad" "" "cut $side each of $runs OKs ${how:-(kept)}: once"
	done
done
done_testing

#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The connection is cut before and after every OK, by a server that kept the
# message, did not, or does so later: each message is there once.  LONG=1:
# every OK, else a sample of them.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/fake_load.sh"

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

#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Each sample gives what its EXPECT.json says, which was made from the
# messages themselves; and the samples in the tree are the ones that
# mksamples.sh writes.
. "${0%/*}/lib.sh"

ok 'the samples can be written' sh "$ROOT/tests/tools/mksamples.sh" "$T/fresh"
ok 'bit for bit those of the tree' diff -r fresh "$ROOT/samples"

for sample in office.mbox takeout.mbox maildir eml; do
	expect=fresh/$sample.EXPECT.json
	status 0 "$sample: extracted" \
	    postroad extract --json "fresh/$sample" "$sample.spool"
	is "$(jq -c '[.announced, .stored, .problems]' out)" \
	    "$(jq -c '[.announced, .announced, []]' $expect)" \
	    "$sample: every message announced is stored"

	postroad ls --json "$sample.spool" |
	    jq -s --sort-keys "map({path, messages}) | sort_by(.path)" >got
	jq --sort-keys '.folders | sort_by(.path)' $expect >want
	same got want "$sample: folders and their counts"

	postroad ls --messages --json "$sample.spool" | jq -s --sort-keys \
	    'map({folder, subject, message_id, received, flags, keywords, size,
		sha256}) | sort_by(.folder, .received, .sha256)' >got
	jq --sort-keys '.messages' $expect >want
	same got want "$sample: every message, its flags, date and bytes"

	status 0 "$sample: the spool holds what its ledger says" \
	    postroad verify "$sample.spool"
done
done_testing

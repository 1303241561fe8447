#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Each sample gives what its EXPECT.json says, which was made from the
# messages themselves; and the samples in the tree are the ones that
# mksamples.sh writes.
. "${0%/*}/lib.sh"

BUILD=${BUILD:-$ROOT/build}
export BUILD
[ -x "$BUILD/tests/tools/mkpst_samples" ] || skip_all "no tools in $BUILD"
ok 'the samples can be written' sh "$ROOT/tests/tools/mksamples.sh" "$T/fresh"
ok 'bit for bit those of the tree' diff -r fresh "$ROOT/samples"

# what a message is, as far as its sample knows: the bytes of one that comes
# out of a PST are ours
known() {
	case $1 in
	*.pst) echo 'map({folder, subject, message_id, received, flags,
		keywords}) | sort_by(.folder, .received)' ;;
	*) echo 'map({folder, subject, message_id, received, flags, keywords,
		size, sha256}) | sort_by(.folder, .received, .sha256)' ;;
	esac
}

for sample in office.mbox takeout.mbox maildir eml office.pst organizer.pst; do
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

	postroad ls --messages --json "$sample.spool" |
	    jq -s --sort-keys "$(known "$sample")" >got
	jq --sort-keys ".messages | $(known "$sample")" $expect >want
	same got want "$sample: every message, its flags, date and bytes"

	status 0 "$sample: the spool holds what its ledger says" \
	    postroad verify "$sample.spool"
done

# --------------------------------------------------------------------- PSTs
# by Python's packages, the ones that Debian has
check() { /usr/bin/python3 "$ROOT/tests/e2e/pst_samples.py" "$@"; }
for sample in office organizer; do
	ok "$sample.pst: addresses, text and attachments of every message" \
	    check mail $sample.pst.spool fresh/$sample.pst.EXPECT.json
done
if /usr/bin/python3 -c 'import icalendar, vobject' 2>/dev/null; then
	ok "organizer.pst: every item, in what others read" check items \
	    organizer.pst.spool fresh/organizer.pst.EXPECT.json contacts \
	    calendar tasks journal notes
else
	skip "organizer.pst" "python3-icalendar or python3-vobject is not here"
fi
for sample in office organizer; do
	status 0 "$sample.pst: by the rules of its format" \
	    postroad survey --check "fresh/$sample.pst"
done

# others read them, too
if command -v readpst >/dev/null; then
	mkdir office organizer
	status 0 "readpst reads office.pst" \
	    readpst -q -D -e -o office fresh/office.pst
	is "$(find office -name '*.eml' | wc -l)" 10 "and all of its mail"
	ok "with folders of any name" test -e "office/Office/Projects/送信済み"
	ok "and the copies nobody sees" \
	    grep -rq 'libpst-forensic-bcc: Audit' "office/Office/Sent Items"
	status 0 "readpst reads organizer.pst" \
	    readpst -q -D -e -o organizer fresh/organizer.pst
	is "$(cat organizer/Organizer/Contacts/*.vcf | grep -c '^BEGIN:VCARD')" \
	    2 "and its contacts"
	ok "the series" grep -rq 'RRULE:FREQ=WEEKLY;COUNT=10;BYDAY=MO' \
	    organizer/Organizer/Calendar
else
	skip "readpst" "it is not here"
fi
if command -v pffexport >/dev/null; then
	for sample in office organizer; do
		status 0 "pffexport reads $sample.pst" \
		    pffexport -q -m all -t "$sample.pff" "fresh/$sample.pst"
	done
	is "$(find office.pff.export -name 'Message[0-9]*' -type d |
	    wc -l)" 11 "all messages, and the one in another"
	is "$(find organizer.pff.export -type d \( -name 'Contact0*' \
	    -o -name 'Distr*' -o -name 'Appoint*' -o -name 'Task0*' \
	    -o -name 'Activ*' -o -name 'Note0*' \) | wc -l)" 11 \
	    "all items, and the changed instance of the series"
else
	skip "pffexport" "it is not here"
fi
done_testing

#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Contacts, appointments, tasks, entries and notes: out of a PST, into
# another, and out again; file by file the same, but for ids that a PST does
# not keep.
. "${0%/*}/lib.sh"

# item_files SPOOL: each item's name without its key, and its lines
item_files() {
	find "$1/items" -type f ! -name '*.json' | sort | while read -r f; do
		name=${f#"$1"/}
		echo "== ${name%.p*}"
		case $f in
		# a name that Outlook would make up, too
		*.vcf) grep -v -e '^UID' -e '^REV' -e '^X-POSTROAD-FILE-AS' "$f" |
		    sed -e 's/X-UID="[^"]*"//' ;;
		*.ics) grep -v -e '^DTSTAMP' -e '^X-POSTROAD-TZ-SHOWN' "$f" |
		    sed -e '/^UID:[0-9a-f]*\.[0-9a-f]*.$/d' ;;
		*) cat "$f" ;;
		esac
	done
}

# there_and_back NAME PST
there_and_back() {
	rm -rf a.spool b.spool b.pst
	postroad extract -q "$2" a.spool >x.log 2>&1
	status 0 "$1: exported" postroad export --json -f pst a.spool b.pst
	n=$(find a.spool/items -type f ! -name '*.json' 2>/dev/null | wc -l)
	is "$(jq '[.items[].stored] | add // 0' out)" "$n" "$1: all $n items"
	ok "$1: no rule is broken" "$POSTROAD" survey --check b.pst
	unlike "$(postroad survey --check b.pst)" Unusual "$1: or bent"
	status 0 "$1: extracted again" postroad extract -q b.pst b.spool
	for s in a b; do
		item_files $s.spool >$s.items 2>/dev/null
		postroad ls --json $s.spool | jq -r .path | sort >$s.folders
	done
	if [ "$3" = exact ]; then
		same b.items a.items "$1: the same items"
	else
		is "$(grep -c '^==' b.items)" "$(grep -c '^==' a.items)" \
		    "$1: as many items"
	fi
	is "$(comm -23 a.folders b.folders)" '' "$1: in the same folders"
}

there_and_back organizer "$ROOT/samples/organizer.pst" exact
find a.spool/items -type f -name '*.json' | grep -q . &&
    bail 'the sample has items of no kind'
is "$(find a.spool/items -type f | sed 's,.*items/,,; s,/.*,,' | sort -u |
    tr '\n' ' ')" 'calendar contacts journal notes tasks ' 'of every kind'
like "$(cat b.items)" 'RRULE' 'a series is a series'
like "$(cat b.items)" 'RECURRENCE-ID' 'with its exception'
like "$(cat b.items)" 'PHOTO' 'a photo is a photo'

for pst in unicode_contacts-72 unicode_sticky-notes \
    unicode_dist-list_appointment unicode_aspose-outlook_17items; do
	if path=$(corpus pst/$pst.pst); then
		there_and_back $pst "$path" count
	else
		skip $pst 'no corpus'
	fi
done

# who comes to a meeting, and who does not
postroad extract -q "$ROOT/samples/organizer.pst" m.spool >x.log 2>&1
f=$(find m.spool/items/calendar -name '*.ics' | head -n 1)
sed 's/$/\r/' >"$f" <<END
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//example.org//test//EN
BEGIN:VEVENT
UID:meeting@example.org
DTSTAMP:20120101T000000Z
DTSTART:20120102T100000Z
DTEND:20120102T110000Z
SUMMARY:Answers
ORGANIZER;CN=Jane:mailto:jane@example.org
ATTENDEE;CN=Ann;PARTSTAT=ACCEPTED:mailto:ann@example.org
ATTENDEE;CN=Bob;PARTSTAT=DECLINED;ROLE=OPT-PARTICIPANT:mailto:bob@example.org
ATTENDEE;CN=Cyd;PARTSTAT=TENTATIVE:mailto:cyd@example.org
ATTENDEE;CN=Dan;PARTSTAT=NEEDS-ACTION:mailto:dan@example.org
END:VEVENT
END:VCALENDAR
END
postroad export -q -f pst m.spool m.pst >x.log 2>&1
postroad extract -q m.pst m2.spool >x.log 2>&1
f=$(grep -rl 'SUMMARY:Answers' m2.spool/items)
tr -d '\r' <"$f" | sed -e ':a' -e '$!N; s/\n //; ta' -e 'P; D' >meeting
for who in Ann:ACCEPTED Bob:DECLINED Cyd:TENTATIVE Dan:NEEDS-ACTION; do
	like "$(grep "mailto:$(echo "${who%:*}" | tr A-Z a-z)@" meeting)" \
	    "PARTSTAT=${who#*:}" "an answer is kept: $who"
done

# an item that cannot be read is named, and the others go
postroad extract -q "$ROOT/samples/organizer.pst" c.spool >x.log 2>&1
f=$(find c.spool/items/contacts -name 'Jane*.vcf')
printf 'nothing\r\n' >"$f"
rm -f c.spool/items/tasks/Order*
status 1 'one is no vCard, one is gone' \
    postroad export --json -f pst c.spool c.pst
is "$(jq -c '[.items.contact.stored, .items.contact.refused,
    .items.task.stored, .items.task.refused]' out)" '[1,1,1,1]' 'named, counted'
is "$(jq '.problems | length' out)" 2 'each'

# one that breaks its reader costs itself
STEPS=${POSTROAD_STEPS:-$ROOT/build/postroad-steps}
if [ -x "$STEPS" ]; then
	postroad extract -q "$ROOT/samples/organizer.pst" d.spool >x.log 2>&1
	PST_CHILD_HOOK='mime-crash:Staff' status 1 'a reader that crashes' \
	    "$STEPS" export --json -f pst d.spool d.pst
	is "$(jq -c '[.items.event.stored, .items.event.refused]' out)" \
	    '[2,1]' 'costs one item'
else
	skip 'a reader that crashes' 'no build with steps'
fi
done_testing

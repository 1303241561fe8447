#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Appointments, tasks and journal entries as other programs read them:
# python3-icalendar, python3-dateutil, the tz database, pffexport.
. "${0%/*}/lib.sh"

CORPUS=${CORPUS:-$ROOT/../shared/corpus/pst}
BUILD=${BUILD:-$ROOT/build}
tool=$BUILD/tests/tools/ical_tool
[ -x "$tool" ] || skip_all "no ical_tool in $BUILD"

# Debian's modules are its own python's
python=
for p in python3 /usr/bin/python3; do
	$p -c 'import icalendar, dateutil, zoneinfo' 2>/dev/null && python=$p &&
	    break
done
[ "$python" ] || skip_all "no python3-icalendar and python3-dateutil"

# ---- rules, exceptions and zones made up, their instances counted by hand
n=80
[ "${LONG:-}" ] && n=2000
$python "$ROOT/tests/e2e/calendar_check.py" --seed 3 --count $n "$tool" \
    >check 2>&1
result $? "recurrences: $(tail -n 1 check | sed 's/^# //')"
grep -v '^# [0-9]* series' check | head -20 >&2

# ---- nothing of the machine's time zones is asked for
printf 'one %s - 0 0 -\n' 043004300B2001000000C0210000010000000000000032000000222000000C0000000000000000000000000000008020BC0C20ADBC0C0630000009300000580200007602000000000000000000000000 >one
if command -v strace >/dev/null 2>&1; then
	strace -f -o trace -e trace=open,openat "$tool" blobs <one >one.ics 2>&1
	nok "the system's time zones are not opened" \
	    grep -E 'zoneinfo|localtime|tzdata' trace
else
	skip "the system's time zones are not opened" "no strace"
fi
TZ=America/New_York "$tool" blobs <one >there 2>&1
TZ=Asia/Tokyo "$tool" blobs <one >here 2>&1
ok "the same bytes wherever it runs" cmp here there
ok "an example of [MS-OXOCAL]" grep -q \
    '^RRULE:FREQ=WEEKLY;COUNT=12;BYDAY=MO,TH,FR;WKST=SU' here

# ---- the corpus
if ! [ -d "$CORPUS" ]; then
	skip "calendars of real PSTs" "no corpus in $CORPUS"
	done_testing
	exit
fi
for pst in "$CORPUS"/unicode_dist-list_appointment.pst \
    "$CORPUS"/unicode_aspose-outlook_17items.pst \
    "$CORPUS"/derived_cyclic_aspose-outlook.pst \
    "$CORPUS"/damaged_split-part1_61items.pst \
    "$CORPUS"/ost2013-4k_pstextractortestpdf.ost; do
	name=${pst##*/}
	mkdir "$name"
	"$tool" pst "$pst" "$name" >log 2>&1
	pff=
	case $name in
	damaged* | derived*) ;; # it cannot read them
	*) if command -v pffexport >/dev/null 2>&1; then
		pffexport -q -f text -m all -t "pff-$name" "$pst" >/dev/null 2>&1
		pff=pff-$name.export
	fi ;;
	esac
	$python "$ROOT/tests/e2e/calendar_corpus.py" "$name" \
	    "$pst.oracle.json" ${pff:+"$pff"} >out 2>&1
	result $? "$name: $(tail -n 1 out)"
	sed '$d; s/^/# /' out >&2
	cat "$name"/*.ics >all.ics
	"$tool" again <all.ics >again.ics 2>>log
	"$tool" again <again.ics >third.ics 2>>log
	ok "$name: read and written again it is the same" cmp again.ics third.ics
done

# what Outlook itself had changed and deleted in a series
series=unicode_dist-list_appointment.pst
is "$(cat $series/*.ics | grep -c '^BEGIN:VEVENT')" 3 \
    "a series of Outlook's with two changed instances"
ok "one moved to another hour" grep -q \
    'DTSTART;TZID=Pacific Standard Time:20160823T090000' $series/*.ics
ok "with a text of its own" grep -q \
    '^DESCRIPTION:This is the appointment at 9' $series/*.ics
ok "and one deleted" grep -q \
    '^EXDATE;TZID=Pacific Standard Time:20160809T080000' $series/*.ics

done_testing

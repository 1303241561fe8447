#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What is no mail in a PST: contacts, lists, appointments, tasks, journal,
# notes, items nobody knows.  Each has a file that other programs read; the
# counts are those of independent readers; changes, crashes and losses end
# where they should.
. "${0%/*}/lib.sh"

BUILD=${BUILD:-$ROOT/build}
STEPS=${POSTROAD_STEPS:-$BUILD/postroad-steps}
CORPUS=${CORPUS:-$ROOT/../shared/corpus/pst}
make=$BUILD/tests/tools/items2pst
[ -x "$make" ] || skip_all "no items2pst in $BUILD"
export POSTROAD
PY=
/usr/bin/python3 -c 'import vobject, icalendar' 2>/dev/null && PY=/usr/bin/python3

# check DESCRIPTION ARGUMENTS...: by items_check.py
check() {
	desc=$1; shift
	[ "$PY" ] || { skip "$desc" 'no python3-vobject, python3-icalendar'; return; }
	if "$PY" "$ROOT/tests/e2e/items_check.py" "$@" >check.log 2>&1; then
		result 0 "$desc: $(tail -1 check.log)"
	else
		result 1 "$desc: $(tail -1 check.log)"
		diag "$(head -c 3000 check.log)"
	fi
}
# bytes KIND PROPERTY: the base64 in it, decoded
bytes() {
	"${PY:-python3}" - "$1" "$2" <<'EOF'
import base64, re, sys
text = re.sub('\r\n[ \t]', '', open(sys.argv[1], newline='').read())
for line in text.split('\r\n'):
    if line.startswith(sys.argv[2]):
        data = re.split(':data:[^,]*;base64,|:', line, maxsplit=1)[1]
        sys.stdout.buffer.write(base64.b64decode(data, validate=True))
EOF
}
kinds() { jq -Sc '.items | map_values(.'"$1"')' out; }

# -------------------------------------------------------- the real ones
if [ -d "$CORPUS" ]; then
	for pst in "$CORPUS"/*.pst "$CORPUS"/*.ost; do
		name=${pst##*/} codepage=
		case $name in ansi_jp*) codepage='--codepage CP932' ;; esac
		# shellcheck disable=SC2086
		postroad extract -q --json $codepage "$pst" c.spool \
		    >out 2>/dev/null
		is "$(jq -c .not_carried out)" '[]' "$name: all has a place"
		check "$name: as independent readers count" oracle c.spool \
		    "$pst.oracle.json"
		[ ! -d c.spool/items ] ||
			check "$name: others can read it" parse c.spool
		case $name in
		unicode_*) [ ! -d c.spool/items/contacts ] || {
			if command -v pffexport >/dev/null; then
				pffexport -q -m items -t p "$pst" >/dev/null 2>&1
				check "$name: contacts as libpff has them" \
				    pff c.spool p.export
				rm -rf p.*
			else
				skip "$name: contacts" 'no pffexport'
			fi
		} ;;
		ansi_jp*)
			like "$(cat c.spool/items/contacts/*)" \
			    '^N:イグザンプル;コム;ドット;Mr.;殿' \
			    "$name: its names, by --codepage" ;;
		esac
		rm -rf c.spool
	done
	postroad extract -q "$CORPUS/unicode_dist-list_appointment.pst" \
	    c.spool >/dev/null
	card=$(echo c.spool/items/contacts/*list*.vcf)
	is "$(grep -c '^MEMBER' "$card")" 3 'a list: its members'
	uid=$(grep '^UID:' c.spool/items/contacts/contact*.vcf | tr -d '\r')
	like "$(sed ':a;N;$!ba;s/\r\n //g' "$card")" \
	    "^MEMBER.*${uid#UID:}.*:mailto:contact1@" \
	    'a list: a member is the card beside it'
else
	skip 'the corpus' "no $CORPUS"
fi

# ------------------------------------------------------------- made ones
head -c 300000 /dev/urandom >file.bin
head -c 5000 /dev/urandom >photo.bin
fold64() { base64 -w 0 "$1" | fold -w 74 | sed '1!s/^/ /'; }
{
	printf 'BEGIN:VCARD\nVERSION:4.0\nFN:Dr. Jane Doe\nN:Doe;Jane;Q.;Dr.;\n'
	printf 'EMAIL;PREF=1:jane@example.org\nTEL;TYPE=cell:+1 555 0100\n'
	printf 'ADR;TYPE=home:;;1 Main St;Springfield;IL;62701;USA\n'
	printf 'ORG:Example\\, Inc.;Research\nBDAY:19310228\n'
	printf 'NOTE:first line\\nsecond\\; line\nCATEGORIES:Friends,Work\n'
	printf 'X-POSTROAD-CLASS:PRIVATE\nREV:20121214T211030Z\n'
	printf 'PHOTO:data:image/jpeg;base64,\n '; fold64 photo.bin; echo
	printf 'X-ATTACH;FILENAME=file.bin:data:application/x-foo;base64,\n '
	fold64 file.bin; echo
	printf 'END:VCARD\n'
} >jane.vcf
{
	printf 'BEGIN:VCARD\nVERSION:4.0\nKIND:group\nFN:Everyone\n'
	printf 'MEMBER;X-NAME="Jane Doe":mailto:jane@example.org\n'
	printf 'MEMBER;X-NAME="山田":mailto:yamada@example.com\nEND:VCARD\n'
} >all.vcf
calendar() {
	printf 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\n'
	printf 'BEGIN:%s\r\nUID:%s@example.org\r\n' "$1" "$2"
	printf 'DTSTAMP:20121214T211030Z\r\nLAST-MODIFIED:20121214T211030Z\r\n'
	printf 'SUMMARY:A %s\r\n' "$2"
	shift 2
	for line; do printf '%s\r\n' "$line"; done
}
{
	calendar VEVENT lunch 'DTSTART:20130101T120000Z' \
	    'DTEND:20130101T130000Z' 'RRULE:FREQ=WEEKLY;COUNT=4;BYDAY=TU'
	printf 'ATTACH;FMTTYPE=application/x-foo;X-FILENAME=file.bin;'
	printf 'ENCODING=BASE64;VALUE=BINARY:\r\n '
	fold64 file.bin | sed 's/$/\r/'; printf '\r\n'
	printf 'END:VEVENT\r\nEND:VCALENDAR\r\n'
} | sed '/^\r$/d' >lunch.ics
{ calendar VTODO chore 'DUE;VALUE=DATE:20130102' 'STATUS:NEEDS-ACTION'
	printf 'END:VTODO\r\nEND:VCALENDAR\r\n'; } >chore.ics
{ calendar VJOURNAL call 'DTSTART:20130103T090000Z' 'DESCRIPTION:said yes'
	printf 'END:VJOURNAL\r\nEND:VCALENDAR\r\n'; } >call.ics
printf 'Color: pink\nCreated: 2012-12-14T21:10:30Z\n\nBuy milk\nand 日本\n' >note.txt
printf 'IPM.My.Form\nnobody knows\n' >odd.class
all='jane.vcf all.vcf lunch.ics chore.ics call.ics note.txt odd.class'
# shellcheck disable=SC2086
"$make" x.pst $all || bail 'items2pst'

status 0 'every kind' postroad extract --json x.pst x.spool
seven='{"contact":1,"event":1,"journal":1,"list":1,"note":1,"other":1,"task":1}'
is "$(kinds stored)" "$seven" 'each is counted where it went'
is "$(jq -c '[.announced, .not_carried, .items.task.place]' out)" \
    '[0,[],"items/tasks"]' 'outside of what is announced'
check 'every kind: others can read it' parse x.spool
jane=x.spool/items/contacts/$(cd x.spool/items/contacts && echo Dr.*Jane*.vcf)
ok 'the photo is there' sh -c "[ -s '$jane' ]"
bytes "$jane" PHOTO >got; ok 'the photo, byte for byte' cmp got photo.bin
bytes "$jane" X-ATTACH >got; ok 'a file, byte for byte' cmp got file.bin
bytes x.spool/items/calendar/*.ics ATTACH >got
ok 'a file of an appointment, byte for byte' cmp got file.bin
for line in 'FN:Dr. Jane Doe' 'N:Doe;Jane;Q.;Dr.;' 'BDAY:19310228' \
    'EMAIL;PREF=1:jane@example.org' 'ORG:Example\\, Inc.;Research' \
    'ADR;TYPE=home:;;1 Main St;Springfield;IL;62701;USA' \
    'NOTE:first line\\nsecond\\; line' 'CATEGORIES:Friends,Work' \
    'TEL;TYPE=cell:+1 555 0100' 'X-POSTROAD-CLASS:PRIVATE'; do
	like "$(tr -d '\r' <"$jane")" \
	    "^$(printf '%s' "$line" | sed 's/[+.]/\\&/g')\$" "a card: $line"
done
is "$(grep -c '^MEMBER;X-NAME=.*mailto:' x.spool/items/contacts/Everyone*)" 2 \
    'a list has its members'
same x.spool/items/notes/*.txt - 'a note is text' <<'EOF'
Color: pink
Created: 2012-12-14T21:10:30Z
Modified: 2012-12-14T21:10:30Z

Buy milk
and 日本
EOF
is "$(jq -r '.class, (.properties[] | select(.id == "0x1000") | .value)' \
    x.spool/items/other/*.json | head -1)" IPM.My.Form \
    'what nobody knows is JSON'
like "$(jq -r '.properties[] | select(.id == "0x1000") | .value' \
    x.spool/items/other/*.json)" 'nobody knows' 'with its properties'
is "$(stat -c %Y "$jane")" 1355519430 'its date is when it was changed last'
status 0 'for people' postroad extract x.pst y.spool
like "$(cat out)" '^  items/contacts: 1 contact = 1 stored$' 'one contact'
like "$(cat out)" '^  items/other: 1 other item = 1 stored$' 'and one other'
ok 'twice the same' diff -r x.spool/items y.spool/items
rm -rf y.spool

# version 3, by those who read no other
status 0 '--vcard 3' postroad extract --vcard 3 x.pst v3.spool
check 'version 3: others can read it' parse v3.spool
is "$(grep -lc '^VERSION:3.0' v3.spool/items/contacts/* | wc -l)" 2 \
    'version 3: all cards'
[ "$PY" ] && is "$("$PY" "$ROOT/tests/e2e/items_check.py" field v3.spool contact tel)" \
    '+1 555 0100' 'version 3: by vobject'
status 0 'and back to 4' postroad extract --json x.pst v3.spool
is "$(jq -c '[.items.contact.replaced, .items.list.replaced, .items.note.unchanged]' out)" \
    '[1,1,1]' 'cards are replaced, the rest is as it was'
ok 'version 4 is what it was' diff -r x.spool/items v3.spool/items

# ------------------------------------------------------- which, and which not
status 0 '--no-items' postroad extract --json --no-items x.pst no.spool
is "$(kinds excluded)" "$seven" '--no-items: counted as excluded'
nok '--no-items: no files' test -e no.spool/items
cp "$ROOT/tests/tools/pst_cases.py" . && python3 "$ROOT/tests/tools/pst_cases.py" \
    sample mail.pst 10 2>/dev/null
status 0 '--only contacts,tasks' postroad extract --json --only contacts,tasks \
    x.pst no.spool
is "$(kinds stored | tr -d '"')" \
    '{contact:1,event:0,journal:0,list:1,note:0,other:0,task:1}' \
    '--only contacts,tasks'
if [ -s mail.pst ]; then
	status 0 '--only contacts: mail' postroad extract --json \
	    --only contacts mail.pst only.spool
	is "$(jq -c '[.announced == .excluded, .stored, .items.contact.stored]' \
	    out)" '[true,0,1]' '--only contacts: mail is excluded'
	is "$(postroad ls --json only.spool | wc -l)" 0 \
	    '--only contacts: no folders for mail'
	status 0 '--only mail' postroad extract --json --only mail mail.pst \
	    only.spool
	is "$(jq -c '[.announced == .stored, .items.contact.excluded]' out)" \
	    '[true,1]' '--only mail'
fi
for bad in '--only x' '--only mail,' '--only ,' '--vcard 2' \
    '--no-items --only mail'; do
	want_status=64
	[ "$bad" = '--only mail,' ] && want_status=0
	# shellcheck disable=SC2086
	status $want_status "$bad" postroad extract $bad x.pst bad.spool
done
status 0 '--exclude' postroad extract --json --exclude Contacts x.pst ex.spool
is "$(jq -c '[.items.contact.excluded, .items.task.stored]' out)" '[1,1]' \
    '--exclude leaves out the items of a folder'
if [ -d "$CORPUS" ]; then
	status 0 'libpst' postroad extract --json --pst-reader libpst \
	    "$CORPUS/unicode_contacts-72.pst" lp.spool
	is "$(jq -c .not_carried out)" '[{"class":"IPM.Contact","count":72}]' \
	    'libpst: says that it carries none'
	like "$(jq -r '.notes[]' out)" 'contacts' 'libpst: and what to do'
fi

# ------------------------------------------------------------ again, changed
postroad ls --items --json x.spool >before
status 0 'again' postroad extract --json x.pst x.spool
is "$(kinds unchanged)" "$seven" 'again: unchanged'
postroad ls --items --json x.spool >after
same after before 'again: nothing was written'
sed 's/555 0100/555 0199/' jane.vcf >new && mv new jane.vcf
# shellcheck disable=SC2086
"$make" x.pst $all
status 0 'a changed card' postroad extract --json x.pst x.spool
is "$(jq -c '[.items.contact.replaced, .items.list.unchanged]' out)" '[1,1]' \
    'a changed card is replaced'
like "$(cat "$jane")" '555 0199' 'a changed card: in its file'
status 0 'verify' postroad verify --json x.spool
is "$(jq -c '[.items_checked, .altered, .missing]' out)" '[7,0,0]' \
    'verify: all are as the ledger has them'
echo more >>"$jane"
rm x.spool/items/tasks/*
status 1 'verify: one altered, one lost' postroad verify --json x.spool
is "$(jq -c '[.altered, .missing]' out)" '[1,1]' 'verify: which is counted'
like "$(cat err)" "items/contacts/Dr. Jane" 'verify: and named'
rm "$jane"
status 0 'what is lost comes back' postroad extract --json x.pst x.spool
is "$(jq -c '[.items.contact.stored, .items.task.stored]' out)" '[1,1]' \
    'what is lost comes back, counted'
status 0 'verify: all is well' postroad verify x.spool

# ------------------------------------------------------- ls, transform, load
like "$(postroad ls x.spool)" '^ +2 .* items/contacts$' 'ls counts them'
is "$(postroad ls --items x.spool | wc -l)" 7 'ls --items lists them'
is "$(postroad ls --items --folder Tasks --json x.spool | jq -r .kind)" task \
    'ls --items --folder'
status 64 'ls: one of both' postroad ls --items --messages x.spool
status 0 'transform' postroad transform --json --rename Contacts=People \
    --exclude Tasks x.spool t.spool
is "$(jq -c '[.items.contact.stored, .items.task.excluded]' out)" '[1,1]' \
    'transform takes them along, but for those of an excluded folder'
is "$(stat -c %i "$jane")" \
    "$(stat -c %i "t.spool/items/contacts/${jane##*/}")" 'transform: by link'
is "$(postroad ls --items --json t.spool | jq -r 'select(.kind == "contact").folder')" \
    People 'transform: in the folder that it is in now'
status 0 'transform: again' postroad transform --json --exclude Contacts \
    x.spool t.spool
is "$(jq -c '[.items.contact.excluded, .items.task.stored]' out)" '[1,1]' \
    'transform: other rules'
nok 'transform: what is excluded goes' test -e "t.spool/items/contacts/${jane##*/}"
ok 'transform: IN has it still' test -e "$jane"
status 0 'transform: verify' postroad verify t.spool

. "$ROOT/tests/e2e/load.sh"
if dovecot_start; then
	use_tls
	status 0 'load' load x.spool zoe
	is "$(jq -c '[.announced, .items.contact.left, .items.contact.place]' \
	    out)" '[0,1,"items/contacts"]' 'load: they are left'
	like "$(jq -r '.notes[]' out)" 'IMAP carries mail only.*x.spool/items' \
	    'load: and it is said where they are'
	dovecot_stop
else
	skip 'load' 'no Dovecot'
fi

# --------------------------------------------------------------------- memory
measure=$BUILD/tests/bench/measure
if [ -x "$measure" ] && [ -z "${SAN:-}" ]; then
	head -c 60000000 /dev/urandom >big.bin
	{
		printf 'BEGIN:VCARD\nVERSION:4.0\nFN:Big\nX-ATTACH;X-FILENAME=big:'
		printf 'data:application/x-foo;base64,\n '; fold64 big.bin
		printf '\nEND:VCARD\n'
	} >big.vcf
	"$make" big.pst big.vcf
	"$measure" took "$POSTROAD" extract -q big.pst big.spool >/dev/null
	peak=$(cut -d ' ' -f 3 took)
	ok "60 MB in a card: $peak KiB" test "$peak" -lt 49152
	bytes big.spool/items/contacts/Big* X-ATTACH >got
	ok '60 MB in a card, byte for byte' cmp got big.bin
	rm -rf big.* got
else
	skip 'memory' 'measure is not built, or sanitizers'
fi

# -------------------------------------------------------------------- crashes
if [ -x "$STEPS" ]; then
	postroad extract -q x.pst whole.spool >/dev/null
	postroad ls --items --json whole.spool | sort >want
	n=0 good=0 died=0
	while :; do
		n=$((n + 1))
		rm -rf a.spool
		rc=0
		STEP_AT=$n "$STEPS" extract -q x.pst a.spool >/dev/null 2>&1 ||
			rc=$?
		[ $rc = 100 ] || break
		died=$((died + 1))
		postroad extract -q x.pst a.spool >/dev/null 2>&1
		postroad ls --items --json a.spool | sort >have
		cmp -s want have && diff -r whole.spool/items a.spool/items \
		    >/dev/null && postroad verify a.spool >/dev/null 2>&1 &&
			good=$((good + 1))
	done
	is "$good of $died, then $rc" "$died of $died, then 0" \
	    'killed at every step and run again, the end is the same'
	ok 'it died more than ten times' test "$died" -gt 10
	n=0 good=0 died=0
	while :; do
		n=$((n + 1))
		rm -rf b.spool
		rc=0
		STEP_AT=$n "$STEPS" transform -q whole.spool b.spool \
		    >/dev/null 2>&1 || rc=$?
		[ $rc = 100 ] || break
		died=$((died + 1))
		postroad transform -q whole.spool b.spool >/dev/null 2>&1
		postroad verify b.spool >/dev/null 2>&1 &&
			diff -r whole.spool/items b.spool/items >/dev/null &&
			good=$((good + 1))
	done
	is "$good of $died, then $rc" "$died of $died, then 0" \
	    'the same of a transformation'
else
	skip 'crashes' "no $STEPS"
fi
done_testing

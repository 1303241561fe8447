#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# load stays under 32 MiB whatever there is to load, with all its connections:
# a message of 500 MB, several big ones at a time, 100,000 messages, 1,000
# folders; and what arrives is all of it.  A part of that without LONG=1.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"

measure=${BUILD:-$ROOT/build}/tests/bench/measure
mkmbox=${BUILD:-$ROOT/build}/tests/bench/mkmbox
[ -z "${SAN:-}" ] || skip_all 'sanitizers take memory of their own'
[ -x "$measure" ] && [ -x "$mkmbox" ] || skip_all 'make check-build'
dovecot_start 'mail_location = mdbox:~/mdbox
	mail_max_userip_connections = 100' || skip_all 'no Dovecot'

if [ "${LONG:-}" ]; then
	big=500 messages=100000 folders=1000
else
	big=60 messages=10000 folders=150
fi

# into SPOOL USER WHAT COUNT: loaded in so much memory, and all there
into() {
	"$measure" m "$POSTROAD" load --json --ca-file "$CA_FILE" \
	    --password-file "$PW_FILE" "$1" "$(dest "$2")" >out 2>log ||
	    diag "$(cat log)"
	kib=$(cut -d' ' -f3 m)
	diag "$3: $((kib / 1024)) MiB, $(cut -d' ' -f1 m) s"
	ok "$3: under 32 MiB" test "$kib" -lt 32768
	is "$(jq -c '[.loaded,.refused]' out)" "[$4,0]" "$3: all is loaded"
	is "$(dovecot_do search -u "$2" all | wc -l)" "$4" "$3: all is there"
}

# fat N MB: an .eml of that size
fat() {
	printf 'From: sales@example.org\nMessage-ID: <fat%s@example.org>\n' "$1"
	printf 'Date: Mon, 05 Mar 2012 09:00:00 +0000\n\n'
	yes 0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/0123 |
	    head -c $(($2 * 1000000))
	echo
}

mkdir one
fat 1 "$big" >one/1.eml
postroad extract -q one one.spool >/dev/null || bail extract
rm -r one
into one.spool one "a message of $big MB" 1
is "$(dovecot_do -f tab fetch -u one size.virtual all | tail -1)" \
	"$(find one.spool/mail -type f -path '*/cur/*' -printf '%s')" \
	"in its whole length"
rm -r one.spool

mkdir some
i=0
while [ $i -lt 8 ]; do
	i=$((i + 1))
	fat $i $((big / 10)) >some/$i.eml
done
postroad extract -q some some.spool >/dev/null || bail extract
into some.spool some "8 of $((big / 10)) MB" 8

"$mkmbox" "$messages" 3 sizes small >many.mbox
postroad extract -q many.mbox many.spool >/dev/null || bail extract
into many.spool many "$messages messages" "$messages"
"$measure" m "$POSTROAD" load -q --ca-file "$CA_FILE" \
    --password-file "$PW_FILE" many.spool "$(dest many)" >out 2>log
ok "again, with nothing to do: under 32 MiB" test "$(cut -d' ' -f3 m)" -lt 32768

mkdir -p tree
i=0
while [ $i -lt "$folders" ]; do
	i=$((i + 1))
	mkdir -p "tree/$((i / 50))/folder $i"
	printf 'From: <sales@example.org>\r\nMessage-ID: <%s>\r\n\r\nText\r\n' \
	    "$i@example.org" >"tree/$((i / 50))/folder $i/1.eml"
done
postroad extract -q tree tree.spool >/dev/null || bail extract
into tree.spool tree "$folders folders" "$folders"
done_testing

#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Memory is flat: parent and children together stay under 32 MiB, and do not
# grow with the size of a message, the number of messages or of folders.
. "${0%/*}/lib.sh"

measure=$BUILD/tests/bench/measure
[ -z "${SAN:-}" ] || skip_all 'sanitizers take memory of their own'
[ -x "$measure" ] || skip_all 'measure is not built'

# an mbox of $1 messages with $2 lines of 72 bytes each
mbox() {
	awk -v n="$1" -v lines="$2" 'BEGIN {
		line = "0123456789abcdefghijklmnopqrstuvwxyz"
		line = line line
		for (i = 1; i <= n; i++) {
			print "From sales@example.org Mon Mar  5 09:00:00 2012"
			print "From: Sales <sales@example.org>"
			print "Message-ID: <" i "@example.org>"
			print "Subject: Number " i "\n"
			for (j = 0; j < lines; j++) print line
			print ""
		}
	}'
}
# a tree of $1 folders with an .eml in each
tree() {
	i=0
	while [ $i -lt "$1" ]; do
		i=$((i + 1))
		mkdir -p "$2/$((i / 50))/folder $i"
		printf 'From: <sales@example.org>\r\nDate: %s\r\nMessage-ID: <%s>\r\n\r\nText\r\n' \
		    'Mon, 05 Mar 2012 09:00:00 +0000' "$i@example.org" \
		    >"$2/$((i / 50))/folder $i/1.eml"
	done
}
# peak COMMAND...: KiB of the whole tree of processes
peak() {
	"$measure" m "$POSTROAD" "$@" >out 2>log || diag "$(cat log)"
	cut -d' ' -f3 m
}

# flat SMALL BIG DESCRIPTION: both under 32 MiB, BIG above SMALL only by
# caches that fill up (SQLite's, one batch), not by a part of what is tenfold
flat() {
	diag "$3: $(($1 / 1024)) MiB, then: $(($2 / 1024)) MiB"
	ok "$3: under 32 MiB" test "$2" -lt 32768
	ok "$3: flat" test "$2" -lt $(($1 + 8192))
}
# more than one batch in both
mbox 2100 1 >few.mbox
mbox 10000 1 >many.mbox
mbox 3000 1 >some.mbox
flat "$(peak extract few.mbox few)" "$(peak extract many.mbox many)" \
    'extract, number of messages'
is "$(postroad extract --json many.mbox many | jq .unchanged)" 10000 'extract, number of messages: all there'
mbox 1 10000 >small.mbox
mbox 1 1400000 >large.mbox
flat "$(peak extract small.mbox small)" "$(peak extract large.mbox large)" \
    'extract, size of a message'
is "$(postroad ls -m --json large | jq .size)" \
    "$(sed '1d; $d' large.mbox | sed "s/\$/$(printf '\r')/" | wc -c)" \
    'extract, size of a message: all there'
tree 40 few.eml
tree 400 many.eml
flat "$(peak extract few.eml f.eml)" "$(peak extract many.eml m.eml)" \
    'extract, number of folders'
flat "$(peak ls -m few)" "$(peak ls -m many)" 'ls, number of messages'
flat "$(peak ls f.eml)" "$(peak ls m.eml)" 'ls, number of folders'
flat "$(peak verify few)" "$(peak verify many)" 'verify a spool'
flat "$(peak transform few few.b)" "$(peak transform many many.b)" \
    'transform, number of messages'
flat "$(peak transform f.eml f.b)" "$(peak transform m.eml m.b)" \
    'transform, number of folders'

# a PST is allowed 48 MiB, its reader in the child included
if p=$(corpus pst); then
	for pst in $(find "$p" -name '*.[op]st' -printf '%s %p\n' |
	    sort -rn | head -4 | cut -d' ' -f2); do
		kib=$(peak extract "$pst" "${pst##*/}.spool")
		diag "${pst##*/}: $((kib / 1024)) MiB"
		ok "extract, ${pst##*/}: under 48 MiB" test "$kib" -lt 49152
	done
else
	skip 'extract a PST: under 48 MiB' 'no ../shared/corpus'
fi

# fixable DIR MB: a spool of one message, whose line ends have to be mended and
# whose attachment is larger than it may be
fixable() {
	mkdir -p "$1/mail/INBOX/cur" "$1/mail/INBOX/new" "$1/mail/INBOX/tmp"
	{
		printf 'Content-Type: multipart/mixed; boundary=b\r\n\r\n'
		for type in text/plain image/x; do
			printf '%s\r\nContent-Type: %s\r\n\r\n' '--b' $type
			yes 0123456789abcdefghijklmnopqrstuvwxyz |
				head -c "$2"000000
			printf '\n'
		done
		printf '%s\r\n' '--b--'
	} >one
	mv one "$1/mail/INBOX/cur/1546848000.k.postroad,S=$(wc -c <one):2,S"
}
fixable a.fix 1
fixable b.fix 60
flat "$(peak transform --fix-newlines --fix-lines a.fix a.out)" \
    "$(peak transform --fix-newlines --fix-lines b.fix b.out)" \
    'transform, fixes of a large message'
flat "$(peak transform --strip-attachments 1k --attachments-dir f a.fix a.out)" \
    "$(peak transform --strip-attachments 1k --attachments-dir f b.fix b.out)" \
    'transform, a large attachment'

if dovecot_start; then
	into() {
		peak "$1" --ca-file "$CA_FILE" --password-file "$PW_FILE" \
		    "$2" "$(dest "$3")"
	}
	postroad extract some.mbox some >/dev/null
	flat "$(into load small small)" "$(into load some some)" \
	    'load, number of messages'
	flat "$(into load small small2)" "$(into load large large)" \
	    'load, size of a message'
	flat "$(into load f.eml folders)" "$(into load m.eml folders2)" \
	    'load, number of folders'
	flat "$(into verify small small)" "$(into verify some some)" \
	    'verify, number of messages'
	flat "$(into verify small small)" "$(into verify large large)" \
	    'verify, size of a message'
else
	skip 'load and verify' 'no Dovecot'
fi
done_testing

#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# J16: between two runs the user reads, flags, moves and deletes mail, renames
# and deletes folders, and the server gives other UIDVALIDITYs.  What was
# delivered is not sent again; --restore-deleted sends what was deleted, and
# not what was moved.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"

dovecot_start || skip_all "no Dovecot"
use_tls
export PW_FILE

put() { # FOLDER N
	mkdir -p "$1/cur" "$1/new" "$1/tmp"
	message "$2" >"$1/cur/$((1355519400 + $2)).M$2.host:2,"
	touch -d "@$((1355519400 + $2))" "$1/cur/$((1355519400 + $2)).M$2.host:2,"
}
bare() { # FOLDER N TEXT: no Message-ID
	printf 'Subject: bare\n\n%s\n' "$3" >"$1/cur/13555194$2.M$2.host:2,"
	touch -d "@13555194$2" "$1/cur/13555194$2.M$2.host:2,"
}
for i in 1 2 3 4 5 6 7 8; do put box $i; done
bare box 51 one; bare box 52 two
bare box 61 twin; bare box 62 twin # twins
touch -d @1355519461 box/cur/1355519462.M62.host:2,
for i in 11 12 13; do put box/.Work $i; done
for i in 21 22; do put box/.Old $i; done
fill() { postroad extract -q box a.spool || bail "extract"; }
fill

# there [WITHOUT...]: everything that the spool has, once, wherever it is
digests() { cut -d' ' -f2 | sort; }
once() { python3 "$ROOT/tests/e2e/once.py" "$@"; }
each() { # DESCRIPTION
	once spool a.spool | digests >want
	once there "$IMAP_PORT" mary | digests >got
	same got want "$1: each message once"
}
# user COMMANDS...: of an IMAP client
user() {
	python3 - "$IMAP_PORT" "$@" <<'END' || bail "the user's client"
import imaplib, re, sys
im = imaplib.IMAP4("127.0.0.1", int(sys.argv[1]))
im.login("mary", "secret")
def uid(box, text):
    im.select(box)
    key = ["TEXT", text] if " " in text else ["HEADER", "SUBJECT", text]
    return im.uid("SEARCH", *(('"%s"' % k) if i else k
        for i, k in enumerate(key)))[1][0].split()[0].decode()
for arg in sys.argv[2:]:
    verb, *a = arg.split("|")
    if verb == "flag":
        im.uid("STORE", uid(a[0], a[1]), "+FLAGS", a[2])
    elif verb == "move":
        im.create(a[2])
        assert im.uid("MOVE", uid(a[0], a[1]), a[2])[0] == "OK"
    elif verb == "delete":
        u = uid(a[0], a[1])
        im.uid("STORE", u, "+FLAGS", "\\Deleted")
        im.uid("EXPUNGE", u)
    else:
        assert getattr(im, verb)(*a)[0] == "OK", (verb, a)
im.logout()
END
}
# run STATUS LOADED DESCRIPTION [OPTIONS]
run() {
	want=$1 n=$2 what=$3; shift 3
	status "$want" "$what" load a.spool mary --trace-wire trace "$@"
	is "$(jq -c '[.loaded,.maybe_twice]' out)" "[$n,0]" "$what: loads $n"
	is "$(grep -cE ' > .*("[0-9].* )\{[0-9]+[+]\}|^[^ ]* [^ ]* > +\{' trace)" "$n" \
	    "$what: so many on the wire"
	[ "$n" != 0 ] || is "$(sent trace)" "" "$what: and nothing else"
	rm -f trace
}

status 0 "a first run" load a.spool mary
each "a first run"

# ---- read, flagged, moved, deleted
user 'flag|INBOX|body of number 1|\Seen' \
    'flag|INBOX|body of number 2|(\Flagged hot)' \
    'move|INBOX|body of number 3|Archive' \
    'move|INBOX|body of number 4|Work' \
    'delete|INBOX|body of number 5' \
    'flag|INBOX|body of number 6|\Deleted'
run 0 0 "read, flagged, moved, deleted"
put box 9; fill
run 0 1 "and more mail came"
run 0 1 "--restore-deleted sends what was deleted" --restore-deleted
each "restored"
run 0 0 "--restore-deleted again" --restore-deleted
each "restored again"

# ---- without a Message-ID, and twins
python3 - "$IMAP_PORT" <<'END' || bail "the user's client"
import imaplib, sys
im = imaplib.IMAP4("127.0.0.1", int(sys.argv[1]))
im.login("mary", "secret")
im.create("Bare")
im.select("INBOX")
def uids(text):
    return im.uid("SEARCH", "BODY", '"%s"' % text)[1][0].decode().split()
assert im.uid("MOVE", uids("one")[0], "Bare")[0] == "OK"
twins = uids("twin")
assert len(twins) == 2, twins
assert im.uid("MOVE", twins[0], "Bare")[0] == "OK"
im.uid("STORE", twins[1], "+FLAGS", "\\Deleted")
im.uid("EXPUNGE", twins[1])
im.logout()
END
run 0 0 "no Message-ID: moved, one of twins moved, one deleted"
run 0 1 "only the deleted twin is sent" --restore-deleted
each "no Message-ID"

# ---- a folder gets another name
user 'rename|Work|Projects'
run 0 0 "a folder renamed"
put box/.Work 14; fill
run 0 1 "until mail comes for it"
each "renamed"
run 0 0 "what was in it was moved, not deleted" --restore-deleted
each "renamed, --restore-deleted"

# ---- a folder is deleted
dovecot_do mailbox delete -u mary Old
run 0 0 "a folder deleted"
put box/.Old 23; fill
run 0 1 "until mail comes for it"
run 0 2 "what was in it can be restored" --restore-deleted
each "deleted and restored"

# ---- the numbers change, and mail had been moved and deleted before
user 'move|INBOX|body of number 7|Archive' 'delete|INBOX|body of number 8'
dovecot_do mailbox update -u mary --uid-validity 4711 INBOX
run 0 0 "another UIDVALIDITY"
for f in $(dovecot_do mailbox list -u mary); do
	dovecot_do mailbox update -u mary --uid-validity 4712 "$f"
done
run 0 0 "of all folders"
run 0 1 "--restore-deleted after it" --restore-deleted
each "another UIDVALIDITY"
status 0 "it verifies" verify a.spool mary --deep

# ---- in the middle of a run
mkdir -p many/.Work/cur many/.Work/new many/.Work/tmp many/cur many/new many/tmp
i=0
while [ $i -lt 240 ]; do
	i=$((i + 1))
	{ message $i; head -c 2000 /dev/zero | tr '\0' x | fold -w 70; } \
	    >many/.Work/cur/$((1355519400 + i)).M$i.host:2,
done
postroad extract -q many many.spool || bail "extract"
slow() { # USER ACTION...: what happens when a part is there
	u=$1; shift
	rm -rf c.spool && cp -r many.spool c.spool
	# shellcheck disable=SC2086
	"$POSTROAD" load --json $ACCESS --limit-rate 400000 c.spool \
	    "$(dest "$u")" >out 2>err &
	pid=$!
	i=0
	until [ "$(dovecot_do mailbox status -t -u "$u" messages Work 2>/dev/null |
	    tr -dc 0-9)" -gt 0 ] 2>/dev/null || [ $i -gt 300 ]; do
		i=$((i + 1)); sleep 0.05
	done
	"$@" >act.log 2>&1
	rc=0
	wait $pid || rc=$?
	like "$rc" '^(0|1|75)$' "$u: the run ends (status $rc)"
	n=$(jq .loaded out)
	status 0 "$u: and runs once more" load c.spool "$u"
	once spool c.spool | digests >want
	once there "$IMAP_PORT" "$u" | digests >got
}
number() { dovecot_do mailbox update -u number --uid-validity 1234 Work; }
slow number number
same got want "UIDVALIDITY changes in the middle: each message once"
take() { dovecot_do move -u mover Archive mailbox Work all; }
dovecot_do mailbox create -u mover Archive
slow mover take
same got want "moved in the middle: each message once"
status 0 "--restore-deleted after it" load c.spool mover --restore-deleted
is "$(jq .loaded out)" 0 "sends nothing"
drop() { dovecot_do mailbox delete -u "$u" Work; }
for who in drop drop2 drop3 drop4; do
	slow $who drop
	# opened just while it was deleted, the folder is refused; what Dovecot
	# 2.3 then takes into it is in no folder that it lists: once more
	[ "$rc" = 1 ] || break
done
is "$(uniq -d got)" "" "the folder is deleted in the middle: nothing is doubled"
is "$((n + $(jq .loaded out)))" 240 "each was sent once"
status 0 "--restore-deleted brings back what it had" \
    load c.spool $who --restore-deleted
once there "$IMAP_PORT" $who | digests >got
same got want "each message once"

# ---- the account is a new one: everything
dovecot_stop
rm -rf dovecot/home/mary
dovecot_start || bail "Dovecot"
sleep 1.1 # its UIDVALIDITY is the time
n=$(once spool a.spool | wc -l)
run 0 "$n" "an account that was made anew"
each "made anew"
status 0 "it verifies" verify a.spool mary --deep
done_testing

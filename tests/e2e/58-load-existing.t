#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A ledger that is lost, a host or user spelled in another way, mail that
# another tool has put there before: nothing is doubled.  Twins are two.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"
. "$ROOT/tests/e2e/fake.sh"

dovecot_start || skip_all "no Dovecot"
use_tls
export PW_FILE
once() { python3 "$ROOT/tests/e2e/once.py" "$@"; }

# put N SUBJECT [BODY]: no Message-ID
put() {
	printf 'Subject: %s\n\n%s\n' "$2" "${3:-text}" >"box/cur/$1.M$1.host:2,"
	touch -d "@$1" "box/cur/$1.M$1.host:2,"
}
mkdir -p box/cur box/new box/tmp box/.Work/cur box/.Work/new box/.Work/tmp
for i in 1 2 3; do
	message $i >box/cur/135551940$i.M$i.host:2,S
	touch -d "@135551940$i" box/cur/135551940$i.M$i.host:2,S
done
# the same Message-ID, size and date, other bytes
for x in a b; do
	message 4 "X-Other: $x" >box/cur/1355519404.$x.host:2,
done
# twins with a Message-ID
for x in a b; do message 5 >box/cur/1355519405.$x.host:2,; done
touch -d @1355519404 box/cur/135551940[45].*
message 6 >box/.Work/cur/1355519406.M6.host:2,
touch -d @1355519406 box/.Work/cur/*
# no Message-ID; such of one size, twins among them
put 1355519411 bare one
put 1355519412 bare two
put 1355519413 twin; put 1355519414 twin
touch -d @1355519413 box/cur/1355519414.*
i=20
while [ $i -lt 70 ]; do
	put 13555194$i "job $i" "cron did what it does"
	i=$((i + 1))
done
postroad extract -q box a.spool || bail "extract"
all=$(once spool a.spool | wc -l)
once spool a.spool >want

# fresh: a new spool of the same mail
fresh() { rm -rf b.spool; postroad extract -q "${1:-box}" b.spool >/dev/null; }
# nothing USER DESCRIPTION [OPTIONS]: everything is there already
nothing() {
	user=$1 what=$2; shift 2
	status 0 "$what" load b.spool "$user" --trace-wire trace "$@"
	is "$(jq -c '[.loaded,.unchanged,.maybe_twice]' out)" "[0,$all,0]" \
	    "$what: all is found"
	is "$(sent trace | grep -c APPEND)" 0 "$what: no APPEND"
	rm -f trace
}
# held USER DESCRIPTION: each once
held() {
	once there "$IMAP_PORT" "$1" >got
	same got want "$2: each message once, twins twice"
}

status 0 "a first run" load a.spool mary
held mary "a first run"

# ---- the ledger is lost
cp -r a.spool b.spool && rm b.spool/spool.db*
nothing mary "without spool.db"
fresh
nothing mary "extracted into a new spool"
mkdir other
cp -r box other/box
for f in other/box/cur/*; do mv "$f" "other/box/cur/9${f##*/}"; done
find box -name '*.host*' | while read -r f; do
	case $f in box/cur/*) touch -r "$f" "other/box/cur/9${f##*/}" ;;
	*) touch -r "$f" "other/$f" ;; esac
done
fresh other/box
nothing mary "extracted from files with other names"
held mary "a lost ledger"
status 0 "it verifies" verify b.spool mary --deep

# ---- spelled in another way; the ledger alone has to know
rm -rf b.spool && cp -r a.spool b.spool
was=$IMAP_HOST
for host in 127.0.0.1 localhost LOCALHOST; do
	IMAP_HOST=$host
	nothing mary "host $host" --existing ignore
done
IMAP_HOST=$was
nothing MARY "user MARY" --existing ignore
nothing Mary "user Mary" --existing ignore
is "$(sqlite3 b.spool/spool.db 'SELECT count(*) FROM destination')" 1 \
    "it is one destination"
held mary "another spelling"
# a folder that the user made anew does not make it another account
python3 - "$IMAP_PORT" <<'END'
import imaplib, sys
im = imaplib.IMAP4("127.0.0.1", int(sys.argv[1]))
im.login("mary", "secret")
for i in range(4):
    im.create("More%d" % i)
im.logout()
END

# ---- other tools
# mbsync, which adds X-TUID and gives the date of today
if command -v mbsync >/dev/null 2>&1; then
	for dates in no yes; do
		cat >mbsyncrc <<-END
		IMAPAccount there
		Host 127.0.0.1
		Port $IMAP_PORT
		User sync$dates
		Pass secret
		SSLType None

		IMAPStore there
		Account there

		MaildirStore here
		Path $T/sync/
		Inbox $T/sync/INBOX
		SubFolders Verbatim

		Channel all
		Far :there:
		Near :here:
		Patterns *
		Create Far
		Sync Push New
		CopyArrivalDate $dates
		SyncState $T/sync$dates.state
		END
		rm -rf sync "sync$dates.state" && mkdir -p "sync$dates.state"
		cp -rp box sync && mkdir sync/INBOX
		mv sync/cur sync/new sync/tmp sync/INBOX && mv sync/.Work sync/Work
		sed -i "s,^SyncState.*,SyncState $T/sync$dates.state/," mbsyncrc
		mbsync -q -c mbsyncrc all >mbsync.log 2>&1 ||
			diag "$(cat mbsync.log)"
		fresh
		nothing sync$dates "mbsync was here (CopyArrivalDate $dates)"
	done
else
	skip "mbsync" "it is not installed"
fi

# imaplib, lines ending in LF, dates of now
python3 - "$IMAP_PORT" <<'END' || bail "imaplib"
import glob, imaplib, sys
im = imaplib.IMAP4("127.0.0.1", int(sys.argv[1]))
im.login("python", "secret")
im.create("Work")
for box, at in (("INBOX", "box/cur/*"), ("Work", "box/.Work/cur/*")):
    for f in sorted(glob.glob(at), reverse=True):
        assert im.append(box, None, None, open(f, "rb").read())[0] == "OK"
im.logout()
END
fresh
nothing python "imaplib was here"

# doveadm
for box in INBOX Work; do
	dovecot_do mailbox create -u copy $box 2>/dev/null
	dovecot_do copy -u copy $box user mary mailbox $box all ||
		bail "doveadm copy"
done
fresh
nothing copy "doveadm was here"

# one of two twins is there, of each kind
python3 - "$IMAP_PORT" <<'END' || bail "imaplib"
import imaplib, sys
im = imaplib.IMAP4("127.0.0.1", int(sys.argv[1]))
im.login("copy", "secret")
im.select("INBOX")
for what in ("SUBJECT", "twin"), ("SUBJECT", "number 5"), ("SUBJECT", "number 4"):
    uids = im.uid("SEARCH", what[0], '"%s"' % what[1])[1][0].split()
    assert len(uids) == 2, (what, uids)
    im.uid("STORE", uids[0].decode(), "+FLAGS", "\\Deleted")
im.expunge()
im.logout()
END
fresh
status 0 "one of each two is gone" load b.spool copy
is "$(jq -c '[.loaded,.matched]' out)" "[3,$((all - 3))]" "the other ones are sent"
held copy "one of each two"

# ---- --existing ignore does what it says
fresh
status 0 "--existing ignore" load b.spool copy --existing ignore
is "$(jq -c '[.loaded,.unchanged]' out)" "[$all,0]" "sends everything"
is "$(once there "$IMAP_PORT" copy | wc -l)" $((2 * all)) "once more"

# ---- two folders that go to one: twins of both, and the ledger is lost
mkdir -p two/cur two/new two/tmp two/.A/cur two/.A/new two/.A/tmp
cp -r two/.A two/.B
for x in A B; do
	for i in 1 2 3; do
		message $i "X-In: $x" >two/.$x/cur/135551940$i.M$i.host:2,
	done
	message 9 >two/.$x/cur/1355519409.M9.host:2,
done
touch -d @1355519409 two/.?/cur/*
fresh two
both() { load b.spool two --folder-map A=Both --folder-map B=Both "$@"; }
status 0 "two folders go to one" both
status 0 "again" both
is "$(jq -c '[.loaded,.unchanged]' out)" "[0,8]" "nothing is sent"
fresh two
status 0 "without the ledger" both
is "$(jq -c '[.loaded,.unchanged,.matched]' out)" "[0,8,8]" "all is found"
once there "$IMAP_PORT" two | cut -d' ' -f2 >got
once spool b.spool | cut -d' ' -f2 | sort >want
same got want "each message once, the twins twice"

# ---- servers that rewrite beyond recognition
mkdir -p odd/cur odd/new odd/tmp
for i in 1 2 3; do
	message $i >odd/cur/135551940$i.M$i.host:2,
	touch -d "@135551940$i" odd/cur/135551940$i.M$i.host:2,
done
message 3 >odd/cur/1355519404.M4.host:2, # the same Message-ID, another date
touch -d @1355519404 odd/cur/1355519404.M4.host:2,
postroad extract -q odd odd.spool || bail "extract"
fload() { postroad load --json --tls none --password-file pw "$@" "$FAKE_URL"; }
kept() { find st -name '[0-9]*' ! -name '*.info' | wc -l; }
fake_start --store st --rewrite body --log log \
    --greeting '* OK The Microsoft Exchange IMAP4 service is ready. %s'
status 0 "a server that rewrites everything" fload odd.spool
rm odd.spool/spool.db*
status 0 "without the ledger" fload odd.spool
is "$(jq -c '[.loaded,.unchanged]' out) $(kept)" "[0,4] 4" \
    "known by Message-ID and date"
fake_stop
# and the connection is lost at the OK of the first APPEND
rm -rf st odd.spool && postroad extract -q odd odd.spool
fake_start --store st --rewrite body --cut-append 1 --caps '-UIDPLUS' \
    --greeting '* OK The Microsoft Exchange IMAP4 service is ready. %s'
fload odd.spool >out 2>err || fload odd.spool >out 2>err
is "$? $(jq -c '[.announced,.maybe_twice]' out) $(kept)" "0 [4,0] 4" \
    "nor is anything sent twice when it is cut off"
fake_stop
done_testing

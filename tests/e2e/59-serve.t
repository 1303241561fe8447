#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The throw-away server that speaks as providers do: other people's clients
# understand it, it enforces what the provider enforces, and load gets along
# with it whether it knows the provider or not.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"
. "$ROOT/tests/e2e/serve.sh"

[ -x "$SERVE" ] || skip_all 'the test tools are not built'

# --- Python's imaplib
for as in microsoft google dovecot cyrus courier yahoo; do
	serve_start --as $as
	status 0 "$as: imaplib gets what it put there" \
	    python3 "$ROOT/tests/e2e/serve_check.py" $as "$SERVE_PORT"
	serve_stop
	same out /dev/null "$as: without a complaint"
done

# --- mbsync
if command -v mbsync >/dev/null; then
	for box in INBOX Work; do mkdir -p m/$box/cur m/$box/new m/$box/tmp; done
	for i in 1 2 3 4 5; do
		message $i >m/Work/cur/100$i.host:2,S
		message 2$i >m/INBOX/cur/200$i.host:2,
	done
	find m -name '*host*' -exec touch -d '1 hour ago' {} +
	for d in m/*/*; do touch -d '1 hour ago' $d; done
	mkdir n
	serve_start --as dovecot
	cat >rc <<-END
	IMAPStore far
	Host 127.0.0.1
	Port $SERVE_PORT
	User mary
	Pass secret
	SSLType None
	AuthMechs LOGIN

	MaildirStore one
	Path $T/m/
	Inbox $T/m/INBOX
	SubFolders Verbatim

	MaildirStore two
	Path $T/n/
	Inbox $T/n/INBOX
	SubFolders Verbatim

	Channel push
	Far :far:
	Near :one:
	Patterns *
	Create Both
	Expunge Both
	SyncState *

	Channel pull
	Far :far:
	Near :two:
	Patterns *
	Create Near
	Sync Pull
	SyncState *
	END
	status 0 'mbsync pushes into it' mbsync -c rc push
	status 0 'and pulls out of it' mbsync -c rc pull
	is "$(find n -name '*,U=*' | wc -l)" 10 'all is there'
	is "$(find n -name '*,U=*' -exec cat {} + | grep -v '^X-TUID' | sort | md5sum)" \
	    "$(find m \( -name '*host*' -o -name '*,U=*' \) -exec cat {} + |
	        grep -v '^X-TUID' | sort | md5sum)" 'as it was'
	rm "$(find m/Work/cur -type f | head -1)"
	status 0 'what is deleted here goes there, too' mbsync -c rc push
	rm -r n && mkdir n && status 0 'and is gone' mbsync -c rc pull
	is "$(find n -name '*,U=*' | wc -l)" 9 'one less'
	serve_stop
else
	skip 'mbsync' 'it is not installed'
fi

# --- load and verify, for each
mbox 1 30 >in.mbox
for as in microsoft google dovecot cyrus courier fastmail; do
	rm -rf a.spool; postroad extract -q in.mbox a.spool >/dev/null 2>&1
	serve_start --as $as --stats stats
	status 0 "load into $as" to_serve load a.spool
	is "$(jq -c '[.loaded,.refused]' out)" '[30,0]' "all that there is"
	status 0 "verify --deep of $as" to_serve verify --deep a.spool
	status 0 'a second run' to_serve load a.spool
	is "$(jq -c '[.unchanged,.loaded]' out)" '[30,0]' 'sends nothing'
	rm a.spool/spool.db
	status 0 'the ledger is lost' to_serve load a.spool
	is "$(jq -c '[.matched,.loaded]' out)" '[30,0]' 'all of it is found there'
	serve_stop
	is "$(sed -n 's/^appended //p;s/^dropped //p' stats | tr '\n' ' ')" '30 0 ' \
	    'each was sent once, and no session dropped'
done
# flags: Exchange wants \Flagged by STORE, for other clients to see it
mkdir -p fl/cur fl/new fl/tmp
i=90
for f in S F FS R D ''; do
	i=$((i + 1))
	message $i | sed 's/$/\r/' >"fl/cur/1000.x$i.h:2,$f"
done
for as in microsoft google; do
	rm -rf fl.spool; postroad extract -q maildir:fl fl.spool >/dev/null 2>&1
	serve_start --as $as
	status 0 "flags at $as" to_serve load fl.spool
	status 0 'all of them' to_serve verify --deep --strict fl.spool
	is "$("$IMAP_TOOL" --tls none --password-file serve.pw "$SERVE_URL" fetch INBOX 2>&1 |
	    grep -c 'Flagged')" 2 'two stars'
	serve_stop
done
# Dovecot keeps a NUL as 0x80: verify knows it
printf 'From x@example.org Fri Dec 14 21:10:00 2012\nSubject: nul\n\na\0b\n\n' >nul.mbox
postroad extract -q nul.mbox nul.spool >/dev/null 2>&1
serve_start --as dovecot
status 0 'a NUL for Dovecot' to_serve load nul.spool
status 0 'is known to change' to_serve verify --deep nul.spool
serve_stop

# --- a mailbox that Exchange does not take as it is
# put FOLDER NAME FLAGS: a file in a Maildir, its body on stdin
put() {
	mkdir -p "md/$1/cur" "md/$1/new" "md/$1/tmp"
	{ printf 'Subject: %s\n\n' "$2"; cat; } >"md/$1/cur/1420070400.$2.h:2,$3"
}
i=0
while [ $i -lt 120 ]; do
	i=$((i + 1)); echo "body $i" | put INBOX m$i S
done
while [ $i -lt 135 ]; do # 15 lines that are too long: more than ten errors
	i=$((i + 1)); head -c 11000 /dev/zero | tr '\0' x | put INBOX long$i ''
done
head -c 37000000 /dev/zero | tr '\0' '\n' | put Work big ''
echo x | put Work word a
printf '0 $Label1\n' >md/Work/dovecot-keywords
echo x | put Files inside F
echo x | put after beside ''
postroad extract -q maildir:md e.spool >/dev/null 2>&1
cp -r e.spool f.spool
cp -r e.spool g.spool
serve_start --as microsoft --throttle 7,50,60000 --speed-up 1000 --stats stats
status 1 'load knows the limits by the greeting' to_serve load e.spool
is "$(jq -c '[.announced,.loaded,.refused]' out)" '[139,122,17]' 'what cannot be is refused'
is "$(jq -c '[.problems[]|select(.folder=="INBOX")]|length' out)" 15 'each is named'
like "$(jq -r '.problems[]|select(.folder=="INBOX").error' out)" \
    'a line of 11000 bytes, and microsoft takes 10239' 'long lines'
like "$(jq -r '.problems[]|select(.folder=="Work").error' out)" \
    'and microsoft takes 36.7 MB at most' 'a message of 74 MB'
like "$(jq -r '.problems[]|select(.folder=="Files").error' out)" \
    "keeps the name 'Files' for itself" 'a reserved folder'
is "$(jq .keywords_dropped out)" 1 'a keyword is left out'
serve_stop
is "$(sed -n 's/^\(refused\|dropped\|appended\) //p' stats | tr '\n' ' ')" '122 0 0 ' \
    'the server had nothing to refuse, and no reason to hang up'
like "$(cat stats)" '^throttled [2-9]' 'but to say wait, which was obeyed'

serve_start --as microsoft --stats stats
status 1 'load that does not know them' to_serve load --dest-profile generic f.spool
is "$(jq -c '[.announced,.loaded,.refused]' out)" '[139,122,17]' \
    'gets as much there, through lost sessions'
like "$(jq -r '.problems[].error' out)" 'BAD: Command Error. 10' "in the server's words: lines"
like "$(jq -r '.problems[].error' out)" \
    'NO: Maximum size of appendable message has been exceeded' 'size'
like "$(jq -r '.problems[].error' out)" 'CREATE: the server says NO: CREATE failed' 'the name'
serve_stop
is "$(sed -n 's/^appended //p' stats)" 122 'each once'
[ "$(sed -n 's/^dropped //p' stats)" -ge 1 ]
result $? 'ten errors, and it had hung up'

# --- Gmail's day, with a clock that makes it two seconds
postroad extract -q in.mbox h.spool >/dev/null 2>&1
bytes=$(postroad ls --json h.spool | jq -s 'map(.bytes)|add')
cp -r h.spool day.spool
try=0 dropped=0
# on a busy machine two days' budgets may be there for one load: once more
while [ $dropped = 0 ] && [ $((try += 1)) -le 5 ]; do
	rm -rf h.spool && cp -r day.spool h.spool
	serve_start --as google --daily-budget $((bytes * 2 / 3)) \
	    --speed-up 43200 --stats stats
	rc=75 n=0
	while [ $rc = 75 ] && [ $n -lt 9 ]; do
		n=$((n + 1)) rc=0
		to_serve load --daily-budget 1G h.spool >out 2>err || rc=$?
	done
	serve_stop
	dropped=$(sed -n 's/^dropped //p' stats)
done
is "$rc" 0 'BYE Session expired: another day, and all is there'
is "$(sed -n 's/^appended //p' stats)" 30 'each once'
[ "$dropped" -ge 1 ]
result $? "the budget had been met (try $try)"

# --- room, and how many at a time
serve_start --as dovecot --quota $((bytes / 2)) --stats stats
postroad extract -q in.mbox q.spool >/dev/null 2>&1
status 1 'a quota of half of it' to_serve load q.spool
[ "$(jq .loaded out)" -ge 12 ] && [ "$(jq .loaded out)" -le 15 ]
result $? 'half of it is there'
serve_stop
printf 'providers:\n  tiny:\n    title: Tiny\n    limits:\n      connections: 1\n' >tiny.yaml
serve_start --as tiny --providers tiny.yaml
python3 - "$SERVE_PORT" >out 2>&1 <<'END'
import imaplib, sys
one = imaplib.IMAP4('127.0.0.1', int(sys.argv[1]))
try:
    imaplib.IMAP4('127.0.0.1', int(sys.argv[1]))
    print('let in')
except imaplib.IMAP4.error as e:
    print(e)
one.logout()
imaplib.IMAP4('127.0.0.1', int(sys.argv[1]))
print('again')
END
like "$(cat out)" 'Too many connections' 'one connection too many'
like "$(cat out)" 'again' 'and one less'
serve_stop
done_testing

#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A rehearsal names what a provider would refuse, reckons how long it would
# take, and leaves nothing behind.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"
. "$ROOT/tests/e2e/serve.sh"

rehearse() { postroad rehearse --json "$@"; }
# everything there is in a spool, bytes and times
state() { find "$1" -printf '%p %y %s %T@ %m\n' | sort; md5sum <"$1/spool.db"; }

# put FOLDER NAME FLAGS: a file in a Maildir, its body on stdin
put() {
	mkdir -p "md/$1/cur" "md/$1/new" "md/$1/tmp"
	{ printf 'Subject: %s\n\n' "$2"; cat; } >"md/$1/cur/1420070400.$2.h:2,$3"
}
i=0
while [ $i -lt 60 ]; do i=$((i + 1)); echo "body $i" | put INBOX m$i S; done
head -c 11000 /dev/zero | tr '\0' x | put INBOX long ''
head -c 37000000 /dev/zero | tr '\0' '\n' | put Work big ''
echo x | put Work word a
printf '0 $Label1\n' >md/Work/dovecot-keywords
echo x | put Files inside F
echo x | put 'Up^there' caret ''
printf 'Subject: nul\n\na\0b\n' >md/Work/cur/1420070400.nul.h:2,
postroad extract -q maildir:md a.spool >/dev/null 2>&1
state a.spool >before

# is PID a process that has not ended?
lives() { case $(ps -o stat= -p "$1") in '' | Z*) return 1 ;; esac; }

# --- what each would refuse
mkdir tmp && export TMPDIR="$T/tmp"
# refused PROVIDER: folder and why
refused() {
	rehearse a.spool --as "$1" >out 2>err
	echo "$? $(jq -c '[.announced,.loaded,.refused]' out)"
	jq -r '.problems[]|"\(.folder): \(.error)"' out | sort
}
is "$(refused microsoft)" "1 [66,63,3]
Files: microsoft keeps the name 'Files' for itself
INBOX: it has a line of 11000 bytes, and microsoft takes 10239 at most
Work: it has 74.0 MB, and microsoft takes 36.7 MB at most" 'Exchange Online'
is "$(jq .keywords_dropped out)" 1 'a keyword would not be kept'
is "$(jq .rehearsal.throttled out)" 1 'it said wait once'
like "$(refused google)" '^1 \[66,6[45],[12]\]$' 'Gmail'
like "$(jq -r '.problems[].error' out)" 'takes 35.7 MB at most' 'size'
like "$(jq -r '.problems[].folder, .notes[]' out)" 'Up^there|Up\^there' 'a name'
like "$(refused cyrus)" 'Work: .*NUL' 'Cyrus: a NUL'
is "$(refused generic)" '0 [66,66,0]' 'a server without limits'
is "$(refused dovecot)" '0 [66,66,0]' 'Dovecot'
is "$(refused yahoo | head -1)" '1 [66,65,1]' 'one of which only the limits are known'
status 1 'the load does not know the provider' rehearse a.spool --as microsoft \
    --dest-profile generic
is "$(jq -r '.problems[].error' out | sort)" "APPEND: the server says BAD: Command Error. 10
CREATE: the server says NO: CREATE failed.
it has 74.0 MB: APPEND: the server says NO: Maximum size of appendable message has been exceeded." \
    "then they are the server's words"
status 1 'room for 1,000 bytes' rehearse a.spool --as generic --quota 1000
like "$(jq -r '.problems[].error' out)" 'OVERQUOTA|over quota|of the quota' 'is said'
status 0 'folders elsewhere' rehearse a.spool --as generic --into Old --folder-map 'Files=Papers'
status 64 'no provider' postroad rehearse a.spool
status 64 'one that nobody knows' rehearse a.spool --as nobody
like "$(cat err)" "'nobody' is not known" 'is said'
status 66 'no spool' rehearse no.spool --as google
status 64 'a map that makes no sense' rehearse a.spool --as google --same-names x
same out out 'still'

# folders with a role go to those that are there, Gmail's own ones too
mkdir -p roles/Sent/cur roles/Sent/new roles/Sent/tmp
printf 'Subject: sent\n\nx\n' >roles/Sent/cur/1.host:2,S
mkdir -p roles/Trash/cur roles/Trash/new roles/Trash/tmp
postroad extract -q maildir:roles r.spool >/dev/null 2>&1
for as in google microsoft; do
	status 0 "roles at $as" rehearse r.spool --as $as
	is "$(jq -c '[.loaded,.refused,.folders_created]' out)" '[1,0,0]' 'nothing is made anew'
done

# what is below Trash has another place where Gmail's Trash takes no folders
mkdir -p roles/Trash/Old/Deep/cur roles/Trash/Old/Deep/new \
    roles/Trash/Old/Deep/tmp roles/Trash/Old/cur roles/Trash/Old/new \
    roles/Trash/Old/tmp
printf 'Subject: gone\n\nx\n' >roles/Trash/Old/cur/1.host:2,S
printf 'Subject: deep\n\nx\n' >roles/Trash/Old/Deep/cur/1.host:2,S
postroad extract -q maildir:roles r.spool >/dev/null 2>&1
status 0 'folders below Trash at google' rehearse r.spool --as google
is "$(jq -c '[.loaded,.refused]' out)" '[3,0]' 'they arrive'
like "$(jq -r '.notes[]' out)" "'Trash/Old' goes to 'Trash/Old'" 'where, is said'
is "$(jq -r '.notes[]' out | grep -c "'Trash/Old/Deep' goes")" 0 \
    'of what is below it, not again'
status 0 'and at microsoft' rehearse r.spool --as microsoft
is "$(jq -r '.notes[]' out | grep -c "'Trash/Old' goes")" 0 'they stay below Trash'

# --- for people
status 1 'in words' postroad rehearse a.spool --as microsoft
like "$(cat out)" 'Nothing left this machine' 'nothing was sent'
like "$(cat out)" '^63 of 66 messages .* would arrive; 3 would not' 'how many'
like "$(cat out)" 'How fast microsoft takes mail in is not known' 'no speed is made up'
like "$(cat err)" "what to do: " 'what to do'

# --- how long: 100 messages of 1,000 bytes
python3 - >t.mbox <<'END'
for i in range(100):
    head = 'Subject: number %03d\n\n' % i
    # with CRLF: 1,000 bytes
    body = 'x' * (1000 - len(head) - 2 - 2) + '\n'
    print('From mary@example.org Fri Dec 14 21:10:00 2012\n' + head + body)
END
postroad extract -q t.mbox t.spool >/dev/null 2>&1
is "$(postroad ls --json t.spool | jq -c '[.messages,.bytes]')" '[100,100000]' 'a spool of 100 times 1,000 bytes'
cat >mine.yaml <<'END'
providers:
  slow:
    title: Slow
    limits:
      upload_messages_per_hour: 360
      upload_bytes_per_second: 1000
      upload_bytes_per_day: 30k
      connections: 3
  quick:
    limits:
      upload_bytes_per_second: 1000
END
# reckoned OPTIONS: seconds, total, days, what bounds it
reckoned() {
	rehearse t.spool --providers mine.yaml "$@" >out 2>err &&
	    jq -c '.rehearsal|[.messages,.bytes,.seconds,.total_seconds,.days,.bound_by]' out
}
is "$(reckoned --as quick)" '[100,100000,100,100,null,"upload_bytes_per_second"]' '1,000 bytes a second: 100 s'
is "$(reckoned --as quick --rate 2)" '[100,100000,100,100,null,"upload_bytes_per_second"]' 'messages are no slower'
is "$(reckoned --as quick --bandwidth 300)" '[100,100000,334,334,null,"bandwidth"]' '300 bytes a second'
# 360 an hour: 1,000 s; 30 kB a day: three days, and 10 kB on the fourth
is "$(reckoned --as slow)" '[100,100000,1000,259300,4,"daily_budget"]' 'four days: three, and 100 s'
is "$(jq -c '.rehearsal|[.as,.daily_budget,.connections]' out)" '["slow",30000,3]' 'by these limits'
is "$(reckoned --as slow --daily-budget 1M)" '[100,100000,1000,1000,1,"upload_messages_per_hour"]' 'another budget'
is "$(reckoned --as google)" '[100,100000,null,null,1,null]' 'Gmail: the days only'
is "$(reckoned --as microsoft)" '[100,100000,null,null,null,null]' 'Microsoft: nothing is published'
status 0 'in words' postroad rehearse t.spool --providers mine.yaml --as slow
like "$(cat out)" 'Sending takes 16 min 40 s at least' 'how long'
like "$(cat out)" 'It takes 30.0 kB a day: 4 days, the last byte 3 days 0 h after' 'and how many days'

# --- nothing remains
state a.spool | diff before - >out 2>&1
result $? 'the spool is as it was, to the time'
is "$(ls -A tmp)" '' 'no file is left'
n=0 ok=0
while [ $n -lt 25 ]; do
	n=$((n + 1))
	"$POSTROAD" rehearse -q a.spool --as microsoft >/dev/null 2>&1 &
	pid=$!
	sleep 0.0$((n * 3 % 10))$((n % 10))
	server=$(pgrep -P $pid | head -1)
	kill -KILL $pid 2>/dev/null
	wait $pid 2>/dev/null
	try=0
	while [ "$server" ] && lives "$server" && [ $((try += 1)) -le 200 ]; do
		sleep 0.05
	done
	[ "$server" ] && lives "$server" && ok=1
done
is $ok 0 'killed 25 times: no server lives on'
is "$(ls -A tmp)" '' 'no file is left'
state a.spool | diff before - >out 2>&1
result $? 'nothing in the spool, to the time'
status 0 'and the ledger is sound' postroad verify a.spool
is "$(sqlite3 a.spool/spool.db 'SELECT (SELECT count(*) FROM delivery), (SELECT count(*) FROM destination)')" '0|0' \
    'without a delivery'
# the load stops, so that its server can be looked at
python3 - >l.mbox <<'END'
for i in range(8000):
    print('From mary@example.org Fri Dec 14 21:10:00 2012\nSubject: %d\n\nx\n' % i)
END
postroad extract -q l.mbox l.spool >/dev/null 2>&1
"$POSTROAD" rehearse -q l.spool --as microsoft >/dev/null 2>err &
pid=$!
server=
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	server=$(pgrep -P $pid) && kill -STOP $pid && break
	sleep 0.005
done
if [ "$server" ] && lives "$server"; then
	unlike "$(tr '\0' ' ' </proc/"$server"/cmdline; tr '\0' ' ' </proc/$pid/cmdline)" \
	    '[0-9a-f]{20}' 'the password is in no argument'
	try=0
	until grep -q '^Seccomp:.*2' /proc/"$server"/status ||
	    [ $((try += 1)) -gt 200 ]; do sleep 0.05; done
	if [ "${SAN:-}" ]; then
		skip 'the server is in its sandbox' 'a sanitizer needs more room'
	else
		like "$(cat /proc/"$server"/status)" '^Seccomp:.*2' 'the server is in its sandbox'
	fi
	port=$(ss -Hltnp 2>/dev/null | sed -n "s/.* 127.0.0.1:\([0-9]*\) .*pid=$server,.*/\1/p")
	if [ "$port" ]; then
		python3 - "$port" >out 2>&1 <<-'END'
		import imaplib, sys
		m = imaplib.IMAP4('127.0.0.1', int(sys.argv[1]))
		for word in ('', 'secret', 'rehearsal'):
		    try:
		        m.login('rehearsal', word or '""')
		        print('let in with', word)
		    except imaplib.IMAP4.error as e:
		        print(e)
		END
		unlike "$(cat out)" 'let in' 'who has not the password is not let in'
		is "$(grep -c AUTHENTICATIONFAILED out)" 3 'and told so'
	else
		skip 'who has not the password' 'its port is not to be seen'
	fi
else
	skip 'a look at the server' 'it was over too soon'
fi
kill -CONT $pid 2>/dev/null
rc=0
wait $pid || rc=$?
is "$rc" 0 'and it goes on to its end'

# --- read-only, and while others load
cp -r a.spool ro.spool
chmod -R a-w,a+rX ro.spool
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	chmod 777 tmp
	ro() { setpriv --reuid=65534 --clear-groups "$POSTROAD" rehearse --json ro.spool --as microsoft; }
else
	ro() { rehearse ro.spool --as microsoft; }
fi
status 1 'a spool on read-only media' ro
is "$(jq .loaded out)" 63 'is rehearsed'
chmod -R u+w ro.spool
if [ -x "$SERVE" ]; then
	cp -r t.spool u.spool
	serve_start --as generic --throttle 5,5,200
	to_serve load u.spool >load.out 2>load.err &
	pid=$!
	sleep 0.3
	status 0 'another load is under way' rehearse u.spool --as google
	is "$(jq .loaded out)" 100 'all of it is rehearsed'
	rc=0
	wait $pid || rc=$?
	is "$rc $(jq -c '[.loaded,.maybe_twice]' load.out)" '0 [100,0]' 'the other is not disturbed'
	status 0 'what was delivered is no reason to leave it out' rehearse u.spool --as google
	is "$(jq -c '[.loaded,.unchanged]' out)" '[100,0]' 'all of it again'
	is "$(sqlite3 u.spool/spool.db 'SELECT count(*) FROM delivery')" 100 'the deliveries are there'
	serve_stop
fi

# --- a ledger of an older version, files that came without it
cp -r t.spool v.spool
f=$(find v.spool/mail -path '*/cur/*' -type f | head -1)
mv "$f" "${f%:2,*}:2,F"
printf 'Subject: new\r\n\r\nx\r\n' >"${f%/*}/1420070400.foreign.host:2,S"
state v.spool >before
status 0 'other programs were here' rehearse v.spool --as google
is "$(jq .loaded out)" 101 'what they brought is rehearsed'
state v.spool | diff before - >out 2>&1
result $? 'and nothing noted'
done_testing

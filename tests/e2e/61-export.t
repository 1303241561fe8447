#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# postroad export: what it says and leaves when something is wrong, files
# split in several, runs that are killed, and mail that is no MIME.
. "${0%/*}/lib.sh"

# eml DIR N: a file of it from stdin, with CRLF
eml() { mkdir -p "$1"; sed 's/$/\r/' >"$1/$2.eml"; }

for n in 1 2 3; do
	eml in $n <<-END
	From: Jane Doe <jane@example.org>
	To: john@example.org
	Subject: number $n
	Date: Tue, 7 Jan 2003 12:0$n:16 +0000
	Message-ID: <$n@example.org>

	text $n
	END
done
postroad extract -q in a.spool >/dev/null 2>&1

# ------------------------------------------------------------------ usage
status 64 'no format' postroad export a.spool x.pst
like "$(cat err)" 'add --format pst' 'says what to add'
status 64 'an unknown format' postroad export --format odt a.spool x.pst
status 64 'too small a split' \
    postroad export -f pst --split 1M a.spool x.pst
status 64 'OUT in the spool' postroad export -f pst a.spool a.spool/x.pst
status 66 'no such spool' postroad export -f pst b.spool x.pst
status 73 'no such directory' postroad export -f pst a.spool no/x.pst
status 73 'OUT is a directory' postroad export -f pst a.spool in
status 0 'the first time' postroad export -f pst a.spool x.pst
sha256sum x.pst >sum
status 73 'OUT is there' postroad export -f pst a.spool x.pst
like "$(cat err)" '\-\-force' 'says how to replace it'
ok 'and it is untouched' sha256sum -c sum
status 0 'with --force' postroad export -f pst --force a.spool x.pst
ok 'the same spool and OUT give the same bytes' sha256sum -c sum
is "$(find . -maxdepth 1 -name '.*' -type f)" '' 'nothing hidden is left'
is "$(stat -c %a x.pst)" 600 'mail is for its owner'

# ----------------------------------------------------------------- splitting
mkdir big
for n in 1 2 3 4; do
	{
		printf 'Subject: big %s\r\nMIME-Version: 1.0\r\n' $n
		printf 'Content-Type: application/octet-stream; name=a.bin\r\n'
		printf 'Content-Transfer-Encoding: base64\r\n\r\n'
		head -c 5000000 /dev/urandom | base64 | sed 's/$/\r/'
	} >big/$n.eml
done
postroad extract -q big big.spool >/dev/null 2>&1
status 0 'split' postroad export -f pst --json --split 12M big.spool s.pst
is "$(jq -c '[.announced, .exported, .files]' out)" '[4,4,2]' 'in two'
for f in s.pst s-2.pst; do
	ok "$f is not too large" [ "$(stat -c %s $f)" -le 12000000 ]
	ok "$f breaks no rule" "$POSTROAD" survey --check $f
	postroad extract -q $f "$f.spool" >/dev/null 2>&1
done
is "$(cat s.pst.spool/mail/*/cur/* s-2.pst.spool/mail/*/cur/* |
    grep -c '^Subject: big')" 4 'all are there, once'
status 73 'a second file is in the way' \
    postroad export -f pst --split 12M big.spool s.pst
rm s.pst
status 73 'also alone' postroad export -f pst --split 12M big.spool s.pst
rm s-2.pst
status 0 'one message is larger than a part' \
    postroad export -f pst --json --split 10M big.spool s.pst

# ---------------------------------------------------- killed, and run again
STEPS=${POSTROAD_STEPS:-$ROOT/build/postroad-steps}
if [ -x "$STEPS" ]; then
	rm -f s*.pst
	"$STEPS" export -q -f pst --split 12M big.spool want.pst \
	    >/dev/null 2>&1
	n=1 bad=0
	while :; do
		rm -f s*.pst .s*
		got=0
		STEP_AT=$n "$STEPS" export -q -f pst --split 12M big.spool \
		    s.pst >/dev/null 2>&1 || got=$?
		[ $got = 100 ] || break
		# what has its name is complete
		for f in s*.pst; do
			[ ! -e "$f" ] || "$POSTROAD" survey --check "$f" \
			    >/dev/null 2>&1 || bad=$((bad + 1))
		done
		[ ! -e s.pst ] || [ -e s-2.pst ] || bad=$((bad + 1))
		postroad export -q -f pst --force --split 12M big.spool s.pst \
		    >/dev/null 2>again || bad=$((bad + 1))
		[ -z "$(find . -maxdepth 1 -name '.s*')" ] || bad=$((bad + 1))
		ls s.pst s-2.pst >/dev/null 2>&1 || bad=$((bad + 1))
		n=$((n + 1))
	done
	ok "killed at each of $((n - 1)) steps: whole or not there" \
	    [ $bad = 0 -a $n -gt 3 ]
	# a child that dies costs the message it was at
	key=$(postroad ls --messages --json a.spool |
	    jq -r 'select(.subject == "number 2").key')
	for what in crash eat; do
		rm -f c.pst
		PST_CHILD_HOOK="mime-$what:$key" status 0 \
		    "a child that dies: $what" "$STEPS" export --json -f pst \
		    a.spool c.pst
		is "$(jq -c '[.exported, .as_attached_files,
		    (.problems | length)]' out)" '[3,1,1]' 'costs one message'
		rm -rf c.spool
		postroad extract -q c.pst c.spool >/dev/null 2>&1
		is "$(cat c.spool/mail/*/cur/* | grep -c '^Subject: number')" \
		    4 'which goes along as a file'
	done
else
	skip 'killed at each step' 'no build with steps'
fi
"$POSTROAD" export -q -f pst --force big.spool k.pst >/dev/null 2>&1 &
pid=$!
sleep 0.1
kill -9 $pid 2>/dev/null || :
wait $pid 2>/dev/null
status 0 'after kill -9' postroad export -q -f pst --force big.spool k.pst
is "$(find . -maxdepth 1 -name '.k*')" '' 'its leavings are gone'

# --------------------------------------------------------------- a full disk
cat >full.sh <<'END'
mkdir -p small && mount -t tmpfs -o size=8m tmpfs small || exit 99
"$POSTROAD" export --json -f pst big.spool small/x.pst >out2 2>err2
echo $? >rc
ls -A small >left
END
export POSTROAD
if unshare -rm sh full.sh 2>/dev/null || unshare -m sh full.sh 2>/dev/null
then
	is "$(cat rc)" 74 'a full disk'
	like "$(cat err2)" 'No space left' 'is named'
	is "$(jq -c '[.announced, .pending, .exported]' out2)" '[4,4,0]' \
	    'nothing was exported, and the sums balance'
	is "$(cat left)" '' 'and nothing is left'
else
	skip 'a full disk' 'no mount namespaces here'
fi

# -------------------------------------------------------- mail that is no MIME
mkdir odd
printf 'Subject: \377\376 raw \001\r\n\r\nbody \000\377 end\r\n' >odd/raw.eml
printf 'Subject: only a header\r\n' >odd/head.eml
{ printf 'Subject: long\r\nX: '; head -c 3000000 /dev/zero | tr '\0' x
  printf '\r\n\r\nbody\r\n'; } >odd/long.eml
{ printf 'Subject: parts\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n'
  n=0
  while [ $n -lt 11000 ]; do printf -- '--b\r\n\r\nx\r\n'; n=$((n + 1)); done
} >odd/parts.eml
n=0
while [ $n -lt 60 ]; do
	printf 'Subject: deep %s\r\nContent-Type: message/rfc822\r\n\r\n' $n
	n=$((n + 1))
done >odd/deep.eml
printf 'Subject: end\r\n\r\ninnermost\r\n' >>odd/deep.eml
{ printf 'Subject: nest\r\n'
  n=0
  while [ $n -lt 300 ]; do
	printf 'Content-Type: multipart/mixed; boundary=b%s\r\n\r\n--b%s\r\n' \
	    $n $n
	n=$((n + 1))
  done
  printf '\r\nthe core\r\n'; } >odd/nest.eml
printf 'Subject: fields\nTo: \nFrom: <<<>>>@@,;:\nDate: never\n%s' \
    'Content-Type: ;;;
Content-Transfer-Encoding: what
Content-Disposition: =

the text' >odd/fields.eml
postroad extract -q odd odd.spool >/dev/null 2>&1
# one that is nothing at all
head -c 30000 /dev/urandom >odd.spool/mail/INBOX/cur/noise:2,
: >odd.spool/mail/INBOX/cur/empty:2,
postroad ls --messages --json odd.spool >odd.ls
n=$(grep -c '"key"' odd.ls)
is "$n" 9 'odd messages'
status 0 'all are exported' postroad export -f pst --json odd.spool odd.pst
is "$(jq -c '[.announced, .exported]' out)" "[$n,$n]" 'every one'
like "$(cat err)" 'more than 10000 parts' 'and what could not be is named'
is "$(jq .as_attached_files out)" 2 'and counted'
ok 'no rule is broken' "$POSTROAD" survey --check odd.pst
# messages within messages have no dates of their own
unlike "$(postroad survey --check odd.pst)" Unusual 'nor is one only bent'
postroad extract -q odd.pst odd2.spool >/dev/null 2>&1
is "$(postroad ls --messages --json odd2.spool | grep -c '"key"')" $n \
    'they come back'
for word in innermost 'deep 20' 'only a header' 'Subject: parts' 'the core' \
    'the text'; do
	ok "with '$word'" grep -raq "$word" odd2.spool/mail
done
is "$(grep -rah -A2 'Subject: end' odd2.spool/mail | grep -c '^Date:')" 0 \
    'a message without a date, in others, is given none'
done_testing

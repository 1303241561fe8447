#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Several spools into one: each message once, every duplicate named, where it
# came from kept; run again; killed anywhere.
. "${0%/*}/lib.sh"

# eml FILE ID DATE TEXT
eml() {
	mkdir -p "${1%/*}"
	printf 'From: a@example.org\nMessage-ID: <%s@example.org>\nDate: %s\nSubject: %s\n\n%s\n' \
	    "$2" "$3" "$2" "$4" >"$1"
}
d1='Thu, 1 Jan 2015 10:00:00 +0000'
d2='Thu, 1 Jan 2015 12:00:00 +0200' # the same instant
d3='Fri, 2 Jan 2015 10:00:00 +0000'

# desk has it filed; post has the Inbox, with one copy of other bytes
eml desk/INBOX/1.eml one "$d1" 'text one'
eml desk/Projects/2.eml two "$d1" 'text two'
eml desk/Projects/copy.eml two "$d1" 'text two'
eml desk/Sent/3.eml three "$d3" 'text three'
eml post/INBOX/a.eml one "$d1" 'text one'
eml post/INBOX/b.eml two "$d2" 'text two, with a footer'
eml post/INBOX/c.eml four "$d1" 'text four'
eml post/INBOX/d.eml three "$d1" 'another day, the same Message-ID'
printf 'Subject: no id\n\nx\n' >post/INBOX/e.eml
cp post/INBOX/e.eml desk/INBOX/
mkdir -p post/Empty
for s in desk post; do
	ok "extract $s" postroad extract "eml:$s" $s.spool
done

status 0 'merge' postroad merge --json desk.spool post.spool o.spool
is "$(jq -c '[.stage,.announced,.stored,.duplicate]' out)" \
    '["merge",10,7,3]' 'each message once'
is "$(jq -c '[.spools[]|[.announced,.stored,.duplicate]]' out)" \
    '[[5,5,0],[5,2,3]]' 'told by spool'
status 0 'for people' postroad merge desk.spool post.spool all.spool
like "$(cat out)" 'merge: 10 messages = 7 stored \+ 3 duplicate' 'the sum'
like "$(cat out)" 'post.spool: 5 messages, 2 kept, 3 duplicates' 'each spool'
postroad ls --messages --json all.spool >ls.json
is "$(jq -r '.folder' ls.json | sort | uniq -c | tr -s ' \n' ' ')" \
    ' 4 INBOX 2 Projects 1 Sent ' 'copies within a spool are kept'
is "$(jq -r '.source.of' ls.json | sed 's|.*/||' | sort | uniq -c |
    tr -s ' \n' ' ')" ' 5 desk 2 post ' 'where each came from is kept'
like "$(postroad why all.spool '<two@example.org>')" \
    'the same Message-ID and date' 'why names the duplicate and the rule'
like "$(postroad why all.spool '<four@example.org>')" \
    'eml INBOX/c.eml of eml:.*/post' 'and where the one that stays is from'
like "$(postroad why all.spool '<one@example.org>')" 'the same bytes' \
    'and the other rule'
status 0 'every duplicate' postroad ls --left-out all.spool
like "$(cat out)" '^duplicate .* INBOX: <two@example.org>: .* \(the same Message-ID and date\)' \
    'is named'
postroad ls --left-out --json all.spool >left.json
is "$(jq -r '.fate + " " + (.message_id // "-")' left.json | sort |
    tr '\n' ,)" \
    'duplicate -,duplicate <one@example.org>,duplicate <two@example.org>,' \
    'also as JSON'
postroad ls --messages --json all.spool | jq -r .key >keys
is "$(jq -r '.why|split(" ")[0]' left.json | grep -cxFf keys)" 3 \
    'with the message that stays'
status 64 'one list at a time' postroad ls --left-out --items all.spool
ok 'a spool of a third place' postroad extract "$ROOT/samples/office.mbox" \
    office.spool
ok 'a merged spool is merged again' postroad merge all.spool office.spool \
    again.spool
is "$(postroad ls --messages --json again.spool | jq -r '.source |
    select(.via) | .of' | sed 's|.*/||' | sort | uniq -c | tr -s ' \n' ' ')" \
    ' 5 desk 2 post ' 'and where each is from first is kept'
status 0 'the spool is sound' postroad verify all.spool
is "$(find all.spool/mail -path '*/cur/*' -links 1 | wc -l)" 0 'hard links'

status 0 'again' postroad merge --json post.spool desk.spool all.spool
is "$(jq -c '[.stored,.unchanged,.duplicate]' out)" '[0,7,3]' \
    'in another order: nothing to do'

# what came first stays, though the other spool gets it, too
eml desk/Sent/4.eml four "$d1" 'text four'
eml desk/Sent/5.eml five "$d1" 'text five'
rm post/INBOX/c.eml
ok 'the first spool grows' postroad extract eml:desk desk.spool
status 0 'merge again' postroad merge --json desk.spool post.spool all.spool
is "$(jq -c '[.stored,.unchanged,.duplicate]' out)" '[1,7,4]' \
    'what is there stays the first copy'

status 0 'by bytes alone' postroad merge --json --duplicates bytes \
    desk.spool post.spool b.spool
is "$(jq -c '[.stored,.duplicate]' out)" '[9,3]' 'keeps the footer'
status 0 'all of them' postroad merge --json --duplicates keep \
    desk.spool post.spool c.spool
is "$(jq -c '[.stored,.duplicate]' out)" '[12,0]' 'keeps all'
status 0 'a dry run' postroad merge --json --dry-run desk.spool post.spool \
    none.spool
is "$(jq -c '[.stored,.duplicate]' out)" '[8,4]' 'tells'
nok 'and writes nothing' test -e none.spool

status 64 'a spool twice' postroad merge desk.spool desk.spool x.spool
status 64 'OUT is one of them' postroad merge desk.spool post.spool post.spool
status 64 'another set of sources' postroad merge desk.spool b.spool all.spool
like "$(cat err)" 'output spool of its own' 'says what to do'

# copies of one source that went ways of their own
cp -r desk desk.was
ok 'a spool of it' postroad extract eml:desk ours.spool
eml desk/INBOX/6.eml six "$d1" 'text six'
rm desk/Sent/3.eml
ok 'and one of a later day' postroad extract eml:desk theirs.spool
status 0 'two spools of one source' postroad merge --json ours.spool \
    theirs.spool both.spool
is "$(jq -c '[.announced,.stored,.duplicate]' out)" '[14,8,6]' \
    'are one, each message once'
is "$(postroad ls --messages --json both.spool | jq -r .source.of |
    sed 's|.*/||' | sort | uniq -c | tr -s ' \n' ' ')" \
    ' 7 ours.spool 1 theirs.spool ' 'and it is told which one it is from'
status 0 'again' postroad merge --json theirs.spool ours.spool both.spool
is "$(jq -c '[.stored,.unchanged,.duplicate]' out)" '[0,8,6]' 'nothing to do'
rm -r desk && mv desk.was desk
status 64 'one spool is no merge' postroad merge desk.spool x.spool
status 64 'no such rule' postroad merge --duplicates x desk.spool post.spool x
status 66 'no such spool' postroad merge desk.spool nothing x.spool

# killed at every durable act
STEPS=${POSTROAD_STEPS:-$ROOT/build/postroad-steps}
state() { (cd "$1" && find mail -path '*/cur/*' -printf '%p %i\n' | sort
    sqlite3 spool.db 'SELECT key,folder,fate,why FROM fate ORDER BY 1'
    postroad ls --messages --json . | sort); }
if [ -x "$STEPS" ]; then
	postroad merge -q desk.spool post.spool ref.spool >/dev/null 2>&1
	state ref.spool >want
	n=0 rc=100 bad=
	while [ $rc = 100 ] && [ $n -lt 200 ]; do
		n=$((n + 1)) rc=0
		rm -rf k.spool
		STEP_AT=$n "$STEPS" merge -q desk.spool post.spool k.spool \
		    >/dev/null 2>&1 || rc=$?
		postroad merge -q desk.spool post.spool k.spool \
		    >/dev/null 2>&1 || bad="$bad $n(exit)"
		state k.spool >got
		cmp -s want got || bad="$bad $n"
	done
	[ $n -gt 5 ] && [ $rc = 0 ]
	result $? "$((n - 1)) steps, the last run lives"
	is "$bad" '' 'dying at any of them changes nothing in the end'
else
	skip 'killed anywhere' "no $STEPS"
fi
done_testing

#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A Maildir as a source: layouts, names, flags, keywords, subscriptions, and
# what is broken or hostile in it.
. "${0%/*}/lib.sh"

# put DIR NAME [BODY]: one message, on a day of its own
day=0
put() {
	mkdir -p "$1"
	day=$((day + 1))
	printf 'From: a@example.org\nSubject: %s\n\n%s\n' "$2" "${3:-text}" >"$1/$2"
	touch -d "2019-03-01 08:00:00Z + $day days" "$1/$2"
}
# folders SPOOL: "count path" a line; facts SPOOL FILTER: of each message
folders() { postroad ls --json "$1" | jq -r '"\(.messages) \(.path)"'; }
facts() { postroad ls --messages --json "$1" | jq -c "$2" | sort; }
flags_of() { # SPOOL SUBJECT
	facts "$1" "select(.subject == \"$2\") | [.flags, .keywords]"
}
state() { find "$1" -printf '%y %i %s %T@ %C@ %p\n' | sort -k 6; }
# look DIR: note what is in it, access times made old, so that reading would
# change them; look: the same files again (listing them again would count)
look() {
	[ -z "${1:-}" ] || find "$1" ! -type l ! -type p -print0 >look.list
	[ -z "${1:-}" ] || xargs -0 touch -a -d 2001-01-01 <look.list
	xargs -0 stat -c '%n %i %s %x %y %z' <look.list
}

# --------------------------------------------------------------- layouts
M=plus
put $M/cur '1.M1P1.h:2,FRS'
put $M/new 2.M1P1.h
put $M/new '3.M1P1.h,S=55,W=57:2,S' # flagged, and left in new
put $M/.Sent/cur '4.M1P1.h:2,S'
put "$M/.Entw&APw-rfe.&AMQ-ltere/cur" '5.M1P1.h:2,D'
put "$M/.Entwürfe 2/new" 6.M1P1.h         # UTF-8, not modified UTF-7
put "$M/.R&D/cur" '7.M1P1.h:2,'           # no valid modified UTF-7
put "$M/$(printf '.caf\351')/cur" '8.M1P1.h:2,' # Latin 1
mkdir -p $M/.Empty/cur $M/tmp
: >$M/.Empty/maildirfolder
: >$M/tmp/9.M1P1.h
printf 'x' >$M/tmp/10.M1P1.h
touch $M/dovecot.index.log $M/dovecot-uidlist $M/.uidvalidity
printf '0 todo\n1 $Forwarded\n2 $Label1\n' >$M/dovecot-keywords
put $M/cur '11.M1P1.h:2,Sabcz'
printf 'V\t2\n\nSent\nEntw&APw-rfe\t&AMQ-ltere\n' >$M/subscriptions
look $M >before
status 0 'a Maildir++ is extracted' postroad extract --json $M a
look >after
same after before 'and not changed: not even access times'
is "$(jq -c '[.announced, .stored, .flags_changed]' out)" '[9,9,null]' \
    'each file in cur and new is a message'
is "$(jq -c '.not_carried' out)" \
    '[{"class":"unfinished delivery in tmp/","count":2}]' \
    'what lies in tmp is counted'
is "$(jq -c '[.notes[] | select(test("flag letters"))] | length' out)" 1 \
    'a letter that nothing explains is noted'
is "$(folders a)" "4 INBOX
0 Empty
1 Entwürfe 2
1 Entwürfe/Ältere
1 R&D
1 Sent
1 caf%E9" 'folders by their names, INBOX first; broken names are kept'
is "$(flags_of a '1.M1P1.h:2,FRS')" '[["answered","flagged","seen"],[]]' 'flags'
is "$(flags_of a 2.M1P1.h)" '[[],[]]' 'new and without info: not seen'
is "$(flags_of a '3.M1P1.h,S=55,W=57:2,S')" '[["seen"],[]]' \
    'flags of a file that was left in new'
is "$(flags_of a '11.M1P1.h:2,Sabcz')" \
    '[["forwarded","seen"],["$Label1","todo"]]' \
    'keywords by the letters of dovecot-keywords'
is "$(postroad ls --json a | jq -c '[.path, .subscribed]' | grep true)" \
    '["Entwürfe/Ältere",true]
["Sent",true]' 'subscriptions, in version 2 of the file'
is "$(facts a '.received' | head -1)" '"2019-03-02T08:00:00Z"' \
    'received is the time of the file'
is "$(facts a '.source' | head -1)" \
    '{"kind":"maildir","path":".Entw&APw-rfe.&AMQ-ltere/cur/5.M1P1.h:2,D"}' \
    'source is the path in the Maildir'
status 0 'the spool is sound' postroad verify a

printf 'INBOX.Sent\nINBOX\n' >$M/courierimapsubscribed
rm $M/subscriptions
postroad extract $M a2 >/dev/null
is "$(postroad ls --json a2 | jq -c 'select(.subscribed) | .path')" \
    '"INBOX"
"Sent"' "Courier's subscriptions, spelled below INBOX"

M=nested
put $M/INBOX/cur '1.h:2,S'
put $M/Projects/2019/cur '2.h:2,S'
put "$M/Projects/2019/Entw&APw-rfe/cur" '3.h:2,S'
put $M/Projects/Plain 04:2,RS        # beside where cur would be
put $M/Projects/Plain README 'not in cur, but it has a header of mail'
printf 'Just a text\n' >$M/Projects/Plain/notes.txt
put $M/Only/new 5.h
status 0 'nested Maildirs are extracted' postroad extract --json $M b
is "$(folders b)" '1 INBOX
1 Only
1 Projects/2019
1 Projects/2019/Entwürfe
2 Projects/Plain' 'folders that have mail, and only these' ||
    diag "$(cat out)"
is "$(jq -c .not_carried out)" '[{"class":"a text file","count":1}]' \
    'what is no mail is counted'

for part in cur new; do
	put only-$part/$part 1.h:2,
	status 0 "a Maildir of $part alone" postroad extract only-$part c-$part
	is "$(folders c-$part)" '1 INBOX' "$part: its message is in INBOX"
done

# ---------------------------------------------------------- run it again
M=again
put $M/cur '1.h:2,S'
put $M/cur '2.h:2,'
put $M/new 3.h
put $M/.A/cur '4.h:2,'
postroad extract $M d >/dev/null
state d/mail >before
status 0 'again' postroad extract --json $M d
is "$(jq -c '[.stored, .unchanged]' out)" '[0,4]' 'nothing is stored twice'
state d/mail >after
same after before 'the spool is not touched'
mv "$M/cur/2.h:2," "$M/cur/2.h:2,F"
mv $M/new/3.h "$M/cur/3.h:2,S"
status 0 'flags changed at the source' postroad extract --json $M d
is "$(jq -c '[.stored, .unchanged, .flags_changed]' out)" '[0,4,2]' \
    'they follow, and nothing is stored twice'
is "$(flags_of d 2.h:2,) $(flags_of d 3.h)" \
    '[["flagged"],[]] [["seen"],[]]' 'the new flags are there'
status 0 '--exclude' postroad extract --json --exclude A $M e
is "$(jq -c '[.stored, .excluded]' out)" '[3,1]' 'is counted'
is "$(folders e)" '3 INBOX' 'and leaves the folder out'
like "$(postroad why e .A/cur/4.h:2,)" 'excluded' 'why tells it, by its path'

# ------------------------------------------------- two of the same name
M=twins
put $M/cur '1.h:2,S' one
put $M/new 1.h two
put $M/cur '2.h:2,S' three
put "$M/.Entw&APw-rfe/cur" '1.h:2,S' four
put "$M/.Entwürfe/cur" '1.h:2,S' five
put $M/.INBOX/cur '1.h:2,S' six
postroad extract --json $M f >out
is "$(jq -c '[.announced, .stored, .unchanged]' out)" '[6,6,0]' \
    'equal names in cur, new and folders of one name: all are kept'
is "$(folders f)" '4 INBOX
2 Entwürfe' 'two directories may be one folder'
like "$(jq -r '.notes[]' out)" "'\.' and '\.INBOX'" 'which is said'
like "$(jq -r '.notes[]' out)" 'Entw.*one folder name' 'for each'
is "$(facts f .sha256 | sort -u | wc -l)" 6 'no message covers another'
is "$(postroad extract --json $M f | jq -c '[.stored, .unchanged]')" '[0,6]' \
    'and they are known again'

# -------------------------------------------------------------- hostile
M=hostile
mkdir -p $M/cur $M/new outside/cur
put $M/cur "$(printf '1.with\nnewline:2,S')"
put $M/cur '2.quote"and\back:2,S'
put $M/cur "$(printf '3.\377\376:2,S')"
long=$(printf '%0250d' 0)
put $M/cur "$long:2,S"
put $M/cur '4.real:2,S'
put outside/cur '5.out:2,S'
ln -s 4.real:2,S "$M/cur/6.inside:2,S"
ln -s "$T/outside/cur/5.out:2,S" "$M/cur/7.outside:2,S"
ln -s nowhere "$M/cur/8.dangling:2,S"
ln -s ../outside "$M/.Linked"
ln -s .. "$M/.Loop"
mkfifo "$M/cur/9.fifo:2,S"
mkdir "$M/cur/10.dir:2,S"
: >"$M/cur/11.empty:2,S"
status 1 'hostile names and links: what cannot be read is named' \
    timeout 20 "$POSTROAD" extract --json $M g
is "$(jq -c '[.announced, .stored, .refused]' out)" '[9,6,3]' 'sums'
like "$(cat err)" '7.outside.*out of the tree' 'a link out of the tree'
like "$(cat err)" '8.dangling.*leads nowhere' 'a link to nothing'
like "$(cat err)" '9.fifo.*pipe' 'a pipe, which did not stop us'
like "$(cat err)" '10.dir.*directory' 'a directory among the messages'
like "$(cat err)" '11.empty.*empty' 'an empty file'
like "$(cat err)" '.Linked.*out of the tree' 'a linked directory'
unlike "$(facts g .source)" '5\.out' 'nothing came from outside'
is "$(LC_ALL=C grep -c "$(printf '[\001-\010\013-\037]')" err)" 0 \
    'no raw control character on the terminal'
status 1 'the sums are the same when it is run again' \
    postroad extract --json $M g
is "$(jq -c '[.stored, .unchanged, .refused]' out)" '[0,6,3]' 'none twice'

if [ "$(id -u)" = 0 ]; then
	as_user() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
	mkdir user && chmod 777 user
else
	as_user() { "$@"; }
	mkdir user
fi
cp -p "$POSTROAD" user/postroad && chmod 755 user/postroad
M=secret
put $M/cur '1.h:2,S'
put $M/cur '2.h:2,S'
put $M/.Closed/cur '3.h:2,S'
chmod 0 "$M/cur/2.h:2,S" $M/.Closed/cur
chmod 755 $M $M/cur $M/.Closed
status 1 'files and folders that may not be read' \
    as_user ./user/postroad extract --json $M user/h
is "$(jq -c '[.announced, .stored, .refused]' out)" '[2,1,1]' 'are refused'
like "$(cat err)" '2.h.*Permission denied' 'the file is named'
like "$(cat err)" '.Closed.*Permission denied' 'and the directory'
chmod 755 $M/.Closed/cur

# a directory is a folder, also when it is called like a server's own file
M=lists
put $M/dovecot-users/cur '1.i:2,S'
put $M/courierimap/old/cur '2.i:2,S'
status 0 'folders called like files of a server' \
    postroad extract --json $M lists.spool
is "$(postroad ls --json lists.spool |
    jq -c 'select(.messages > 0) | [.path, .messages]' | tr '\n' ' ')" \
    '["%63ourierimap/old",1] ["%64ovecot-users",1] ' 'are read'

# ------------------------------------------------------------- not mail
mkdir nothing
status 65 'an empty directory' postroad extract nothing i
like "$(cat err)" 'empty' 'is called that'
status 65 'a spool is no source' postroad extract a j
like "$(cat err)" 'is a spool' 'and the message says so'
status 66 'no such directory' postroad extract maildir:missing k
printf 'text\n' >file.txt
status 65 'a file is no Maildir' postroad extract maildir:file.txt l
like "$(cat err)" 'not a directory' 'and the message says so'
done_testing

#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# mbox as a source: who is who, what state the header tells, labels, damage,
# and that the file is only read.
. "${0%/*}/lib.sh"

stamp='Tue Jan  7 12:09:16 2003'
# msg NAME [FIELD...]: a message of that subject, with its postmark
msg() {
	printf 'From %s@example.org %s\nSubject: %s\n' "$1" "$stamp" "$1"
	shift
	for field; do printf '%s\n' "$field"; done
	printf '\nA line of text.\n\n'
}
# facts SPOOL FILTER: of each message by subject, in one line
facts() {
	postroad ls --messages --json "$1" |
	    jq -sc "sort_by(.subject) | map($2)"
}
one='[.announced, .stored, .unchanged, .refused]'

# ---------------------------------------------------------------- state
{
	msg a 'Status: RO' 'X-Status: AF'
	msg b 'X-Mozilla-Status: 0009' 'X-Mozilla-Status2: 00000000'
	msg c 'X-Mozilla-Status: 1000' 'X-Mozilla-Keys: $label1 work    '
	msg d 'X-Keywords: later'
	msg e
} >state.mbox
before=$(sha256sum state.mbox; stat -c '%y %z' state.mbox)
status 0 'an mbox' postroad extract --json state.mbox state
is "$(jq -c "$one" out)" '[5,5,0,0]' 'has five messages'
is "$(facts state '[.subject, .flags, .keywords]')" \
    '[["a",["answered","flagged","seen"],[]],["b",["deleted","seen"],[]],["c",["forwarded"],["$label1","work"]],["d",[],["later"]],["e",[],[]]]' \
    'with the state that their headers tell'
is "$(facts state '.received' | jq -c unique)" '["2003-01-07T12:09:16Z"]' \
    'received when the postmark says'
is "$(facts state '.source' | jq -c '.[0:2]')" \
    "[{\"kind\":\"mbox\",\"offset\":0},{\"kind\":\"mbox\",\"offset\":$(
	grep -bo '^From b' state.mbox | cut -d: -f1)}]" \
    'and the place they had'
is "$(sed 's/\r$//' state/mail/state/cur/*.postroad,*FRS)" \
    "$(msg a 'Status: RO' 'X-Status: AF' | sed 1d)" \
    'header lines stay as they are'
is "$(sha256sum state.mbox; stat -c '%y %z' state.mbox)" "$before" \
    'and the file as it was'

# read, answered, one deleted: the same messages
{
	msg a 'Status: RO'
	msg c 'Status: RO' 'X-Mozilla-Status: 0001'
	msg d 'Content-Length: 17' 'Status: O'
	msg e
	msg f
} >changed
mv changed state.mbox
status 0 'the mbox has changed' postroad extract --json state.mbox state
is "$(jq -c "$one" out)" '[5,1,4,0]' 'only what is new is stored'
is "$(facts state '[.subject, .flags]')" \
    '[["a",["seen"]],["b",["deleted","seen"]],["c",["seen"]],["d",[]],["e",[]],["f",[]]]' \
    'and the flags follow'

# ----------------------------------------------------------------- twins
{ msg x; msg y; msg x; msg x 'Status: R'; } >twins.mbox
status 0 'equal messages' postroad extract --json twins.mbox twins
is "$(jq -c "$one" out)" '[4,4,0,0]' 'are all carried'
is "$(facts twins '.key' | jq -c 'unique | length')" 4 'under keys of their own'
status 0 'again' postroad extract --json twins.mbox twins
is "$(jq -c "$one" out)" '[4,0,4,0]' 'and found again'

# ---------------------------------------------------------------- names
for name in Inbox Sent.mbox 2003-January.txt 100%.mbox; do
	msg "$name" >"$name"
	status 0 "$name" postroad extract "$name" "$name.spool"
	postroad ls --json "$name.spool" | jq -r .path >>names
done
is "$(tr '\n' ' ' <names)" 'INBOX Sent 2003-January 100%25 ' \
    'the folder is called as the file is'

# --------------------------------------------------------------- dialects
quoted() {
	msg "$@" | sed '/^A line/a\
>From q\
>>From q'
}
text() { sed 's/\r$//' "$1"/mail/*/cur/* | grep 'From q' | tr '\n' '|'; }
for is in mboxrd:'From q|>From q|' mboxo:'From q|>>From q|' \
    mboxcl:'>From q|>>From q|' mboxcl2:'>From q|>>From q|'; do
	d=${is%%:*}
	quoted a >q.mbox
	status 0 "read as $d" postroad extract --json --mbox-dialect $d \
	    q.mbox "$d"
	is "$(text "$d")" "${is#*:}" "$d: unquoted as it was quoted"
	is "$(jq -r .dialect out)" "$d" "$d: and said so"
done
is "$(facts mboxrd '.source_sha256')" \
    "[\"$(quoted a | sed '1d;$d' | sha256sum | cut -d' ' -f1)\"]" \
    'the hash of what lay in the mbox is kept'
status 64 'no dialect' postroad extract --mbox-dialect mboxx q.mbox no
quoted a | sed "1s/.*/From - $stamp/" >t.mbox
status 0 'Thunderbird' postroad extract --json t.mbox thunderbird
is "$(jq -r .dialect out) $(text thunderbird)" \
    'mboxo From q|>>From q|' 'writes mboxo'
quoted a | sed 's/$/\r/' >crlf.mbox
status 0 'CRLF' postroad extract --json crlf.mbox crlf
is "$(cat crlf/mail/*/cur/* | sha256sum)" \
    "$(cat mboxrd/mail/*/cur/* | sha256sum)" \
    'gives the same bytes'
{ printf '\357\273\277\n\n'; msg a; } >bom.mbox
status 0 'a byte order mark and blank lines' \
    postroad extract --json bom.mbox bom
is "$(jq -c "$one" out)" '[1,1,0,0]' 'are no message'
{ msg a; msg b; } | tr '\n' '\r' >cr.mbox
status 0 'line ends of an old Mac' postroad extract --json cr.mbox cr
is "$(jq -c "$one" out) $(facts cr .subject)" '[2,2,0,0] ["a","b"]' 'are read'
is "$(cat cr/mail/cr/cur/* | wc -l)" 6 'and become those of mail'

# an mbox in a message, told by Content-Length alone
{ msg inner1; msg inner2; } >inner
{
	printf 'From o@example.org %s\nSubject: outer\n' "$stamp"
	printf 'Content-Length: %s\n\n' "$(wc -c <inner)"
	cat inner
	printf '\n'
	msg next 'Content-Length: 16'
} >cl2.mbox
status 0 'an mbox within a message' postroad extract --json cl2.mbox cl2
is "$(jq -c '[.stored, .dialect]' out) $(facts cl2 .subject)" \
    '[2,"mboxcl2"] ["next","outer"]' 'stays in it where Content-Length is true'
sed 's/^Content-Length: ./Content-Length: 9/' cl2.mbox >lies.mbox
status 0 'where it lies' postroad extract --json lies.mbox lies
is "$(facts lies .subject)" '["inner1","inner2","next","outer"]' \
    'the postmarks count'

# ----------------------------------------------------------------- labels
{
	msg a 'X-Gmail-Labels: Inbox,Unread,Starred,Work'
	msg b 'X-Gmail-Labels: =?UTF-8?Q?F=C3=B6o/Bar?=,Opened,Important'
	msg c 'X-Gmail-Labels: Sent,Category Updates'
	msg d 'X-Gmail-Labels: Archived'
	msg e 'X-Gmail-Labels: Important'
} >takeout.mbox
status 0 'Gmail labels' postroad extract --json takeout.mbox labels
is "$(facts labels '[.subject, .folder, .flags, .keywords]')" \
    '[["a","INBOX",["flagged"],["Work"]],["b","Föo/Bar",["seen"],["$Important"]],["c","Sent",["seen"],["Category_Updates"]],["d","Archive",["seen"],[]],["e","takeout",["seen"],["$Important"]]]' \
    'become folders, flags and keywords'
is "$(postroad ls --json labels | jq -r 'select(.path == "Sent").special_use')" \
    '\Sent' 'with the special use'
status 0 'a folder each' postroad extract --json --labels folders \
    takeout.mbox folders
is "$(facts folders '[.subject, .folder]')" \
    '[["a","INBOX"],["a","Work"],["b","Föo/Bar"],["c","Sent"],["d","Archive"],["e","takeout"]]' \
    'lays the message into each'
status 0 'again' postroad extract --json --labels folders takeout.mbox folders
is "$(jq -c "$one" out)" '[6,0,6,0]' 'and finds them again'

# ----------------------------------------------------------------- damage
{ printf 'Subject: =?UTF-8?Q?=C3=BCbrig?=\n\n'; msg a; } >stray.mbox
status 1 'text before the first message' \
    postroad extract --json mbox:stray.mbox stray
is "$(jq -c "$one" out)" '[2,1,0,1]' 'is refused, the rest carried'
like "$(cat err)" 'übrig.*first 33 bytes' 'and named'
{ msg a; msg b; } | head -c -8 >cut.mbox
status 1 'an mbox that was cut off' postroad extract --json cut.mbox cut
is "$(jq -c "$one" out)" '[2,2,0,0]' 'gives what is there'
like "$(cat err)" 'ends in the middle' 'and says that it was'
{ msg a; printf 'x\0y\0\n\n'; msg b; } >nul.mbox
status 0 'NUL bytes' postroad extract --json nul.mbox nul
is "$(tr -d '\r' <"$(ls nul/mail/nul/cur/* | head -1)" |
    tr '\0' '0' | grep -c x0y0)$(jq -c "$one" out)" '1[2,2,0,0]' 'are kept'
{
	msg outer 'Content-Type: multipart/mixed; boundary=x'
	printf -- '--x\nContent-Type: message/rfc822\n\n'
	msg inner
} >rfc822.mbox
status 0 'a postmark that begins an attachment' \
    postroad extract --json rfc822.mbox rfc822
is "$(jq -c "$one" out) $(jq -c '.problems | map(.warning)' out)" \
    '[2,2,0,0] [true]' 'is a message, with a warning'
status 65 'a text' postroad extract mbox:"$ROOT/README.md" no
like "$(cat err)" 'is no mbox' 'is no mbox by being called one'

# ------------------------------------------------------------------- size
{
	msg before
	printf 'From big@example.org %s\nSubject: big\n\n' "$stamp"
	awk 'BEGIN { for (i = 0; i < 500000; i++)
		print "From here line " i " goes on to here." }' |
	    sed 's/^From />From /'
	printf '\n'
	msg behind
} >big.mbox
status 0 'a message of 20 MB' postroad extract --json big.mbox big
is "$(jq -c "$one" out)" '[3,3,0,0]' 'between two small ones'
is "$(sed 's/\r$//' big/mail/big/cur/*S=[0-9][0-9][0-9][0-9][0-9]*,* |
    sha256sum)" "$({ printf 'Subject: big\n\n'
	awk 'BEGIN { for (i = 0; i < 500000; i++)
		print "From here line " i " goes on to here." }'; } |
	sha256sum)" 'is what it was'
done_testing

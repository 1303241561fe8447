#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Message files as a source: a single one, a tree, Apple Mail's and
# Thunderbird's ways, and what is broken or hostile among them.
. "${0%/*}/lib.sh"

day=0
put() { # PATH [HEADER-LINE]
	mkdir -p "$(dirname "$1")"
	day=$((day + 1))
	printf 'From: a@example.org\nSubject: %s\n%s\ntext\n' \
	    "$(basename "$1")" "${2:+$2
}" >"$1"
	touch -d "2019-03-01 08:00:00Z + $day days" "$1"
}
mbox() { # COUNT: one on stdout
	i=0
	while [ $i -lt "$1" ]; do
		i=$((i + 1))
		printf 'From a@example.org Fri Mar  %s 08:00:00 2019\n' "$i"
		printf 'From: a@example.org\nTo: b@example.org\n'
		printf 'Subject: in mbox %s\n\ntext\n\n' "$i"
	done
}
# emlx PATH FLAGS [SIZE]: as Apple Mail writes it
emlx() {
	put "$1"
	{
		printf '%-10s\n' "${3:-$(stat -c %s "$1")}"
		cat "$1"
		printf '<?xml version="1.0" encoding="UTF-8"?>\n'
		printf '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" '
		printf '"http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n'
		printf '<plist version="1.0">\n<dict>\n\t<key>flags</key>\n'
		printf '\t<integer>%s</integer>\n</dict>\n</plist>\n' "$2"
	} >"$1.new"
	mv "$1.new" "$1"
}
folders() { postroad ls --json "$1" | jq -r '"\(.messages) \(.path)"'; }
facts() { postroad ls --messages --json "$1" | jq -c "$2" | sort; }
# look DIR: note what is in it, access times made old, so that reading would
# change them; look: the same files again (listing them again would count)
look() {
	[ -z "${1:-}" ] || find "$1" ! -type l ! -type p -print0 >look.list
	[ -z "${1:-}" ] || xargs -0 touch -a -d 2001-01-01 <look.list
	xargs -0 stat -c '%n %i %s %x %y %z' <look.list
}

# ------------------------------------------------------------ one file
put one.eml 'Status: RO'
status 0 'a single .eml' postroad extract one.eml a
is "$(facts a '[.folder, .flags, .received, .source]')" \
'["INBOX",["seen"],"2019-03-02T08:00:00Z",{"kind":"eml","path":"one.eml"}]' \
    'goes to INBOX, with the flags of its header and the date of the file'
is "$(facts a .sha256 | tr -d '"')" \
    "$(sed 's/$/\r/' one.eml | sha256sum | cut -d ' ' -f 1)" \
    'its bytes, LF made CRLF'
put single 'To: b@example.org'
status 0 'a file without a suffix, by its bytes' postroad extract single a1
printf 'no header here\n' >text.txt
status 65 'eml:PATH of a text' postroad extract eml:text.txt a2
like "$(cat err)" 'looks like a text file' 'says what it looks like'

# -------------------------------------------------------------- a tree
E=tree
put $E/top.eml
put $E/Customers/a.eml
put "$E/Customers/North & South/b.EML"
put "$E/100% done/c.eml"
put $E/mh/17
put $E/saved/page.mht
put $E/other/draft.eml 'X-Mozilla-Status: 1005'
mkdir -p $E/Empty
printf '\211PNG\r\n\032\nxxxx' >$E/other/logo.png
printf 'Just a text\n' >$E/other/notes.txt
printf 'From: not a mail, one line\n' >$E/other/list.csv
: >$E/other/nothing
: >$E/.DS_Store
look $E >before
status 0 'a tree' postroad extract --json $E b
look >after
same after before 'is not changed: not even access times'
is "$(folders b)" '1 INBOX
1 100%25 done
1 Customers
1 Customers/North & South
0 Empty
1 mh
1 other' 'its folders'
is "$(jq -c '.not_carried | sort_by(.class) | map([.class, .count])' out)" \
'[["a PNG image",1],["a saved web page (.mht)",1],["a text file",2],'\
'["an empty file",1],["hidden file",1]]' 'and what is no mail, by kind'
is "$(facts b 'select(.folder == "other") | .flags')" \
    '["flagged","forwarded","seen"]' "Thunderbird's status"
status 0 'again' postroad extract --json $E b
is "$(jq -c '[.stored, .unchanged]' out)" '[0,6]' 'nothing is stored twice'
sed 's/X-Mozilla-Status: 1005/X-Mozilla-Status: 0003/' $E/other/draft.eml >x
touch -r $E/other/draft.eml x && mv x $E/other/draft.eml
status 0 'a status changed' postroad extract --json $E b
is "$(facts b 'select(.folder == "other") | .flags')" '["answered","seen"]' \
    'flags follow'
postroad extract $E b2 >/dev/null
postroad extract $E b3 >/dev/null
ok 'two spools of it are equal' diff -r b2/mail b3/mail
status 0 '--exclude' postroad extract --json --exclude 'Customers/**' $E b4
is "$(jq -c '[.stored, .excluded]' out)" '[5,1]' 'is counted'

# --------------------------------------------------------- Apple Mail
E=apple
U=0F8E1E14-9F2E-4A47-8D2E-0123456789AB
emlx $E/INBOX.mbox/$U/Data/Messages/1.emlx 1
emlx $E/INBOX.mbox/$U/Data/2/Messages/2.emlx 22 # 2 deleted, 4 answered, 16
emlx $E/Work.mbox/Old.mbox/$U/Data/Messages/3.partial.emlx 320 # 64 and 256
emlx $E/Work.mbox/$U/Data/Messages/4.emlx 16777217 # junk, read
emlx $E/Work.mbox/$U/Data/Messages/5.emlx 0 99999 # a wrong size
mkdir -p $E/Work.mbox/$U/Data/Attachments/3/2
put $E/Work.mbox/$U/Data/Attachments/3/2/forwarded.eml
mkdir -p $E/Local.mbox && mbox 2 >$E/Local.mbox/mbox
printf '12\nhalf' >$E/Work.mbox/$U/Data/Messages/6.emlx
status 1 "Apple Mail's mailboxes" postroad extract --json $E c
is "$(folders c)" '2 INBOX
2 Local
2 Work
1 Work/Old' 'have the names that people see'
is "$(facts c 'select(.source.kind == "eml") | [.subject, .flags, .keywords]')" \
'["1.emlx",["seen"],[]]
["2.emlx",["answered","deleted","flagged"],[]]
["3.partial.emlx",["draft","forwarded"],[]]
["4.emlx",["seen"],["$Junk"]]
["5.emlx",[],[]]' 'flags from the property list'
is "$(facts c 'select(.subject == "5.emlx") | .size')" \
    "$(facts c 'select(.subject == "4.emlx") | .size')" \
    'a wrong size: the message ends where the list begins'
like "$(jq -r '.notes[]' out)" '1 message is incomplete' 'partial is said'
like "$(jq -r '.notes[]' out)" '1 .emlx file the size is wrong' 'and this'
like "$(cat err)" '6.emlx.*damaged' 'a damaged one is named'
is "$(jq -c '.not_carried' out)" \
    '[{"class":"directory of Apple Mail'"'"'s attachments","count":1}]' \
    'attachments that are kept apart are counted'

# -------------------------------------------------------- Thunderbird
E=thunder
mkdir -p $E/Archives.sbd
mbox 2 >$E/Inbox
mbox 1 >$E/Sent
mbox 3 >$E/Archives
mbox 1 >$E/Archives.sbd/2019
: >$E/Drafts
for f in Inbox Sent Archives Drafts; do
	printf '// <!-- <mdb:mork:z v="1.4"/> -->\n' >$E/$f.msf
done
mbox 1 >$E/loose.txt # one message, called like one
status 0 "Thunderbird's folders" postroad extract --json $E d
is "$(folders d)" '3 INBOX
3 Archives
1 Archives/2019
0 Drafts
1 Sent' 'are the mboxes and their .sbd directories'
is "$(jq -c '.not_carried' out)" \
    '[{"class":"a Thunderbird index (.msf)","count":4}]' 'indexes are counted'
is "$(postroad extract --json $E d | jq -c '[.stored, .unchanged]')" '[0,8]' \
    'the same message in several mboxes is known again'

# -------------------------------------------------------------- hostile
E=hostile
put "$E/$(printf 'new\nline')/$(printf 'a"\\\nb.eml')"
put "$E/$(printf 'latin \351')/$(printf '%0251d.eml' 0)"
put $E/real.eml
mkdir -p outside && put outside/secret.eml
ln -s real.eml $E/inside.eml
ln -s "$T/outside/secret.eml" $E/outside.eml
ln -s ../outside $E/linked
ln -s . $E/loop
mkfifo $E/pipe.eml
: >$E/empty.eml
printf 'PK\003\004xxxx' >$E/zip.eml
put $E/mdir/cur/1 && put $E/mdir/new/2
d=$E/deep i=0
while [ $i -lt 110 ]; do d=$d/x i=$((i + 1)); done
put $d/lost.eml
status 1 'hostile names and links: what cannot be read is named' \
    timeout 20 "$POSTROAD" extract --json eml:$E e
is "$(jq -c '[.announced, .stored, .refused]' out)" '[7,4,3]' 'sums'
for name in outside.eml:tree linked:tree pipe.eml:pipe empty.eml:empty \
    zip.eml:zip mdir:Maildir; do
	like "$(cat err)" "${name%:*}.*${name#*:}" "${name%:*} is named"
done
like "$(cat err)" 'deep.*too (deep|long)' 'and what is too deep'
unlike "$(facts e .source)" 'secret' 'nothing came from outside'
status 1 'again' postroad extract --json eml:$E e
is "$(jq -c '[.stored, .unchanged, .refused]' out)" '[0,4,3]' 'none twice'

# ------------------------------------------------------------- not mail
mkdir -p pics/more
printf '\211PNG\r\n\032\nxxxx' >pics/more/a.png
printf '%%PDF-1.4 xxxx' >pics/b.pdf
status 65 'a directory without mail' postroad extract pics f
like "$(cat err)" 'a PDF document, a PNG image' 'what was seen is told'

mkdir -p mdir/cur mdir/new && put mdir/cur/1
status 65 'a Maildir that is called message files' postroad extract eml:mdir h
like "$(cat err)" 'maildir:mdir' 'is told how to give it'

# ---------------------------------------------------------- flat memory
if [ -x /usr/bin/time ] && [ -z "${SAN:-}" ]; then
	put big/big.eml
	head -c 225000000 /dev/zero | tr '\0' 'x' | fold -w 76 >>big/big.eml
	i=0
	mkdir big/many
	while [ $i -lt 300 ]; do
		i=$((i + 1))
		cp one.eml "big/many/$i.eml"
	done
	status 0 'a message of 225 MB' /usr/bin/time -f %M -o rss \
	    "$POSTROAD" extract big g
	ok "takes less than 32 MiB of memory ($(cat rss) KiB)" \
	    test "$(cat rss)" -lt 32768
else
	skip 'memory' 'GNU time is not here, or a build with sanitizers'
fi
done_testing

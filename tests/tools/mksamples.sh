#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Write the samples, bit for bit the same each time: an mbox, one from
# Google Takeout, a Maildir++, a folder of .eml and two PSTs, and beside each
# what must come out of it (NAME.EXPECT.json).  The PSTs are written by
# $BUILD/tests/tools/mkpst_samples.  sh tests/tools/mksamples.sh DIR
#
# The expectation is made from the message before it is quoted, named and
# filed, so it owes nothing to the program.  Nothing here looks at the clock.
# Git keeps no file times: whoever needs them writes the samples afresh.

set -eu
export LC_ALL=C TZ=UTC
out=${1:?which directory?}
mkdir -p "$out"
out=$(cd "$out" && pwd)
W=$(mktemp -d)
trap 'rm -rf "$W"' EXIT
cr=$(printf '\r')
wide=$(printf '\343\200\200')		# U+3000, the double-byte space

# sample NAME: begin one; expectations gather in $W/expect
sample() { name=$1; rm -rf "${out:?}/$name"; : >"$W/expect"; }

# expect FOLDER 'FLAGS' 'KEYWORDS' 'SUBJECT': of the message in $W/msg, whose
# received time is its Date
expect() {
	sed "s/\$/$cr/" "$W/msg" >"$W/crlf"
	jq -cn --arg folder "$1" --arg flags "$2" --arg keywords "$3" \
	    --arg subject "$4" --arg received "$(when)" \
	    --arg id "$(sed -n '/^$/q; s/^Message-ID: //p' "$W/msg")" \
	    --arg sha256 "$(sha256sum <"$W/crlf" | cut -c1-64)" \
	    --argjson size "$(wc -c <"$W/crlf")" \
	    '{folder: $folder, subject: $subject,
	      message_id: (if $id == "" then null else $id end),
	      received: $received, flags: ($flags | split(" ")),
	      keywords: ($keywords | split(" ")), size: $size,
	      sha256: $sha256}' >>"$W/expect"
}
when() {
	date -u -d "$(sed -n '/^$/q; s/^Date: //p' "$W/msg")" \
	    +%Y-%m-%dT%H:%M:%SZ
}

# expected KIND 'EMPTY FOLDERS, one a line': write NAME.EXPECT.json
expected() {
	jq -s --arg kind "$1" --arg empty "${2:-}" '{
	    kind: $kind, announced: length,
	    folders: (([.[].folder] + ($empty | split("\n"))) | unique),
	    messages: sort_by(.folder, .received, .sha256)}
	    | .folders |= map(. as $f | {path: $f, messages: 0})
	    | reduce .messages[].folder as $f (.; .folders |= map(
		if .path == $f then .messages += 1 else . end))' \
	    "$W/expect" >"$out/$name.EXPECT.json"
}

# message FROM TO DATE ID SUBJECT: header on stdin's top, more header and
# body on stdin, LF, into $W/msg
message() {
	{
		printf 'From: %s\nTo: %s\nDate: %s\n' "$1" "$2" "$3"
		[ -z "$4" ] || printf 'Message-ID: <%s@example.org>\n' "$4"
		[ -z "$5" ] || printf 'Subject: %s\n' "$5"
		cat
	} >"$W/msg"
}

# ------------------------------------------------------ office.mbox, mboxrd
# mbox_add SENDER: quoted the mboxrd way, behind a postmark with its Date
mbox_add() {
	{
		date -u -d "$(when)" "+From $1 %a %b %e %H:%M:%S %Y"
		sed 's/^\(>*From \)/>\1/' "$W/msg"
		echo
	} >>"$out/$name"
}

sample office.mbox
F='Accounts <accounts@example.org>' S='Sales <sales@example.org>'
D='Front Desk <desk@example.org>'

message "$S" "$F" 'Mon, 05 Mar 2012 09:00:00 +0000' office.1 'Invoice 1041' <<'END'
Status: RO

The invoice for February is ready.

-- 
Sales
END
expect office 'seen' '' 'Invoice 1041'
mbox_add sales@example.org

message "$F" "$S" 'Mon, 05 Mar 2012 10:12:44 +0100' office.2 'Re: Invoice 1041' <<'END'
In-Reply-To: <office.1@example.org>
Status: RO
X-Status: AF

From what we see, two hours are missing.
>From the time sheet: 14 hours, not 12.
>>From here on the lines had been quoted twice.
 From an indented line nothing is taken.
END
expect office 'answered flagged seen' '' 'Re: Invoice 1041'
mbox_add accounts@example.org

message "$D" "$F" 'Tue, 06 Mar 2012 08:30:00 -0500' office.3 \
    '=?UTF-8?Q?M=C3=B6bel_f=C3=BCr_Raum_=E2=84=96_7?=' <<'END'
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="part-of-3"
Status: O

--part-of-3
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: quoted-printable

Die M=C3=B6bel kommen am Freitag.

--part-of-3
Content-Type: text/html; charset=UTF-8
Content-Transfer-Encoding: quoted-printable

<p>Die M=C3=B6bel kommen am <b>Freitag</b>.</p>

--part-of-3--
END
expect office '' '' 'Möbel für Raum № 7'
mbox_add desk@example.org

message "$S" "$F" 'Wed, 07 Mar 2012 11:00:00 +0000' office.4 'Price list' <<'END'
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="part-of-4"
Status: RO

--part-of-4
Content-Type: text/plain

The price list is attached.

--part-of-4
Content-Type: text/csv; name="prices.csv"
Content-Disposition: attachment; filename="prices.csv"
Content-Transfer-Encoding: base64

aXRlbSxwcmljZQpwYXBlciw0LjUwCnRvbmVyLDU5LjkwCg==

--part-of-4--
END
expect office 'seen' '' 'Price list'
mbox_add sales@example.org

message "$D" "$F" 'Thu, 08 Mar 2012 16:45:10 +0000' office.5 'Cafe' <<END
MIME-Version: 1.0
Content-Type: text/plain; charset=ISO-8859-1
Content-Transfer-Encoding: 8bit

Das $(printf 'Caf\351') ist ge$(printf '\366')ffnet.
END
expect office '' '' 'Cafe'
mbox_add desk@example.org

message "$F" "$S" 'Fri, 09 Mar 2012 12:00:00 +0000' office.6 'Fwd: Invoice 1041' <<'END'
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="part-of-6"
Status: RO

--part-of-6
Content-Type: text/plain

See below.

--part-of-6
Content-Type: message/rfc822

From: Sales <sales@example.org>
To: Accounts <accounts@example.org>
Date: Mon, 05 Mar 2012 09:00:00 +0000
Message-ID: <office.1@example.org>
Subject: Invoice 1041

The invoice for February is ready.

From this line on the inner message goes on.

--part-of-6--
END
expect office 'seen' '' 'Fwd: Invoice 1041'
mbox_add accounts@example.org

for twin in 1 2; do
	message "$D" "$F" 'Sat, 10 Mar 2012 07:00:00 +0000' office.7 \
	    'Reminder' <<'END'
Status: RO

The same reminder, delivered twice.
END
	expect office 'seen' '' 'Reminder'
	mbox_add desk@example.org
done

message "$D" "$F" 'Sun, 11 Mar 2012 18:20:00 +0000' '' '' <<'END'

No subject and no Message-ID.
END
expect office '' '' ''
mbox_add desk@example.org
expected mbox

# ------------------------------------------- takeout.mbox, Gmail's labels
# takeout_add NUMBER: the postmark as Google writes it
takeout_add() {
	{
		date -u -d "$(when)" "+From $1@xxx %a %b %d %H:%M:%S +0000 %Y"
		sed 's/^\(>*From \)/>\1/' "$W/msg"
		echo
	} >>"$out/$name"
}

sample takeout.mbox
message "$S" "$D" 'Tue, 02 Apr 2019 08:00:00 +0000' takeout.1 'New' <<'END'
X-Gmail-Labels: Inbox,Unread

In the inbox, not read yet.
END
expect INBOX '' '' New
takeout_add 1629700000000000001

message "$D" "$S" 'Tue, 02 Apr 2019 09:00:00 +0000' takeout.2 'Re: New' <<'END'
X-Gmail-Labels: Sent

A copy of what was sent.
END
expect Sent 'seen' '' 'Re: New'
takeout_add 1629700000000000002

message "$F" "$D" 'Wed, 03 Apr 2019 08:00:00 +0000' takeout.3 'Starred' <<'END'
X-Gmail-Labels: Starred,Projects/2019

With a star, under a label within a label.
END
expect Projects/2019 'flagged seen' '' Starred
takeout_add 1629700000000000003

message "$F" "$D" 'Thu, 04 Apr 2019 08:00:00 +0000' takeout.4 'Encoded' <<'END'
X-Gmail-Labels: =?UTF-8?Q?B=C3=BCro_M=C3=BCnchen?=

A label that is not ASCII.
END
expect 'Büro München' 'seen' '' Encoded
takeout_add 1629700000000000004
expected mbox

# ------------------------------------------------------- maildir, Maildir++
# maildir_add SUBFOLDER FILE: '' is the Inbox
maildir_add() {
	dir=$out/$name/$1/${3:-cur}
	mkdir -p "$dir"
	cp "$W/msg" "$dir/$2"
	touch -d "$(when)" "$dir/$2"
	[ -z "$1" ] || : >"$out/$name/$1/maildirfolder"
}

sample maildir
message "$S" "$D" 'Mon, 07 Jan 2019 08:00:00 +0000' maildir.1 'Welcome' <<'END'

Read and answered.
END
expect INBOX 'answered seen' '' Welcome
maildir_add '' 1546848000.M1P1.desk:2,RS

message "$F" "$D" 'Tue, 08 Jan 2019 08:00:00 +0000' maildir.2 'Not seen yet' <<'END'

Still in new.
END
expect INBOX '' '' 'Not seen yet'
maildir_add '' 1546934400.M2P1.desk new

message "$S" "$D" 'Wed, 09 Jan 2019 08:00:00 +0000' maildir.3 'Marked' <<'END'

Flagged, forwarded and with two keywords.
END
expect INBOX 'flagged forwarded seen' '$Important todo' Marked
maildir_add '' 1547020800.M3P1.desk:2,FPSab
printf '0 todo\n1 $Important\n' >"$out/maildir/dovecot-keywords"

message "$D" "$S" 'Thu, 10 Jan 2019 08:00:00 +0000' maildir.4 'Sent one' <<'END'

A copy of what was sent.
END
expect Sent 'seen' '' 'Sent one'
maildir_add .Sent 1547107200.M4P1.desk:2,S

message "$D" "$S" 'Fri, 11 Jan 2019 08:00:00 +0000' maildir.5 'Unfinished' <<'END'

A draft.
END
expect Drafts 'draft' '' Unfinished
maildir_add .Drafts 1547193600.M5P1.desk:2,D

message "$F" "$D" 'Sat, 12 Jan 2019 08:00:00 +0000' maildir.6 'Plan 2019' <<'END'

In a folder within a folder.
END
expect Projects/2019 'seen' '' 'Plan 2019'
maildir_add .Projects.2019 1547280000.M6P1.desk:2,S

message "$F" "$D" 'Sun, 13 Jan 2019 08:00:00 +0000' maildir.7 'Thrown away' <<'END'

Deleted, but not yet gone.
END
expect Trash 'deleted seen' '' 'Thrown away'
maildir_add .Trash 1547366400.M7P1.desk:2,ST

message "$F" "$D" 'Mon, 14 Jan 2019 08:00:00 +0000' maildir.8 'Wide space' <<'END'

This folder has U+3000, the double-byte space, in its name.
END
expect "Team${wide}A" '' '' 'Wide space'
maildir_add .Team'&MAA-A' 1547452800.M8P1.desk:2,

message "$F" "$D" 'Tue, 15 Jan 2019 08:00:00 +0000' maildir.9 'Plain space' <<'END'

And this one has its twin with a plain space.
END
expect 'Team A' '' '' 'Plain space'
maildir_add '.Team A' 1547539200.M9P1.desk:2,

message "$S" "$D" 'Wed, 16 Jan 2019 08:00:00 +0000' maildir.10 'Archiv' <<'END'

A name with an umlaut, below one in Japanese.
END
expect '資料/München' 'seen' '' Archiv
maildir_add '.&jMdlmQ-.M&APw-nchen' 1547625600.M10P1.desk:2,S

mkdir -p "$out/maildir/.Empty" && : >"$out/maildir/.Empty/maildirfolder"
printf 'Sent\nProjects.2019\n' >"$out/maildir/subscriptions"
expected maildir 'Empty'

# ------------------------------------------------------ eml, a folder tree
# eml_add FOLDER FILE [CRLF]
eml_add() {
	mkdir -p "$out/$name/$1"
	if [ "${3:-}" ]; then cp "$W/crlf" "$out/$name/$1/$2"
	else cp "$W/msg" "$out/$name/$1/$2"; fi
	touch -d "$(when)" "$out/$name/$1/$2"
}

sample eml
message "$S" "$D" 'Fri, 14 Dec 2012 21:10:30 +0000' eml.1 'Year end' <<'END'

Saved with CRLF, as mail programs on Windows do.
END
expect Customers '' '' 'Year end'
eml_add Customers year-end.eml crlf

message "$S" "$D" 'Sat, 15 Dec 2012 06:00:00 +0000' eml.2 'Offer' <<'END'
X-Priority: 1

Saved with bare LF.
END
expect Customers/North '' '' Offer
eml_add Customers/North offer.eml

message "$S" "$D" 'Sun, 16 Dec 2012 06:00:00 +0000' eml.3 \
    '=?ISO-2022-JP?B?GyRCOCtAURsoQg==?=' <<'END'

In a folder whose name is not ASCII.
END
expect "Entwürfe" '' '' '見積'
eml_add Entwürfe 3.eml

message "$S" "$D" 'Mon, 17 Dec 2012 06:00:00 +0000' eml.4 'Odd names' <<'END'

The folder's name is no name for a file in a spool.
END
expect '100%25 done' '' '' 'Odd names'
eml_add '100% done' 4.eml
expected eml

# ---------------------------------------------------------- office.pst, mail
# part NAME: a file to attach, from stdin; a picture is one black pixel
mkdir "$W/parts"
part() { cat >"$W/parts/$1"; }
sum() { sha256sum <"$W/parts/$1" | cut -c1-64; }
pixel() {
	printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\001\0\0\0\001'
	printf '\010\0\0\0\0:~\233U\0\0\0\nIDATx\234c`\0\0\0\002\0\001'
	printf 'H\257\244q\0\0\0\0IEND\256B`\202'
}
printf 'quarter,sum\r\n1,1040\r\n2,1275\r\n' | part figures.csv
printf 'R\303\251sum\303\251 \345\261\245\346\255\264\n' | part notes.txt
pixel | part logo.png
pixel | part photo.png
writer=${BUILD:-build}/tests/tools/mkpst_samples
[ -x "$writer" ] || {
	echo "mksamples: no $writer: run 'make samples'" >&2
	exit 69
}

# pst_mail FOLDER N 'FLAGS' SUBJECT TEXT [JSON]: message number N, received
# on the day after the N-th of May 2012; more of it in JSON
pst_mail() {
	jq -cn --arg folder "$1" --argjson n "$2" --arg flags "$3" \
	    --arg subject "$4" --arg text "$5" --argjson more "${6:-{\}}" '{
	    folder: $folder, subject: $subject,
	    message_id: "<pst.\($n)@example.org>",
	    received: "2012-05-\($n + 1 | tostring | ("0" + .)[-2:])T09:00:30Z",
	    flags: ($flags | split(" ")), keywords: [],
	    from: "accounts@example.org", to: ["sales@example.org"],
	    cc: ["desk@example.org"], bcc: [], text: $text,
	    attachments: []} + $more' >>"$W/expect"
}
attached() { # NAME PART TYPE
	jq -cn --arg name "$1" --arg sha256 "$(sum "$2")" --arg type "$3" \
	    '{name: $name, type: $type, sha256: $sha256}'
}

sample office.pst
"$writer" office "$out/$name" "$W/parts"
pst_mail INBOX 1 'flagged seen' 'Quarterly figures' \
    'Two files are attached.' "$(jq -cn \
    --argjson a "$(attached figures.csv figures.csv text/csv)" \
    --argjson b "$(attached 'Résumé 履歴.txt' notes.txt text/plain)" \
    '{attachments: [$a, $b], keywords: ["__rger", "Red_Category"]}')"
pst_mail INBOX 2 'answered seen' 'Minutes to pass on' \
    'See the message attached.' '{"attachments": [{"name": null,
    "type": "message/rfc822", "subject": "Minutes",
    "text": "Present: all."}]}'
pst_mail INBOX 3 '' 'In RTF' 'Signed, and sealed.'
pst_mail INBOX 4 seen 'With a picture' 'Our logo: [logo]' "$(jq -cn \
    --argjson a "$(attached logo.png logo.png image/png)" \
    '{attachments: [$a]}')"
pst_mail 'Sent Items' 5 seen 'With a blind copy' \
    'One reader is not named to the others.' '{"from": "desk@example.org",
    "bcc": ["audit@example.org"]}'
n=6
for folder in "Team${wide}A" 送信済み עברית In/Out '📬 post'; do
	pst_mail "Projects/$(printf %s "$folder" | sed 's/\//%2F/')" $n seen \
	    "$folder" 'In a folder of this name.' '{"cc": []}'
	n=$((n + 1))
done
expected pst 'Deleted Items
Projects
Empty'

# -------------------------------------------- organizer.pst, everything else
# pst_item PLACE KIND TITLE JSON
pst_item() {
	jq -cn --arg place "$1" --arg kind "$2" --arg title "$3" \
	    --argjson more "$4" '{place: $place, kind: $kind,
	    title: $title} + $more' >>"$W/items"
}

sample organizer.pst
"$writer" organizer "$out/$name" "$W/parts"
: >"$W/items"
pst_mail INBOX 11 seen 'Budget on the 15th' 'It is in the calendar.'
pst_item contacts contact 'Jane Doe' "$(jq -cn --arg photo "$(sum photo.png)" \
    '{emails: ["jane@example.org", "jane.doe@example.com"],
    phones: ["+41 31 555 01 01", "+41 79 555 01 02"], birthday: "19710228",
    city: "Bern", note: "Met in Bern.", photo_sha256: $photo}')"
pst_item contacts contact '山田 蓮' '{"emails": ["ren@example.com"],
    "phones": [], "birthday": "--1224"}'
pst_item contacts list Board '{"members": ["jane@example.org",
    "ren@example.com"]}'
pst_item calendar event 'Staff meeting' '{"zone": true,
    "start": "2012-05-07T09:00:00", "rule": "FREQ=WEEKLY;COUNT=10;BYDAY=MO",
    "left_out": ["2012-05-21T09:00:00"], "location": "Room 1",
    "alarm": -15, "changed": {"instance": "2012-05-28T09:00:00",
    "start": "2012-05-28T10:00:00", "title": "Staff meeting (moved)",
    "location": "Room 2"}}'
pst_item calendar event 'Fair in Basel' '{"start": "2012-05-10",
    "end": "2012-05-12", "location": "Basel"}'
pst_item calendar event Budget '{"start": "2012-05-15T14:00:00",
    "zone": true, "organizer": "desk@example.org",
    "attendees": ["jane@example.org", "sales@example.org"]}'
pst_item tasks task 'Order paper' '{"due": "2012-05-05", "percent": 50}'
pst_item tasks task 'Sort the archive' '{"status": "COMPLETED",
    "percent": 100}'
pst_item journal journal 'Call with the printer' \
    '{"start": "2012-05-04T08:00:00Z", "note": "Paper comes on Friday."}'
pst_item notes note 'Door code' '{"text": "is changed every May."}'
expected pst 'Calendar
Contacts
Deleted Items
Journal
Notes
Tasks'
jq --slurpfile items "$W/items" '. + {items: $items}' \
    "$out/$name.EXPECT.json" >"$W/whole"
mv "$W/whole" "$out/$name.EXPECT.json"

#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Maildirs that Dovecot wrote, in each of its layouts: folders, subscriptions,
# flags, keywords and dates are what Dovecot itself tells of them.
. "${0%/*}/lib.sh"

[ "$DOVECOT_BIN" ] || skip_all 'dovecot is not installed'
box() { dovecot_do "$@" 2>>doveadm.log; }

# fill USER NAME: folders with awkward names, messages with all kinds of marks
fill() {
	for f in 'Entwürfe' 'Entwürfe/Ältere' 'R&D' "A$(printf '\343\200\200')B" \
	    '100% done' "$2" 'Projects/2019/Q1' '日本語' ' blanks '; do
		box mailbox create -u "$1" "$f"
	done
	box mailbox subscribe -u "$1" 'Entwürfe/Ältere' 'R&D' INBOX '日本語'
	n=0
	for f in INBOX INBOX INBOX 'Entwürfe/Ältere' 'R&D' '100% done' '日本語' \
	    'Projects/2019/Q1' "A$(printf '\343\200\200')B" "$2"; do
		n=$((n + 1))
		{
			printf 'From: a@example.org\nMessage-ID: <%s@example.org>\n' $n
			printf 'Subject: %s\n\ntext %s\n' $n $n
		} | box save -u "$1" -m "$f"
	done
	# save has no date: that of a message is its file's time
	grep -rlF 'Message-ID' "$T/dovecot/home/$1/Maildir" |
	while IFS= read -r file; do
		n=$(sed -n 's/^Subject: \([0-9]*\).*/\1/p' "$file")
		[ -z "$n" ] || touch -d "2019-03-0$n 08:00:00Z" "$file" ||
		    touch -d "2019-03-$n 08:00:00Z" "$file"
	done 2>/dev/null
	box flags add -u "$1" '\Seen \Flagged' mailbox INBOX 1
	box flags add -u "$1" '\Answered $Forwarded todo' mailbox INBOX 2
	box flags add -u "$1" '\Draft \Deleted' mailbox INBOX 3
	box flags add -u "$1" '$Label1 Junk' mailbox '日本語' 1
	box flags add -u "$1" 'Junk other \Seen' mailbox 'R&D' 1
}

for layout in ++ fs fs:UTF-8; do
	odd='a&-b'
	u=user$(echo "$layout" | tr -dc 'a-z')$(echo "$layout" | tr -dc 8)
	case $layout in
	++) location="maildir:~/Maildir" ;;
	# "a&-b" itself cannot be told from the modified UTF-7 for "a&b"
	fs:UTF-8) location="maildir:~/Maildir:LAYOUT=$layout:INBOX=~/Maildir/INBOX"
		odd='a&b' ;;
	*) location="maildir:~/Maildir:LAYOUT=$layout:INBOX=~/Maildir/INBOX" ;;
	esac
	dovecot_start "mail_location = $location" || bail 'no Dovecot'
	fill "$u" "$odd"
	box -f json fetch -u "$u" \
	    'mailbox hdr.message-id flags date.received size.virtual' \
	    mailbox '*' all |
	    jq --sort-keys 'map({folder: .mailbox, id: .["hdr.message-id"],
		flags: (.flags | split(" ") | map(select(. != "\\Recent")) |
		sort), size: .["size.virtual"] | tonumber,
		received: .["date.received"]}) | sort_by(.id)' >want
	box mailbox list -u "$u" -s | sort >want-subscribed
	box mailbox list -u "$u" '*' | sort >want-folders
	dovecot_stop
	status 0 "$layout: extracted" \
	    postroad extract "dovecot/home/$u/Maildir" "$u.spool"
	postroad ls --messages --json "$u.spool" | jq -s --sort-keys \
	    'map({folder: (.name // .folder), id: .message_id, flags: ((
		(.flags | map(if . == "forwarded" then "$Forwarded"
		else "\\" + (.[0:1] | ascii_upcase) + .[1:] end)) + .keywords)
		| sort), size, received: (.received | sub("T"; " ") |
		sub("Z"; ""))}) | sort_by(.id)' >got
	is "$(jq length got)" 10 "$layout: all are there" ||
	    diag "$(cat doveadm.log)"
	same got want "$layout: folder, flags, keywords, date and size of each"
	postroad ls --json "$u.spool" |
	    jq -r 'select(.subscribed) | .name // .path' | sort >got
	same got want-subscribed "$layout: the same are subscribed"
	# Dovecot lists parents that have no mail of their own, too
	postroad ls --json "$u.spool" | jq -r '.name // .path' | sort >got
	comm -23 want-folders got | grep -vx -e Projects -e Projects/2019 >missing
	comm -13 want-folders got >extra
	is "$(cat missing extra)" '' "$layout: the same folders"
done
done_testing

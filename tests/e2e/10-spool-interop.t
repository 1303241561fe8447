#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Other programs open a spool as it lies there, and see the same folders,
# counts, flags, keywords and received dates.  What they should see comes
# from the sample's EXPECT.json; they get a copy, since they write.
. "${0%/*}/lib.sh"

sh "$ROOT/tests/tools/mksamples.sh" s
postroad extract -q s/maildir spool >/dev/null || bail 'cannot extract'
expect=s/maildir.EXPECT.json
folders=$(jq -r '.folders[].path' $expect)
count() { jq "[.messages[] | select($1)] | length" $expect; }

# ---------------------------------------------------------------- Dovecot
cp -a spool copy
[ "$(id -u)" != 0 ] || chown -R mail:mail copy
fields='mailbox hdr.message-id flags date.received size.physical'
if dovecot_start \
    "mail_location = maildir:$T/copy/mail:LAYOUT=fs:UTF-8:INBOX=$T/copy/mail/INBOX"
then
	# a parent without messages of its own has no status, and no matter
	dovecot_do -f tab mailbox status -u desk messages '*' 2>/dev/null |
	    sed 1d | sort >got
	jq -r '.folders[] | "\(.path)\t\(.messages)"' $expect | sort >want
	same got want 'Dovecot: the same folders and counts'
	dovecot_do -f json fetch -u desk "$fields" mailbox '*' all |
	    jq --sort-keys 'map({folder: .mailbox, id: .["hdr.message-id"],
		flags: (.flags | split(" ") |
		map(select(. != "\\Recent")) | sort), size: .["size.physical"] |
		tonumber, received: .["date.received"]}) | sort_by(.id)' >got
	jq --sort-keys '.messages | map({folder, id: .message_id, flags: ((
		(.flags | map(if . == "forwarded" then "$Forwarded"
		else "\\" + (.[0:1] | ascii_upcase) + .[1:] end)) + .keywords)
		| sort), size, received: (.received | sub("T"; " ") |
		sub("Z"; ""))}) | sort_by(.id)' $expect >want
	same got want 'Dovecot: flags, keywords, sizes and dates of each message'
	dovecot_stop
else
	skip 'Dovecot: the same folders' 'no Dovecot'
	skip 'Dovecot: flags, keywords, sizes and dates' 'no Dovecot'
fi

# ----------------------------------------------------------------- mblaze
if command -v mlist >/dev/null; then
	cp -a spool blaze
	mdirs -a blaze/mail | sed "s,^.*/blaze/mail/,," | sort >got
	printf '%s\n' "$folders" | sort >want
	same got want 'mblaze: the same folders'
	mdirs -a blaze/mail | mlist | sed 's/.*:2,//; s/[a-z]*$//' |
	    sort >got
	jq -r '.messages[].flags | map({answered: "R", deleted: "T", draft: "D",
	    flagged: "F", forwarded: "P", seen: "S"}[.]) | sort | join("")' \
	    $expect | sort >want
	same got want 'mblaze: the same flags'
	mdirs -a blaze/mail | mlist | mscan -f '%16D %s' 2>/dev/null | sort >got
	jq -r '.messages[] | (.received | sub("T"; " ") | .[0:16]) + " " +
	    .subject' $expect | sort >want
	same got want 'mblaze: the same subjects and dates'
else
	for what in folders flags subjects; do
		skip "mblaze: the same $what" 'not installed'
	done
fi

# ------------------------------------------------------------------- mutt
# mutt wants a terminal; script(1) lends it one
cat >id.sh <<END
tr -d '\\r' | sed -n '/^\$/q; s/^Message-ID: //p' >>$T/ids
END
mutt_ids() {
	: >ids
	cat >muttrc <<-END
	set pipe_split wait_key=no pipe_decode=no quit=yes mail_check=0
	set folder=$T mailcap_path=/dev/null
	push "<tag-pattern>$2<enter><tag-prefix-cond><pipe-message>sh $T/id.sh<enter><end-cond><exit>"
	END
	TERM=xterm timeout 20 script -qec "mutt -n -R -F muttrc -f '$1'" \
	    /dev/null >/dev/null 2>&1 </dev/null
	sort ids
}
want_ids() {
	jq -r ".messages[] | select(.folder == \"INBOX\") | select($1) |
	    .message_id" $expect | sort
}
if command -v mutt >/dev/null && command -v script >/dev/null; then
	cp -a spool dog
	is "$(mutt_ids dog/mail/INBOX ~A)" "$(want_ids true)" \
	    'mutt: the same messages'
	is "$(mutt_ids dog/mail/INBOX ~F)" \
	    "$(want_ids '.flags | index("flagged")')" 'mutt: flagged'
	is "$(mutt_ids dog/mail/INBOX ~Q)" \
	    "$(want_ids '.flags | index("answered")')" 'mutt: answered'
	is "$(mutt_ids dog/mail/INBOX ~R)" \
	    "$(want_ids '.flags | index("seen")')" 'mutt: read'
else
	for what in messages flagged answered read; do
		skip "mutt: $what" 'not installed'
	done
fi

# ---------------------------------------------------------------- notmuch
if command -v notmuch >/dev/null; then
	cp -a spool much
	cat >notmuch-config <<-END
	[database]
	path=$T/much/mail
	[new]
	tags=new
	[maildir]
	synchronize_flags=true
	END
	export NOTMUCH_CONFIG=$T/notmuch-config
	notmuch new >notmuch.log 2>&1 || diag "$(cat notmuch.log)"
	is "$(notmuch count --output=files '*')" "$(count true)" \
	    'notmuch: the same number of messages'
	for pair in flagged:flagged replied:answered passed:forwarded \
	    draft:draft; do
		notmuch search --output=messages "tag:${pair%:*}" |
		    sed 's/^id:\(.*\)/<\1>/' | sort >got
		jq -r ".messages[] | select(.flags | index(\"${pair#*:}\")) |
		    .message_id" $expect | sort >want
		same got want "notmuch: ${pair%:*}"
	done
	is "$(notmuch count tag:unread)" \
	    "$(count '.flags | index("seen") | not')" 'notmuch: unread'
else
	for what in number flagged replied passed draft unread; do
		skip "notmuch: $what" 'not installed'
	done
fi
done_testing

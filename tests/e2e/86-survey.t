#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# survey: files, an IMAP account, a POP3 account; the thresholds of a risk.
export DOVECOT_PROTOCOLS='imap pop3'
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/fake.sh"
trap 'fake_stop; dovecot_stop; at_exit' EXIT

[ -x "$FAKE" ] || skip_all 'the test tools are not built'
survey() { postroad survey --json --tls none --password-file pw "$@"; }
risks() { jq -r '[.risks[].id]|join(" ")' out; }

# --- files
for box in office.mbox maildir eml; do
	status 0 "$box" postroad survey --json "$ROOT/samples/$box"
	n=$(jq '[.folders[]?|.messages]|add' "$ROOT/samples/$box.EXPECT.json" \
	    2>/dev/null)
	rm -rf s && postroad extract "$ROOT/samples/$box" s >/dev/null 2>&1
	is "$(jq .totals.mail out)" \
	    "$(postroad ls --json s | jq -s 'map(.messages)|add')" \
	    "$box: as many as extract takes"
	is "$(jq -r '.folders[].path' out | sort)" \
	    "$(postroad ls --json s | jq -r .path | sort)" "$box: its folders"
done
status 66 'nothing there' postroad survey nothing
status 64 '--local without an account' postroad survey --local a.pst \
    "$ROOT/samples/office.mbox"
status 65 'no mail' postroad survey "$ROOT/tests/e2e/lib.sh"
status 64 '--check is for PSTs' postroad survey --check \
    "$ROOT/samples/office.mbox"

# --- thresholds: sizes as a server tells them, which nobody has on disk
account() { # INBOX-BYTES TRASH-BYTES [COUNT]
	cat >a.talk <<-END
	S: * OK [CAPABILITY IMAP4rev1 SPECIAL-USE LIST-EXTENDED QUOTA] hi
	C: TAG LOGIN *
	S: TAG OK in
	C: TAG CAPABILITY
	S: * CAPABILITY IMAP4rev1 SPECIAL-USE LIST-EXTENDED QUOTA
	S: TAG OK
	C: TAG LIST "" "" *
	S: * LIST (\\\\Noselect) "/" ""
	S: TAG OK
	C: TAG LIST "" "\*" *
	S: * LIST (\\\\HasNoChildren) "/" INBOX
	S: * LIST (\\\\Trash) "/" Rubbish
	S: TAG OK
	C: TAG STATUS INBOX *
	S: * STATUS INBOX (MESSAGES ${3:-2} UIDNEXT 3 UIDVALIDITY 1)
	S: TAG OK
	C: TAG STATUS Rubbish *
	S: * STATUS Rubbish (MESSAGES 1 UIDNEXT 3 UIDVALIDITY 1)
	S: TAG OK
	C: TAG GETQUOTAROOT INBOX
	S: * QUOTAROOT INBOX q
	S: * QUOTA q (MESSAGE 1 2 STORAGE 95 100)
	S: TAG OK
	C: TAG EXAMINE INBOX
	S: * 2 EXISTS
	S: TAG OK
	C: TAG UID FETCH 1:\* *
	S: * 1 FETCH (UID 1 FLAGS (\\\\Seen Work) RFC822.SIZE $1 INTERNALDATE "01-Jan-2015 00:00:00 +0000")
	S: * 2 FETCH (UID 2 FLAGS () RFC822.SIZE 0 INTERNALDATE "01-Jan-2016 00:00:00 +0000")
	S: TAG OK
	C: TAG EXAMINE Rubbish
	S: * 1 EXISTS
	S: TAG OK
	C: TAG UID FETCH 1:\* *
	S: * 1 FETCH (UID 9 RFC822.SIZE $2 INTERNALDATE "01-Jan-2014 00:00:00 +0000")
	S: TAG OK
	!eat
	END
	for n in 1 2 3; do
		cat <<-END
		C: TAG EXAMINE *
		S: TAG OK
		C: TAG UID FETCH * (UID BODY.PEEK\[HEADER.FIELDS (SUBJECT)\])
		S: * 1 FETCH (UID $n BODY[HEADER.FIELDS (SUBJECT)] {18}
		S: Subject: hello
		S:
		!send )\r\n
		S: TAG OK
		END
	done >subjects.talk
	sed -i '/^!eat/d' a.talk
	cat subjects.talk >>a.talk
	printf '%s\n' '!bye' >>a.talk
	fake_start --talk a.talk
}
account 19900000000 29999999999
status 0 '49.9 GB, 29.9 GB deleted' survey --no-sample "$FAKE_URL"
fake_wait || diag "$(cat fake.err)"
is "$(risks)" 'inactive quota' 'no high risk'
is "$(jq -c .server.quota out)" '{"used":97280,"limit":102400}' 'its quota'
is "$(jq -c '[.totals.mail,.totals.bytes,.totals.oldest]' out)" \
    '[3,49899999999,"2014-01-01T00:00:00Z"]' 'sums and dates'
is "$(jq -c '[.biggest[]|[.folder,.subject,.uid]]' out)" \
    '[["Rubbish","hello",9],["INBOX","hello",1],["INBOX","hello",2]]' \
    'the biggest, with their subjects'
is "$(jq -c .keywords out)" '["Work"]' 'keywords'
account 20000000000 30000000000
status 0 '50 GB, 30 GB deleted' survey --no-sample "$FAKE_URL"
is "$(risks)" 'large-mailbox large-deleted inactive quota' 'both are told'
fake_stop
account 20000000000 30000000000
status 0 'other thresholds' survey --no-sample --large 60G \
    --large-deleted 31G --max-size 25G "$FAKE_URL"
is "$(risks)" 'big-messages inactive quota' 'are obeyed'
is "$(jq .totals.too_big out)" 1 'and what is over the limit counted'
fake_stop

# --- real
[ "$DOVECOT_BIN" ] || { skip 'Dovecot' 'is not installed'; done_testing; exit; }
dovecot_start 'mail_save_crlf = yes' || bail 'Dovecot does not start'
rm -rf s && postroad extract "$ROOT/samples/maildir" s >/dev/null 2>&1
ok 'a mailbox' postroad load --ca-file "$CA_FILE" --password-file "$PW_FILE" \
    s "$(dest mary)"
find dovecot/home -path '*/cur/*' -exec sha256sum {} + | sort >before
status 0 'IMAP' postroad survey --json --ca-file "$CA_FILE" \
    --password-file "$PW_FILE" "$(dest mary)"
is "$(jq -c '[.kind,.totals.mail,.sample.messages>0]' out)" \
    '["imap",10,true]' 'its mail, and a sample'
is "$(jq -c .names_to_fix out)" "[\"Team$(printf '\343\200\200')A\"]" \
    'names with double-byte spaces are told'
find dovecot/home -path '*/cur/*' -exec sha256sum {} + | sort >after
same after before 'nothing changes there'
status 0 'for people' postroad survey --ca-file "$CA_FILE" \
    --password-file "$PW_FILE" "$(dest mary)"
like "$(cat out)" 'server        Dovecot' 'server'
like "$(cat out)" 'all of it will take about 0 h 00 min' 'estimate'
if [ -x /usr/lib/dovecot/pop3 ]; then
	status 0 'POP3' postroad survey --json --ca-file "$CA_FILE" \
	    --password-file "$PW_FILE" "$(dest mary pop3s)"
	is "$(risks)" 'pop-empty pop-inbox-only' 'a nearly empty one'
	"${FAKE%/fake/*}/tools/mkpst" many local.pst 300 3 0 1
	status 0 'and a PST beside it' postroad survey --json --ca-file \
	    "$CA_FILE" --password-file "$PW_FILE" --local local.pst \
	    "$(dest mary pop3s)"
	is "$(risks)" 'local-mail pop-empty pop-inbox-only' 'are compared'
	is "$(jq -c '[.local.kind,.local.mail,.totals.mail]' out)" \
	    '["pst",300,3]' 'both are told'
	status 0 'for people' postroad survey --ca-file "$CA_FILE" \
	    --password-file "$PW_FILE" --local local.pst "$(dest mary)"
	like "$(cat out)" 'Beside it local.pst: pst with 300 messages' 'both'
	like "$(cat out)" 'server has 10 messages, the local file 300' 'why'
	status 0 'a file with less' postroad survey --json --ca-file \
	    "$CA_FILE" --password-file "$PW_FILE" \
	    --local "$ROOT/samples/office.mbox" "$(dest mary)"
	unlike "$(risks)" local-mail 'is no risk'
	status 66 'a file that is not there' postroad survey --ca-file \
	    "$CA_FILE" --password-file "$PW_FILE" --local none "$(dest mary)"
else
	skip 'POP3' 'Dovecot has none here'
fi
dovecot_stop
done_testing

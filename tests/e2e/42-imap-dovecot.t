#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# wire/ with a real server: log in every way, append in every form, and let
# Dovecot's own tools say what has arrived.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/fake.sh"
trap 'dovecot_stop; at_exit' EXIT

[ -x "$IMAP_TOOL" ] || skip_all 'the test tools are not built'
[ "$DOVECOT_BIN" ] || skip_all 'Dovecot is not installed'

tool() {
	"$IMAP_TOOL" --ca-file "$CA_FILE" --password-file "$PW_FILE" "$@"
}

# sizes around every block and literal limit
n=0
for size in 1 4095 4096 4097 65535 65536 65537 131071 131072 131073 \
    262144 1000003; do
	n=$((n + 1))
	{
		printf 'Subject: %s\r\n\r\n' "$size"
		head -c 1200000 /dev/urandom | base64 -w 0
	} | head -c "$size" >"$(printf %02d $n).eml"
done
sha256sum [0-9]*.eml | sed 's/ .*//' | sort >want

# arrived USER DESCRIPTION: Dovecot's files hold those bytes (with their CRs)
arrived() {
	find "dovecot/home/$1/Maildir" \( -path '*/cur/*' -o -path '*/new/*' \) \
	    -exec sha256sum {} + | sed 's/ .*//' | sort >got
	same got want "$2"
}

form() { # USER DESCRIPTION CAPABILITY-SETTING TOOL-OPTIONS
	user=$1 desc=$2 setting=$3; shift 3
	dovecot_start "mail_save_crlf = yes
	$setting" || bail 'Dovecot does not start'
	ok "$desc" tool --date 1234567890 --flags '\Seen \Answered $Work' \
	    "$@" "$(dest "$user" "${SCHEME:-imaps}")" \
	    create 'Büro/日本　語' append 'Büro/日本　語' [0-9]*.eml .
	cp ok.log form.log
	is "$(grep -c '^append OK .*uids=[0-9]' form.log)" \
	    "${COMMANDS:-12}" 'each with its UID'
	arrived "$user" "$desc: the bytes are those"
	is "$(dovecot_do -f flow fetch -u "$user" 'flags date.received' \
	    mailbox 'Büro/日本　語' | sed 's/\\Recent //' | sort -u)" \
	    'flags=\Answered \Seen $Work date.received=2009-02-13 23:31:30' \
	    'flags and date, too'
	dovecot_stop
}

form one 'TLS, LITERAL+, pipelined' ''
SCHEME=imap form two 'STARTTLS, LITERAL+, pipelined' ''
form three 'synchronizing literals' \
    'imap_capability = IMAP4rev1 SASL-IR UIDPLUS'
form four 'LITERAL-' \
    'imap_capability = IMAP4rev1 SASL-IR UIDPLUS LITERAL-'
COMMANDS=1 form five 'MULTIAPPEND' '' --multi
COMMANDS=1 form six 'MULTIAPPEND, synchronizing' \
    'imap_capability = IMAP4rev1 SASL-IR UIDPLUS MULTIAPPEND' --multi

dovecot_start 'mail_save_crlf = yes' || bail 'Dovecot does not start'
tool "$(dest one)" fetch 'Büro/日本　語' >out 2>&1
is "$(sed -n 's/^message [0-9]* [0-9]* \([0-9a-f]*\) .*/\1/p' out | sort |
    diff - want && echo same)" same 'what is fetched is what was sent'
is "$(awk '/^message/ && $3 != $NF' out)" '' 'and as long as announced'
tool "$(dest one)" list lsub >out 2>&1
like "$(cat out)" '^folder Büro/日本　語 delimiter=/ use= subscribed=0$' \
    'the folder is listed'
tool "$(dest one)" subscribe 'Büro/日本　語' list >out 2>&1
like "$(cat out)" '^folder Büro/日本　語 delimiter=/ use= subscribed=1$' \
    'and subscribed'
tool "$(dest one)" search 'Büro/日本　語' 'UID 3:5' >out 2>&1
is "$(grep '^uid' out | tr '\n' ' ')" 'uid 3 uid 4 uid 5 ' 'SEARCH'
status 0 'STORE' tool "$(dest one)" store 'Büro/日本　語' 2:3 \
    +FLAGS.SILENT '\Flagged $New'
is "$(dovecot_do -f flow fetch -u one uid mailbox 'Büro/日本　語' \
    keyword '$New' flagged | tr '\n' ' ')" 'uid=2 uid=3 ' \
    'has set the flags'
status 0 'a folder that is not there' tool "$(dest one)" append Nope \
    01.eml .
like "$(cat out)" 'append NO .*\[TRYCREATE\]' 'TRYCREATE'
echo wrong >bad.pw && chmod 600 bad.pw
status 77 'a wrong password' "$IMAP_TOOL" --ca-file "$CA_FILE" \
    --password-file bad.pw "$(dest one)"
like "$(cat out)" 'AUTHENTICATIONFAILED' 'is told'
status 77 'a certificate that nobody trusts' "$IMAP_TOOL" \
    --password-file "$PW_FILE" "$(dest one)"
status 77 'by STARTTLS' "$IMAP_TOOL" --password-file "$PW_FILE" \
    "$(dest one imap)"

# 40 MB each way at once, far more than all the buffers together
i=0 files=
while [ $i -lt 40 ]; do
	i=$((i + 1))
	files="$files 12.eml"
done
status 0 'forty commands in flight' timeout 120 \
    "$IMAP_TOOL" --ca-file "$CA_FILE" --password-file "$PW_FILE" \
    "$(dest seven)" append INBOX $files .
is "$(grep -c '^append OK' out)" 40 'all are answered'

# a rate is kept
start=$(date +%s%N)
status 0 'a limited rate' tool --limit-rate 500000 "$(dest eight)" \
    append INBOX 12.eml .
ms=$((($(date +%s%N) - start) / 1000000))
[ $ms -ge 1500 ] && [ $ms -le 20000 ] # a busy machine
result $? "1 MB at 500 kB/s takes about two seconds ($ms ms)"
done_testing

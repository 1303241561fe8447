#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A spool as a PST: other programs read all of it, and extracted again it is
# the same mail, as Python's email package reads it.
. "${0%/*}/lib.sh"
export PYTHONDONTWRITEBYTECODE=1

tools=$ROOT/tests/tools

# there_and_back NAME SOURCE: how many facts hold, and what others see
there_and_back() {
	rm -rf a.spool b.spool a.pst
	postroad extract -q "$2" a.spool >x.log 2>&1
	status 0 "$1: exported" postroad export --format pst --json a.spool a.pst
	is "$(jq -c '[.announced == .exported, .refused, .lost]' out)" \
	    '[true,0,0]' "$1: every message"
	postroad extract -q a.pst b.spool >x.log 2>&1
	for s in a b; do
		postroad ls --messages --json $s.spool >$s.spool.jsonl
	done
	got=$(python3 "$tools/roundtrip_facts.py" -v a.spool b.spool 2>facts)
	held=${got% *} tried=${got#* }
	# names and words that Python and others read differently
	ok "$1: $held of $tried facts held" \
	    [ "${tried:-0}" -gt 0 -a $((${tried:-1} - ${held:-0})) -le \
	    $((${tried:-0} / 150)) ]
	is "$(grep -E '^(flags|received|messages|folders|keywords):' facts)" '' \
	    "$1: flags, dates and counts are all the same"
	is "$(grep -E '^(bytes|html|cid|type|date):' facts)" '' \
	    "$1: HTML and attachments, too"
	for tool in readpst pffexport; do
		command -v $tool >/dev/null ||
			{ skip "$1: $tool" "no $tool"; continue; }
		ok "$1: $tool reads all of it" \
		    python3 "$tools/pst_others.py" $tool a.spool a.pst
	done
	ok "$1: no rule of [MS-PST] is broken" "$POSTROAD" survey --check a.pst
}

for box in mbox/mailarc-1.mbox mbox/thunderbird-content-length.mbox \
    mbox/vm-emacs.mbox mbox/gmail-takeout-gyb.mbox mbox/derived/d-mboxrd.mbox \
    maildir/dovecot-made maildir/stalwart-maildirpp eml/MimeKit eml/mail \
    eml/mailparser eml/mail-parser eml/james-mime4j eml/cpython eml/rspamd \
    eml/spamassassin; do
	if source=$(corpus mail/$box) && [ -e "$source" ]; then
		there_and_back "${box##*/}" "$source"
	else
		skip "$box" 'no corpus'
	fi
done

# what came from a PST goes into one
for pst in unicode_enron-lokay_71msg unicode_flags-jane-doe \
    unicode_password_dsn-reports unicode_submessage-embedded; do
	if source=$(corpus pst/$pst.pst); then
		there_and_back $pst "$source"
	else
		skip $pst 'no corpus'
	fi
done
done_testing

#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC1091,SC2086
# migrate: all stages in one go, over the same spools as the single stages.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/load.sh"
dovecot_start || { skip_all "no Dovecot here"; exit; }
use_tls
cd "$T" || exit 1

# migrate ARGUMENTS
migrate() { postroad migrate --json --ca-file "$CA_FILE" "$@"; }

mbox 1 60 >mary.mbox

# ------------------------------------------------------------ nothing is sent
migrate --dry-run --password-file "$PW_FILE" --spool dry.spool mary.mbox \
    "$(dest mary)" >sum.json 2>log.txt
is "$? $(jq -c '[.extract.stored, .load.announced, .load.loaded,
    .load.dry_run, .verify]' sum.json)" '0 [60,60,60,true,null]' \
    'a dry run counts each message once'
is "$(there mary | wc -l)" 0 'and sends none'
like "$(postroad migrate --help)" 'and from DEST where it was left untouched' \
    'what --mirror removes, and where, is said'

# ------------------------------------------------- a file into an account
migrate --password-file "$PW_FILE" mary.mbox "$(dest mary)" >sum.json \
    2>log.txt
is "$?" 0 'an mbox goes into an account'
is "$(jq -r '[.extract.stored, .load.loaded, .verify.announced, .status,
    .spool, .transformed] | map(tostring) | join(" ")' sum.json)" \
    '60 60 60 0 mary.spool null' 'every stage has its sums'
is "$(there mary)" "$(here mary.spool)" 'the mailbox has it all'
migrate --password-file "$PW_FILE" mary.mbox "$(dest mary)" >sum.json
is "$? $(jq -r '[.extract.stored, .extract.unchanged, .load.loaded,
    .load.unchanged] | map(tostring) | join(" ")' sum.json)" '0 0 60 0 60' \
    'again, it does nothing'
mbox 61 70 >>mary.mbox
migrate --password-file "$PW_FILE" mary.mbox "$(dest mary)" >sum.json
is "$(jq -r '[.extract.stored, .load.loaded] | map(tostring) | join(" ")' \
    sum.json)" '10 10' 'what is new goes along'
postroad load --json --ca-file "$CA_FILE" --password-file "$PW_FILE" \
    mary.spool "$(dest mary)" >sum.json
is "$(jq .unchanged sum.json)" 70 'the single stage knows all of it'

# ------------------------------------------------- account to account, rules
cat >rules.yaml <<'END'
rules:
  - exclude: { folder: Junk }
  - rename: { folder: 'Old/*', to: 'Archive/*' }
END
for box in INBOX Junk Old/2019; do
	mbox 1 12 >box.mbox
	rm -rf one.spool
	postroad extract -q mbox:box.mbox one.spool
	dovecot_do mailbox create -u anna "$box" 2>/dev/null
	find one.spool/mail -type f -path '*/cur/*' | while read -r f; do
		dovecot_do save -u anna -m "$box" <"$f"
	done
done
migrate --password-file "$PW_FILE" --rules rules.yaml --spool a.spool \
    "$(dest anna)" "$(dest bert)" >sum.json 2>log.txt
is "$?" 0 'an account goes into another, by rules'
is "$(jq -r '[.extract.stored, .transform.stored, .transform.excluded,
    .load.loaded, .transformed] | map(tostring) | join(" ")' sum.json)" \
    '36 24 12 24 a.transformed.spool' 'the second spool is named'
is "$(there bert | cut -d' ' -f1 | sort | uniq -c | awk '{ print $2, $1 }')" \
    "Archive/2019 12
INBOX 12" 'as the rules say'
migrate --password-file "$PW_FILE" --spool a.spool \
    "$(dest anna)" "$(dest bert)" >sum.json 2>log.txt
is "$?" 64 'without its rules it does not go on'
like "$(cat log.txt)" 'rules.yaml' 'and says which they were'
is "$(there bert | wc -l)" 24 'nothing was sent'

# ------------------------------------------------- again, when mail was moved
dovecot_do mailbox create -u anna Kept 2>/dev/null
dovecot_do move -u anna Kept mailbox INBOX header Message-ID n3@example.org
dovecot_do flags add -u anna '\Flagged' mailbox INBOX \
    header Message-ID n4@example.org
migrate --password-file "$PW_FILE" --rules rules.yaml --spool a.spool \
    --sync-flags "$(dest anna)" "$(dest bert)" >sum.json 2>log.txt
is "$?" 0 'mail that was moved at the source'
is "$(there bert | cut -d' ' -f1 | sort | uniq -c | awk '{ print $2, $1 }')" \
    "Archive/2019 12
INBOX 11
Kept 1" 'is moved there, and is there once'
is "$(dovecot_do fetch -u bert uid mailbox INBOX FLAGGED | grep -c uid)" 1 \
    'a flag follows'

# ----------------------------------- names that this server keeps for itself
"${BUILD:-$ROOT/build}/tests/tools/mkpst" odd odd.pst || bail 'mkpst'
migrate --password-file "$PW_FILE" --fix-names --for dovecot odd.pst \
    "$(dest gina)" >sum.json 2>log.txt
is "$?" 0 'folders called cur, new or tmp get other names'
like "$(dovecot_do mailbox list -u gina)" 'cur_' 'with a mark behind'

# ------------------------------------------------------ names and passwords
migrate mary.mbox "$(dest mary)" </dev/null >sum.json 2>log.txt
is "$?" 77 'without a password and a terminal: not allowed'
migrate --source-password-file "$PW_FILE" --dest-password-file nowhere \
    "$(dest anna)" "$(dest carl)" >sum.json 2>log.txt
is "$?" 78 'each account has its own options'
is "$(find . -maxdepth 1 -name '*anna*.spool')" '' \
    'nothing had begun by then'
migrate --source-password-file "$PW_FILE" --dest-password-file "$PW_FILE" \
    "$(dest anna)" "$(dest carl)" >sum.json 2>log.txt
is "$? $(jq -r .spool sum.json)" "0 anna@$IMAP_HOST.spool" \
    'the spool is named after the account'
printf 'wrong\n' >wrong; chmod 600 wrong
migrate --source-password-file "$PW_FILE" --dest-password-file wrong \
    --spool d.spool "$(dest anna)" "$(dest dora)" >sum.json 2>log.txt
is "$?" 77 'a wrong password there ends it'
migrate --password-file "$PW_FILE" no.mbox "$(dest dora)" >sum.json 2>log.txt
is "$?" 66 'no source, no migration'
for rule in '' --fix-names; do
	# shellcheck disable=SC2086
	is "$(postroad migrate --ca-file "$CA_FILE" --password-file "$PW_FILE" \
	    $rule no.mbox "$(dest dora)" 2>&1 |
	    grep -c -e 'lies in' -e '^error')" 1 \
	    "one error, and no spool that is not there${rule:+ with rules}"
done
migrate --password-file "$PW_FILE" "$(dest anna)" "$(dest anna)" \
    >sum.json 2>log.txt
is "$?" 64 'an account into itself is refused'
migrate --password-file "$PW_FILE" --verify maybe mary.mbox \
    "$(dest mary)" >/dev/null 2>&1
is "$?" 64 'an unknown word is refused'
postroad migrate --ca-file "$CA_FILE" --password-file "$PW_FILE" \
    --verify deep mary.mbox "$(dest emma)" >out.txt 2>&1
is "$?" 0 'for people'
for word in Extracted Transformed Loaded Verified 'mary.spool'; do
	grep -q "$word" out.txt && echo "$word"
done >found.txt
is "$(cat found.txt)" 'Extracted
Loaded
Verified
mary.spool' 'each stage has its paragraph'
dovecot_stop
done_testing

#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# verify --repair loads what is missing, once, and proves it; the result of a
# verification stays in the ledger.
. "${0%/*}/lib.sh"
[ "$DOVECOT_BIN" ] || skip_all 'Dovecot is not installed'
dovecot_start 'mail_save_crlf = yes' || bail 'Dovecot does not start'
to() {
	postroad "$1" --json --ca-file "$CA_FILE" --password-file "$PW_FILE" \
	    ${2:-} a.spool "$(dest mary)"
}
cur() { find dovecot/home/mary/Maildir -path '*/cur/*' -o -path '*/new/*'; }
postroad extract "$ROOT/samples/maildir" a.spool >/dev/null 2>&1
status 0 'load' to load
status 0 'all is there' to verify --repair
is "$(jq '.repaired' out)" null 'nothing is repaired'
n=$(cur | wc -l)

# somebody deletes two messages and a folder
rm -f "$(cur | grep INBOX | head -1)" "$(cur | grep Sent | head -1)"
rm -rf dovecot/home/mary/Maildir/Projects
dovecot_stop
dovecot_start 'mail_save_crlf = yes' || bail 'Dovecot does not start again'
status 1 'verify' to verify
is "$(jq .missing out)" 3 'three are missing'
status 0 'load' to load
is "$(jq .loaded out)" 0 'is none the wiser: they were delivered'
status 1 'verify --repair --dry-run' to verify '--repair --dry-run'
like "$(jq -r '.notes[]' out)" 'would load 3 that' 'says what it would do'
status 0 'load' to load
is "$(jq .loaded out)" 0 'and has taken nothing back'
status 0 'verify --repair' to verify --repair
is "$(jq -c '[.repaired.missing,.repaired.loaded,.missing]' out)" '[3,3,0]' \
    'loads them again'
is "$(cur | wc -l)" "$n" 'each is there once'
status 0 'verify --deep' to verify --deep
rm -f "$(cur | grep INBOX | head -1)"
dovecot_stop
dovecot_start 'mail_save_crlf = yes' || bail 'Dovecot does not start again'
status 0 'load --restore-deleted' to load --restore-deleted
is "$(jq .loaded out)" 1 'sends again what was deleted'
is "$(cur | wc -l)" "$n" 'once'
is "$(sqlite3 a.spool/spool.db "SELECT count(*) FROM event WHERE what LIKE
    'verify%' AND status=0 AND ended>0")" 3 'sound results are in the ledger'
is "$(sqlite3 a.spool/spool.db "SELECT json_extract(summary,'\$.missing') FROM
    event WHERE what='verify' AND status=1 LIMIT 1")" 3 'and what was missing'
chmod -R a-w a.spool 2>/dev/null
status 64 '--repair wants a destination' postroad verify --repair a.spool
dovecot_stop
done_testing

#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A message of a PST that lies in another folder the next time, under the same
# key, is moved at the destination, also where a transformed spool is loaded.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"

MKPST=${BUILD:-$ROOT/build}/tests/tools/mkpst
[ -x "$MKPST" ] || skip_all "mkpst is not built"
dovecot_start || skip_all "no Dovecot"
command -v python3 >/dev/null || skip_all "no python3"
use_tls

imap() { python3 "$ROOT/tests/e2e/delta_imap.py" "$IMAP_HOST" "$IMAP_PORT" "$@"; }
# box USER: "FOLDER SUBJECT ..." as it is there
box() { there "$1" >"there.$1"; cut -d' ' -f1 "there.$1" | sort | uniq -c |
	awk '{ printf "%s%s:%s", n++ ? " " : "", $2, $1 }'; }
hashes() { cut -d' ' -f3 "there.$1" | sort; }
keys() {
	postroad ls --messages --json "$1" | jq -r .key | sort
}
counters() { jq -c '[.loaded,.unchanged,.moved,.left_in_place]' out; }
take() {
	touch -d "$1" x.pst
	status 0 "$2: extracted" postroad extract --json x.pst a.spool
}
chain() { postroad transform --json "$@" a.spool b.spool; }

# six messages, four of them in A
"$MKPST" split x.pst 6 4 || bail mkpst
take 2020-01-01T00:00:00Z "day 1"
is "$(jq .stored out)" 6 "... all of them"
keys a.spool >keys.1
status 0 "... transformed" chain
status 0 "... loaded" load a.spool mary
status 0 "... and what was transformed" load b.spool john
for u in mary john; do
	is "$(box $u)" "A:4 B:2" "$u: all is there"
	hashes $u >before.$u
done
# the user read one of those that will move; john did nothing
imap mary flag A 4 '\Flagged'

# the last two of A are in B now
"$MKPST" split x.pst 6 2 || bail mkpst
take 2020-01-02T00:00:00Z "day 2"
is "$(jq -c '[.stored,.moved,.gone_at_source]' out)" '[0,2,null]' \
	"... two moved, none new, none gone"
keys a.spool >keys.2
same keys.2 keys.1 "... under the keys that they had"
status 0 "... transformed" chain
status 0 "... what would be done" load b.spool john --dry-run
is "$(jq -c '[.loaded,.would_move]' out)" '[0,2]' "... is to move two"
status 0 "... loaded" load b.spool john --trace-wire trace
is "$(counters)" '[0,6,2,0]' "... moves them"
is "$(grep -c ' APPEND' trace)" 0 "... without sending a byte of mail"
is "$(box john)" "A:2 B:4" "john: they are where they belong"
hashes john >after.john
same after.john before.john "... each once"
status 0 "... and mary's" load a.spool mary --trace-wire trace
is "$(counters)" '[0,6,1,1]' "... one was touched by its user, and stays"
is "$(grep -c ' APPEND' trace)" 0 "... without sending a byte of mail"
is "$(box mary)" "A:3 B:3" "mary: so it is"
hashes mary >after.mary
same after.mary before.mary "... each once"
status 0 "again" load b.spool john
is "$(counters)" '[0,6,0,0]' "... nothing is left to do"
status 0 "verify" verify b.spool john
# and back
"$MKPST" split x.pst 6 4 || bail mkpst
take 2020-01-03T00:00:00Z "day 3"
status 0 "... transformed" chain
status 0 "... loaded" load b.spool john
is "$(counters)" '[0,6,2,0]' "... moves them back"
is "$(box john)" "A:4 B:2" "john: as on day 1"
done_testing

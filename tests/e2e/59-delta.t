#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What changed between two runs: moves, flags, deletions, at both ends.  The
# oracle is Python's imaplib (delta_imap.py).
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"

dovecot_start || skip_all "no Dovecot"
command -v python3 >/dev/null || skip_all "no python3"
use_tls

# imap USER COMMAND...: see delta_imap.py
imap() { python3 "$ROOT/tests/e2e/delta_imap.py" "$IMAP_HOST" "$IMAP_PORT" "$@"; }
# take SPOOL [OPTIONS]: extract from the source account
take() {
	spool=$1; shift
	# shellcheck disable=SC2086
	postroad extract --json $ACCESS "$@" "$(dest src)" "$spool"
}
counters() { jq -c '[.loaded,.unchanged,.moved,.left_in_place,.mirrored]' out; }
is_sound() { is "$(jq '.announced == .loaded + .unchanged + .refused + .pending + .lost' out)" true "the sum balances"; }

# ---- moved at the source
imap src create A B C
for i in 1 2 3 4 5 6; do imap src append A $i; done
imap src append A 7 && imap src append A 7 # twins
status 0 "day 1: extracted" take a.spool
status 0 "and loaded" load a.spool dst
is "$(imap dst list)" "A:1 A:2 A:3 A:4 A:5 A:6 A:7 A:7" "all is there"
imap src move A 1 B
imap src move A 2 B
imap src move A 7 C           # one of the twins
imap dst flag A 2 '\Seen'     # the user read it
imap dst move A 3 C           # and moved another one
imap src move A 3 B
status 0 "day 2: extracted" take a.spool
is "$(jq -c '[.stored,.moved,.gone_at_source]' out)" '[4,4,null]' \
	"as moves, not as gone"
cp -r a.spool dry.spool
status 0 "what would be done" load dry.spool dst --dry-run
is "$(jq -c '[.loaded,.moved,.would_move,.left_in_place]' out)" "[0,0,2,2]" \
	"nothing would be sent, two moved, two stay"
is "$(jq -r '.notes[]' out | grep -c 'would be moved')" 2 "two would be moved"
is "$(imap dst list)" "A:1 A:2 A:4 A:5 A:6 A:7 A:7 C:3" "and nothing was"
status 0 "day 2: loaded" load a.spool dst --trace-wire trace
is "$(counters)" "[0,8,2,2,0]" "moved, or left where the user touched it"
is_sound
is "$(imap dst list)" "A:2 A:4 A:5 A:6 A:7 B:1 C:3 C:7" "as it should be"
is "$(grep -c ' APPEND' trace)" 0 "without sending a byte of mail"
like "$(cat err)" "folder 'A' there .UID 2.: its flags were changed" \
	"what stays is named, with the place"
like "$(cat err)" "moved or deleted" "what is no longer there, too"
status 0 "again" load a.spool dst
is "$(counters)" "[0,8,0,2,0]" "nothing more"
is "$(imap dst list)" "A:2 A:4 A:5 A:6 A:7 B:1 C:3 C:7" "and nothing twice"
like "$(postroad why a.spool n1@example.org)" "moved at the source.*'A'" \
	"why tells of the move"
like "$(postroad why a.spool n1@example.org)" "folder 'B', UIDV" \
	"and where it is now"

# ---- flags
imap src flag A 4 '\Flagged' work
imap src flag A 5 '\Seen'
imap dst flag A 6 '\Answered'
status 0 "flags: extracted" take a.spool
status 0 "without --sync-flags" load a.spool dst
is "$(jq .flags_differ out)" 2 "they are counted"
like "$(jq -r '.notes[]' out)" "--sync-flags" "and said"
status 0 "with --sync-flags" load a.spool dst --sync-flags --trace-wire trace
is "$(jq -c '[.flags_synced,.flags_differ]' out)" "[2,0]" "told"
is "$(imap dst flags A 4)" '\Flagged work' "flag and keyword arrived"
is "$(imap dst flags A 5)" '\Seen' "likewise"
is "$(imap dst flags A 6)" '\Answered' "what the user set stays"
imap dst unflag A 5 '\Seen' # the user: unread again
imap src unflag A 4 work
imap src flag A 5 '\Answered'
status 0 "flags: extracted again" take a.spool
status 0 "told again" load a.spool dst --sync-flags
is "$(imap dst flags A 4)" '\Flagged' "a keyword that was taken away is"
is "$(imap dst flags A 5)" '\Answered' "what the user took away stays away"

# ---- gone
imap src delete A 4
imap src delete A 5
imap src delete B 1
imap dst flag A 5 '\Flagged'
status 0 "deletions: extracted" take a.spool
is "$(jq .gone_at_source out)" 3 "three are gone"
status 0 "without --mirror" load a.spool dst
is "$(imap dst list)" "A:2 A:4 A:5 A:6 A:7 B:1 C:3 C:7" "they stay"
status 0 "what --mirror would do" load a.spool dst --mirror --dry-run
is "$(jq -r '.notes[]' out | grep -c 'would be removed')" 2 "is listed"
is "$(imap dst list)" "A:2 A:4 A:5 A:6 A:7 B:1 C:3 C:7" "and not done"
imap dst flag A 6 '\Deleted' # the user's own, not to be expunged
status 0 "with --mirror" load a.spool dst --mirror
is "$(counters)" "[0,8,0,3,2]" "removed, but for the one the user touched"
is_sound
is "$(imap dst list)" "A:2 A:5 A:6 A:7 C:3 C:7" "no more and no less"
status 0 "again" load a.spool dst --mirror
is "$(jq -c '[.loaded,.mirrored]' out)" "[0,0]" "nothing more"
status 1 "verify sees what the user did, and no more" verify a.spool dst
is "$(jq -c '[.missing,.duplicated,.wrong_folder]' out)" '[0,0,0]' \
	"nothing is missing, nothing there twice"

# ---- flags of what the user has moved away
imap dst move C 7 A
imap src flag C 7 '\Seen'
status 0 "one more flag: extracted" take a.spool
status 0 "and nothing to set it on" load a.spool dst --sync-flags
is "$(jq .flags_synced out)" 0 "it does not count as told"
like "$(jq -r '.notes[]' out)" "of 1 message" "and that is said"
done_testing

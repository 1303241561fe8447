#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Moves, flags and removals at the destination, killed at every durable step
# and run again: nothing is lost, nothing there twice.  With UID MOVE, with
# COPY and UID EXPUNGE where there is no MOVE; and servers that have neither.
# LONG=1: at every step, else at some.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"

command -v python3 >/dev/null || skip_all "no python3"
dovecot_start || skip_all "no Dovecot"
use_tls
imap() { python3 "$ROOT/tests/e2e/delta_imap.py" "$IMAP_HOST" "$IMAP_PORT" "$@"; }
take() {
	# shellcheck disable=SC2086
	postroad extract -q $ACCESS "$(dest "$2")" "$1" >take.out
}
restart() { # [CAPABILITIES]
	dovecot_stop
	dovecot_start ${1:+"imap_capability = $1"} || bail "Dovecot"
}
BASE='IMAP4rev1 SASL-IR LOGIN-REFERRALS ENABLE IDLE LITERAL+ AUTH=PLAIN'
BASE="$BASE UNSELECT CHILDREN NAMESPACE LIST-EXTENDED SPECIAL-USE MULTIAPPEND"

# src as it was on day 1 (a.spool), and as it is now
fill() {
	imap "$1" create A B C
	for i in 1 2 3 4 5 6 7; do imap "$1" append A $i; done
	imap "$1" append C 8 '\Flagged'
}
change() {
	imap "$1" move A 1 B; imap "$1" move A 2 B; imap "$1" move A 3 New
	imap "$1" flag A 4 '\Seen' work; imap "$1" flag A 1 '\Seen' 2>/dev/null
	imap "$1" delete A 5; imap "$1" delete A 6; imap "$1" append B 9 '\Flagged'
	imap "$1" flag B 1 '\Answered'
}
fill src; take a.spool src || bail "extract"
imap src create New
change src 2>/dev/null
WANT='A:4 A:7 B:1 B:2 B:9 C:8 New:3'
FLAGS='\Seen work|\Answered|\Flagged|\Flagged'

# each STEPS...: kill at those, one mailbox each; counts in $tried
each() {
	tag=$1; shift
	tried=0
	: >wrong
	for n; do
		cp -r a.spool s.spool
		load s.spool "$tag$n" >out 2>err || echo "$n: first load" >>wrong
		take s.spool src || echo "$n: extract" >>wrong
		rc=0
		# shellcheck disable=SC2086
		STEP_AT=$n "$STEPS" load --json $ACCESS --sync-flags --mirror \
		    --dest-profile flagged --providers profile.yaml \
		    s.spool "$(dest "$tag$n")" >out 2>err || rc=$?
		load s.spool "$tag$n" --sync-flags --mirror --dest-profile flagged \
		    --providers profile.yaml >out 2>err ||
		    echo "$n: second load: $(cat err)" >>wrong
		[ "$(imap "$tag$n" list)" = "$WANT" ] ||
		    echo "$n: $(imap "$tag$n" list)" >>wrong
		f="$(imap "$tag$n" flags A 4)|$(imap "$tag$n" flags B 1)"
		f="$f|$(imap "$tag$n" flags B 9)|$(imap "$tag$n" flags C 8)"
		[ "$f" = "$FLAGS" ] || echo "$n: $f" >>wrong
		[ "$(jq '.maybe_twice + .left_in_place' out)" = 0 ] ||
		    echo "$n: $(cat err)" >>wrong
		rm -rf s.spool
		tried=$((tried + 1))
		[ "$rc" = 100 ] || break # it came to its end
	done
}
printf 'providers:\n  flagged:\n    limits:\n      flagged: store\n' \
    >profile.yaml
if [ -x "$STEPS" ]; then
	every=7
	[ -z "${LONG:-}" ] || every=1
	# shellcheck disable=SC2046
	each move $(seq 2 $every 60)
	is "$(cat wrong)" "" "UID MOVE: killed at $tried places"
	restart "$BASE UIDPLUS"
	# shellcheck disable=SC2046
	each copy $(seq 1 $every 60)
	is "$(cat wrong)" "" "COPY and UID EXPUNGE: killed at $tried places"
else
	skip "killed at every step" "no $STEPS (make check-build)"
	restart "$BASE UIDPLUS"
fi

# without UIDPLUS but with MOVE: no COPYUID tells where they went
restart "$BASE MOVE"
cp -r a.spool m.spool
imap m create Trash
status 0 "MOVE without UIDPLUS: loaded" load m.spool m
take m.spool src || bail "extract"
status 0 "the delta" load m.spool m --mirror --sync-flags
is "$(imap m list)" "A:4 A:7 B:1 B:2 B:9 C:8 New:3 Trash:5 Trash:6" \
	"moved; what is gone is in Trash"
like "$(jq -r '.notes[]' out)" "moved to the folder 'Trash'" "and that is said"
status 0 "once more" load m.spool m --mirror
is "$(jq -c '[.loaded,.moved,.mirrored,.left_in_place]' out)" "[0,0,0,0]" \
	"nothing is left to do"

# neither
restart "$BASE"
cp -r a.spool n.spool
status 0 "neither: loaded" load n.spool n
take n.spool src || bail "extract"
imap n flag A 7 '\Deleted' # the user's own
status 0 "the delta" load n.spool n --mirror
is "$(imap n list)" "A:1 A:2 A:3 A:4 A:5 A:6 A:7 B:9 C:8" \
	"nothing is moved, nothing sent again, nothing expunged"
is "$(imap n flags A 5)|$(imap n flags A 4)" '\Deleted|' "but marked as deleted"
like "$(cat err)" "cannot move single messages" "what stays is named"
done_testing

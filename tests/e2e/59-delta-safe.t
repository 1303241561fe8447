#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What only looks gone is not removed: limits, extractions that saw only part
# of the source, options, folders numbered anew.  And sources that are files.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"

command -v python3 >/dev/null || skip_all "no python3"
dovecot_start || skip_all "no Dovecot"
use_tls
imap() { python3 "$ROOT/tests/e2e/delta_imap.py" "$IMAP_HOST" "$IMAP_PORT" "$@"; }
take() {
	spool=$1 user=$2; shift 2
	# shellcheck disable=SC2086
	postroad extract --json $ACCESS "$@" "$(dest "$user")" "$spool"
}

# ---- too much at once
imap src create A B
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do imap src append A $i; done
for i in 21 22 23; do imap src append B $i; done
take a.spool src >out && load a.spool dst >out || bail "first load"
all=$(imap dst list)
cp -r a.spool whole.spool
for i in 1 2 3 4 5 6 7 8 9 10 11; do imap src delete A $i; done
take a.spool src >out 2>err || bail "extract"
status 1 "--mirror refuses to remove eleven of fifteen" load a.spool dst --mirror
is "$(jq .mirrored out)|$(imap dst list)" "0|$all" "and removes nothing"
like "$(cat err)" "11 of 15 messages of the account" "says how many"
like "$(cat err)" "mirror-limit 100" "and how to allow it"
status 64 "a limit that is none" load a.spool dst --mirror --mirror-limit 101
status 1 "one that the folder is over" load a.spool dst --mirror --mirror-limit 80
like "$(cat err)" "11 of 12 messages of the folder 'A'" "is refused by folder"
is "$(imap dst list)" "$all" "and nothing removed"
status 0 "allowed" load a.spool dst --mirror --mirror-limit 100
is "$(jq .mirrored out)|$(imap dst list)" "11|A:12 B:21 B:22 B:23" "removed"

# ---- killed in the middle of it: what was removed by us is not the user's work
if "$STEPS" --version >ok.log 2>&1; then
	imap src append B 24
	take a.spool src >out && load a.spool dst >out || bail "load"
	imap src delete B 24
	take a.spool src >out
	n=1 rc=100
	: >wrong
	while [ $n -lt 60 ] && [ $rc = 100 ]; do
		rm -rf cut.spool && cp -r a.spool cut.spool
		rc=0
		# shellcheck disable=SC2086
		STEP_AT=$n "$STEPS" load -q $ACCESS --mirror cut.spool \
		    "$(dest dst)" >ok.log 2>&1 || rc=$?
		case " $(imap dst list) " in *" B:24 "*) n=$((n + 1)) ;; *) break ;; esac
	done
	is "$rc" 100 "--mirror: killed when it was removed"
	imap src append B 24
	take cut.spool src >out
	status 0 "it comes back at the source" load cut.spool dst
	is "$(jq .loaded out)|$(imap dst list)" "1|A:12 B:21 B:22 B:23 B:24" \
		"and is sent again"
	# marked, and not removed
	imap src delete B 24
	take cut.spool src >out
	n=1
	while [ $n -lt 60 ]; do
		rm -rf mark.spool && cp -r cut.spool mark.spool
		# shellcheck disable=SC2086
		STEP_AT=$n "$STEPS" load -q $ACCESS --mirror mark.spool \
		    "$(dest dst)" >ok.log 2>&1
		[ "$(imap dst flags B 24)" = '\Deleted' ] && break
		n=$((n + 1))
	done
	is "$(imap dst flags B 24)" '\Deleted' "killed when it was marked"
	imap src append B 24
	take mark.spool src >out
	status 0 "it comes back" load mark.spool dst
	is "$(jq .loaded out)|$(imap dst list)|$(imap dst flags B 24)" \
		"0|A:12 B:21 B:22 B:23 B:24|" "it stays, without our mark"
	imap src delete B 24
	take mark.spool src >out
	status 0 "gone once more" load mark.spool dst --mirror
	is "$(jq .mirrored out)|$(imap dst list)" "1|A:12 B:21 B:22 B:23" "removed"
	rm -rf a.spool && mv mark.spool a.spool
fi

# it is there again: with other numbers, the same bytes
imap src append A 1
take a.spool src >out
status 0 "what comes back" load a.spool dst
is "$(jq .loaded out)|$(imap dst list)" "1|A:1 A:12 B:21 B:22 B:23" \
	"is sent again"

# ---- an extraction that did not see everything
imap src move B 21 A
unsettled() {
	[ "$(sqlite3 "$1/spool.db" \
		"SELECT value FROM meta WHERE name='unsettled'")" = 1 ]
}
"$STEPS" --version >/dev/null 2>&1 && {
	n=1
	while [ $n -lt 40 ]; do
		rm -rf cut.spool && cp -r a.spool cut.spool
		# shellcheck disable=SC2086
		STEP_AT=$n "$STEPS" extract -q $ACCESS "$(dest src)" cut.spool \
		    >/dev/null 2>&1
		unsettled cut.spool && break
		n=$((n + 1))
	done
	cp -r cut.spool transformed.in
	if unsettled cut.spool; then
		status 1 "killed behind the mark" load cut.spool dst --mirror
		like "$(cat err)" "did not see the whole source" "says why nothing goes"
		is "$(imap dst list)" "A:1 A:12 B:21 B:22 B:23" \
			"the message stays, and is in no other place"
		status 0 "transform" postroad transform transformed.in t.spool
		ok "takes that over" unsettled t.spool
		take cut.spool src >out
		status 0 "behind a whole one" load cut.spool dst --mirror
		is "$(imap dst list)" "A:1 A:12 A:21 B:22 B:23" "it was moved"
	fi
}

# ---- left out is not gone, nor is what was numbered anew
imap src create C && imap src append C 31 && imap src append C 32
take o.spool src >out && load o.spool other >out || bail "load"
was=$(imap other list)
take o.spool src --exclude C >out
status 0 "a folder that is left out this time" load o.spool other --mirror
is "$(jq .mirrored out)|$(imap other list)" "0|$was" "is not gone"
home=$T/dovecot/home/src/Maildir
rm -f "$home"/C/dovecot-uidlist "$home"/C/dovecot.index*
take o.spool src >out
status 0 "one that was numbered anew" load o.spool other --mirror
is "$(jq -c '[.loaded,.mirrored]' out)|$(imap other list)" "[0,0]|$was" \
	"is the same"

# ---- numbered anew at the destination, and moved at the source
imap src create P Q && imap src append P 51 && imap src append P 52
take p.spool src >out && load p.spool anew >out || bail "load"
rm -f "$T"/dovecot/home/anew/Maildir/P/dovecot-uidlist \
    "$T"/dovecot/home/anew/Maildir/P/dovecot.index*
imap src move P 51 Q
take p.spool src >out
status 0 "both at once" load p.spool anew
is "$(jq -c '[.loaded,.moved,.pending]' out)" "[0,1,0]" "one run does it"
is "$(jq '.announced == .loaded + .unchanged' out)" true "the sum balances"
like "$(imap anew list)" "P:52 Q:51" "it is in its new place"
imap src remove P && imap src remove Q

# ---- what went to a folder that is left out is not gone either
imap src create D E && imap src append D 41 && imap src append D 42 &&
    imap src append D 43
take e.spool src >out && load e.spool left >out || bail "load"
imap src move D 41 E && imap src delete D 43
take e.spool src --exclude E >out
status 1 "moved to where nobody looked" load e.spool left --mirror
is "$(jq .mirrored out)" 0 "stays"
like "$(cat err)" "without --exclude" "says how to find out"
take e.spool src --exclude E >out
status 1 "looked at in this way once more" load e.spool left --mirror
imap src append D 44
take e.spool src --exclude D >out
status 1 "or with another one left out" load e.spool left --mirror
is "$(jq -c '[.moved,.mirrored]' out)" "[1,0]" "found again, it is moved"
take e.spool src >out
cp -r e.spool dry.spool
status 0 "as a dry run says" load dry.spool left --mirror --dry-run
is "$(jq -c '[.loaded,.elsewhere,.left_in_place]' out)" "[1,0,0]" \
	"one is new, none is told to stay"
unlike "$(cat err)" "stay" "nor is it said"
status 0 "seen as a whole" load e.spool left --mirror
is "$(jq -c '[.loaded,.moved,.mirrored]' out)" "[1,0,1]" \
	"one is new, one gone"
like "$(imap left list)" "D:42 D:44 E:41" "so it is"

# ---- gone, and there again: the dry run counts it
imap src delete D 42
take e.spool src >out; load e.spool left --mirror >out
imap src append E 42
take e.spool src >out
status 0 "back, in another folder: a dry run" load e.spool left --dry-run
dry=$(jq -c '[.loaded,.unchanged]' out)
status 0 "and the run" load e.spool left
is "$dry" "$(jq -c '[.loaded,.unchanged]' out)" "say the same"
is "$(jq .loaded out)" 1 "it is sent"

# ---- a Maildir: a message moved, one deleted, one back
mkdir -p box/cur box/new box/tmp box/.Sub/cur box/.Sub/new box/.Sub/tmp
for i in 1 2 3 4; do message $i >"box/cur/135551943$i.M$i.host:2,S"; done
postroad extract -q box m.spool >out && load m.spool maildir >out || bail "load"
mv box/cur/1355519431.M1.host:2,S box/.Sub/cur/
mv box/cur/1355519432.M2.host:2,S box/cur/1355519432.M2.host:2,FS
rm box/cur/1355519433.M3.host:2,S
status 0 "a Maildir: extracted again" postroad extract --json box m.spool
is "$(jq -c '[.moved,.gone_at_source,.flags_changed]' out)" "[1,1,1]" \
	"one moved, one gone"
status 0 "loaded" load m.spool maildir --mirror --sync-flags
is "$(jq -c '[.loaded,.moved,.flags_synced,.mirrored]' out)" "[0,1,1,1]" \
	"so it is there"
is "$(imap maildir list)" "INBOX:2 INBOX:4 Sub:1" "each in its place"
chmod 000 box/.Sub/cur 2>/dev/null
mkdir away && mv box/cur/* away/ && mv box/.Sub/cur away/sub 2>/dev/null
mkdir -p box/.Sub/cur
status 0 "nothing is there any more" postroad extract --json box m.spool
is "$(jq .gone_at_source out)" null "is taken for not being there at all"
mv away/1* box/cur/ && rmdir box/.Sub/cur && mv away/sub box/.Sub/cur
chmod 700 box/.Sub/cur
status 0 "back again" postroad extract --json box m.spool
status 0 "loaded" load m.spool maildir --mirror
is "$(jq -c '[.loaded,.moved,.mirrored]' out)" "[0,0,0]" "nothing to do"

# ---- mbox files: a message goes from one to another
mkdir mboxes
mbox 1 3 >mboxes/one; mbox 4 4 >mboxes/two
postroad extract -q mboxes b.spool >out && load b.spool mbox >out || bail "load"
mbox 2 3 >mboxes/one; { mbox 4 4; mbox 1 1; } >mboxes/two
status 0 "mbox files: extracted again" postroad extract --json mboxes b.spool
is "$(jq -c '[.stored,.moved,.gone_at_source]' out)" "[1,1,null]" \
	"one moved"
status 0 "loaded" load b.spool mbox
is "$(jq -c '[.loaded,.moved]' out)|$(imap mbox list)" \
	"[0,1]|one:2 one:3 two:1 two:4" "there, too"

# ---- \Flagged by STORE, behind the message
printf 'providers:\n  late:\n    limits:\n      flagged: store\n' >late.yaml
imap flags create F && imap flags append F 1 '\Flagged' '\Seen' &&
    imap flags append F 2
take f.spool flags >out
status 0 "flagged: store" load f.spool late --dest-profile late \
	--providers late.yaml --trace-wire trace
is "$(grep -c 'APPEND.*Flagged' trace)" 0 "no APPEND has it"
is "$(grep -c 'UID STORE 1 +FLAGS.SILENT (.Flagged)' trace)" 1 "a STORE has"
is "$(jq .flags_stored out)|$(imap late flags F 1)" '1|\Flagged \Seen' "it is there"
status 0 "again" load f.spool late --dest-profile late --providers late.yaml \
	--trace-wire trace2
is "$(grep -c 'UID STORE' trace2)" 0 "once"
done_testing

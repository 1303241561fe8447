#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# I21 to I29: servers that answer wrong, twice, late or never, that refuse and
# hang up.  Each run ends in bounded time with the right status, its sums
# balance, and a run against a healthy server then has each message there
# once, and nothing maybe twice.  LONG=1: every place, else some.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"
. "$ROOT/tests/e2e/fake.sh"

[ -x "$FAKE" ] || skip_all "no $FAKE (make check-build)"
mkdir -p box/cur box/new box/tmp box/.Sub/cur box/.Sub/new box/.Sub/tmp
for i in 1 2 3; do message $i >"box/cur/135551943$i.M$i.host:2,S"; done
message 4 >box/.Sub/cur/1355519434.M4.host:2,
for i in 7 8; do
	printf 'Subject: twin\n\ntwin\n' >box/.Sub/cur/135551943$i.M$i.host:2,
done
touch -d @1355519437 box/cur/* box/.Sub/cur/*
postroad extract -q box a.spool || bail "extract"
export POSTROAD FAKE PW_FILE=pw ONCE_JOBS=16

single='--caps -MULTIAPPEND'
sync='--caps -LITERAL+_-MULTIAPPEND'
sync_multi='--caps -LITERAL+'
some=3
[ "${LONG:-}" ] && some=1
places() { seq "$1" "$some" "$2"; }
{
# what | status and counts | seconds | the fake's options ('_': a blank) | ours
cat <<END
I21: APPENDUID without UIDPLUS | 0 loaded=6 | 9 | --caps -UIDPLUS --appenduid unasked |
I22: APPENDUID in another order | 0 loaded=6 | 9 | --appenduid reversed |
I23: APPENDUID 1:* | 0 loaded=6 | 9 | --appenduid star |
I24: no APPENDUID in spite of UIDPLUS | 0 loaded=6 | 9 | --appenduid none |
I22: APPENDUID 0 | 0 loaded=6 | 9 | --appenduid zero |
I22: APPENDUID of more than 32 bits | 0 loaded=6 | 9 | --appenduid huge |
I22: APPENDUID of one too many | 0 loaded=6 | 9 | --appenduid many |
I22: APPENDUID as a range backwards | 0 loaded=6 | 9 | --appenduid backwards |
J4: a refused MULTIAPPEND keeps 1 | 0 loaded=6 maybe_twice=0 | 30 | --no-append 1:no --no-keeps 1 |
J4: the second one keeps 2 | 0 loaded=6 maybe_twice=0 | 30 | --no-append 2:no --no-keeps 2 |
J4: it keeps 2, not just now | 0 loaded=6 maybe_twice=0 | 30 | --no-append 1:[UNAVAILABLE]_no --no-keeps 2 |
J4: it keeps 1, others are refused | 1 loaded=4 refused=2 maybe_twice=0 | 30 | --reject twin --no-keeps 1 |
J4: it keeps 2, no UIDPLUS | 0 loaded=6 maybe_twice=0 | 30 | --no-append 1:no --no-keeps 2 --caps -UIDPLUS |
J4: one that it cannot take just now is kept | 0 loaded=6 maybe_twice=0 | 30 | --no-append 2:[UNAVAILABLE]_no --no-keeps-one $single |
J4: the first one | 0 loaded=6 maybe_twice=0 | 30 | --no-append 1:[THROTTLED]_no --no-keeps-one $single |
J4: the last one in a folder | 0 loaded=6 maybe_twice=0 | 30 | --no-append 3:[LIMIT]_no --no-keeps-one $single |
J4: one that waits for its literal | 0 loaded=6 maybe_twice=0 | 30 | --no-append 2:[UNAVAILABLE]_no --no-keeps-one $sync |
J4: one, no UIDPLUS | 0 loaded=6 maybe_twice=0 | 30 | --no-append 2:[UNAVAILABLE]_no --no-keeps-one --caps -MULTIAPPEND_-UIDPLUS |
END
n=0
for how in unasked reversed star none wrong short validity; do
	case $how in unasked) id=I21 ;; reversed) id=I22 ;; star) id=I23 ;;
	*) id=I24 ;; esac
	for at in $(places $((6 + n % some)) 15); do
		for lose in '' --lose; do
		echo "$id: APPENDUID $how, cut at OK $at $lose | 0 loaded=6 | 25 | \
--appenduid $how --cut-before-ok $at $lose $single |"
		done
	done
	n=$((n + 1))
done
# once it is turned down, and always
for code in TRYCREATE LIMIT INUSE UNAVAILABLE; do
	echo "I25: APPEND, NO [$code] once | 0 loaded=6 | 20 | --no-append 1:[$code]_not_now | "
	echo "I25: one by one, NO [$code] once | 0 loaded=6 | 20 | --no-append 2:[$code]_not_now $single | "
done
for code in INUSE UNAVAILABLE; do
	echo "I25: APPEND, always NO [$code] | 75 pending=6 | 20 | --no-append 0:[$code]_not_now | --max-wait 3"
	echo "I25: SELECT, NO [$code] once | 0 loaded=6 | 20 | --no-on SELECT:1:NO_[$code]_not_now |"
done
for code in OVERQUOTA TOOBIG ALREADYEXISTS CANNOT NOPERM; do
	few='loaded=5 refused=1'
	[ $code != OVERQUOTA ] || few= # those of its size, too, if they were not on their way
	echo "I25: a MULTIAPPEND, NO [$code] | 0 loaded=6 | 9 | --no-append 1:[$code]_no | "
	echo "I25: one message, NO [$code] | 1 $few | 9 | --no-append 2:[$code]_no $single | "
	echo "I25: each message, NO [$code] | 1 loaded=0 refused=6 | 9 | --no-append 0:[$code]_no | "
done
echo "I25: each APPEND, NO [TRYCREATE] | 1 loaded=0 refused=6 | 9 | --no-append 0:[TRYCREATE]_no | "
echo "I25: each APPEND, NO [LIMIT] | 75 pending=6 | 20 | --no-append 0:[LIMIT]_no | --max-wait 3"
for code in ALREADYEXISTS CANNOT OVERQUOTA LIMIT NOPERM INUSE; do
	echo "I25: CREATE, NO [$code] | 1!75 | 20 | --no-on CREATE:0:NO_[$code]_no | --max-wait 3"
done
for code in CANNOT NOPERM TRYCREATE NONEXISTENT; do
	echo "I25: SELECT, NO [$code] | 1 loaded=0 refused=6 | 20 | --no-on SELECT:0:NO_[$code]_no | "
done
for at in $(places 1 22); do
	echo "I26: BYE for command $at | 0!75 | 20 | --bye $at |"
done
for at in $(places 2 18); do
	echo "I26: BYE for OK $at | 0!75 | 25 | --bye-for-ok $at |"
	echo "I26: BYE for OK $at, not kept | 0!75 | 25 | --bye-for-ok $at --lose $single |"
done
# cut off, and then the folder cannot be looked at
for lose in '' --lose; do
	echo "I25: cut off $lose, then EXAMINE, NO [INUSE] once | 0 loaded=6 maybe_twice=0 | 25 | \
--cut-append 1 $lose --no-on EXAMINE:1:NO_[INUSE]_not_now |"
	echo "I25: cut off $lose, then EXAMINE, always NO [NOPERM] | 75 maybe_twice=0 | 25 | \
--cut-append 1 $lose --no-on EXAMINE:0:NO_[NOPERM]_no |"
done
echo "I28: an error each, then a drop | 1 loaded=0 refused=6 | 30 | --max-errors 2 --reject Subject |"
echo "I28: one by one | 1 loaded=0 refused=6 | 30 | --max-errors 2 --reject Subject $single |"
echo "I28: some are refused | 1 loaded=4 refused=2 | 30 | --max-errors 1 --reject twin $single |"
for at in 1 2 3 4; do
	echo "I29: continuation $at never comes | 0 loaded=6 | 20 | --plus never:$at $sync_multi | --timeout 1"
	echo "I29: continuation $at comes twice | 0 loaded=6 | 20 | --plus twice:$at $sync_multi | --timeout 1"
	echo "I29: NO for continuation $at | 0!1 | 20 | --plus no:$at:[OVERQUOTA]_no $sync_multi | --timeout 1"
	echo "I29: one by one, $at never comes | 0 loaded=6 | 20 | --plus never:$at $sync | --timeout 1"
	echo "I29: one by one, $at comes twice | 0 loaded=6 | 20 | --plus twice:$at $sync | --timeout 1"
	echo "I29: one by one, NO for $at | 1 loaded=5 refused=1 | 20 | --plus no:$at:[TOOBIG]_no $sync | --timeout 1"
done
echo "I29: no continuation ever comes | 75 loaded=0 pending=6 | 30 | --plus never:0 $sync | --timeout 1 --max-wait 2"
echo "I29: each comes twice | 0 loaded=6 | 9 | --plus twice:0 $sync_multi |"
echo "I29: a NO for each | 1 loaded=0 refused=6 | 9 | --plus no:0:no $sync_multi |"
for at in $(places 5 16); do
	echo "J4: the reply $at is lost | 0!75 | 25 | --lose-ok $at | --timeout 1"
	echo "I14: the reply $at comes twice | 0!75!76 | 25 | --twice-ok $at |"
done
for at in $(places 6 20); do
	echo "I20: UIDVALIDITY changes at command $at | 0!75 | 25 | --bump-at $at |"
	echo "I20: UIDVALIDITY changes at command $at, one by one | 0!75 | 25 | --bump-at $at $single |"
done
} >cases
# J4: kept so late that it was sent again: that is found out, and named.
# The first OK to an APPEND is cut off; it is kept when the second folder is at
# its turn.
cp -r a.spool late.spool
fake_start --store late.st --delay 20 --keep-late @6 --cut-append 1 \
    --caps -MULTIAPPEND --log late.log
"$POSTROAD" load --json --tls none --password-file pw --connections 1 late.spool "$FAKE_URL" \
    >late.out 2>late.err &
late=$!

python3 "$ROOT/tests/e2e/once.py" sick a.spool cases >results 2>err ||
	diag "$(cat err)"
# in a folder of some length, so that what is noted rests on what was told
mkdir -p many/cur many/new many/tmp
i=0
while [ $i -lt 260 ]; do
	i=$((i + 1))
	message $i >many/cur/$((1355519400 + i)).M$i.host:2,
done
for i in 301 302; do
	printf 'Subject: twin\n\ntwin\n' >many/cur/1355519$i.M$i.host:2,
done
postroad extract -q many many.spool || bail "extract"
for how in reversed star none wrong short validity unasked; do
	for at in 1 130 261; do for lose in '' --lose; do
		echo "I22: 262 messages, APPENDUID $how, APPEND $at cut off $lose | 0 loaded=262 | 40 | \
--appenduid $how --cut-append $at $lose $single |"
	done; done
	echo "I22: MULTIAPPENDs, APPENDUID $how | 0 loaded=262 | 40 | --appenduid $how --cut-append 2 |"
done >more.cases
if [ "${LONG:-}" ]; then
	mv more.cases cases.many
else
	grep -e 'wrong, APPEND 130' -e 'MULTIAPPENDs.* [rws][ert][vao]' more.cases \
	    >cases.many
fi
python3 "$ROOT/tests/e2e/once.py" sick many.spool cases.many >>results 2>err ||
	diag "$(cat err)"
cat cases.many >>cases
while read -r bad what; do
	result "$bad" "${what%%	*}" || diag "$what"
done <results
rc=0
wait $late || rc=$?
is "$rc $(jq -c '[.loaded,.maybe_twice]' late.out)" "0 [6,1]" \
    "J4: kept long after it was sent again: maybe twice"
like "$(cat late.err)" "there twice: .*UID" "J4: which is said, with the UID"
fake_stop
is "$(wc -l <results)" "$(wc -l <cases)" "all were tried"
done_testing

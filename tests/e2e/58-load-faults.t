#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# J5 to J15, for load: a disk that fails, a ledger that is damaged, a clock
# that goes back, a spool that somebody edits, signals.  Whatever happens, a
# run without the trouble then has each message there once.  LONG=1: every
# call fails, else a spread.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"
. "$ROOT/tests/e2e/fake.sh"

[ -x "$FAKE" ] || skip_all "no $FAKE (make check-build)"
mkdir -p box/cur box/new box/tmp box/.Sub/cur box/.Sub/new box/.Sub/tmp
for i in 1 2 3; do message $i >"box/cur/135551943$i.M$i.host:2,S"; done
message 4 >box/.Sub/cur/1355519434.M4.host:2,
touch -d @1355519437 box/cur/* box/.Sub/cur/*
postroad extract -q box a.spool || bail "extract"
export POSTROAD FAKE PW_FILE=pw ONCE_JOBS=8
once() { python3 "$ROOT/tests/e2e/once.py" "$@"; }
once spool a.spool | cut -d' ' -f2 | sort >want
fload() { postroad load --json --tls none --password-file pw "$@" "$FAKE_URL"; }
begin() { rm -rf st b.spool; cp -r a.spool b.spool; }
held() { # DESCRIPTION: each once
	once store st | cut -d' ' -f2 | sort >got
	same got want "$1: each message once"
}

# ---- J5, J6: each call that a disk can fail
shim=$T/fault.so
if [ -n "${SAN:-}" ]; then
	skip "J5: a disk that fails" "the sanitizer's own library is first"
elif ${CC:-cc} -shared -fPIC -o "$shim" "$ROOT/tests/tools/preload/fault.c" \
    -ldl 2>err; then
	parts=40 part=0
	[ "${LONG:-}" ] && parts=1
	# ENOSPC 28, EDQUOT 122, EIO 5, EROFS 30, EINTR 4, EMFILE 24
	for kind in write:28,122,5,30,4,short sync:5,28 read:5,4,short \
	    open:24,28,30,4 truncate:5; do
		p=$parts
		case $kind in sync* | truncate*) p=$(((parts + 9) / 10)) ;; esac
		rc=0
		once faults a.spool "$shim" "${kind%%:*}" "${kind#*:}" \
		    $((part % p))/$p >out 2>err || rc=$?
		case $kind in sync*) id=J6 ;; *) id=J5 ;; esac
		is "$rc $(cat out)" "0 " "$id: ${kind%%:*} fails: $(tail -1 err)"
		part=$((part + 7))
	done

	# ---- J10: the clock
	for clock in back -100000000 +800000000 +4000000000; do
		begin
		fake_stop
		fake_start --store st --cut-before-ok 7 --lose
		rc=0
		LD_PRELOAD=$shim FAULT_CLOCK=$clock \
		    "$POSTROAD" load --json --tls none --password-file pw \
		    --max-wait 0 b.spool "$FAKE_URL" >out 2>err || rc=$?
		is "$rc" 75 "J10: cut off, the clock is $clock"
		status 0 "J10: and runs on with the right one" fload b.spool
		held "J10: $clock"
		LD_PRELOAD=$shim FAULT_CLOCK=$clock "$POSTROAD" load --json \
		    --tls none --password-file pw b.spool "$FAKE_URL" >out 2>err
		is "$? $(jq -c '[.loaded,.unchanged]' out)" "0 [0,4]" \
		    "J10: nothing is sent again"
	done
	fake_stop
else
	skip "J5: a disk that fails" "it cannot be compiled here"
fi

# ---- J9: the ledger is damaged: nothing is sent, and it is said
db=b.spool/spool.db
for how in head middle cut empty text newer; do
	fake_stop; begin
	fake_start --store st --log log
	fload b.spool >out 2>err || diag "$(cat err)"
	: >log
	case $how in
	head) printf 'garbage' | dd of=$db conv=notrunc 2>/dev/null ;;
	middle) head -c 8192 /dev/urandom |
		dd of=$db bs=4096 seek=1 conv=notrunc 2>/dev/null ;;
	cut) truncate -s 5000 $db ;;
	empty) : >$db ;;
	text) echo 'this is no database at all' >$db ;;
	newer) sqlite3 $db 'PRAGMA user_version=99' ;;
	esac
	if [ $how = empty ]; then # as if there were none
		status 0 "J9: spool.db: $how" fload b.spool
	else
		status 65 "J9: spool.db: $how" fload b.spool
		like "$(cat err)" 'spool\.db' "J9: $how: it is named"
	fi
	is "$(grep -c APPEND log)" 0 "J9: $how: nothing is sent"
	rm -f $db $db-wal $db-shm
	status 0 "J9: $how: taken away, it is found out again" fload b.spool
	is "$(jq -c '[.loaded,.unchanged]' out)" "[0,4]" "J9: $how: nothing is sent"
	held "J9: $how"
done
# a log of SQLite's that is torn, or garbage
fake_stop; begin
fake_start --store st --log log
fload b.spool --limit-messages 2 >out 2>err
head -c 6000 /dev/urandom >$db-wal
status 0 "J9: garbage where SQLite's log is" fload b.spool
held "J9: garbage in the log"
fake_stop

# ---- J12: the spool edited by hand between two runs
begin
fake_start --store st --log log
status 75 "J12: two of four are loaded" fload b.spool --limit-messages 2
find b.spool/mail -name '*postroad*' | sort >files
one=$(sqlite3 $db "SELECT file FROM (SELECT f.path || '/cur/' || m.ident ||
    m.info AS file, m.id FROM message m JOIN folder f ON f.id=m.folder
    WHERE m.key NOT IN (SELECT key FROM delivery WHERE state=2)) ORDER BY id
    LIMIT 1" 2>/dev/null)
one=b.spool/mail/$one
[ -f "$one" ]
result $? "J12: one that is waiting ($one)"
cp "$one" kept
rm "$one"
status 1 "J12: its file is removed" fload b.spool
is "$(jq -c '[.lost,.unchanged,.loaded]' out)" "[1,2,1]" "J12: it is lost, said"
status 1 "J12: again" fload b.spool
is "$(jq -c '[.lost,.unchanged]' out)" "[1,3]" "J12: it is said again"
head -c 50 kept >"$one"
status 1 "J12: it is back, in part" fload b.spool
is "$(jq -c '[.refused,.unchanged]' out)" "[1,3]" "J12: it is refused"
like "$(cat err)" 'has 50 bytes, and had' "J12: which is said"
status 1 "J12: verify names it, too" postroad verify b.spool
cp kept "$one"
status 0 "J12: it is back, whole" fload b.spool
held "J12: in the end"
done_=$(sqlite3 $db "SELECT f.path || '/cur/' || m.ident || m.info FROM
    message m JOIN folder f ON f.id=m.folder LIMIT 1")
mv "b.spool/mail/$done_" gone.eml
status 0 "J12: the file of one that was delivered is removed" fload b.spool
is "$(jq -c '[.unchanged,.loaded]' out)" "[4,0]" "J12: it stays delivered"
cp kept "b.spool/mail/INBOX/cur/1355519499.extra.host:2,"
status 0 "J12: a file that nobody knows" fload b.spool
is "$(jq .loaded out)" 1 "J12: is mail, and loaded"
fake_stop

# ---- J14: signals at any time
n=24
[ "${LONG:-}" ] && n=400
rc=0
ONCE_JOBS=4 once signals a.spool $n "${SEED:-1}" >out 2>err || rc=$?
is "$rc $(cat out)" "0 " "J14: signals: $(tail -1 err)"

# ---- J15: twice
begin
fake_start --store st --log log
fload b.spool >out 2>err
: >log
status 0 "J15: a second run" fload b.spool
is "$(grep -cE 'APPEND|CREATE|SUBSCRIBE' log)" 0 "J15: sends nothing"
held "J15"
fake_stop
done_testing

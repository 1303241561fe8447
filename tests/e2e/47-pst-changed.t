#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A PST that grows, changes or is replaced while it is read; one that was not
# closed; one with a password.
. "${0%/*}/lib.sh"

B=${BUILD:-$ROOT/build}
[ -x "$B/tests/tools/mkpst" ] || skip_all 'mkpst is not built'
"$B/tests/tools/mkpst" many first.pst 400 2 60000 3 || bail 'mkpst'
touch -d 2020-01-01T00:00:00 first.pst

# changed DESCRIPTION JOBS COMMAND...: run it while x.pst is being read.  The
# parent is stopped: what the children may send ahead is less than the file.
changed() {
	what=$1 jobs=$2; shift 2
	rm -rf x.spool x.pst
	cp -p first.pst x.pst
	"$POSTROAD" extract --json -j "$jobs" x.pst x.spool >out 2>err &
	pid=$!
	while [ ! -e x.spool/spool.db ] && kill -0 $pid 2>/dev/null; do :; done
	kill -STOP $pid
	"$@" || diag "failed: $*"
	kill -CONT $pid
	wait $pid
	is $? "$want" "$what, $jobs: exit status"
}
said() { jq -r '.problems[] | .error + " | " + .hint' out; }
grow() { printf x >>x.pst; }
# a byte of the header, and nobody's clock says so
sneak() {
	printf '\1' | dd of=x.pst bs=1 seek=32 conv=notrunc 2>/dev/null
	touch -r first.pst x.pst
}
replace() { cp first.pst y.pst && mv y.pst x.pst; }

for n in 1 3; do
	want=0
	changed 'left alone' $n true
	is "$(jq '.stored' out)" 400 'and all is there'
	is "$(said)" '' 'and nothing is said'
	want=1
	changed 'it grows' $n grow
	like "$(said)" 'changed while it was read.*\| .*run it again' 'said'
	changed 'it is written to' $n touch x.pst
	like "$(said)" 'changed while it was read' 'said'
	changed 'its header changes, not its time' $n sneak
	like "$(said)" 'changed while it was read' 'said'
	changed 'it is replaced' $n replace
	like "$(said)" 'replaced .*while it was read' 'said'
	is "$(jq '.stored' out)" 400 'and the old one is read to its end'
done

# [MS-PST] 2.2.2.5, fAMapValid: 0 while somebody writes
"$B/tests/tools/mkpst" odd odd.pst || bail 'mkpst'
cat >open.py <<'END'
import sys, zlib
d = bytearray(open(sys.argv[1], 'rb').read())
crc = lambda b: (zlib.crc32(b, 0xffffffff) ^ 0xffffffff).to_bytes(4, 'little')
wide = int.from_bytes(d[10:12], 'little') >= 21
assert d[4:8] == crc(d[8:479])
d[248 if wide else 200] = 0
d[4:8] = crc(d[8:479])
if wide:
    d[524:528] = crc(d[8:524])
open(sys.argv[2], 'wb').write(d)
END
status 0 'a closed PST' postroad extract --json odd.pst closed.spool
is "$(jq -c '.notes // []' out | grep -c 'not close')" 0 'nothing of that'
python3 open.py odd.pst open.pst || bail 'open.py'
status 0 'a PST left open' postroad extract --json open.pst open.spool
like "$(jq -r '.notes[]' out)" 'did not close it.*run this again' 'is noted'
ok 'and read' diff -r closed.spool/mail open.spool/mail
status '0|1' 'survey a PST left open' postroad survey open.pst
like "$(cat out)" 'did not close it' 'says it, too'

# the smallest PST of the tests has a password; it is counted, once
for form in '' ansi; do
	"$B/tests/tools/pstbox" $form 1 >pw.pst
	for n in 1 3; do
		rm -rf pw.spool
		postroad extract --json -j $n pw.pst pw.spool >out 2>err
		is "$(jq -r '.notes[]' out | grep -c 'has a password')" 1 \
		    "a password, ${form:-unicode}, $n processes: said once"
		ok 'and the mail is read' test "$(jq .stored out)" -gt 0
	done
done
if p=$(corpus pst/unicode_passworded.pst); then
	status 0 'passworded' postroad extract --json "$p" p.spool
	like "$(jq -r '.notes[]' out)" 'has a password' 'is said'
else
	skip 'a PST that Outlook gave a password' 'no ../shared/corpus'
fi
done_testing

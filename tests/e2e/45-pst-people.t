#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Who a message of a PST is from, to, and to be answered to, wherever the store
# has it; reports as multipart/report; attachments that are elsewhere.
. "${0%/*}/lib.sh"

check() {
	python3 "$ROOT/tests/e2e/pst_people.py" "$1" "$1.spool" >found 2>log
	result $? "$1: $(cat found)"
	sed 's/^/# /' log >&2
}

for name in people report links; do
	python3 "$ROOT/tests/tools/pst_cases.py" $name $name.pst ||
		bail "pst_cases.py $name"
done
status 0 "people are extracted" postroad extract people.pst people.spool
check people
status 0 "reports are" postroad extract report.pst report.spool
check report
status 1 "links are" postroad extract links.pst links.spool
check links
is "$(grep -c '^error: ' err)" 1 "only what has no path is lost"
like "$(cat err)" "'lost.doc' is a link to a file, and the store does not say" \
    "which is said"

if command -v pffexport >/dev/null; then
	pffexport -q -t pff people.pst >/dev/null 2>&1
	is "$(find pff.export -name 'Message.txt' | wc -l)" 15 \
	    "libpff reads the messages, too"
else
	skip 'libpff' 'no pffexport'
fi
done_testing

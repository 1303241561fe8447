#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Bodies of PST items that mail programs do not know: RTF, meetings.
. "${0%/*}/lib.sh"

CORPUS=${CORPUS:-$ROOT/../shared/corpus/pst}
check=$ROOT/tests/e2e/pst_bodies.py

python3 "$ROOT/tests/tools/pst_cases.py" meeting meeting.pst ||
	bail "pst_cases.py meeting"
status 1 "meetings are extracted" postroad extract meeting.pst m.spool
is "$(cat out err | grep -c 'its rule is cut')" 1 \
    "a rule that cannot be read is named"
python3 "$check" calendar m.spool >out 2>log
result $? "requests, cancellations, answers: text/calendar, $(cat out)"
sed 's/^/# /' log >&2
postroad extract meeting.pst m.again >out 2>&1
ok "twice the same bytes" diff -r m.spool/mail m.again/mail

if ! [ -d "$CORPUS" ]; then
	skip "RTF bodies" "no corpus in $CORPUS"
	done_testing
	exit
fi

for name in unicode_tika-various-body-types unicode_password_dsn-reports \
    unicode_jp_200-recipients; do
	pst=$CORPUS/$name.pst
	postroad extract --keep-rtf "$pst" "$name.rtf" >out 2>&1
	postroad extract "$pst" "$name.plain" >out 2>&1
	postroad extract "$pst" "$name.again" >out 2>&1
	ok "$name: twice the same bytes" \
	    diff -r "$name.plain/mail" "$name.again/mail"
done
python3 "$check" rtf ./*.rtf >rtf 2>log
result $? "RTF bodies: $(tail -n 1 rtf)"
sed 's/^/# /' log >&2
python3 "$check" no-rtf ./*.plain >no 2>log
result $? "and no .rtf unless asked for"
sed 's/^/# /' log >&2

done_testing

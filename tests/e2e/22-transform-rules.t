#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Rules from a file: what they can say, what is refused with file and line,
# and copies of one message.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/transform.sh"

# twin KEY FOLDER: the same bytes once more, as another message
twin() {
	made=$((made + 1))
	mkdir -p "$IN/mail/$2/cur" "$IN/mail/$2/new" "$IN/mail/$2/tmp"
	cat "$IN"/mail/*/cur/*."$1".* >one
	key=k$made
	put "$2" "$key" 1546900000 ''
}

msg Work first; first=$key
twin "$first" Work; inside=$key
twin "$first" INBOX; elsewhere=$key
msg Work other; other=$key
# another copy by Message-ID and date, with other bytes
made=$((made + 1)) likely=k$made
{ printf 'X-Path: b\r\n'; cat "$IN"/mail/Work/cur/*."$other".*; } >one
put Work "$likely" 1546900001 ''
msg Junk pills; junk=$key
msg Archive/2001 ancient S 1000000000; ancient=$key
msg Archive/2001 dear SF 1000000001; dear=$key

t 0 "copies by their bytes, in the whole mailbox" --exclude-duplicates bytes
is "$(fates out.spool)" \
"$first duplicate $elsewhere (--exclude-duplicates 'bytes')
$inside duplicate $elsewhere (--exclude-duplicates 'bytes')" \
	"the first in folder order stays, each copy names it"
is "$(sums)" "6 0 0 2 0" "counted"
balanced
rm -rf out.spool
t 0 "by Message-ID and date" --exclude-duplicates message-id
is "$(fates out.spool | grep -c "^$likely duplicate $other ")" 1 "other bytes"
rm -rf out.spool
cat >rules.yaml <<'END'
rules:
  - name: twins
    exclude: { duplicate: { by: bytes, within: folder } }
END
t 0 "within a folder" --rules rules.yaml
is "$(fates out.spool)" "$inside duplicate $first (rule 'twins')" "only"

# a copy that comes earlier in order later in time
rm -rf out.spool in2 && mkdir in2 && mv in.spool/mail/INBOX/cur/* in2/
t 1 "before the copy in INBOX is there" --exclude-duplicates bytes
mv in2/* in.spool/mail/INBOX/cur/
t 0 "and with it" --exclude-duplicates bytes
is "$(where "$first" out.spool)" Work "the one that may be loaded already stays"
is "$(where "$elsewhere" out.spool)" "" "the new one is the copy"
is "$(jq -r '[.moved,.removed]|@csv' out)" , "nothing moves"

# ---- the file
rm -rf out.spool
cat >rules.yaml <<'END'
# what the office wants
ignore-case: true
fix-names: { double-byte-space: '_', on-collision: suffix }
rules:
  - name: no-junk
    exclude: { role: \Junk }
  - name: old
    exclude:
      folder: ['archive/**', INBOX]
      before: 2002-01-01
      flag: ['seen', '!flagged']
  - rename: { folder-regex: '^archive/(\d+)$', to: 'Year $1' }
  - name: subjects
    exclude:
      header: { name: subject, regex: '^oth' }
  - rename: { role: '\Sent', to: Sent, as: \Sent }
END
cp rules.yaml before
t 0 "a rules file" --rules rules.yaml --exclude 'YEAR 2000'
is "$(fates out.spool)" "$other excluded rule 'subjects'
$likely excluded rule 'subjects'
$junk excluded rule 'no-junk'
$ancient excluded rule 'old'" "each rule by its name; all conditions hold"
is "$(where "$dear" out.spool)" "Year 2001" "a rename with a group"
same rules.yaml before "the file is only read"

# the same in JSON
rm -rf out.spool
cat >rules.json <<'END'
{"ignore-case": true, "rules": [
  {"name": "no-junk", "exclude": {"role": "\\Junk"}},
  {"exclude": "inbox"}, {"rename": {"folder": "work", "to": "Arbeit"}}]}
END
t 0 "rules as JSON" --rules rules.json
is "$(where "$first" out.spool)" Arbeit "work"
is "$(fates out.spool | grep -c 'rule 2')" 1 "unnamed rules have numbers"
rm -rf out.spool
t 0 "the example of the manual" --rules "$ROOT/docs/examples/rules.yaml"

# ---- a role folder goes where its new name says, and is it no more
postroad extract -q "$ROOT/samples/office.pst" pst.spool >/dev/null 2>&1
role() { # RENAME: what ls tells of sent mail then
	rm -rf role.spool
	postroad transform -q --rename "$1" pst.spool role.spool >/dev/null 2>&1
	postroad ls role.spool | grep -E 'Sent|2019' | sed 's/.*B  //'
}
is "$(role 'Sent Items=Old/2019')" 'Old/2019' 'another name: no role'
is "$(role 'Sent Items=Sent')" 'Sent  [\Sent]' 'a name of its role: as it was'

# ---- refused, with file, line and what (C13, C14, C15, C17)
while IFS='|' read -r text words; do
	printf '%b\n' "$text" >bad.yaml
	status 78 "78: $words" postroad transform --rules bad.yaml $IN bad.spool
	like "$(cat err)" "bad.yaml:[0-9]+: .*$words" "said"
	nok "nothing written" test -e bad.spool
done <<'END'
rulez: 1|unknown key 'rulez'
rules:\n  - exclude: { foldr: a }|unknown key 'foldr'
rules:\n  - exclude: { folder: "[" }|without '\]'
rules:\n  - exclude: { folder: *x }|alias
rules:\n  - exclude: { flag: !seen }|tag
rules:\n  - exclude: { before: yesterday }|must be a date
rules:\n  - exclude: { larger: 99999999999999999999999 }|must be a size
rules:\n  - exclude: { larger: -1 }|must be a size
rules:\n  - exclude: { larger: NaN }|must be a size
rules:\n  - exclude: {}|would exclude everything
rules:\n  - name: x|needs 'exclude' or 'rename'
rules:\n  - rename: { folder: a, to: "b$2" }|no \$2
rules:\n  - rename: { folder: a, before: 2001-01-01, to: b }|unknown key 'before'
rules:\n  - exclude: { folder-regex: "(" }|parenthesis
rules:\n  - exclude: { role: boss }|no special-use role
rules: []\nrules: []|twice
include: other.yaml|unknown key 'include'
a: &a [1]\nb: *a|alias
--- {rules: []}\n--- {rules: []}|second document
fix-names: yes|true or false
fix-names: { for: nowhere }|no destination
[1, 2]|key: value
rules:\n\t- exclude: a|cannot start
END
printf '' >bad.yaml
status 78 "an empty file" postroad transform --rules bad.yaml $IN bad.spool
printf 'rules: [\0]\n' >bad.yaml
status 78 "a NUL" postroad transform --rules bad.yaml $IN bad.spool
printf '\377\376r\0u\0' >bad.yaml
status 78 "UTF-16" postroad transform --rules bad.yaml $IN bad.spool
printf 'rules: [ "\351" ]\n' >bad.yaml
status 78 "Latin-1" postroad transform --rules bad.yaml $IN bad.spool
head -c 300000 /dev/zero | tr '\0' '#' >bad.yaml
status 78 "too large" postroad transform --rules bad.yaml $IN bad.spool
mkfifo fifo
status 78 "a pipe" postroad transform --rules fifo $IN bad.spool
status 78 "a directory" postroad transform --rules . $IN bad.spool
status 66 "no such file" postroad transform --rules gone $IN bad.spool

# a pattern that would never end costs a moment, and is told
rm -rf out.spool
a=$(printf '%0200d' 0 | tr 0 a)
msg "$a!" x
t 1 "C14: a catastrophic regex" --exclude-regex '^(a+)+$'
like "$(jq -r '.problems[].error' out)" "gave up" "gives up, which is a problem"
is "$(where "$key" out.spool)" "$a!" "what it could not decide stays"
done_testing

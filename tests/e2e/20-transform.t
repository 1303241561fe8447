#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Rules over a spool: what stays is the same file, what goes has a name for
# why, and a second run does only the difference.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/transform.sh"

msg INBOX hello S; hello=$key
msg INBOX old '' 1000000000; old=$key
msg INBOX spammy '' '' 'X-Spam-Flag: YES'; spam=$key
msg INBOX offer F '' 'X-Note: =?utf-8?Q?gr=C3=BC=C3=9Fe?='; offer=$key
msg Trash rubbish; rubbish=$key
msg Trash/Old 'older rubbish'; older=$key
msg Junk pills; pills=$key
msg Projekte/2019 plan; plan=$key
msg Projekte/2019/Q1 detail; detail=$key
msg 'In%2FOut' slash; slash=$key
folder Empty 'Empty/Below'
postroad transform -q $IN first.spool >/dev/null 2>&1
(cd $IN && find mail -type f -exec sha256sum {} + | sort) >in.before

# ---- the plan
status 0 "req-051 req-053: --dry-run prints the plan" postroad transform -n \
	--exclude Trash --exclude '\Junk' --rename 'Projekte/*=Projects/*' \
	$IN out.spool
like "$(cat out)" "'Projekte/2019/Q1'  becomes 'Projects/2019/Q1'" \
	"a rename, with the folders below"
like "$(cat out)" "'Trash'  is left out  \(--exclude 'Trash'\)" \
	"an exclusion, and by which rule"
like "$(cat out)" "1  messages left out by --exclude '.Junk'" "hits of rules"
like "$(cat out)" 'Nothing was written' "it says so"
nok "and nothing was written" test -e out.spool
mkdir out.spool
tree out.spool >before
t 0 "a dry run into an empty directory" -n --exclude Trash
is "$(jq -c '[.dry_run,.stored,.excluded]' out)" '[true,9,1]' "counts"
tree out.spool >after
same after before "leaves it empty"

# ---- for real
t 0 "req-051: by glob and by role" --exclude Trash --exclude '\Junk' \
	--rename 'Projekte/*=Projects/*'
is "$(sums)" "8 0 2 0 0" "counted"
balanced
is "$(folders out.spool)" \
	'INBOX|Empty|Empty/Below|In/Out|Projects/2019|Projects/2019/Q1|Trash/Old' \
	"empty folders stay, excluded ones go, those below an excluded one stay"
is "$(where "$plan" out.spool)" Projects/2019 "a message went along"
is "$(fates out.spool)" "$rubbish excluded --exclude 'Trash'
$pills excluded --exclude '\\Junk'" "each fate names its rule"
a=$(find $IN/mail -name "*.$plan.*") b=$(find out.spool/mail -name "*.$plan.*")
is "$(stat -c %i "$a")" "$(stat -c %i "$b")" "output is a hard link"
ok "byte for byte" cmp "$a" "$b"
is "${b##*/}" "${a##*/}" "under the same name"
(cd $IN && find mail -type f -exec sha256sum {} + | sort) >in.after
same in.after in.before "IN is as it was"
is "$(stat -c %Y "$b")" "$(stat -c %Y "$a")" "mtimes too"
like "$(postroad why out.spool "<m5@example.org>" 2>&1)" "excluded" \
	"why tells what became of an excluded message"

# ---- again
tree out.spool >before
t 0 "again" --exclude Trash --exclude '\Junk' \
	--rename 'Projekte/*=Projects/*'
is "$(sums)" "0 8 2 0 0" "all unchanged"
# (SQLite's -wal comes and goes in the directory itself)
tree out.spool | grep -v '^\. ' >after
grep -v '^\. ' before >want
same after want "and nothing is written"

# ---- more mail, other flags, other rules
msg Projekte/2019 later; later=$key
mv "$a" "${a}R"
t 0 "after more mail came in" --exclude Trash --exclude '\Junk' \
	--rename 'Projekte/*=Projects/*'
is "$(sums)" "1 8 2 0 0" "only the difference is done"
is "$(jq .flags_changed out)" 1 "flags that changed are carried"
ok "to the file's name" test -e "${b}R"
t 0 "with other rules" --rename 'Projekte=Work'
is "$(sums)" "2 9 0 0 0" "what is not excluded any more is linked"
is "$(jq .moved out)" 3 "what is renamed otherwise is moved"
is "$(where "$later" out.spool)" Work/2019 "to its new place"
is "$(fates out.spool)" "" "and has no fate besides"
is "$(jq .folders_removed out)" 2 "folders without a place are taken away"
nok "also as directories" test -d out.spool/mail/Projects
t 0 "with the first rules again" --exclude Trash --exclude '\Junk' \
	--rename 'Projekte/*=Projects/*'
is "$(jq .removed out)" 2 "what is excluded now is removed"
nok "from the disk" test -e "out.spool/mail/Trash/cur/"*
ok "not from IN" test -e $IN/mail/Trash/cur/*
status 0 "the ledger agrees with the files" postroad verify out.spool

# a reader's own change in OUT survives a run that has nothing to carry
f=$(find out.spool/mail/INBOX -name "*.$hello.*")
mv "$f" "${f%:2,*}:2,FS"
t 0 "a flag set in OUT" --exclude Trash --exclude '\Junk' \
	--rename 'Projekte/*=Projects/*'
ok "stays" test -e "${f%:2,*}:2,FS"

# ---- what is gone from IN
rm -f $IN/mail/INBOX/cur/*."$offer".*
t 0 "a message that is gone from IN" --exclude Trash --exclude '\Junk' \
	--rename 'Projekte/*=Projects/*'
is "$(jq .lost_in_source out)" 1 "is told"
is "$(where "$offer" out.spool)" INBOX "and stays in OUT"
rm -rf out.spool
t 1 "and where OUT never had it"
is "$(sums)" "10 0 0 0 1" "it is refused"
like "$(jq -r '.problems[0].error' out)" 'gone from' "with its reason"

# ---- by message
rm -rf out.spool
t 1 "by date" --exclude-before 2005-01-01
is "$(fates out.spool | grep -c "^$old excluded --exclude-before")" 1 "old"
rm -rf out.spool
t 1 "by size" --exclude-smaller 110
is "$(jq '.excluded > 0 and .stored > 0' out)" true "some are small"
balanced
rm -rf out.spool
t 1 "by flag" --exclude-flag seen
is "$(fates out.spool | grep excluded | cut -d' ' -f1)" "$hello" "seen"
rm -rf out.spool
t 1 "by header" --exclude-header 'x-spam-flag: yes'
is "$(fates out.spool | grep excluded | cut -d' ' -f1)" "$spam" "spam"
rm -rf out.spool
t 1 "by regex" --exclude-regex '/Q[1-4]$' --rename-regex '^(\w+)/(20\d\d)=$2 $1'
is "$(where "$plan" out.spool)" "2019 Projekte" "groups"
is "$(where "$detail" out.spool)" "" "left out"
is "$(where "$slash" out.spool)" "In/Out" "a '/' inside a name stays inside"
ok "on disk too" test -d out.spool/mail/In%2FOut/cur
rm -rf out.spool
t 1 "the slash in a glob" --exclude 'In/Out'
is "$(where "$slash" out.spool)" "" "matches the one in the name"

# ---- what cannot be
for bad in '--exclude [' '--rename ab' '--exclude-before never' \
	'--exclude-larger big' '--exclude-duplicates maybe' '--for nowhere' \
	'--on-collision win' '--exclude-regex (' '--exclude-role boss' \
	'--rename a=$1'; do
	# shellcheck disable=SC2086
	status 64 "refused: $bad" postroad transform $bad $IN x.spool
	nok "and nothing written" test -e x.spool
done
status 64 "IN and OUT the same" postroad transform $IN $IN
status 64 "OUT in IN" postroad transform $IN $IN/mail/x
ln -s $IN link.spool
status 64 "the same by another name" postroad transform $IN link.spool
status 66 "no IN" postroad transform nothing x.spool
nok "leaves no OUT" test -e x.spool
postroad extract -q "$ROOT/samples/maildir" desk.spool >/dev/null 2>&1
status 64 "OUT of another source" postroad transform desk.spool out.spool
status 64 "... in a dry run" postroad transform -n desk.spool out.spool
postroad transform -q out.spool out2.spool >/dev/null
status 0 "a transformed spool is transformed again" \
	postroad verify out2.spool
is "$(keys out2.spool)" "$(keys out.spool)" "to the same"
done_testing

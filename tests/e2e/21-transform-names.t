#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Folder names: double-byte spaces, their invisible relatives, what servers
# refuse, and twins that must stay apart for ever.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/transform.sh"
W=$(printf '\343\200\200') # U+3000
N=$(printf '\302\240') # no-break space

# becomes NAME: what it becomes with the options in $opt
becomes() {
	rm -rf in.spool out.spool made.* && msg "$1" x >/dev/null
	# shellcheck disable=SC2086
	postroad transform -q --fix-names $opt $IN out.spool >/dev/null 2>&1
	where "$key" out.spool
}

opt=
# u OCTAL...: those bytes
u() { printf "$(printf '\\%s' "$@")"; }
zwnj=$(u 331 207 342 200 214 331 207)
while IFS='|' read -r name want what; do
	is "$(becomes "$name")" "$want" "req-053: $what"
done <<END
A${W}B|A B|double-byte space
${W}A${W}|A|in front and behind
${W}|_|nothing else
A${W}${W}B|A  B|two of them
A${W}B/C${W}D|A B/C D|in each component
INBOX/A${W}B|INBOX/A B|below INBOX
A$(u 302 240)B|A B|no-break space
A$(u 342 200 213)B|AB|zero width space
A$(u 342 200 203)B|A B|em space
A$(u 342 200 257)B|A B|narrow no-break space
$(u 357 273 277)A|A|byte order mark
A$(u 342 200 256)B|AB|right-to-left override
 A |A|outer spaces
A...|A|trailing dots
A .|A|a trailing dot behind a space
$zwnj|$zwnj|a joiner between letters stays
v1.2|v1.2|inner dots stay
%01A%07|A|controls
%2EA|.A|a leading dot is encoded, not lost
END

opt='--double-byte-space _'
is "$(becomes "A${W}B")" A_B "req-053: another text of choice"
rm -rf in.spool out.spool; msg "A${W}B" x
postroad transform -q --double-byte-space '' $IN out.spool >/dev/null 2>&1
is "$(where "$key" out.spool)" AB "req-053: none at all"
rm -rf out.spool
postroad transform -q $IN out.spool >/dev/null 2>&1
is "$(where "$key" out.spool)" "A${W}B" "without --fix-names it stays"
status 64 "a text with '/' is refused" \
	postroad transform --double-byte-space a/b $IN x.spool

opt='--for dovecot'
is "$(becomes 'v1.2')" v1_2 "Dovecot: dots"
is "$(becomes '%7Ea')" _a "Dovecot: a leading tilde"
opt='--for google'
is "$(becomes 'a  ^b')" 'a _b' "Gmail: ^ and two spaces"
opt='--for microsoft'
is "$(becomes 'Files')" Files_ "Exchange: a reserved name"
is "$(becomes 'In%2FOut')" In_Out "Exchange: a slash inside"
opt='--for cyrus'
is "$(becomes 'a"b')" a_b "Cyrus: quotes"
is "$(becomes '!a;b<c>d^e`f{g|h}i')" _a_b_c_d_e_f_g_h_i "Cyrus: all it refuses"
is "$(becomes '#a$b(c)d=e,f@g~h+i')" '#a$b(c)d=e,f@g~h+i' "Cyrus: nothing else"
opt='--for courier'
is "$(becomes '📁 x')" '_ x' "Courier: beyond U+FFFF"

# ---- twins, in either order of arrival
for first in wide plain; do
	rm -rf in.spool out.spool
	[ $first = wide ] && { msg "A${W}B" w; wide=$key; }
	[ $first = plain ] && { msg 'A B' p; plain=$key; }
	t 0 "req-053: the $first one alone" --fix-names
	is "$(folders out.spool)" 'A B' "gets the name"
	[ $first = wide ] && { msg 'A B' p; plain=$key; }
	[ $first = plain ] && { msg "A${W}B" w; wide=$key; }
	t 0 "req-053: its twin comes later" --fix-names
	if [ $first = wide ]; then a=$wide b=$plain; else a=$plain b=$wide; fi
	is "$(where "$a" out.spool)" 'A B' "the first keeps its name"
	is "$(where "$b" out.spool)" 'A B (2)' "the second is kept apart"
	is "$(jq -r '[.moved,.removed]|@csv' out)" , "nothing moves"
	msg "A${W}B" w2; w2=$key; msg 'A B' p2; p2=$key
	t 0 "again, with more mail" --fix-names
	is "$(where "$w2" out.spool)" "$(where "$wide" out.spool)" \
		"what was given stays given"
	is "$(where "$p2" out.spool)" "$(where "$plain" out.spool)" \
		"to both"
	msg "A${N}B" third; third=$key
	t 0 "a third twin" --fix-names
	is "$(where "$third" out.spool)" 'A B (3)' "is the third"
	is "$(jq -r '.plan.folders[]|select(.suffixed)|.to' out |
		sort | tr '\n' '|')" 'A B (2)|A B (3)|' "the plan tells"
	t 0 "merged on request" --fix-names --on-collision merge
	is "$(folders out.spool)" 'A B' "one folder"
	is "$(keys out.spool | wc -l)" 5 "with all the mail"
	t 0 "and apart again" --fix-names
	is "$(keys out.spool | cut -d' ' -f2- | sort -u | wc -l)" 3 "three"
done

rm -rf in.spool out.spool
msg 'A B' p; plain=$key
msg "A${W}B" w; wide=$key
msg 'A B (2)' real; real=$key
msg "A${W}B/Sub${W}x" s; sub=$key
msg 'A B/Sub x' q; q=$key
t 0 "req-053: both at once, and a folder with the suffix's name" --fix-names
is "$(where "$plain" out.spool)" 'A B' "no cleaning, no change"
is "$(where "$real" out.spool)" 'A B (2)' "nor here"
is "$(where "$wide" out.spool)" 'A B (3)' "the next one that is free"
is "$(where "$sub" out.spool)" 'A B (3)/Sub x' "children stay with parents"
is "$(where "$q" out.spool)" 'A B/Sub x' "each with its own"

rm -rf in.spool out.spool
msg 'INBOX' i; i=$key; msg ' inbox ' fake; fake=$key
msg Sent s; s=$key; msg SENT s2; s2=$key
t 0 "INBOX is INBOX" --fix-names
is "$(where "$i" out.spool)" INBOX "and no other"
is "$(where "$fake" out.spool)" 'inbox (2)' "can be"
is "$(where "$s2" out.spool),$(where "$s" out.spool)" SENT,Sent \
	"case makes names differ"
rm -rf out.spool
t 0 "where the server ignores case" --for microsoft
is "$(where "$s2" out.spool),$(where "$s" out.spool)" 'SENT,Sent (2)' \
	"it does not"

# ---- what rules can do to names
rm -rf in.spool out.spool
msg INBOX a; msg A b; msg B c; msg Sent d; msg 'Sent Items' e; msg X/Y f; xy=$key
t 0 "two folders renamed to one" --rename 'Sent Items=Sent' --rename 'A=B'
is "$(keys out.spool | wc -l)" 6 "all mail is there"
balanced
rm -rf out.spool
t 0 "a cycle" --rename 'A=B' --rename 'B=A' --rename 'A=INBOX/A'
is "$(keys out.spool | wc -l)" 6 "ends"
rm -rf out.spool
t 0 "hostile new names" --rename 'A=../../etc' --rename 'B=/abs/./..//x' \
	--rename 'X/**=**'
is "$(find out.spool/mail -name etc -o -name abs | wc -l)" 2 "stay inside"
is "$(find . -maxdepth 2 -name etc | wc -l)" 0 "nothing outside"
is "$(where "$xy" out.spool)" Y "a level taken away"
rm -rf out.spool
long=$(printf '%0300d' 0)
t 0 "an over-long new name" --rename "A=$long"
is "$(keys out.spool | wc -l)" 6 "is cut"
done_testing

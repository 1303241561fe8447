# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# What the tests of folders and destination rules share; sourced after lib.sh
# and fake.sh.  The fake's store is "st", its log "log".

# box NAME...: an EML tree with one message in each folder
box() {
	for b; do
		n=$((${n:-0} + 1))
		mkdir -p "in/$b"
		printf 'Subject: m%s\nMessage-ID: <m%s@x>\n\nx\n' "$n" "$n" \
		    >"in/$b/$n.eml"
	done
}
# spool NAME FOLDER...: those folders
spool() {
	s=$1
	shift
	rm -rf in "$s"
	box "$@"
	postroad extract -q eml:in "$s" >extract.out 2>&1 ||
	    { cat extract.out >&2; bail 'extract'; }
}
# shellcheck disable=SC2120
load() { postroad load --json --tls none --password-file pw "$@" "$FAKE_URL"; }
# made: the mailboxes that the fake has, without INBOX, a line each
made() {
	find st -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort |
	    python3 -c 'import sys, urllib.parse
for l in sys.stdin:
    n = urllib.parse.unquote(l.strip())
    n == "INBOX" or print(n)'
}
# held: the same with how many messages are in each
held() {
	made | python3 -c 'import sys, os, re
def enc(s):
    return "".join(c if re.match(r"[-0-9A-Za-z_]", c) or (c == "." and i)
        else "%%%02X" % ord(c) for i, c in enumerate(s))
for l in sys.stdin:
    n = l.rstrip("\n")
    d = "st/" + enc(n)
    print("%s %d" % (n, sum(f.isdigit() for f in os.listdir(d))))'
}
lines() { tr '\n' '|' <"$1"; }
begin() { rm -rf st; mkdir st; : >log; fake_start --store st --log log "$@"; }
# there NAME [ROLE [SUBSCRIBED]]: the destination has it (no '%' in names)
there() {
	d=st/$(printf %s "$1" | sed 's/ /%20/g; s/\[/%5B/; s/\]/%5D/; s,/,%2F,g; s/&/%26/g; s/,/%2C/g; s/+/%2B/g')
	mkdir -p "$d"
	echo "$((${v:=100} + 1)) 1 ${3:-1} ${2:--}" >"$d/state"
	v=$((v + 1))
}
# wire NAME: in modified UTF-7, by Python
wire() { printf %s "$1" | python3 "$ROOT/tests/tools/mutf7.py"; }

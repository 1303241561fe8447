# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# Loading six messages into the fake server; sourced after lib.sh.  They lie
# in two folders, in orig.spool; two of them are twins, one has a keyword.
. "$ROOT/tests/e2e/load.sh"
. "$ROOT/tests/e2e/fake.sh"

[ -x "$FAKE" ] || skip_all "no $FAKE (make check-build)"

mkdir -p box/cur box/new box/tmp box/.Sub/cur box/.Sub/new box/.Sub/tmp
for i in 1 2 3; do
	message $i >"box/cur/135551943$i.M$i.host:2,S"
done
message 4 >box/.Sub/cur/1355519434.M4.host:2,Fa
printf '0 Important\n' >box/.Sub/dovecot-keywords
printf 'Subject: twin\n\ntwin\n' >box/.Sub/cur/1355519437.M7.host:2,
cp box/.Sub/cur/1355519437.M7.host:2, box/.Sub/cur/1355519438.M8.host:2,
touch -d @1355519437 box/cur/* box/.Sub/cur/*
postroad extract -q box orig.spool >/dev/null 2>&1 || bail "extract"

# fload [OPTIONS]: a.spool into the fake
# shellcheck disable=SC2120
fload() {
	postroad load --json --tls none --password-file pw "$@" a.spool \
	    "$FAKE_URL"
}

# hashes DIR PATTERN: of the messages that are kept there, sorted
hashes() {
	find "$1" -type f -name "$2" ! -name '*.info' -exec sha256sum {} + |
		cut -c1-64 | sort
}
hashes orig.spool/mail '*postroad*' >want

# begin: a spool that was not loaded yet, a server that keeps it in st
begin() { rm -rf st a.spool; mkdir st; cp -r orig.spool a.spool; }

# check DESCRIPTION: what is there is what there is to be
check() {
	hashes st '[0-9]*' >got
	same got want "$1: each message once"
}

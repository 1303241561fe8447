#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Another server, with nothing on it, behind the old name: all is sent, and
# under names that are fit for it, also where it numbers its folders as the
# old one did.  A mailbox that was put back from a backup: what it lost since
# is told, and brought back when that is wanted.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"
. "$ROOT/tests/e2e/fake.sh"
[ -x "$FAKE" ] || skip_all "no $FAKE (make check-build)"

put() { # FOLDER N
	mkdir -p "$1/cur" "$1/new" "$1/tmp"
	message "$2" >"$1/cur/$((1355519400 + $2)).M$2.host:2,"
	touch -d "@$((1355519400 + $2))" "$1/cur/$((1355519400 + $2)).M$2.host:2,"
}
fload() { postroad load --json --tls none --password-file pw "$@" "$FAKE_URL"; }
digests() { cut -d' ' -f2 | sort; }
once() { python3 "$ROOT/tests/e2e/once.py" "$@"; }
each() { # STORE DESCRIPTION
	once spool a.spool | digests >want
	once store "$1" | digests >got
	same got want "$2: each message once"
}

for i in 1 2 3 4; do put box $i; done
for i in 11 12 13; do put box/.Work $i; done
for i in 21 22; do put box/.Work.Old $i; done
ok "a spool" postroad extract -q box a.spool
mkdir st1 st2
fake_start --store st1 || bail "no fake"
status 0 "loaded" fload a.spool
fake_stop
each st1 "at the first server"
cp -r a.spool kept.spool

# ---- another server: other names, the same numbers
fake_start --store st2 --prefix INBOX. --delimiter . || bail "no fake"
status 0 "another server: --dry-run" fload -n a.spool
is "$(jq -c '[.loaded,.unchanged,.folders_created]' out)" '[9,0,2]' \
    "says that all would be sent"
status 0 "another server" fload a.spool
is "$(jq -c '[.loaded,.unchanged,.folders_created]' out)" '[9,0,2]' \
    "all is sent"
each st2 "there"
is "$(find st2 -mindepth 1 -type d | sort | tr '\n' ' ')" \
    'st2/INBOX st2/INBOX.Work st2/INBOX.Work.Old ' "under names that it has"
status 0 "once more" fload a.spool
is "$(jq -c '[.loaded,.unchanged]' out)" '[0,9]' "sends nothing"
fake_stop

# ---- put back from a backup
rm -rf a.spool
mv kept.spool a.spool
cp -r st1 backup
for i in 31 32; do put box/.Work $i; done
ok "more at the source" postroad extract -q box a.spool
fake_start --store st1 || bail "no fake"
status 0 "is loaded" fload a.spool
fake_stop
rm -rf st1
mv backup st1
fake_start --store st1 || bail "no fake"
status 0 "the mailbox is put back from a backup" fload a.spool
is "$(jq -c '[.loaded,.unchanged]' out)" '[0,11]' "nothing is sent twice"
like "$(jq -r '.notes[]' out)" "'Work': 2 messages .* are not in it" \
    "what is gone is told"
status 0 "and sent when that is wanted" fload --restore-deleted a.spool
is "$(jq -c '[.loaded,.unchanged]' out)" '[2,9]' "it alone"
fake_stop
each st1 "then"
done_testing

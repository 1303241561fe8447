#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# J3, J4: the connection is cut in a load of three messages, from either end,
# with a server that kept what it has, did not, keeps it later, or keeps half
# of a MULTIAPPEND.  Every other time the run gives up at once, and the next
# one has to find out.  A spread with the ends of lines and literals; LONG=1
# (make check-crash): after every byte.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"
. "$ROOT/tests/e2e/fake.sh"

[ -x "$FAKE" ] || skip_all "no $FAKE (make check-build)"
mkdir -p box/cur box/new box/tmp
message 1 >box/cur/1355519431.M1.host:2,S
for i in 2 3; do # twins without a Message-ID
	printf 'Subject: twin\n\ntwin\n' >box/cur/1355519432.M$i.host:2,
done
touch -d @1355519432 box/cur/*
postroad extract -q box a.spool || bail "extract"
export POSTROAD FAKE PW_FILE=pw ONCE_JOBS=16
every=1000000 parts=10 part=0
[ "${LONG:-}" ] && every=1 parts=1

# cuts DESCRIPTION [FAKE OPTIONS]
cuts() {
	what=$1; shift
	rc=0
	python3 "$ROOT/tests/e2e/once.py" cuts a.spool $every \
	    $((part % parts))/$parts "$@" >out 2>err || rc=$?
	is "$rc $(cat out)" "0 " "J3, J4: $what, $(tail -1 err): each once"
	part=$((part + 3))
}
cuts 'MULTIAPPEND'
cuts 'one by one' --caps -MULTIAPPEND
cuts 'LITERAL-, no UIDPLUS' --caps '-LITERAL+ -UIDPLUS +LITERAL-'
cuts 'synchronizing MULTIAPPEND' --caps '-LITERAL+'
cuts 'synchronizing literals' --caps '-LITERAL+ -MULTIAPPEND'
done_testing

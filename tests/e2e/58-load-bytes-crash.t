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
# and in two folders, for two connections
mkdir -p two/cur two/new two/tmp two/.Sub/cur two/.Sub/new two/.Sub/tmp
cp -p box/cur/1355519431* two/cur/
cp -p box/cur/1355519432* two/.Sub/cur/
postroad extract -q two two.spool || bail "extract"
export POSTROAD FAKE PW_FILE=pw ONCE_JOBS=16
every=1000000 parts=16 part=0
[ "${LONG:-}" ] && every=1 parts=1

# cuts SPOOL DESCRIPTION [FAKE OPTIONS]
cuts() {
	spool=$1.spool what=$2; shift 2
	rc=0
	python3 "$ROOT/tests/e2e/once.py" cuts "$spool" $every \
	    $((part % parts))/$parts "$@" >out 2>err || rc=$?
	is "$rc $(cat out)" "0 " "J3, J4: $what, $(tail -1 err): each once"
	part=$((part + 3))
}
cuts a 'MULTIAPPEND'
cuts a 'one by one' --caps -MULTIAPPEND
cuts a 'LITERAL-, no UIDPLUS' --caps '-LITERAL+ -UIDPLUS +LITERAL-'
cuts a 'synchronizing MULTIAPPEND' --caps '-LITERAL+'
cuts a 'synchronizing literals' --caps '-LITERAL+ -MULTIAPPEND'
# the test build opens the second one at once
[ -x "$STEPS" ] && POSTROAD=$STEPS && export STEP_LANES=1
cuts two 'two connections, the first' -- --connections 4
cuts two 'two connections, the second' --cut-on 2 -- --connections 4
cuts two 'two connections, the second, one by one' --cut-on 2 \
    --caps -MULTIAPPEND -- --connections 2
done_testing

#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# extract --carve: what no list of a PST has any more comes out, once, and
# nothing that was never in it.
. "${0%/*}/lib.sh"
export PYTHONDONTWRITEBYTECODE=1
BUILD=${BUILD:-$ROOT/build}
MKPST=$BUILD/tests/tools/mkpst
[ -x "$MKPST" ] || skip_all "no mkpst in $BUILD"

lose() {
	python3 "$ROOT/tests/tools/pst-lose.py" "$@" || bail "pst-lose.py $1"
}

# carve STATUS FILE: extract --carve into FILE's spool
carve() {
	rm -rf "${2%.pst}.spool"
	status "$1" "$2: --carve" postroad extract --carve --json "$2" \
	    "${2%.pst}.spool"
}

# messages WANT FILE [least]: the messages are those of the whole
messages() {
	got=$(python3 "$ROOT/tests/e2e/pst_same.py" m.spool \
	    "${2%.pst}.spool" "${3:-}" 2>&1)
	is "$got" "$1" "$2: nothing is invented, nothing twice"
}

ENCODE=0 "$MKPST" many m.pst 60 3 3000 1 || bail 'mkpst'
status 0 'whole' postroad extract m.pst m.spool
lose nids m.pst >nids
nids=$(sed -n '5p;17p;40p' nids | cut -d' ' -f1)
tables=$(cut -d' ' -f2 nids | sort -u)

# nothing was lost
cp m.pst whole.pst
carve 0 whole.pst
is "$(jq -c '[.announced, .stored, .recovered]' out)" '[60,60,0]' \
    'a whole file has nothing to recover'
messages '60 0' whole.pst

# deleted, and named by nothing but old pages
lose delete m.pst gone.pst $nids $tables
readpst -o . -D gone.pst >readpst.out 2>&1
is "$(sed -n 's/.*"Folder .* \([0-9]*\) items done.*/\1/p' readpst.out |
    awk '{ n += $1 } END { print n }')" 57 'readpst sees them no more'
status 0 'nor do we without --carve' postroad extract --json gone.pst g.spool
is "$(jq .announced out)" 57 'as many are there'
carve 0 gone.pst
is "$(jq -c '[.announced, .stored, .recovered]' out)" '[60,60,3]' \
    'with it, all are'
messages '60 0' gone.pst
is "$(postroad ls --messages --json gone.spool |
    jq -c 'select(.folder == "Recovered Items") | .keywords' | sort -u)" \
    '["$Recovered"]' 'in a folder of their own, and marked'
is "$(postroad ls --json gone.spool | jq -c \
    'select(.path == "Recovered Items") | .messages')" 3 'no others are there'
postroad extract gone.pst again.spool >/dev/null 2>&1
status 0 'the same again' postroad extract --carve --json gone.pst gone.spool
is "$(jq -c '[.unchanged, .stored]' out)" '[60,0]' 'all were there'
status 0 'on top of a spool made without' \
    postroad extract --carve --json gone.pst again.spool
is "$(jq -c '[.unchanged, .stored]' out)" '[57,3]' 'only those are new'

# deleted, but a folder's list names them still
lose delete m.pst named.pst $nids
status 1 'named, but not there' postroad extract --json named.pst n.spool
is "$(jq -c '[.stored, .refused]' out)" '[57,3]' 'each is refused'
is "$(jq -r '.problems[] | select(.source.nid == '$(($(echo $nids |
    cut -d' ' -f1)))') | .error' out | grep -c 'there is none')" 1 \
    'by its node id'
carve 0 named.pst
is "$(jq -c '[.announced, .stored, .recovered, .refused]' out)" \
    '[60,60,3,0]' 'an old page has them'
messages '60 0' named.pst
is "$(postroad ls --messages --json named.spool |
    jq -c 'select(.keywords == ["$Recovered"]) | .folder' | wc -l)" 3 \
    'they are marked'
is "$(postroad ls --json named.spool | grep -c Recovered)" 0 \
    'and in the folders that name them'

# deleted, and no old page is left: blocks
lose forget m.pst forgot.pst $nids $tables
carve 0 forgot.pst
is "$(jq -c '[.announced, .stored, .recovered]' out)" '[60,60,3]' \
    'blocks say enough'
messages '60 0' forgot.pst

# the header
lose header m.pst head.pst
status 65 'a lost header' postroad extract head.pst h.spool
like "$(cat err)" '--carve' 'the way out is named'
status 65 'also when told that it is a PST' \
    postroad extract pst:head.pst h.spool
like "$(cat err)" '--carve' 'there, too'
carve 1 head.pst
is "$(jq -c '[.announced, .stored, .recovered]' out)" '[60,60,0]' \
    'the trees are found without it'
messages '60 0' head.pst
is "$(postroad ls --json head.spool | jq -c '[.path, .messages]' | sort)" \
    "$(postroad ls --json m.spool | jq -c '[.path, .messages]' | sort)" \
    'folders as they were'

# the trees
lose tail m.pst tail.pst
lose trees m.pst trees.pst
lose header trees.pst blocks.pst
for f in tail trees; do
	status 65 "$f: nothing without --carve" \
	    postroad extract $f.pst t.spool
	like "$(cat err)" '--carve' 'the way out is named'
done
for f in tail trees blocks; do
	carve 1 $f.pst
	is "$(jq -c '[.announced, .stored, .recovered]' out)" '[60,60,60]' \
	    "$f: all messages from their blocks"
	messages '60 0' $f.pst
done

# holes: what is there is right
size=$(wc -c <m.pst)
for at in 3 5 7; do
	lose zeros m.pst hole.pst $((size * at / 10)) 65536
	carve '0|1' hole.pst
	got=$(python3 "$ROOT/tests/e2e/pst_same.py" m.spool hole.spool least \
	    2>&1)
	like "$got" '^[0-9]+ [0-9]+$' "a hole at $at/10: $got same, less"
	lose trees hole.pst both.pst
	carve 1 both.pst
	got=$(python3 "$ROOT/tests/e2e/pst_same.py" m.spool both.spool least \
	    2>&1)
	like "$got" '^[0-9]+ [0-9]+$' "and no trees: $got same, less"
done

# the folder's name
python3 "$ROOT/tests/tools/pst_cases.py" sample x.pst 10 || bail pst_cases.py
carve '0|1' x.pst
is "$(jq .recovered out)" 0 'a store by another program'

# words
status 64 'libpst cannot' postroad extract --carve --pst-reader libpst m.pst w
like "$(cat err)" '--carve' 'that is said'
printf 'From a@example.org Thu Jan  1 00:00:00 1970\n\nx\n' >m.mbox
status 64 'nor can an mbox' postroad extract --carve mbox:m.mbox w
head -c 100000 /dev/zero >zero.pst
status 65 'nothing in it' postroad extract --carve zero.pst w

# what programs wrote
for f in unicode_flags-jane-doe.pst unicode_enron-lokay_71msg.pst \
    ansi_pstsdk-sample2.pst ost2013-4k_pstextractortestpdf.ost; do
	c=$ROOT/../shared/corpus/pst/$f
	if [ ! -r "$c" ]; then
		skip "$f" "no corpus"
		continue
	fi
	rm -rf m.spool
	postroad extract -q "$c" m.spool >/dev/null 2>&1
	lose header "$c" head.pst
	carve 1 head.pst
	is "$(jq .recovered out)" 0 "$f: the trees are found"
	got=$(python3 "$ROOT/tests/e2e/pst_same.py" m.spool head.spool)
	like "$got" '^[0-9]+ 0$' "$f: all as they were"
done
done_testing

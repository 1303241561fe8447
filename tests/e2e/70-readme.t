#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every command line in the README and in the EXAMPLES of the man pages runs
# as it is written.  mail.example.org is our own Dovecot, known to TLS by
# SSL_CERT_FILE.  What installs and tests is only looked at here: .ci/run
# runs it.
. "${0%/*}/lib.sh"

README=$ROOT/README.md
dovecot_start || bail 'no Dovecot'
export SSL_CERT_FILE="$CA_FILE"
mkdir bin
ln -s "$POSTROAD" bin/postroad
PATH=$T/bin:$PATH

# ready DIRECTORY: where the examples' files are
ready() {
	mkdir "$1" && cd "$1" || bail "$1"
	cp -R "$ROOT/samples" samples
	cp -R samples/* .
	"${BUILD:-$ROOT/build}/tests/tools/mkpst" odd archive.pst || bail mkpst
	install -m 600 "$PW_FILE" pw
}
# each line of $1 in turn; 'mail.example.org' comes home
lines() {
	while IFS= read -r line; do
		here=$(printf '%s\n' "$line" |
		    sed "s,mail\.example\.org,$IMAP_HOST:$IMAPS_PORT,g")
		status 0 "$line" bash -o pipefail -c "$here" </dev/null
	done <"$1"
}

sed -n '/^```sh$/,/^```$/{/^```/!p;}' "$README" >readme.lines
like "$(grep -c '^postroad ' readme.lines)" '^([89]|[1-9][0-9])$' \
    'the README has its command lines'
is "$(grep -v '^postroad ' readme.lines | tr '\n' ';')" \
    'sudo apt-get update && sudo apt-get install -y make;make demo;make check;' \
    'the README installs, shows and tests with these lines'
is "$(awk 'length > 79 && !/^postroad / && !/^\|/' "$README")" '' \
    'the README fits a screen'
ok 'the README is two screens' test "$(wc -l <"$README")" -le 110
for link in $(grep -o '](\([^)]*\))' "$README" | sed 's/](\(.*\))/\1/'); do
	ok "the README's link to $link" test -e "$ROOT/$link"
done
(ready readme) || bail
cd readme || bail
grep '^postroad ' ../readme.lines >../run.lines
lines ../run.lines
cd ..

for page in "$ROOT"/docs/man/*.[15]; do
	name=${page##*/}
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/s/^\$ //p' "$page" |
	    sed 's/\\e/\\/g' >"$name.lines"
	[ -s "$name.lines" ] || continue
	(ready "$name.d") || bail
	cd "$name.d" || bail
	# pages other than extract's begin with the spools that it makes
	case $name in
	postroad.1 | postroad-extract.1) ;;
	*)
		postroad extract -q office.mbox office.spool >/dev/null
		postroad extract -q maildir desk.spool >/dev/null
		;;
	esac
	lines "../$name.lines"
	cd ..
done

if command -v mandoc >/dev/null; then
	is "$(mandoc -T lint -W warning "$ROOT"/docs/man/*.[15] 2>&1)" '' \
	    'mandoc finds nothing wrong with the man pages'
else
	skip 'mandoc finds nothing wrong' 'not installed'
fi

# ------------------------------------------------------------ make install
if [ -x "$ROOT/postroad" ] && [ "$POSTROAD" = "$ROOT/postroad" ]; then
	status 0 'make install' make -s -C "$ROOT" install \
	    DESTDIR="$T/stage" PREFIX=/usr
	like "$(stage/usr/bin/postroad --version)" '^postroad ' \
	    'make install: DESTDIR and PREFIX'
	is "$(cd stage && find . -name '*.1' | wc -l)" \
	    "$(find "$ROOT/docs/man" -name '*.1' | wc -l)" \
	    'make install: the man pages'
else
	skip 'make install' 'another build is tested'
fi
done_testing

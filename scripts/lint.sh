#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# make lint: what the compiler does not see.  Every check prints what it
# finds as FILE:LINE: what; any find fails.  CC and CFLAGS come from make.

set -u
export LC_ALL=C
cd "$(dirname "$0")/.." || exit 1
finds=$(mktemp) || exit 73
trap 'rm -f "$finds" "$finds.bad"' EXIT
rooms='core formats formats/pst wire wire/serve extract transform load load/export
    load/verify batch cli'
code=$(find $rooms tests \( -name '*.c' -o -name '*.h' \) 2>/dev/null | sort -u)
room_code=$(find $rooms \( -name '*.c' -o -name '*.h' \) 2>/dev/null | sort -u)

# judge TITLE: stdin holds the finds
judge() {
	cat >"$finds"
	if [ -s "$finds" ]; then
		printf 'not ok - %s\n' "$1"
		sed 's/^/    /' "$finds"
		echo "$1" >>"$finds.bad" # judge is the end of a pipe
	else
		printf 'ok - %s\n' "$1"
	fi
}

# code without comments and strings, lines kept: FILE:LINE:TEXT
bare() {
	for f in "$@"; do
		awk -v file="$f" '{
			line = $0
			gsub(/\\./, "", line)
			gsub(/"[^"]*"/, "\"\"", line)
			while (1) {
				if (inside) {
					end = index(line, "*/")
					if (!end) { line = ""; break }
					line = substr(line, end + 2)
					inside = 0
				}
				start = index(line, "/*")
				if (!start) break
				rest = substr(line, start + 2)
				end = index(rest, "*/")
				if (end) {
					line = substr(line, 1, start - 1) \
					    substr(rest, end + 2)
				} else {
					out = substr(line, 1, start - 1)
					line = out
					inside = 1
					break
				}
			}
			print file ":" NR ":" line
		}' "$f"
	done
}

# ---- the arrows: who may include whom (docs/ARCHITECTURE.md)
may_include() {
	case $1 in
	core) echo core ;;
	formats | formats/pst) echo core formats formats/pst ;;
	wire) echo core wire ;;
	wire/serve) echo core wire wire/serve ;;
	extract | transform) echo "core formats formats/pst wire $1" ;;
	load) echo core formats formats/pst wire wire/serve load ;;
	load/*) echo "core formats formats/pst wire load $1" ;;
	batch)
		echo core formats formats/pst wire extract transform load \
		    load/export load/verify batch
		;;
	cli) echo $rooms ;;
	esac
}
for room in $rooms; do
	[ -d "$room" ] || continue
	allowed=$(may_include "$room" | tr ' ' '|')
	grep -n '^[ 	]*#[ 	]*include[ 	]*"' /dev/null "$room"/*.[ch] |
	    grep -Ev "\"($allowed)/[a-z0-9_]+\\.h\"" |
	    sed 's/$/   <- not an arrow of the architecture/'
	# insiders' headers stay inside, rooms within a room included
	grep -n '#[ 	]*include[ 	]*".*impl\.h"' /dev/null "$room"/*.[ch] |
	    grep -Ev "\"($room|${room%/*})/[^/]*\"" |
	    sed 's/$/   <- an insider of another room/'
done | judge 'include arrows'

# ---- one foreign library, one doorway
while read -r header doorway; do
	grep -nE "#[ 	]*include[ 	]*<$header" /dev/null $room_code |
	    grep -Ev "^($doorway):" |
	    sed "s,\$,   <- only in $doorway,"
done <<'END' | judge 'one doorway for each library'
libpst/ formats/pst/[a-z0-9_]*\.[ch]
gmime/ formats/mime[a-z0-9_]*\.[ch]
glib formats/mime[a-z0-9_]*\.[ch]
openssl/ (wire/tls|core/digest)\.c
sqlite3 formats/ledger\.c
jansson core/js\.c
pcre2 core/regex\.c
yaml\.h core/conf\.c
zlib (formats/pst/block|wire/deflate)\.c
seccomp core/sandbox\.c
linux/landlock core/sandbox\.c
gsasl wire/sasl\.c
libical/ formats/ical[a-z0-9_]*\.[ch]
curl/ wire/http\.c
resolv\.h wire/dns\.c
END

# ---- banned: no bound, no error, or a hidden state
bare $room_code | grep -E \
    '[^a-zA-Z0-9_](strcpy|strcat|sprintf|vsprintf|strtok|strncpy|strncat|atoi|atol|atoll|atof|sscanf|gets|alloca|mktemp|tmpnam|system|popen)[ 	]*\(' |
    judge 'banned functions'

# ---- only main ends the process; out of memory ends in core/mem.c
bare $room_code | grep -E '[^a-zA-Z0-9_](exit|abort|assert|err|errx)[ 	]*\(' |
    grep -Ev '^(cli/main\.c|core/mem\.c):' | judge 'nobody else calls exit'

# ---- below cli/ only core/log.c and core/report_show.c print
bare $room_code | grep -E '[^a-zA-Z0-9_](printf|fprintf|vfprintf|puts|fputs|putchar|perror)[ 	]*\(' |
    grep -Ev '^(cli/|core/(log|report_show)\.c:)' | judge 'no printing below cli'

# ---- license line, line length, trailing blanks
for f in $code $(find scripts tests .ci -name '*.sh' -o -name '*.t' \
    -o -path .ci/run); do
	head -3 "$f" | grep -q 'SPDX-License-Identifier: GPL-3.0-or-later' ||
	    echo "$f:1: no SPDX line"
done | judge 'license lines'
for f in $code; do
	# a character's first byte counts, the others are dropped
	expand "$f" | tr -d '\200-\277' | awk -v f="$f" \
	    'length($0) > 80 { print f ":" NR ": longer than 80" }'
	grep -nE '[ 	]+$' /dev/null "$f"
	awk -v f="$f" '!/[^ \t\r]/ { if (blank++) print f ":" NR ": two empty lines"; next } { blank = 0 }' "$f"
done | judge 'line lengths, blanks'

# ---- sizes: a file above 800 lines or a function above 100 wants splitting
for f in $room_code; do
	awk -v f="$f" '
	END { if (NR > 800) print f ":" NR ": a file of " NR " lines" }
	/^\{/ { start = NR }
	/^\}/ && start {
		if (NR - start > 101)
			print f ":" start ": a function of " NR - start " lines"
		start = 0
	}' "$f"
done | judge 'sizes of files and functions'

# ---- each header compiles alone, guarded by its path
for h in $(printf '%s\n' $room_code | grep '\.h$'); do
	printf '#include "%s"\nextern int lint_alone;\n' "$h" |
	    ${CC:-cc} ${CFLAGS:-} -fsyntax-only -x c - 2>&1 | head -5
	guard=$(echo "$h" | tr 'a-z/.' 'A-Z__')
	grep -q "^#ifndef $guard\$" "$h" || echo "$h:1: guard is not $guard"
done | judge 'headers compile alone'

# ---- format
if command -v clang-format >/dev/null 2>&1; then
	for f in $code; do
		clang-format "$f" | cmp -s - "$f" || echo "$f:1: make fmt"
	done | judge 'clang-format'
else
	echo 'ok - clang-format # SKIP not installed'
fi

# ---- what a second compiler's eyes see
if command -v cppcheck >/dev/null 2>&1; then
	cppcheck --quiet --enable=warning,portability,performance \
	    --std=c11 --inline-suppr --suppress=missingIncludeSystem \
	    --suppress=normalCheckLevelMaxBranches --suppress=unknownMacro \
	    --suppress=preprocessorErrorDirective -D__GNUC__ -D__x86_64__ -I. -j 2 \
	    --template='{file}:{line}: {id}: {message}' $rooms 2>&1 |
	    grep -v '^nofile:' | judge 'cppcheck'
else
	echo 'ok - cppcheck # SKIP not installed'
fi

# ---- shell
if command -v shellcheck >/dev/null 2>&1; then
	shellcheck -S warning -e SC2086,SC2046,SC1090,SC1091,SC2034,SC2154 \
	    -f gcc $(find scripts tests -name '*.sh' -o -name '*.t') 2>&1 | judge 'shellcheck'
fi

# ---- man pages
if command -v mandoc >/dev/null 2>&1 && ls docs/man/*.[15] >/dev/null 2>&1; then
	mandoc -T lint -W warning docs/man/*.[15] 2>&1 | judge 'man pages'
fi

[ ! -e "$finds.bad" ] || { echo "lint: $(wc -l <"$finds.bad") failed"; exit 1; }
echo 'lint: clean'

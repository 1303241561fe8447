# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# Sourced by bench.sh: a spool into a PST, small messages and large
# attachments, against cp -R of the same spool (what the disk and the file
# system take) and readpst reading the PST back into files.  The tools take
# turns; what counts is the ratio.

EXPORT_MESSAGES=${EXPORT_MESSAGES:-50000}
EXPORT_BYTES=${EXPORT_BYTES:-20000000} # an attachment
EXPORT_LARGE=${EXPORT_LARGE:-40}       # so many

# small_mbox N: messages of some 2 KB to two people
small_mbox() {
	awk -v n="$1" 'BEGIN {
		for (i = 0; i < n; i++) {
			printf "From a@example.org Tue Jan  7 12:09:16 2003\n" \
			    "From: Jane Doe <jane@example.org>\n" \
			    "To: John Roe <john@example.org>, sales@example.org\n" \
			    "Subject: Re: message %d\n" \
			    "Date: Tue, 7 Jan 2003 12:09:16 +0000\n" \
			    "Message-ID: <%d@example.org>\nMIME-Version: 1.0\n" \
			    "Content-Type: text/plain; charset=utf-8\n\n", i, i
			for (l = 0; l < 25; l++)
				printf "line %d of %d, about as long as lines of " \
				    "people are who write to one another\n", l, i
			print ""
		}
	}'
}

large_eml() {
	mkdir "$W/large"
	i=0
	while [ $i -lt "$EXPORT_LARGE" ]; do
		{
			printf 'Subject: large %d\r\nMIME-Version: 1.0\r\n' $i
			printf 'Content-Type: application/octet-stream; name=a\r\n'
			printf 'Content-Transfer-Encoding: base64\r\n\r\n'
			head -c "$EXPORT_BYTES" /dev/urandom | base64 |
			    sed 's/$/\r/'
		} >"$W/large/$i.eml"
		i=$((i + 1))
	done
}

export_command() {
	case $1 in
	postroad) echo 'exec "$POSTROAD" export -q --force --format pst \
		"$SPOOL" "$SPOOL.pst"' ;;
	cp) echo 'rm -rf "$SPOOL.copy"; exec cp -R "$SPOOL" "$SPOOL.copy"' ;;
	readpst) echo 'rm -rf "$SPOOL.read"; mkdir "$SPOOL.read"
		exec readpst -q -e -o "$SPOOL.read" "$SPOOL.pst"' ;;
	esac
}

# export_bench NAME COUNT BYTES: of messages, of attachments
export_bench() {
	export SPOOL="$W/$1.spool"
	for tool in postroad cp readpst; do
		command -v $tool >/dev/null || [ $tool = postroad ] || continue
		r=0
		while [ $r -lt "$REPEAT" ]; do
			sync
			"$B/measure" "$W/m" sh -c "$(export_command $tool)" \
			    >"$W/log" 2>&1 || echo "$tool: status $?"
			cat "$W/m"
			r=$((r + 1))
		done | sort -n | awk -v tool=$tool -v n="$2" -v b="$3" \
		    -v base="$W/$1.base" '
			{ s[NR] = $1; if ($3 > kib) kib = $3 }
			END {
				t = s[int((NR + 1) / 2)]
				if (tool == "postroad") print t >base
				else { getline p <base }
				printf "  %-9s %7.2f s %9.0f messages/s " \
				    "%7.0f MB/s %6.1f MB", tool, t, n / t,
				    b / t / 1e6, kib / 1024
				if (tool != "postroad")
					printf "   postroad/%s %.2f", tool, p / t
				print ""
			}'
	done
}

echo "spool to PST"
small_mbox "$EXPORT_MESSAGES" >"$W/small.mbox"
"$POSTROAD" extract -q "$W/small.mbox" "$W/small.spool" >/dev/null 2>&1
echo " $EXPORT_MESSAGES small messages"
export_bench small "$EXPORT_MESSAGES" 0
large_eml
"$POSTROAD" extract -q "$W/large" "$W/large.spool" >/dev/null 2>&1
echo " $EXPORT_LARGE attachments of $EXPORT_BYTES bytes"
export_bench large "$EXPORT_LARGE" $((EXPORT_LARGE * EXPORT_BYTES))

#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What --trace-wire wrote, as a script for tests/fake/fake_imap, so that a
# dialogue with somebody's server becomes a test:
#
#	tests/tools/trace2talk.sh TRACE >a.talk
#	build/tests/fake/fake_imap --talk a.talk
#
# Credentials are not in a trace, nor is mail: any login will do, and a body
# becomes as many letters x.  Connections follow one another in the order in
# which they began: record with --connections 1.
exec awk '
function glob(s) {
	gsub(/\\/, "\\\\\\\\", s); gsub(/[*?\[\]]/, "\\\\&", s)
	gsub(/\\\[credentials\\\]/, "*", s)
	gsub(/\\\\\[credentials\\\\\]/, "*", s)
	return s
}
# a line of the server: backslashes are its own, but for those of \\xNN
function plain(s) {
	gsub(/\\/, "\\\\\\\\", s)
	return gensub_x(s)
}
function gensub_x(s,    out, at) {
	while ((at = index(s, "\\\\x")) > 0) {
		out = out substr(s, 1, at - 1)
		s = substr(s, at + 1)
		out = out substr(s, 1, 2)
		s = substr(s, 3)
	}
	return out s
}
# a line of the client waits until its answer begins
function say() {
	if (open || first > last)
		return
	print "C: " waiting[first++]
	open = 1
}
$2 !~ /^C[0-9]+$/ { next }
$3 == "*" {
	if ($4 == "connect" && n++ > 0) {
		while (first <= last) { open = 0; say() }
		print "!connection"
	}
	if ($4 == "connect") { first = 1; last = 0; open = 0 }
	next
}
{
	line = $0
	sub(/^[^ ]+ C[0-9]+ [<>] ?/, "", line)
}
$3 == ">" {
	word = line
	sub(/ .*/, "", word)
	if (line ~ /^[a-z]+[0-9]+ /) {
		rest = line
		sub(/^[^ ]+ /, "", rest)
		tag[last + 1] = word
		if (rest == "LOGOUT") { bye = 1 }
		waiting[++last] = "TAG " glob(rest)
	} else
		waiting[++last] = glob(line)
	next
}
$3 == "<" {
	if (greeted[$2]++) say()
	if (line ~ /^\[[0-9]+ bytes\]$/) {
		gsub(/[^0-9]/, "", line)
		if (line > 0)
			print "!repeat " line " x"
		next
	}
	word = line
	sub(/ .*/, "", word)
	if (word ~ /^[a-z]+[0-9]+$/ && open && word == tag[first - 1]) {
		sub(/^[^ ]+/, "TAG", line)
		open = 0
	}
	if (line ~ /\{[0-9]+\}$/)
		print "!send " plain(line) "\\r\\n"
	else
		print "S: " plain(line)
}
END { while (first <= last) { open = 0; say() } }
' "$@"

# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# For the transform tests: a spool IN that is filled message by message, as a
# source would, and looks at what came out.

IN=in.spool
made=0

# msg FOLDER SUBJECT [FLAGS [SECONDS [HEADER]]]: one more message in $IN, in
# that folder as it lies on disk; $key is its key
msg() {
	made=$((made + 1)) key=k$made
	t=${4:-$((1546848000 + made))}
	mkdir -p "$IN/mail/$1/cur" "$IN/mail/$1/new" "$IN/mail/$1/tmp"
	{
		printf 'Message-ID: <m%s@example.org>\r\n' "$made"
		printf 'Date: Mon, 7 Jan 2019 10:00:00 +0000\r\n'
		[ "${5:-}" ] && printf "$5\r\n"
		printf 'Subject: %s\r\n\r\nBody of %s\r\n' "$2" "$2"
	} >one
	put "$1" "$key" "$t" "${3:-}"
}

# put FOLDER KEY SECONDS FLAGS: the file "one" as that message
put() {
	file=$IN/mail/$1/cur/$3.$2.postroad,S=$(($(wc -c <one))):2,$4
	mv one "$file"
	touch -d "@$3" "$file"
}

# folder PATH...: empty folders
folder() {
	for f in "$@"; do
		mkdir -p "$IN/mail/$f/cur" "$IN/mail/$f/new" "$IN/mail/$f/tmp"
	done
}

# keys SPOOL: "KEY FOLDER", sorted
keys() {
	postroad ls --messages --json "$1" |
		jq -r '"\(.key) \(.name // .folder)"' | sort
}
# where KEY SPOOL: its folder there, or nothing
where() { keys "$2" | sed -n "s/^$1 //p"; }
# folders SPOOL: their names in one line
folders() {
	postroad ls --json "$1" | jq -r '.name // .path' |
		tr '\n' '|' | sed 's/|$//'
}
# fates SPOOL: "KEY FATE WHY"
fates() {
	sqlite3 -separator ' ' "$1/spool.db" \
		'SELECT key, fate, why FROM fate ORDER BY key'
}
# tree DIR: every file with inode, links, time of change
tree() { (cd "$1" && find . -printf '%p %i %n %y %s %T@ %C@\n' | sort); }
# t STATUS DESCRIPTION ARGUMENTS...: transform $IN out.spool; JSON in "out"
t() {
	want=$1 desc=$2; shift 2
	status "$want" "$desc" postroad transform --json "$@" $IN out.spool
}
# sums: "stored unchanged excluded duplicate refused" of the last one
sums() {
	jq -r '"\(.stored) \(.unchanged) \(.excluded) \(.duplicate) \(.refused)"' out
}
balanced() {
	is "$(jq '.announced == .stored + .unchanged + .excluded + .duplicate +
		.refused' out)" true "${1:-the sums balance}"
}

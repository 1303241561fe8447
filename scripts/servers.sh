#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Unpack Cyrus and Courier, which cannot be installed beside Dovecot, into
# DIR/cyrus and DIR/courier, each a small root of its own to chroot into:
#
#	sh scripts/servers.sh DIR
#
# Debian's packages, by apt, without running anything of them.  Does nothing
# when they are there already.  75: they cannot be had now.

set -u
[ $# = 1 ] || { echo "usage: servers.sh DIR" >&2; exit 64; }
mkdir -p "$1" && cd "$1" || exit 73
say() { printf '%s\n' "$*" >&2; }

# wanted NAME: of all that a package needs, what a server runs with
wanted() {
	case $1 in
	libperl* | lib*-perl) return 1 ;;
	lib* | cyrus-* | courier-* | sasl2-bin | gamin | netbase | \
	    tzdata | zlib1g) return 0 ;;
	esac
	return 1
}

# root NAME PACKAGE...: DIR/NAME
root() {
	name=$1
	shift
	[ ! -e "$name/complete" ] || return 0
	rm -rf "$name" "$name.apt"
	mkdir -p "$name.apt/archives/partial" "$name/etc" "$name/dev" \
	    "$name/run" "$name/tmp" "$name/var" || return 73
	: >"$name.apt/status"
	apt-get -o Dir::State::status="$PWD/$name.apt/status" \
	    -o Dir::Cache::archives="$PWD/$name.apt/archives" \
	    -o APT::Sandbox::User=root --no-install-recommends -qq \
	    --print-uris install "$@" 2>"$name.apt/log" |
	    sed "s/^'\([^']*\)' \([^ ]*\) .*/\2 \1/" >"$name.apt/list"
	[ -s "$name.apt/list" ] || { sed 's/^/  /' "$name.apt/log" >&2
	    return 75; }
	packages=
	while read -r file _; do
		wanted "${file%%_*}" || continue
		version=${file#*_}
		version=$(printf %s "${version%_*}" | sed 's/%3a/:/')
		packages="$packages ${file%%_*}=$version"
	done <"$name.apt/list"
	# shellcheck disable=SC2086 # words
	(cd "$name.apt" && apt-get -o APT::Sandbox::User=root -qq download \
	    $packages >log 2>&1) || { sed 's/^/  /' "$name.apt/log" >&2
	    return 75; }
	for file in "$name.apt"/*.deb; do
		dpkg-deb -x "$file" "$name" || return 75
	done
	rm -rf "$name.apt"
	: >"$name/complete"
}

rc=0
for server in 'cyrus cyrus-imapd cyrus-pop3d sasl2-bin' \
    'courier courier-imap courier-pop courier-authlib-userdb'; do
	# shellcheck disable=SC2086 # words
	root $server || { rc=$?; say "servers.sh: no ${server%% *}: see above"; }
done
exit $rc

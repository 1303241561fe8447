#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Install what is missing, with apt: sh scripts/deps.sh build test lint bench
# Says what it installs, asks nothing, and does nothing when all is there.

set -u
build='gcc libc6-dev make pkg-config libcurl4-openssl-dev libgmime-3.0-dev
	libgsasl-dev libical-dev libjansson-dev libpcre2-dev libpst-dev
	libseccomp-dev libsqlite3-dev libssl-dev libyaml-dev zlib1g-dev'
test='dovecot-imapd dovecot-pop3d jq libcmocka-dev mblaze mutt notmuch openssl perl
	pff-tools procps pst-utils python3 python3-dateutil
	python3-icalendar python3-vobject sqlite3 strace time'
lint='clang-format cppcheck mandoc shellcheck'
bench='isync mb2md procmail'
fuzz='clang'

say() { printf '%s\n' "$*" >&2; }

wanted=
for group in "$@"; do
	case $group in
	build) wanted="$wanted $build" ;;
	test) wanted="$wanted $test" ;;
	lint) wanted="$wanted $lint" ;;
	bench) wanted="$wanted $bench" ;;
	fuzz) wanted="$wanted $fuzz" ;;
	*) say "deps.sh: no such group: $group"; exit 64 ;;
	esac
done

if ! command -v dpkg-query >/dev/null 2>&1; then
	say "This is no Debian: postroad needs what these packages hold there:"
	say " " $wanted
	exit 0
fi

missing=
for package in $wanted; do
	dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null |
	    grep -qx installed || missing="$missing $package"
done
[ "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
	as_root=sudo
	if ! command -v sudo >/dev/null 2>&1; then
		say "These packages are missing, and there is no sudo:"
		say " $missing"
		say "As root: apt-get install --no-install-recommends$missing"
		exit 77
	fi
fi
say "Installing with apt:$missing"

# A Dovecot that comes along only for the tests must not start to serve this
# machine's mail, neither now nor at the next boot.
quiet_dovecot=
case " $missing " in *' dovecot-imapd '*)
	dpkg-query -W dovecot-core >/dev/null 2>&1 || quiet_dovecot=1 ;;
esac
policy=/usr/sbin/policy-rc.d
[ "$quiet_dovecot" ] && [ ! -e $policy ] || policy=
if [ "$policy" ]; then
	trap '$as_root rm -f "$policy"' EXIT
	trap 'exit 130' INT TERM HUP
	printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null &&
	    $as_root chmod 755 $policy || exit 73
fi

log=$(mktemp) || exit 73
apt() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" >"$log" 2>&1; }
if ! apt update || ! apt install -y --no-install-recommends $missing; then
	tail -n 4 "$log" >&2
	rm -f "$log"
	say "apt-get could not install:$missing"
	say "(see above; is the network up, and is main in apt's sources?)"
	exit 69
fi
rm -f "$log"

if [ "$quiet_dovecot" ] && [ -d /run/systemd/system ]; then
	$as_root systemctl disable --quiet dovecot.service dovecot.socket \
	    >/dev/null 2>&1
	say "Dovecot was installed for the tests; its own service is disabled."
fi
exit 0

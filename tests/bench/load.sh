# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# Sourced by bench.sh: a spool into a Dovecot on loopback (Maildir, on the
# same disk, plain TCP), against a bare MULTIAPPEND client (bareappend.c) and
# mbsync's push.  The second run of load and of mbsync is measured, too.

LOAD_SIZES=${LOAD_SIZES:-1000 10000 100000}
ROOT=$(cd "$here/../.." && pwd)
T=$W
chmod 711 "$W"
. "$ROOT/tests/e2e/dovecot.sh"
export IMAP_PORT PW_FILE SPOOL USER_NOW

load_command() {
	case $1 in
	bare) echo 'find "$SPOOL/mail" -path "*/cur/*" -type f | sort |
		"$B/bareappend" "$IMAP_PORT" "$USER_NOW" bench' ;;
	postroad*) echo 'exec "$POSTROAD" load -q --tls none \
		--password-file "$PW_FILE" "$SPOOL" \
		"imap://$USER_NOW@127.0.0.1:$IMAP_PORT/"' ;;
	mbsync*) echo 'exec mbsync -q -c "$W/mbsyncrc" bench' ;;
	esac
}

mbsync_config() {
	cat <<-END
	IMAPStore there
	Host 127.0.0.1
	Port $IMAP_PORT
	User $USER_NOW
	Pass secret
	SSLType None
	AuthMechs LOGIN

	MaildirStore here
	Path $1/
	SubFolders Verbatim

	Channel bench
	Far :there:
	Near :here:
	Patterns *
	Create Far
	Sync Push
	SyncState *
	END
}

# load_measured TOOL USER: seconds and KiB into $W/TOOL.N
load_measured() {
	USER_NOW=$2
	sync
	"$B/measure" "$W/m" sh -c "$(load_command "$1")" >"$W/log" 2>&1 ||
	    { cat "$W/log" >&2; echo "$1: status $?" >>"$W/notes"; }
	cat "$W/m" >>"$W/$1.$n"
}

trap 'dovecot_stop; rm -rf "$W"' EXIT
dovecot_start 'mail_max_userip_connections = 100' || return 0
echo "spool to Dovecot (Maildir, loopback); one run each, taking turns"
printf '%9s %9s %-16s %8s %9s %9s %9s\n' messages MB tool seconds msg/s \
    MiB of-bare
for n in $LOAD_SIZES; do
	"$B/mkmbox" "$n" 3 "$W/l$n.sizes" >"$W/l$n.mbox"
	mb=$(awk '{ s += $1 } END { print s / 1e6 }' "$W/l$n.sizes")
	SPOOL=$W/l$n.spool
	"$POSTROAD" extract -q "$W/l$n.mbox" "$SPOOL" >/dev/null
	cp -r "$SPOOL/mail" "$W/l$n.maildir"
	load_measured bare "bare$n"
	load_measured postroad "load$n"
	load_measured postroad-again "load$n"
	tools='bare postroad postroad-again'
	# at 5 ms a message the largest would take it ten minutes
	if command -v mbsync >/dev/null && [ "$n" -le "${PEER_MAX:-20000}" ]; then
		USER_NOW=push$n
		mbsync_config "$W/l$n.maildir" >"$W/mbsyncrc"
		load_measured mbsync "push$n"
		load_measured mbsync-again "push$n"
		tools="$tools mbsync mbsync-again"
	fi
	found=$(dovecot_do search -u "load$n" all | wc -l)
	[ "$found" = "$n" ] || echo "load: $found of $n messages" >>"$W/notes"
	bare=$(awk '{ print $1 }' "$W/bare.$n")
	for tool in $tools; do
		echo "$n $mb $tool $(head -1 "$W/$tool.$n") $bare" |
		    awk '{ printf "%9d %9.1f %-16s %8.2f %9.0f %9.1f %9.2f\n",
			$1, $2, $3, $4, $1 / $4, $6 / 1024, $7 / $4 }'
	done
done
sed 's/^/note: /' "$W/notes"
dovecot_stop

# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# A scratch Dovecot on loopback, in $T/dovecot: as root or not, on free
# ports, with TLS from a CA made on the spot.  Sourced by lib.sh, by
# scripts/demo.sh and by tests/bench.
#
#	dovecot_start ['SETTINGS'] || ...	e.g. 'imap_capability = IMAP4rev1'
#	postroad load --ca-file "$CA_FILE" --password-file "$PW_FILE" \
#	    a.spool "$(dest mary)"
#	dovecot_do mailbox list -u mary		(doveadm)
#	dovecot_stop
#
# Any user name logs in with the password "secret"; a mailbox is made at the
# first login, its files are in $T/dovecot/home/USER/Maildir (LAYOUT=fs, '/').
# Sets IMAP_PORT (STARTTLS or plain), IMAPS_PORT, CA_FILE, PW_FILE; with
# DOVECOT_PROTOCOLS='imap pop3' also POP3_PORT and POP3S_PORT.

dovecot_pid=
DOVECOT_BIN=$(PATH=$PATH:/usr/sbin command -v dovecot || :)
IMAP_HOST=localhost
getent hosts localhost >/dev/null 2>&1 || IMAP_HOST=127.0.0.1

# dest USER [imap|pop3s|pop3]: the URL of that mailbox
dest() {
	case ${2:-imaps} in
	imaps) echo "imaps://$1@$IMAP_HOST:$IMAPS_PORT/" ;;
	pop3s) echo "pop3s://$1@$IMAP_HOST:$POP3S_PORT/" ;;
	pop3) echo "pop3://$1@$IMAP_HOST:$POP3_PORT/" ;;
	*) echo "imap://$1@$IMAP_HOST:$IMAP_PORT/" ;;
	esac
}

dovecot_do() { doveadm -c "$T/dovecot/dovecot.conf" "$@"; }

# a CA and a certificate for localhost; $1: directory
dovecot_certificates() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$1/ca.key" -out "$1/ca.pem" -days 30 \
	    -subj '/CN=Scratch test CA' &&
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$1/key.pem" -out "$1/csr.pem" -subj /CN=localhost &&
	printf '%s\n' 'subjectAltName=DNS:localhost,IP:127.0.0.1' \
	    'extendedKeyUsage=serverAuth' >"$1/ext" &&
	openssl x509 -req -in "$1/csr.pem" -CA "$1/ca.pem" \
	    -CAkey "$1/ca.key" -CAcreateserial -days 30 \
	    -extfile "$1/ext" -out "$1/cert.pem"
}

dovecot_pop3_config() {
	case ${DOVECOT_PROTOCOLS:-imap} in *pop3*) ;; *) return ;; esac
	cat <<-END
	service pop3-login {
	  $([ "$(id -u)" = 0 ] || echo 'chroot =')
	  inet_listener pop3 {
	    port = $POP3_PORT
	  }
	  inet_listener pop3s {
	    port = $POP3S_PORT
	    ssl = yes
	  }
	}
	END
}

# as root mail belongs to 'mail' (Dovecot refuses root), else to ourselves
dovecot_config() {
	dc=$T/dovecot
	if [ "$(id -u)" = 0 ]; then
		owner=mail group=mail
	else
		owner=$(id -un) group=$(id -gn)
		cat <<-END
		default_internal_user = $owner
		default_internal_group = $group
		default_login_user = $owner
		service imap-login {
		  chroot =
		}
		service anvil {
		  chroot =
		}
		END
	fi
	cat <<-END
	base_dir = $dc/run
	state_dir = $dc/run
	log_path = $dc/log
	listen = 127.0.0.1
	protocols = ${DOVECOT_PROTOCOLS:-imap}
	first_valid_uid = 1
	service imap-login {
	  inet_listener imap {
	    port = $IMAP_PORT
	  }
	  inet_listener imaps {
	    port = $IMAPS_PORT
	    ssl = yes
	  }
	}
	$(dovecot_pop3_config)
	ssl = yes
	ssl_cert = <$dc/cert.pem
	ssl_key = <$dc/key.pem
	auth_mechanisms = plain login
	auth_failure_delay = 0
	passdb {
	  driver = static
	  args = password=secret
	}
	userdb {
	  driver = static
	  args = uid=$owner gid=$group home=$dc/home/%u
	}
	mail_location = maildir:~/Maildir:LAYOUT=fs:INBOX=~/Maildir/INBOX
	mail_fsync = never
	namespace inbox {
	  inbox = yes
	  separator = /
	  mailbox Drafts {
	    special_use = \\Drafts
	  }
	  mailbox Junk {
	    special_use = \\Junk
	  }
	  mailbox Sent {
	    special_use = \\Sent
	  }
	  mailbox Trash {
	    special_use = \\Trash
	  }
	}
	${1:-}
	END
}

# Start, and start again on the same mailboxes after dovecot_stop.
dovecot_start() {
	[ "$DOVECOT_BIN" ] || { echo 'dovecot is not installed' >&2; return 1; }
	dc=$T/dovecot
	if [ ! -d "$dc" ]; then
		mkdir -p "$dc/home" "$dc/run" || return 1
		chmod 755 "$dc" "$dc/run"
		[ "$(id -u)" != 0 ] || chown mail:mail "$dc/home" || return 1
		dovecot_certificates "$dc" >"$dc/openssl.log" 2>&1 ||
		    { cat "$dc/openssl.log" >&2; return 1; }
		echo secret >"$dc/pw" && chmod 600 "$dc/pw"
	fi
	CA_FILE=$dc/ca.pem PW_FILE=$dc/pw
	try=0
	while [ $try -lt 10 ]; do
		# below the ephemeral ports, where no client's end can be
		IMAP_PORT=$((10000 + ($$ * 31 + try * 997) % 5500 * 4))
		IMAPS_PORT=$((IMAP_PORT + 1))
		POP3_PORT=$((IMAP_PORT + 2)) POP3S_PORT=$((IMAP_PORT + 3))
		dovecot_config "${1:-}" >"$dc/dovecot.conf"
		: >"$dc/log"
		"$DOVECOT_BIN" -F -c "$dc/dovecot.conf" >>"$dc/log" 2>&1 &
		dovecot_pid=$!
		while kill -0 "$dovecot_pid" 2>/dev/null; do
			grep -q 'starting up' "$dc/log" && return 0
			sleep 0.05
		done
		wait "$dovecot_pid"
		dovecot_pid=
		grep -q 'in use' "$dc/log" || break
		try=$((try + 1))
	done
	cat "$dc/log" >&2
	return 1
}

dovecot_stop() {
	[ "$dovecot_pid" ] || return 0
	kill "$dovecot_pid" 2>/dev/null
	wait "$dovecot_pid" 2>/dev/null
	dovecot_pid=
}

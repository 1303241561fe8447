# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# Scratch Cyrus and Courier on loopback, in roots of their own below $T, as
# scripts/servers.sh unpacked them.  Sourced behind lib.sh; needs root, for
# chroot.  Plaintext, no TLS; the password is "secret".
#
#	servers_have cyrus || skip ...
#	cyrus_start ['imapd.conf lines']	any user; CYRUS_PORT, CYRUS_POP3
#	courier_start mary john ...		these; COURIER_PORT, COURIER_POP3
#	servers_stop
#
# Cyrus takes any password, and makes a mailbox at the first login; "cyrus"
# is its administrator.  $SERVERS_WHY says why there is none.

SERVERS=${POSTROAD_SERVERS:-$ROOT/build/servers}
export SERVERS_WHY=
servers_pids=
SERVER_PW=$T/server.pw
(umask 077; echo secret >"$SERVER_PW")

servers_have() {
	if [ "$(id -u)" != 0 ]; then
		SERVERS_WHY="only root can chroot into $1"
	elif [ ! -e "$SERVERS/$1/complete" ]; then
		SERVERS_WHY="no $1: sh scripts/servers.sh $SERVERS"
	elif ! chroot "$SERVERS/$1" /usr/bin/nothing 2>&1 |
	    grep -q 'No such file'; then
		SERVERS_WHY='chroot is not allowed here'
	else
		return 0
	fi
	return 1
}

# A copy by hard links: whatever is written to has to be removed first.
servers_root() {
	root=$T/$1
	[ ! -e "$root" ] || return 0
	cp -alH "$SERVERS/$1" "$root" 2>/dev/null || {
		rm -rf "$root"
		cp -aH "$SERVERS/$1" "$root" || return 1
	}
	chmod 755 "$root"
	rm -f "$root/etc/passwd" "$root/etc/group"
	printf '%s\n' root:x:0:0::/: daemon:x:1:1::/: mail:x:8:8::/: \
	    cyrus:x:8:8::/: courier:x:8:8::/: >"$root/etc/passwd"
	printf '%s\n' root:x:0: daemon:x:1: mail:x:8: courier:x:8: \
	    >"$root/etc/group"
	chmod 777 "$root/tmp"
	mknod -m 666 "$root/dev/null" c 1 3 &&
	    mknod -m 666 "$root/dev/urandom" c 1 9 &&
	    mknod -m 666 "$root/dev/random" c 1 8
}

# answers PORT: somebody greets there
servers_answer() {
	try=0
	while [ $try -lt 600 ]; do
		perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(
		    PeerAddr => "127.0.0.1:$ARGV[0]", Timeout => 2) or exit 1;
		    exit(defined(<$s>) ? 0 : 1)' "$1" && return 0
		sleep 0.1
		try=$((try + 1))
	done
	return 1
}

# a free port, below Dovecot's and the ephemeral ones.  Many tests at a time
# look for one: at random, as the PIDs of two may fit together badly.
servers_port() {
	perl -MIO::Socket::INET -e 'for (1 .. 1000) {
	    my $p = 2000 + int(rand(7900));
	    my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1",
		LocalPort => $p, Listen => 1) or next;
	    print "$p\n"; exit 0 } exit 1'
}

cyrus_start() {
	servers_root cyrus || return 1
	root=$T/cyrus
	CYRUS_PORT=$(servers_port) CYRUS_POP3=$(servers_port)
	mkdir -p "$root/var/imap" "$root/var/spool/imap"
	rm -f "$root/etc/imapd.conf" "$root/etc/cyrus.conf"
	cat >"$root/etc/imapd.conf" <<-END
	configdirectory: /var/imap
	partition-default: /var/spool/imap
	sasl_pwcheck_method: alwaystrue
	sasl_mech_list: PLAIN LOGIN
	allowplaintext: yes
	admins: cyrus
	altnamespace: no
	unixhierarchysep: yes
	autocreate_quota: 0
	autocreate_post: yes
	servername: localhost
	${1:-}
	END
	cat >"$root/etc/cyrus.conf" <<-END
	START {
	  recover cmd="/usr/lib/cyrus/bin/ctl_cyrusdb -r"
	}
	SERVICES {
	  imap cmd="/usr/lib/cyrus/bin/imapd" listen="127.0.0.1:$CYRUS_PORT" prefork=0
	  pop3 cmd="/usr/lib/cyrus/bin/pop3d" listen="127.0.0.1:$CYRUS_POP3" prefork=0
	}
	EVENTS {
	}
	END
	chown -R 8:8 "$root/var/imap" "$root/var/spool/imap"
	chroot "$root" /usr/lib/cyrus/bin/master -C /etc/imapd.conf \
	    -M /etc/cyrus.conf -p /run/master.pid >"$T/cyrus.log" 2>&1 &
	servers_pids="$servers_pids $!"
	servers_answer "$CYRUS_PORT" && servers_answer "$CYRUS_POP3"
}

# Courier's users: what its makeuserdb writes, which is a Perl script
courier_users() {
	pw=$(openssl passwd -1 secret)
	for user; do
		printf '%s\tuid=8|gid=8|home=/home/%s|_=\n' "$user" "$user"
	done >"$T/courier.users"
	for user; do
		printf '%s\tsystempw=%s\n' "$user" "$pw"
	done >"$T/courier.shadow"
	for kind in users:userdb shadow:userdbshadow; do
		{ cat "$T/courier.${kind%:*}"; printf '\n.\n'; } |
		    chroot "$T/courier" \
			/usr/lib/courier/courier-authlib/makedatprog - \
			/tmp/dat.tmp "/etc/courier/${kind#*:}.dat" || return 1
	done
	for user; do
		for d in cur new tmp; do
			mkdir -p "$T/courier/home/$user/Maildir/$d"
		done
	done
	chown -R 8:8 "$T/courier/home"
}

# courier_listen PORT LOGIN SERVER
courier_listen() {
	env -i PATH=/usr/bin:/usr/sbin MAILDIRPATH=Maildir IMAP_CAPABILITY='IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE' \
	    IMAP_KEYWORDS=1 IMAP_EMPTYTRASH='' IMAP_TRASHFOLDERNAME=Trash \
	    IMAP_UMASK=022 IMAP_USELOCKS=1 IMAP_IDLE_TIMEOUT=60 \
	    IMAP_STARTTLS=NO IMAP_TLS_REQUIRED=0 POP3_STARTTLS=NO \
	    POP3_TLS_REQUIRED=0 SENDMAIL=/bin/true \
	    chroot "$T/courier" /usr/sbin/couriertcpd -address=127.0.0.1 \
	    -maxprocs=100 -maxperip=100 -nodnslookup -noidentlookup "$1" \
	    "$2" "$3" Maildir >>"$T/courier.log" 2>&1 &
	servers_pids="$servers_pids $!"
	servers_answer "$1"
}

courier_start() {
	servers_root courier || return 1
	root=$T/courier
	mkdir -p "$root/run/courier/authdaemon"
	chmod 755 "$root/run/courier/authdaemon"
	sed 's/^authmodulelist=.*/authmodulelist="authuserdb"/' \
	    "$root/etc/courier/authdaemonrc" >"$T/authdaemonrc"
	rm -f "$root/etc/courier/authdaemonrc"
	cp "$T/authdaemonrc" "$root/etc/courier/authdaemonrc"
	courier_users "$@" || return 1
	chroot "$root" /usr/lib/courier/courier-authlib/authdaemond \
	    >"$T/courier.auth.log" 2>&1 &
	servers_pids="$servers_pids $!"
	COURIER_PORT=$(servers_port) COURIER_POP3=$(servers_port)
	try=0
	while [ ! -S "$root/run/courier/authdaemon/socket" ] &&
	    [ $try -lt 600 ]; do
		sleep 0.1
		try=$((try + 1))
	done
	courier_listen "$COURIER_PORT" /usr/lib/courier/courier/imaplogin \
	    /usr/bin/imapd &&
	courier_listen "$COURIER_POP3" \
	    /usr/lib/courier/courier/courierpop3login \
	    /usr/lib/courier/courier/courierpop3d
}

servers_stop() {
	for pid in $servers_pids; do
		kill "$pid" 2>/dev/null
	done
	for pid in $servers_pids; do
		wait "$pid" 2>/dev/null
	done
	servers_pids=
}

trap 'servers_stop; at_exit' EXIT

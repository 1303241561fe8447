#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A hundred mailboxes on a Dovecot whose users' passwords nobody knows: by
# its master user, each into a spool of its own.
. "${0%/*}/lib.sh"
[ "$DOVECOT_BIN" ] || skip_all 'Dovecot is not installed'

USERS=100
mkdir -p dovecot
echo 'boss:{PLAIN}master-secret' >masters
chmod 644 masters
(umask 077; echo master-secret >boss.pw)
rm -rf dovecot
dovecot_start "auth_master_user_separator = *
	passdb {
	  driver = passwd-file
	  args = $T/masters
	  master = yes
	}
	mail_max_userip_connections = 200" || bail 'Dovecot does not start'
for n in $(seq 1 $USERS); do
	for box in INBOX Sent; do
		d=dovecot/home/user$n/Maildir/$box
		mkdir -p "$d/cur" "$d/new" "$d/tmp"
		printf 'Subject: %s of user%s\r\n\r\nmail of user%s\r\n' \
		    "$box" "$n" "$n" >"$d/cur/1420070400.M${n}P1.x:2,S"
	done
done
[ "$(id -u)" != 0 ] || chown -R mail:mail dovecot/home
url=$(dest user%)
seq 1 $USERS | xargs -P 4 -I % "$POSTROAD" extract -q --admin dovecot \
    --admin-user boss --ca-file "$CA_FILE" --password-file boss.pw \
    "$url" user%.spool >log 2>&1
result $? "$USERS mailboxes by the master user" || diag "$(cat log)"
for n in $(seq 1 $USERS); do
	find "user$n.spool/mail" -path '*/cur/*' -exec grep -l "of user$n.\$" \
	    {} + | wc -l
done | sort | uniq -c | tr -s ' ' >got
echo " $USERS 2" >want
same got want 'each has its own mail and no other'
status 77 'not with the master password as the user himself' postroad extract \
    --ca-file "$CA_FILE" --password-file boss.pw "$(dest user1)" x.spool
status 77 'not as an administrator who is none' postroad extract \
    --admin dovecot --admin-user nobody --ca-file "$CA_FILE" \
    --password-file boss.pw "$(dest user1)" x.spool
dovecot_stop
done_testing

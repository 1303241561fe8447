#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Hostile names, keywords, dates and answers on the way to a destination
# (I30-I36): quoted, replaced or refused, never a second command.  What the
# fake server logs is what it understood; it is strict, and hangs up at what
# breaks the grammar.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/fake.sh"
. "$ROOT/tests/e2e/folders.sh"

[ -x "$FAKE" ] || skip_all "no $FAKE (make check-build)"

# only DESCRIPTION VERB...: the server saw no other commands than a load's
# ('client gone' is the log's own word)
only() {
	is "$(cut -d' ' -f2 log | sort -u |
	    grep -vxE 'AUTHENTICATE|LOGIN|ID|NAMESPACE|LIST|LSUB|STATUS|CREATE|SUBSCRIBE|SELECT|EXAMINE|UNSELECT|APPEND|UID|LOGOUT|NOOP|CAPABILITY|ENABLE|GETQUOTAROOT|client' |
	    tr '\n' ' ')" '' "$1: no other command"
}

# --- I30 folder names
python3 - <<'END'
import os
names = ["cr\r\nx9 DELETE INBOX", 'quote"d', "back\\slash", "lit{5}", "lit{5+}",
    "per%cent", "st*r", "par(en", 'a" "b', "~tilde", "&-amp", "&AAo-", "tab\tx",
    "esc\x1b[2J", "\u202egpj", "NIL", "\"", "\\", "x" * 200]
for i, n in enumerate(names):
    os.makedirs("in/" + n)
    with open("in/%s/%d.eml" % (n, i), "w") as f:
        f.write("Subject: m%d\n\nx\n" % i)
END
postroad extract -q eml:in h.spool >/dev/null 2>&1
mkdir -p "h.spool/mail/nul%00nul/cur" # NUL, as a PST or a server may have it
cp h.spool/mail/NIL/cur/* h.spool/mail/nul%00nul/cur/1.x:2,
n=$(find h.spool/mail -type f -path '*/cur/*' | wc -l)
for how in '' '-LITERAL+' '-LITERAL+ -MULTIAPPEND -UIDPLUS'; do
	rm -rf c.spool && cp -r h.spool c.spool
	begin ${how:+--caps "$how"}
	status 0 "I30 folder names ($how)" load --connections 1 c.spool
	only "I30 ($how)"
	is "$(held | awk '{ n += $NF } END { print n }')" "$n" 'each message is in its folder'
	fake_stop
done
made >got
python3 - <<'END' >want
import re
names = ["cr__x9 DELETE INBOX", 'quote"d', "back\\slash", "lit{5}", "lit{5+}",
    "per%cent", "st*r", "par(en", 'a" "b', "~tilde", "&--amp", "&-AAo-", "tab_x",
    "esc_[2J", "&IC4-gpj", "NIL", '"', "\\", "x" * 200, "nul_nul"]
print("\n".join(sorted(names)))
END
LC_ALL=C sort -o got got
LC_ALL=C sort -o want want
same got want 'I30: quoted, or replaced where no server could take it'
like "$(jq -r '.notes[]' out)" "could not take the name as it is" 'which is said'
unlike "$(cat err)" "$(printf '\033')" 'and no escape sequence reaches the terminal'

# --- I31 user and password
for user in 'mary" "x' 'back\slash' 'm%C3%A4ry' 'full%E3%80%80width' 'cr%0D%0Ax9 NOOP' 'nul%00x'; do
	rm -rf c.spool && cp -r h.spool c.spool
	(umask 077; printf 'pass"word\\ {3}\tü　\n' >odd.pw)
	begin --password "$(cat odd.pw)"
	enc=$(printf %s "$user" | sed 's/ /%20/g; s/"/%22/g; s/\\/%5C/g')
	rc=0
	postroad load --tls none --password-file odd.pw c.spool \
	    "imap://$enc@127.0.0.1:$FAKE_PORT/" >out 2>err || rc=$?
	only "I31 $user"
	case $user in
	cr* | nul*) [ $rc -ge 64 ] && [ $rc != 70 ] ;;
	*) [ $rc = 0 ] || [ $rc = 1 ] ;;
	esac
	result $? "I31 $user: status $rc"
	fake_stop
done
for pw in 'a\rx9 DELETE INBOX' 'a\000b'; do
	rm -rf c.spool && cp -r h.spool c.spool
	(umask 077; printf "$pw\\n" >odd.pw)
	begin --password secret
	status '7[0-9]|64' "I31 a password with $pw" postroad load --tls none \
	    --password-file odd.pw c.spool "$FAKE_URL"
	only 'I31'
	fake_stop
done

# --- I32 keywords
spool k.spool Kept
sqlite3 k.spool/spool.db "UPDATE message SET keywords='good a)b' || char(32) || 'c{5}' || char(32) || 'q\"q b\\s st*r per%cent x]y ' || char(228) || char(13) || char(10) || 'DELETE (p' || char(1)"
cp -r k.spool k2.spool
begin
status 0 'I32 keywords that are none' load k.spool
only 'I32'
is "$(held | grep -c 'Kept 1')" 1 'the message is there'
like "$(cat st/Kept/*.info)" 'good' 'with what is a keyword'
unlike "$(cat st/Kept/*.info)" 'a)b|DELETE|q"q' 'without what is none'
is "$(jq .keywords_dropped out)" 1 'which is counted'
like "$(jq -r '.notes[]' out)" 'a.b' 'and named'
fake_stop
# a server that refuses them in spite of \*
for words in 'BAD Command Argument Error. 11' 'NO [CANNOT] no such keyword' 'NO cannot'; do
	for caps in '' '-MULTIAPPEND' '-LITERAL+ -MULTIAPPEND'; do
		rm -rf in c.spool
		for i in 1 2 3 4 5; do
			mkdir -p in/cur in/new in/tmp
			printf 'Subject: m%s\n\nx\n' $i >in/cur/13555194$i.x:2,Sa
		done
		printf 'Subject: m6\n\nx\n' >in/cur/135551946.x:2,S
		printf '0 Label\n' >in/dovecot-keywords
		postroad extract -q maildir:in c.spool >/dev/null 2>&1
		begin --no-keywords "$words" ${caps:+--caps "$caps"}
		status 0 "'$words' for a keyword ($caps)" load c.spool
		is "$(jq -c '[.loaded,.refused,.keywords_dropped]' out)" \
		    '[6,0,5]' 'is loaded without it, and recorded'
		is "$(cat st/INBOX/*.info | grep -c Seen)" 6 'with its flags'
		is "$(sqlite3 c.spool/spool.db "SELECT count(*) FROM delivery WHERE dropped='Label'")" \
		    5 'the ledger has it'
		fake_stop
	done
done

# --- I33 dates
for date in -1 -62135596801 99999999999999 9223372036854775807 253402300800 -9223372036854775808; do
	rm -rf c.spool && cp -r k2.spool c.spool
	sqlite3 c.spool/spool.db "UPDATE message SET received=$date, keywords=''"
	begin
	status '0|1' "I33 a date of $date seconds" load c.spool
	only 'I33'
	is "$(jq '.announced == .loaded + .refused + .unchanged + .lost + .pending' out)" \
	    true 'the sum balances'
	fake_stop
done

# --- I34, I35, I36: what is there already, told by a server that lies
python3 - <<'END' >answers
print("I34 no body|* 1 FETCH (UID 1 FLAGS () INTERNALDATE \"14-Dec-2012 21:10:30 +0000\" RFC822.SIZE 17 BODY[HEADER.FIELDS (MESSAGE-ID)] NIL)")
print("I34 another UID|* 1 FETCH (UID 77 FLAGS () INTERNALDATE \"14-Dec-2012 21:10:30 +0000\" RFC822.SIZE 17 BODY[HEADER.FIELDS (MESSAGE-ID)] \"\")")
print("I34 a wrong size|* 1 FETCH (UID 1 FLAGS () INTERNALDATE \"14-Dec-2012 21:10:30 +0000\" RFC822.SIZE 18446744073709551615)")
print("I34 twice|* 1 FETCH (UID 1 RFC822.SIZE 3 BODY[HEADER.FIELDS (MESSAGE-ID)] \"a\")\\r\\n* 1 FETCH (UID 1 RFC822.SIZE 4 BODY[HEADER.FIELDS (MESSAGE-ID)] \"b\")")
print("I35 20,000 keywords|* 1 FETCH (UID 1 RFC822.SIZE 17 INTERNALDATE \"14-Dec-2012 21:10:30 +0000\" FLAGS (%s))" % " ".join("k%d" % i for i in range(20000)))
print("I35 unknown flags|* 1 FETCH (UID 1 RFC822.SIZE 17 FLAGS (\\\\Recent \\\\Foo x]y))")
for d in ["00-Jan-0000 00:00:00 +0000", "31-Dec-9999 23:59:59 -1460", "14-Dec-2012 21:10:30 +1460", "'; DROP TABLE", ""]:
    print("I36 INTERNALDATE %s|* 1 FETCH (UID 1 RFC822.SIZE 17 INTERNALDATE \"%s\" FLAGS ())" % (d or "empty", d))
print("I36 no INTERNALDATE|* 1 FETCH (UID 1 RFC822.SIZE 17 FLAGS ())")
END
rm -rf in c.spool
mkdir -p in/cur in/new in/tmp
printf 'Subject: mine\n\nx\n' >in/cur/1355519430.x:2,S
postroad extract -q maildir:in orig.spool >/dev/null 2>&1
while IFS='|' read -r what answer; do
	for command in load verify 'verify --deep'; do
		rm -rf c.spool && cp -r orig.spool c.spool
		: >lie.log
		python3 "$ROOT/tests/fake/liar.py" "$answer" lie.log >lie.port &
		liar=$!
		while ! [ -s lie.port ]; do sleep 0.02; done
		rc=0
		# shellcheck disable=SC2086
		timeout 20 "$POSTROAD" $command --json --tls none --max-wait 1 \
		    --password-file pw c.spool \
		    "imap://mary@127.0.0.1:$(cat lie.port)/" >out 2>err || rc=$?
		kill $liar 2>/dev/null
		wait $liar 2>/dev/null
		case $rc in
		0 | 1 | 69 | 75 | 76) result 0 "$what: $command ends with $rc" ;;
		*) result 1 "$what: $command ends with $rc"; sed 's/^/# /' err ;;
		esac
		is "$(grep -vxE 'AUTHENTICATE|LIST|STATUS|SELECT|EXAMINE|UID|APPEND|LOGOUT|CLOSE|NOOP|SUBSCRIBE|CAPABILITY' lie.log | sort -u | tr '\n' ' ')" '' \
		    'and sends nothing odd'
		if [ "$command" = load ]; then
			[ "$(grep -c APPEND lie.log)" -le 1 ]
			result $? 'the message is sent once at most'
		fi
		rm -f lie.port
	done
done <answers
done_testing

#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What a destination will refuse is named by --dry-run, message by message and
# folder by folder, and is what it refuses: by the profiles, and by real
# servers (Dovecot, Cyrus, Courier).  Their mailboxes are looked at with
# Python's own client.
export TZ=UTC
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/fake.sh"
. "$ROOT/tests/e2e/folders.sh"
. "$ROOT/tests/e2e/servers.sh"
trap 'fake_stop; dovecot_stop; servers_stop; at_exit' EXIT

STEPS=${POSTROAD_STEPS:-$ROOT/build/postroad-steps}
[ -x "$FAKE" ] || skip_all "no $FAKE (make check-build)"

# put FOLDER NAME: stdin as it is, as a message that others put into o.spool
put() {
	mkdir -p "o.spool/mail/$1/cur" "o.spool/mail/$1/new" "o.spool/mail/$1/tmp"
	cat >"o.spool/mail/$1/cur/1355519430.$2.x:2,"
}
head='Subject: x\r\nMessage-ID: <%s@x>\r\n\r\n'
rm -rf in && mkdir in && printf 'Subject: first\n\nx\n' >in/1.eml
postroad extract -q eml:in o.spool >/dev/null 2>&1
printf "${head}fine\r\n" a | put INBOX fine
printf "${head}two\nlines\r\n" b | put INBOX lf
printf "${head}a\rb\r\n" c | put INBOX cr
printf "${head}a\0b\r\n" d | put INBOX nul
printf 'this is\r\nno header\r\n\r\nx\r\n' | put INBOX noheader
printf '' | put INBOX empty
{ printf "$head" e; head -c 20000 /dev/zero | tr '\0' x; printf '\r\n'; } |
    put INBOX long
{ printf "$head" g; head -c 3000000 /dev/zero | tr '\0' x | fold -w 70 |
    sed 's/$/\r/'; } | put INBOX big
i=0
for name in 'dot.ted' 'quo"te' 'per%25cent' 'ca^ret' 'se;mi' 'la<t' 'two  spaces' \
    'tail ' ' head' '%7Etilde' 'emoji 😀' 'Files' '[Gmail]' \
    "$(printf '%0230d' 0 | tr 0 n)" 'sla%2Fsh' 'pi|pe' 'plain' '%7Eother' 'a/%25new'; do
	i=$((i + 1))
	printf "${head}x\r\n" "f$i" | put "$name" "f$i"
done
postroad extract -q eml:in o.spool >/dev/null 2>&1 # adopts them
n=$(find o.spool/mail -path '*/cur/*' -type f | wc -l)
mkdir work && cd work || bail 'no directory'

# --- profiles, in front of a server that takes everything
cat >own.yaml <<'END'
providers:
  strict:
    title: Strict
    limits:
      message_bytes: 2M
      line_bytes: 1000
      bare_lf: refuse
      bare_cr: refuse
      nul: refuse
      items: 12
      folder_leading: '~'
      folder_names: [plain]
END
(umask 077; echo secret >pw)
while IFS='|' read -r profile refused names; do
	rm -rf c.spool && cp -r ../o.spool c.spool
	begin
	status '0|1' "$profile: dry run" load --dry-run --providers own.yaml \
	    --dest-profile "$profile" c.spool
	cp out dry
	is "$(held | awk '{ n += $NF } END { print n + 0 }')" 0 'nothing is sent'
	is "$(jq -r '.problems[].error' out | grep -oE 'empty|LF without|no header|NUL|line of|MB' |
	    sort | tr '\n' ',')" "$refused" 'each message that it refuses'
	is "$(jq -r '.problems[]|select(.error|test("takes no folder|keeps the name"))|.folder' \
	    out | sed 's/ 😀//' | cut -c1-8 | LC_ALL=C sort | tr '\n' ',')" "$names" 'each folder'
	is "$(jq '[.problems[]|select(.hint == null)]|length' out)" 0 \
	    'each with a hint'
	status '0|1' "$profile" load --providers own.yaml --dest-profile \
	    "$profile" c.spool
	is "$(jq -cS '[.loaded,.refused,([.problems[]|[.folder,.source,.error]]|sort)]' out)" \
	    "$(jq -cS '[.loaded,.refused,([.problems[]|[.folder,.source,.error]]|sort)]' dry)" \
	    'the same is refused'
	fake_stop
done <<'END'
generic||
dovecot|empty,|
cyrus|LF without,NUL,empty,no header,|a/%25new,ca^ret,la<t,per%25ce,pi|pe,quo"te,se;mi,
courier||emoji,
microsoft|line of,| head,Files,tail ,
google|| head,[Gmail],ca^ret,nnnnnnnn,tail ,two  spa,
END
rm -rf c.spool && cp -r ../o.spool c.spool
begin
there Old; printf 'x' >st/Old/0000000001; printf '14-Dec-2012 21:10:30 +0000\t\n' >st/Old/0000000001.info; echo '9 2 1 -' >st/Old/state
status 1 'a profile of your own' load --dry-run --providers own.yaml \
    --dest-profile strict c.spool
is "$(jq -r '.problems[].error' out | grep -c 'strict holds 12 messages at most')" \
    "$((n - 5 - 3 - 11))" 'so many items, and those that are there count'
is "$(jq .loaded out)" 11 'the rest goes'
for what in 'has 3.1 MB, and strict takes 2.0 MB' 'a line of 20002 bytes' \
    'an LF without a CR .line 4' 'a CR without an LF .line 4' 'a NUL .line 4' \
    "'~' in front" "keeps the name 'plain'"; do
	like "$(jq -r '.problems[].error' out)" "$what" "$what"
done
like "$(jq -r '.problems[]|select(.error|test("NUL"))|.hint' out)" \
    'transform --fix-newlines' 'the hint names the fix'
like "$(jq -r '.problems[]|select(.error|test("a line of"))|.hint' out)" \
    'transform --fix-lines' 'likewise'
like "$(jq -r '.problems[]|select(.error|test("3.1 MB"))|.hint' out)" \
    'transform --strip-attachments' 'likewise'
fake_stop

# --- said once, also where the spool is gone through once more
box A 'q"q'
rm -rf again.spool && postroad extract -q eml:in again.spool >/dev/null 2>&1
begin
status 1 'a folder is refused' load --dest-profile cyrus again.spool
box A
postroad extract -q eml:in again.spool >/dev/null 2>&1
sed -i 's/^[0-9]*/777/' st/A/state
status 1 'another UIDVALIDITY' load --dest-profile cyrus again.spool
like "$(cat err)" 'was [0-9]* and is 777' 'is noticed'
is "$(jq -c '[.announced,.unchanged,.loaded,.refused]' out)" '[3,1,1,1]' 'sums'
is "$(jq '.problems|length' out)" 1 'and the refused folder is named once'
fake_stop
rm -rf in

# --- hours and rates of a profile
mkdir in
for k in 1 2 3; do
	{ printf 'Subject: %s\n\n' $k; head -c 20000 /dev/zero | tr '\0' x |
	    fold -w 70; } >in/$k.eml
done
cat >slow.yaml <<'END'
providers:
  slow: { title: Slow, limits: { hours: '12:00:03-12:16:40', upload_bytes_per_second: 30000 } }
END
postroad extract -q eml:in t.spool >/dev/null 2>&1
begin
if [ -x "$STEPS" ]; then # by a clock of its own (core/clock.h)
	noon=$(date -d 2026-03-02T12:00:00Z +%s)
	echo "$noon" >clock
	start=$(date +%s%N)
	TEST_CLOCK=$PWD/clock status 0 'hours and a rate' "$STEPS" load --json \
	    --tls none --password-file pw --providers slow.yaml \
	    --dest-profile slow t.spool "$FAKE_URL"
	took=$(($(cat clock) - noon))
	real=$((($(date +%s%N) - start) / 1000000))
	[ $took -ge 3 ] && [ $took -le 60 ]
	result $? "are kept ($took s)"
	# 60,000 bytes, of which one second's may be sent at once
	[ $((took * 1000 + real)) -ge 4000 ]
	result $? "and so is the rate (and $real ms)"
	is "$(jq .loaded out)" 3 'and all is sent'
else
	skip 'hours and a rate' "no $STEPS"
fi
fake_stop
printf 'providers: { x: { title: X, limits: { hours: maybe } } }\n' >bad.yaml
begin
status 78 'hours that are none' load --providers bad.yaml --dest-profile x t.spool
fake_stop
for bad in 'bare_lf: perhaps' 'case: maybe' 'folder_chars: many' 'flagged: no' \
    'folder_refused: [a]'; do
	printf 'providers: { x: { title: X, limits: { %s } } }\n' "$bad" >bad.yaml
	status 78 "$bad" postroad load --providers bad.yaml --provider x \
	    t.spool imap://mary@127.0.0.1:1/
done

# --- real servers: what the dry run says is what comes
# and a name that grows in modified UTF-7
(cd .. && printf "${head}x\r\n" u |
    put "$(python3 -c 'print("\u0449" * 120)')" u &&
    postroad extract -q eml:in o.spool >/dev/null 2>&1)
cat >list.py <<'END'
import imaplib, sys
M = imaplib.IMAP4("127.0.0.1", int(sys.argv[1]))
if "STARTTLS" in M.capabilities:
    import ssl
    c = ssl.create_default_context(cafile=sys.argv[5])
    c.check_hostname = False
    M.starttls(c)
M.login(sys.argv[2], sys.argv[3])
total = 0
for line in M.list()[1]:
    if isinstance(line, tuple):
        name = line[1]
    else:
        name = line.split(b' "%s" ' % sys.argv[4].encode(), 1)[1]
        if name.startswith(b'"'):
            name = name[1:-1].replace(b'\\"', b'"').replace(b"\\\\", b"\\")
    q = b'"' + name.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
    t, d = M.select(q.decode("latin-1"), True)
    if t == "OK":
        print(name.decode("latin-1"), int(d[0]))
END
# real NAME PORT USER DELIMITER PASSWORD LOAD-OPTIONS...
real() {
	name=$1 port=$2 user=$3 delimiter=$4 password=$5
	shift 5
	rm -rf c.spool && cp -r ../o.spool c.spool
	status '0|1' "$name: dry run" to "$@" --dry-run c.spool
	cp out dry
	status '0|1' "$name: load" to "$@" c.spool
	like "$(jq -r '.announced == .loaded + .refused' out)" true "$name: sums"
	python3 list.py "$port" "$user" "$password" "$delimiter" \
	    "${CA_FILE:-}" >real.list
	is "$(awk '{ n += $NF } END { print n }' real.list)" "$(jq .loaded out)" \
	    "$name: Python finds what was loaded"
	jq -r '.problems[]|"\(.folder) \(.size)"' dry | sort >want
	jq -r '.problems[]|"\(.folder) \(.size)"' out | sort >got
	same got want "$name: what was refused is what the dry run said"
	is "$(jq -r '.problems[]|select(.error|test("CREATE|folder"))|.hint' out |
	    grep -vc "for $name'")" 0 "$name: refused names have its hint"
	status 0 "$name: mended names" postroad transform --fix-names \
	    --for "$name" c.spool "f-$name"
	status '0|1' "$name: load" to "$@" "f-$name"
	is "$(jq -c '[.problems[]|select(.error|test("CREATE|folder"))]' out)" '[]' \
	    "$name: all names are taken"
	rm -rf "f-$name"
}
plain() {
	postroad load --json --tls none --password-file "$SERVER_PW" "$@" \
	    "imap://mary@127.0.0.1:$port/"
}
to() { plain "$@"; }
if [ "$DOVECOT_BIN" ]; then
	dovecot_start 'disable_plaintext_auth = no' || bail 'Dovecot does not start'
	port=$IMAP_PORT
	to() {
		postroad load --json --ca-file "$CA_FILE" --password-file \
		    "$PW_FILE" "$@" "$(dest mary)"
	}
	real dovecot "$IMAP_PORT" mary / secret
	like "$(jq -r '.problems[].error' dry)" "the server says of '~tilde': .*Begins with '~'" \
	    "the dry run has asked Dovecot"
	dovecot_stop
else
	skip 'Dovecot' 'it is not installed'
fi
to() { plain "$@"; }
if servers_have cyrus; then
	cyrus_start || bail 'Cyrus does not start'
	real cyrus "$CYRUS_PORT" mary / secret
	like "$(cat real.list)" '^INBOX/plain 1$' 'below its prefix'
	servers_stop
else
	skip 'Cyrus' "$SERVERS_WHY"
fi
if servers_have courier; then
	courier_start mary || bail 'Courier does not start'
	real courier "$COURIER_PORT" mary . secret
	like "$(cat real.list)" '^INBOX[.]dot_ted 1$' "the delimiter in a name is '_'"
	servers_stop
else
	skip 'Courier' "$SERVERS_WHY"
fi
done_testing

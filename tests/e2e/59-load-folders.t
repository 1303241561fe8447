#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What folders are called there: delimiters and prefixes, names that differ
# only in case, subscriptions, refused names.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/fake.sh"
. "$ROOT/tests/e2e/folders.sh"

[ -x "$FAKE" ] || skip_all "no $FAKE (make check-build)"

# --- delimiters and prefixes (55): the wire has what LIST's delimiter says
spool a.spool Projects/2019/May 'v1.2' INBOX/Sub 'Q&A' 'Ä b'
for row in "/::Projects/2019/May|v1.2|INBOX/Sub|Q&-A|&AMQ- b" \
    ".::Projects.2019.May|v1_2|INBOX.Sub|Q&-A|&AMQ- b" \
    "\\::Projects\\2019\\May|v1.2|INBOX\\Sub|Q&-A|&AMQ- b" \
    "NIL::Projects_2019_May|v1.2|INBOX_Sub|Q&-A|&AMQ- b" \
    "/:INBOX/:INBOX/Projects/2019/May|INBOX/v1.2|INBOX/Sub|INBOX/Q&-A|INBOX/&AMQ- b" \
    ".:INBOX.:INBOX.Projects.2019.May|INBOX.v1_2|INBOX.Sub|INBOX.Q&-A|INBOX.&AMQ- b" \
    "\\:INBOX\\:INBOX\\Projects\\2019\\May|INBOX\\v1.2|INBOX\\Sub|INBOX\\Q&-A|INBOX\\&AMQ- b" \
    "/:mail/:mail/Projects/2019/May|mail/v1.2|INBOX/Sub|mail/Q&-A|mail/&AMQ- b" \
    ".:mail.:mail.Projects.2019.May|mail.v1_2|INBOX.Sub|mail.Q&-A|mail.&AMQ- b" \
    "\\:mail\\:mail\\Projects\\2019\\May|mail\\v1.2|INBOX\\Sub|mail\\Q&-A|mail\\&AMQ- b"; do
	IFS=: read -r delimiter prefix names <<-END
	$row
	END
	rm -rf c.spool && cp -r a.spool c.spool
	begin --delimiter "$delimiter" ${prefix:+--prefix "$prefix"}
	status 0 "delimiter $delimiter, prefix '$prefix'" load c.spool
	held | grep ' 1$' | sed 's/ 1$//' >got
	printf '%s\n' "$names" | tr '|' '\n' | sort >want
	sort -o got got
	same got want 'the folders are there, with their messages'
	fake_stop
done

# --- U+3000 in names (53): as they are, and as transform makes them
spool w.spool 'A　B' 'A B' '　lead' 'trail　' '　'
begin
status 0 'double-byte spaces' load w.spool
made >got
printf '%s\n' '&MAA-' '&MAA-lead' 'A B' 'A&MAA-B' 'trail&MAA-' | sort >want
sort -o got got
same got want 'arrive as they are'
fake_stop
rm -rf x.spool && postroad transform -q --fix-names w.spool x.spool >/dev/null 2>&1
begin
status 0 'after transform --fix-names' load x.spool
postroad ls --json x.spool | jq -r '.name // .path' | grep -v '^INBOX$' | sort >want
made | sort >got
same got want 'they are what transform made of them'
is "$(grep -c '&MAA-' got)" 0 'none is left'
is "$(held | awk '{ n += $NF } END { print n }')" 5 'and no message is lost'
fake_stop

# --- names that differ only in case
spool k.spool Foo foo SENT Sent Work/A WORK/B
begin
rm -rf c.spool && cp -r k.spool c.spool
status 0 'a server that knows case' load c.spool
made >got
is "$(lines got)" 'Foo|SENT|Sent|WORK/B|Work/A|foo|' 'has them all'
fake_stop
for how in apart merge; do
	rm -rf c.spool && cp -r k.spool c.spool
	begin --icase
	status 0 "one that ignores case: $how" load --same-names $how c.spool
	made >got
	case $how in
	apart) names='Foo|SENT|Sent (2)|WORK/B|Work/A|foo (2)|' ;;
	merge) names='Foo|SENT|WORK/B|Work/A|' ;;
	esac
	is "$(lines got)" "$names" "$how: found out by trying"
	is "$(held | awk '{ n += $NF } END { print n }')" 6 \
	    "$how: each message is there"
	case $how in
	apart)
		like "$(jq -r '.notes[]' out)" "'foo' goes to 'foo .2.', to be kept apart from 'Foo'" \
		    'which is said' ;;
	merge)
		like "$(jq -r '.notes[]' out)" "'Foo' and 'foo' both go to 'Foo'" \
		    'which is said' ;;
	esac
	: >log
	status 0 "$how: again" load --same-names $how c.spool
	is "$(grep -cE 'APPEND|CREATE' log)" 0 "$how: nothing is sent again"
	is "$(jq -c '[.unchanged,.loaded]' out)" '[6,0]' "$how: all is there"
	status 0 "$how: and verifies" postroad verify --json --tls none \
	    --password-file pw c.spool "$FAKE_URL"
	fake_stop
done
rm -rf c.spool && cp -r k.spool c.spool
begin --icase
status 0 'a profile that says so' load --dest-profile microsoft c.spool
made >got
is "$(lines got)" 'Foo|SENT|Sent (2)|WORK/B|Work/A|foo (2)|' 'decides it in advance'
is "$(grep -c 'CREATE .' log)" 6 'without a refused CREATE'
fake_stop
rm -rf c.spool && cp -r k.spool c.spool
begin --icase
there FOO; there inbox/sub
status 0 'a folder that is there in another case' load c.spool
held | grep '^FOO' >got
is "$(cat got)" 'FOO 1' 'is used'
like "$(jq -r '.notes[]' out)" "goes to 'FOO', which is there: the destination ignores case" 'and said'
fake_stop
spool d.spool SENT Sent sent
begin --icase
there Sent '\Sent'
status 0 'a folder that one of them goes to by its role' load d.spool
is "$(held | tr '\n' '|')" 'SENT (2) 1|Sent 1|sent (3) 1|' \
    'the others are kept apart from that one, too'
fake_stop
rm -rf c.spool && cp -r k.spool c.spool
begin
status 0 'a dry run cannot try' load --dry-run c.spool
like "$(jq -r '.notes[]' out)" "'SENT' and 'Sent' go to names that differ" 'and says so'
fake_stop

# --- subscriptions: as they were; where nobody knows, subscribed
rm -rf st2 && mkdir -p st2/Sub st2/Un
echo '11 1 1 -' >st2/Sub/state
echo '12 1 0 -' >st2/Un/state
fake_start --store st2
postroad extract -q --tls none --password-file pw "$FAKE_URL" s.spool >/dev/null 2>&1
fake_stop
begin
status 0 'a source that tells' load s.spool
is "$(cut -d' ' -f3 st/Sub/state) $(cut -d' ' -f3 st/Un/state)" '1 0' \
    'subscribed, and not'
fake_stop
spool s2.spool Some
begin
load s2.spool >out 2>&1
is "$(cut -d' ' -f3 st/Some/state)" 1 'a source that does not: subscribed'
fake_stop

# --- names that the server refuses: the hint has its word
spool h.spool 'a%b' fine
for row in 'Cyrus IMAP x ready|cyrus' 'Courier-IMAP ready|courier' \
    'Dovecot ready.|dovecot' 'Some server|generic'; do
	rm -rf c.spool && cp -r h.spool c.spool
	begin --no-names % --greeting "* OK %s ${row%|*}"
	status 1 "${row%|*}" load c.spool
	is "$(jq -c '[.loaded,.refused]' out)" '[1,1]' 'a name is refused, the rest goes on'
	like "$(jq -r '.problems[0].hint' out)" "transform --fix-names --for ${row#*|}'" \
	    "--for ${row#*|}"
	fake_stop
done

# --- many folders are no trouble
rm -rf in many.spool
python3 - <<'END'
import os
for i in range(2000):
    os.makedirs("in/F%04d/cur" % i)
    os.makedirs("in/F%04d/new" % i)
    os.makedirs("in/F%04d/tmp" % i)
END
postroad extract -q maildir:in many.spool >/dev/null 2>&1
begin
MEASURE=${BUILD:-$ROOT/build}/tests/bench/measure
[ -x "$MEASURE" ] || bail "no $MEASURE (make check-build)"
status 0 '2,000 folders' "$MEASURE" took "$POSTROAD" load --json --tls none \
    --password-file pw --dry-run --folder-map 'F1*=G/F1*' many.spool \
    "$FAKE_URL"
# of the CPU: a busy machine has no more of that to do
[ "$(awk '{ printf "%d", $2 }' took)" -le 5 ]
result $? "are planned in no time ($(cut -d' ' -f1,2 took) s)"
is "$(jq .folders_created out)" 2000 'all of them'
fake_stop
done_testing

#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What an APPEND looks like on the wire, byte for byte, in every form that a
# server may want, and what becomes of it when the server says something
# else than OK (RFC 3501, 3502, 4315, 7888).
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/fake.sh"

[ -x "$IMAP_TOOL" ] || skip_all 'the test tools are not built'
printf 'Subject: a\r\n\r\nx\r\n' >a.eml # 17 bytes
printf 'S: b\r\n\r\n{5}\r\nA1 NOOP\r\n' >b.eml # 22 bytes
: >empty.eml

# login CAPABILITIES: the beginning of each script
login() {
	cat <<END
S: * OK [CAPABILITY IMAP4rev1] hi
C: TAG LOGIN "mary" "secret"
S: TAG OK [CAPABILITY IMAP4rev1 $1] in
END
}

# talk STATUS DESCRIPTION CAPABILITIES TOOL-ARGUMENTS: script on stdin
talk() {
	want=$1 desc=$2 caps=$3; shift 3
	{ login "$caps"; cat; } >a.talk
	fake_start --talk a.talk || bail 'no fake server'
	got=0
	timeout 30 "$IMAP_TOOL" --tls none --password-file pw --timeout 2 \
	    $OPT "$FAKE_URL" "$@" >out 2>err || got=$?
	kept=0
	fake_wait || kept=$?
	[ "$got" = "$want" ] && [ $kept = 0 ] && { result 0 "$desc"; return; }
	result 1 "$desc"
	diag "status $got, not $want; script: $kept"
	diag "$(cat out err fake.err)"
}

OPT='--date 837596665'
talk 0 'LITERAL+: flags, date, bytes' 'LITERAL+ UIDPLUS' append INBOX a.eml . <<'END'
C: TAG APPEND INBOX "17-Jul-1996 09:44:25 +0000" {17+}
!bytes Subject: a\r\n\r\nx\r\n\r\n
S: TAG OK [APPENDUID 38505 3955] APPEND completed
!bye
END
like "$(cat out)" '^append OK .*uidvalidity=38505 uids=3955 ' 'the UID is told'
OPT='--date 852508799 --flags \Seen'
talk 0 'a synchronizing literal; no UIDPLUS' '' append INBOX a.eml . <<'END'
C: TAG APPEND INBOX (\\Seen) " 5-Jan-1997 23:59:59 +0000" {17}
!stall 200
S: + Ready for literal data
!bytes Subject: a\r\n\r\nx\r\n\r\n
S: TAG OK APPEND completed
!bye
END
like "$(cat out)" '^append OK .*uidvalidity=0 uids= ' 'and no UID'
OPT=''
talk 0 'LITERAL-: small ones do not wait' 'LITERAL-' append INBOX b.eml . <<'END'
C: TAG APPEND INBOX {22+}
!bytes S: b\r\n\r\n{5}\r\nA1 NOOP\r\n\r\n
S: TAG OK
!bye
END
head -c 4096 /dev/zero | tr '\0' x >4096.eml
head -c 4097 /dev/zero | tr '\0' x >4097.eml
talk 0 'LITERAL-: 4096 bytes do not wait, 4097 do' 'LITERAL-' \
    append INBOX 4096.eml 4097.eml . <<'END'
C: TAG APPEND INBOX {4096+}
!literal 4096
C:
S: TAG OK
C: TAG APPEND INBOX {4097}
S: + go
!literal 4097
C:
S: TAG OK
!bye
END
talk 0 'an empty message, and a name that must be quoted' 'LITERAL+' \
    append 'a "b\c' empty.eml . <<'END'
C: TAG APPEND "a \\"b\\\\c" {0+}
C:
S: TAG OK
!bye
END
OPT=--multi
talk 0 'MULTIAPPEND: one command, UIDs in order' 'LITERAL+ MULTIAPPEND UIDPLUS' \
    append INBOX a.eml b.eml a.eml . <<'END'
C: TAG APPEND INBOX {17+}
!bytes Subject: a\r\n\r\nx\r\n {22+}\r\n
!bytes S: b\r\n\r\n{5}\r\nA1 NOOP\r\n {17+}\r\n
!bytes Subject: a\r\n\r\nx\r\n\r\n
S: TAG OK [APPENDUID 7 12:13,20] done
!bye
END
like "$(cat out)" 'uidvalidity=7 uids=12,13,20 ' 'as the set has them'
talk 0 'MULTIAPPEND, synchronizing: the second one is refused' 'MULTIAPPEND' \
    append INBOX a.eml b.eml . noop <<'END'
C: TAG APPEND INBOX {17}
S: + go
!bytes Subject: a\r\n\r\nx\r\n
C:  {22}
S: TAG NO [TOOBIG] not that one
C: TAG NOOP
S: TAG OK
!bye
END
like "$(cat out)" '^append NO .*text=\[TOOBIG\] not that one' 'and both are'
OPT=''
talk 0 'NO in place of a continuation' '' append INBOX a.eml . noop <<'END'
C: TAG APPEND INBOX {17}
S: TAG NO [TRYCREATE] no such mailbox
C: TAG NOOP
S: TAG OK
!bye
END
like "$(cat out)" '^append NO .*TRYCREATE' 'is the answer'
talk 0 'continuations that nobody asked for' '' append INBOX a.eml a.eml . <<'END'
S: + what is this
C: TAG APPEND INBOX {17}
S: + go
S: + go on
!bytes Subject: a\r\n\r\nx\r\n\r\n
S: TAG OK
S: + hm
C: TAG APPEND INBOX {17}
!stall 100
S: + go
!bytes Subject: a\r\n\r\nx\r\n\r\n
S: TAG OK
!bye
END
talk 75 'a continuation that never comes' '' append INBOX a.eml . <<'END'
C: TAG APPEND INBOX {17}
END
like "$(cat out)" '^error 75 .*does not answer' 'is not waited for forever'
talk 0 'NO while the literal is on its way' 'LITERAL+' \
    append INBOX a.eml . noop <<'END'
C: TAG APPEND INBOX {17+}
S: TAG NO [OVERQUOTA] full
!literal 17
C:
C: TAG NOOP
S: TAG OK
!bye
END
like "$(cat out)" '^append NO trouble=6 .*OVERQUOTA' 'counts'

# pipelined: each answer to its command
talk 0 'five in flight, one of them refused' 'LITERAL+ UIDPLUS' \
    append INBOX a.eml a.eml b.eml a.eml a.eml . <<'END'
C: TAG APPEND INBOX {17+}
!bytes Subject: a\r\n\r\nx\r\n\r\n
S: TAG OK [APPENDUID 7 1] x
C: TAG APPEND INBOX {17+}
!bytes Subject: a\r\n\r\nx\r\n\r\n
S: TAG OK [APPENDUID 7 2] x
C: TAG APPEND INBOX {22+}
!literal 22
C:
S: TAG NO Message contains invalid header
C: TAG APPEND INBOX {17+}
!bytes Subject: a\r\n\r\nx\r\n\r\n
S: * 3 EXISTS
S: TAG OK [APPENDUID 7 3] x
C: TAG APPEND INBOX {17+}
!bytes Subject: a\r\n\r\nx\r\n\r\n
S: TAG OK [APPENDUID 7 4] x
!bye
END
is "$(sed -n 's/^append \([A-Z]*\) .*uids=\([0-9]*\).*/\1\2/p' out | tr '\n' ' ')" \
    'OK1 OK2 NO OK3 OK4 ' 'each has its own answer'

# the server goes
talk 75 'BYE in the middle' 'LITERAL+ UIDPLUS' append INBOX a.eml a.eml . <<'END'
C: TAG APPEND INBOX {17+}
!bytes Subject: a\r\n\r\nx\r\n\r\n
S: TAG OK [APPENDUID 7 1] x
S: * BYE Request is throttled. Suggested Backoff Time: 299609 milliseconds
!eat
!close
END
like "$(cat out)" '^append OK .* uids=1 ' 'what was confirmed counts'
like "$(cat out)" '^error 75 .*BYE: .*Suggested Backoff Time: 299609' \
    'and its words are told'
talk 75 'it hangs up without a word' 'LITERAL+' append INBOX a.eml a.eml . <<'END'
C: TAG APPEND INBOX {17+}
!eat
!drop
END
talk 0 'NO, then BYE, then gone, while we send' 'LITERAL+' \
    append INBOX a.eml . <<'END'
C: TAG APPEND INBOX {17+}
S: TAG NO [TOOBIG] too big
S: * BYE and do not come back
!eat
!close
END
like "$(cat out)" '^append NO .*TOOBIG' 'the NO is not lost'

# what it means
talk 0 'throttled' 'LITERAL+' append INBOX a.eml . <<'END'
C: TAG APPEND INBOX {17+}
!literal 17
C:
S: TAG NO Request is throttled. Suggested Backoff Time: 1500 milliseconds
!bye
END
like "$(cat out)" '^append NO trouble=5 backoff=1500 ' 'for how long'

# APPENDUID that cannot be believed (I21 to I24)
for set in '1:4294967295' '1:*' '0' '5' '5:7' '5,4294967296' '' 'x' '5:6 7'; do
	OPT=--multi
	talk 0 "two messages, APPENDUID 7 $set" 'LITERAL+ MULTIAPPEND UIDPLUS' \
	    append INBOX a.eml a.eml . <<END
C: TAG APPEND INBOX {17+}
!literal 17
C:  {17+}
!literal 17
C:
S: TAG OK [APPENDUID 7 $set] done
!bye
END
	like "$(cat out)" '^append OK .*uidvalidity=0 uids= ' 'is none'
done
talk 0 'UIDs that fall' 'LITERAL+ MULTIAPPEND UIDPLUS' \
    append INBOX a.eml a.eml . <<END
C: TAG APPEND INBOX {17+}
!literal 17
C:  {17+}
!literal 17
C:
S: TAG OK [APPENDUID 7 6,5] done
!bye
END
like "$(cat out)" 'uids=6,5 falling' 'are told, with a warning'
OPT=''
talk 0 'APPENDUID that nobody asked for' '' noop noop <<END
C: TAG NOOP
S: * OK [APPENDUID 7 5] hm
S: TAG OK [APPENDUID 7 5] done
C: TAG NOOP
S: TAG OK
!bye
END

# a server that does not keep to its turn
talk 76 'I13: an answer to nothing' '' noop <<END
C: TAG NOOP
S: zz OK done
END
talk 76 'I14: two answers' '' noop noop <<END
C: TAG NOOP
S: TAG OK done
S: TAG OK done
!eat
END
talk 76 'OK to a message that it does not have yet' '' append INBOX a.eml . <<'END'
C: TAG APPEND INBOX {17}
S: TAG OK thanks
END
unlike "$(cat out)" '^append OK' 'is not believed'

# a message that changes under us is never sent in part
export IMAP_TOOL_LIE=1 # it says 7 bytes more than there are
talk 65 'a small one is seen before anything is sent' 'LITERAL+' \
    append INBOX a.eml . <<'END'
!bye
END
like "$(cat out)" '^error 65 scope1: .*has fewer than the 24 bytes' 'and named'
head -c 200000 /dev/zero | tr '\0' x >big.eml
talk 65 'a large one: the connection is cut' 'LITERAL+' append INBOX big.eml . <<'END'
C: TAG APPEND INBOX {200007+}
!eat
END
unset IMAP_TOOL_LIE
talk 65 'flags that are none' 'LITERAL+' store INBOX 1 FLAGS.SILENT 'a)b' <<'END'
C: TAG SELECT INBOX
S: TAG OK
!bye
END

# names (I30): quoted, a literal or refused; never a second command
talk 0 'folder names' 'LITERAL+' create 'a"b\c{5}' create '%*()' \
    create 'NIL' create 'inbox' create 'a b' create 'R&D' <<'END'
C: TAG CREATE "a\\"b\\\\c{5}"
S: TAG OK
C: TAG CREATE "%\*()"
S: TAG OK
C: TAG CREATE "NIL"
S: TAG OK
C: TAG CREATE INBOX
S: TAG NO [ALREADYEXISTS] it is there
C: TAG CREATE "a b"
S: TAG OK
C: TAG CREATE R&-D
S: TAG OK
!bye
END
talk 65 'a folder name with CR and LF' 'LITERAL+' \
    create "$(printf 'a\r\nx9 DELETE INBOX')" <<'END'
!bye
END

# LIST in all its forms
talk 0 'odd folders' '' list <<'END'
C: TAG LIST "" "\*"
S: * LIST (\\HasNoChildren) "." INBOX
S: * LIST () "\\" under
S: * LIST (\\Noselect) NIL flat
S: * LIST () "/" Sent Items
S: * LIST () "/" {9}
!send &AMQ-/a b\r\n
S: * LIST () "/" "&bad"
S: * LIST oops
S: TAG OK
!bye
END
is "$(sed -n 's/^folder //p' out)" 'INBOX delimiter=. use= subscribed=-1
under delimiter=\ use= subscribed=-1
flat delimiter=- use= noselect subscribed=-1
Sent Items delimiter=/ use= subscribed=-1
Ä/a b delimiter=/ use= subscribed=-1
&bad delimiter=/ use= subscribed=-1 undecodable' 'are understood'
talk 0 'namespaces with extensions' NAMESPACE ns <<'END'
C: TAG NAMESPACE
S: * NAMESPACE (("INBOX." ".")) (("~" "/" "X-PARAM" ("F1" "F2"))) (("#shared/" "/")("" NIL))
S: TAG OK
!bye
END
is "$(sed -n 's/^namespace //p' out)" "0 'INBOX.' .
1 '~' /
2 '#shared/' /
2 '' -" 'are all read'
talk 0 'no NAMESPACE: LIST tells the delimiter' '' ns <<'END'
C: TAG LIST "" ""
S: * LIST (\\Noselect) "." ""
S: TAG OK
!bye
END
is "$(sed -n 's/^namespace //p' out)" "0 '' ." 'and that all is ours'

# CLOSE would expunge
talk 0 'leaving a folder without UNSELECT' '' select INBOX unselect <<'END'
C: TAG SELECT INBOX
S: TAG OK [READ-WRITE]
C: TAG EXAMINE INBOX
S: TAG OK [READ-ONLY]
C: TAG CLOSE
S: TAG OK
!bye
END

# a slow line: bytes one by one, in both directions
talk 0 'one byte at a time' 'LITERAL+ UIDPLUS' append INBOX a.eml . fetch INBOX <<'END'
!split 1
C: TAG APPEND INBOX {17+}
!literal 17
C:
S: TAG OK [APPENDUID 7 1] x
C: TAG EXAMINE INBOX
S: * 1 EXISTS
S: * OK [UIDVALIDITY 7] x
S: TAG OK
C: TAG UID FETCH *
!send * 1 FETCH (UID 1 FLAGS (\\Seen) RFC822.SIZE 17 BODY[] {17}\r\nSubject: a\r\n\r\nx\r\n)\r\n
S: TAG OK
!bye
END
is "$(sed -n 's/^message \([^ ]* [^ ]* [^ ]*\).*/\1/p' out)" \
    "1 17 $(sha256sum <a.eml | cut -c1-64)" 'the bytes are those'
done_testing

#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# CRs where none should be: no fix makes a field, a part or a line of a header
# out of what was none (RFC 5322 2.3: a CR alone ends nothing there).
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/transform.sh"

# one NAME TEXT: a message of just these bytes
one() {
	made=$((made + 1)) key=$1
	mkdir -p $IN/mail/INBOX/cur $IN/mail/INBOX/new $IN/mail/INBOX/tmp
	printf "$2" >one
	put INBOX "$key" "$((1546848000 + made))" S
}
# becomes NAME TEXT WHAT: the message is these bytes now
becomes() {
	printf "$2" >want
	ok "$3" cmp want "$(echo out.spool/mail/INBOX/cur/*."$1".*)"
}
# stays NAME ERROR WHAT: it is what it was, and is named
stays() {
	ok "$3" cmp $IN/mail/INBOX/cur/*."$1".* out.spool/mail/INBOX/cur/*."$1".*
	like "$(jq -r '.problems[].error' out)" "$2" "... and is named"
}

B='Content-Type: multipart/mixed; boundary=b'
one twice "From: a@example.org\r\r\n$B\r\r\n\r\r\n--b\r\r\n\
Content-Type: text/html\r\r\n\r\r\n<p>\r\r\n--b\r\r\n\
Content-Type: message/delivery-status\r\r\n\r\r\nA: b\r\r\n\r\r\nC: d\r\r\n\
--b\r\r\nContent-Transfer-Encoding: base64\r\r\n\r\r\nYWI\r\r\n=\r\r\n\
--b--\r\r\n"
one field "From: a@example.org\r\nSubject: a\rBcc: b\r\r\n\r\na\rb\r\n"
one status "Content-Type: text/rfc822-headers\r\n\r\nA: b\rC: d\r\n"
one padded "$B\r\n\r\n--b \t\r\n\r\na\n--b-- \r\n"
one nobound "$B\r\n\r\n--b\r\nX: y\r\n\r\na\n--b\r \r\nb\n--b--\r\n"
one preamble "$B\r\n\r\n--b\rx\r\n--b\r\n\r\na\r\n--b--\r\n"
one barebound "$B\r\n\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\n\
YWI=\r--b\r\n--b--\r\n"
one nulbound "$B\r\n\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\n\
YWI=\r\n--b\000\r\n--b--\r\n"
one junk "A: b\r\njunk\r\nX: y\rBcc: z\r\n\r\na\r\n"
one junklf "A: b\r\njunk\nX: y\n\na\n"
one mac "From: a@example.org\rSubject: b\r\rtext\r"
one uu "Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 a\r\n\
#86\r)C\r\n\`\r\nend\r\n"
one emptypart "Content-Type: multipart/related; boundary=r\n\n--r\n\
Content-Type: multipart/alternative; boundary=a\n\n--a\n\n--r--\n"
t 1 "CRs" --fix-newlines
is "$(jq -c '[.stored,.fixed,.not_fixed]' out)" '[13,7,6]' "some stay"

becomes twice "From: a@example.org\r\n$B\r\n\r\n--b\r\n\
Content-Type: text/html\r\n\r\n<p>\r\n--b\r\n\
Content-Type: message/delivery-status\r\n\r\nA: b\r\n\r\nC: d\r\n\
--b\r\nContent-Transfer-Encoding: base64\r\n\r\nYWI\r\n=\r\n\
--b--\r\n" "CRLF made of CRLF is one line end, in headers and parts"
becomes field "From: a@example.org\r\nSubject: a Bcc: b\r\n\r\na\r\nb\r\n" \
	"a CR in a header is a blank, in a text a line end"
becomes status "Content-Type: text/rfc822-headers\r\n\r\nA: b C: d\r\n" \
	"a text of header fields is a header, too"
becomes padded "$B\r\n\r\n--b \t\r\n\r\na\r\n--b-- \r\n" \
	"blanks behind a boundary stay"
becomes nobound "$B\r\n\r\n--b\r\nX: y\r\n\
Content-Transfer-Encoding: quoted-printable\r\n\r\na\r\n\
=2D-b\r\n=20\r\nb\r\n--b--\r\n" "a CR makes no boundary of a line of text"
stays preamble 'not fixed: a CR alone in what may be a boundary' \
	"a CR between the parts makes none either"
stays barebound 'part 1: with what may become a boundary' \
	"a CR in base64 makes none"
stays nulbound 'part 1: with what may become a boundary' \
	"a NUL that goes makes none"
stays junk 'behind a header that no empty line ends' \
	"a CR behind a broken header is no field for anybody"
becomes junklf "A: b\r\njunk\r\nX: y\r\n\r\na\r\n" "true line ends do no harm"
stays mac 'all its lines end in CR alone' "no line end but CR"
stays uu 'uuencoded, with lines' "a CR amid uuencoded bytes"
becomes emptypart "Content-Type: multipart/related; boundary=r\r\n\r\n\
--r\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\n\r\n\
--r--\r\n" "a part of which the boundary leaves nothing"
balanced
done_testing

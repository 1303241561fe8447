/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is an encoding what it should be?  See mime_fix_impl.h. */
#include <stdlib.h>
#include <string.h>

#include "core/io.h"
#include "core/limits.h"
#include "core/mem.h"
#include "formats/mime_fix_impl.h"

/* Each byte of a stretch to 'take', until that returns false. */
static int
each_byte(int fd, uint64_t from, uint64_t n,
    bool (*take)(void *arg, unsigned char c), void *arg, struct err *err)
{
	char *block = mem_alloc(1, LIMIT_BLOCK);
	bool more = true;
	ssize_t got = 1, i;

	for (; more && n > 0; from += (uint64_t)got, n -= (uint64_t)got) {
		got = io_pread_full(fd, block,
		    n < LIMIT_BLOCK ? (size_t)n : LIMIT_BLOCK, from);
		if (got <= 0)
			break;
		for (i = 0; more && i < got; i++)
			more = take(arg, (unsigned char)block[i]);
	}
	free(block);
	if (got < 0)
		return err_sys(err, SCOPE_MSG, EX_IOERR, "reading a message");
	return 0;
}

/* ----------------------------------------------------- quoted-printable */

struct qp_state {
	enum { QP_PLAIN, QP_EQUAL, QP_DIGIT, QP_BLANK, QP_CR } at;
	struct qp_faults faults;
};

static bool
is_hex(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') ||
	    (c >= 'a' && c <= 'f');
}

static bool
take_qp(void *arg, unsigned char c)
{
	struct qp_state *s = arg;
	bool ends = s->at == QP_EQUAL || s->at == QP_BLANK;

	if (s->at == QP_PLAIN) {
		s->at = c == '=' ? QP_EQUAL : QP_PLAIN;
	} else if (c == '\n' && s->at != QP_DIGIT) {
		s->at = QP_PLAIN;
	} else if ((ends || s->at == QP_CR) && c == '\r') {
		s->at = QP_CR; /* or more of them (mime_recode.h) */
	} else if (ends && (c == ' ' || c == '\t')) {
		s->at = QP_BLANK;
	} else if (s->at == QP_EQUAL && is_hex(c)) {
		s->at = QP_DIGIT;
	} else if (s->at == QP_DIGIT && is_hex(c)) {
		s->at = QP_PLAIN;
	} else {
		s->faults.any = true;
		s->faults.at_cr |= s->at == QP_CR;
		s->at = c == '=' ? QP_EQUAL : QP_PLAIN;
	}
	return !s->faults.at_cr;
}

int
qp_faults_of(int fd, uint64_t from, uint64_t n, struct qp_faults *f_r,
    struct err *err)
{
	struct qp_state s = { .at = QP_PLAIN };

	if (each_byte(fd, from, n, take_qp, &s, err) < 0)
		return -1;
	if (s.at == QP_CR)
		s.faults.at_cr = true;
	s.faults.any |= s.at != QP_PLAIN;
	*f_r = s.faults;
	return 0;
}

/* --------------------------------------------------------------- base64 */

struct purity {
	uint64_t digits, padding;
	bool broken;
};

static bool
take_base64(void *arg, unsigned char c)
{
	struct purity *b = arg;

	if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
		return true;
	if (c == '=')
		b->padding++;
	else if (b->padding > 0 || c == '\0' ||
	    strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		   "abcdefghijklmnopqrstuvwxyz0123456789+/",
		c) == NULL)
		b->broken = true;
	else
		b->digits++;
	return !b->broken;
}

int
base64_is_clean(int fd, uint64_t from, uint64_t n, struct err *err)
{
	struct purity b = { 0 };

	if (each_byte(fd, from, n, take_base64, &b, err) < 0)
		return -1;
	return !b.broken && b.padding <= 2 && b.digits % 4 != 1 &&
	    (b.padding == 0 || (b.digits + b.padding) % 4 == 0);
}

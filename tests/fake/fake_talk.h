/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scripted dialogues; README.md has the language. */
#ifndef TESTS_FAKE_FAKE_TALK_H
#define TESTS_FAKE_FAKE_TALK_H

#include <fnmatch.h>

#include "tests/fake/fake_net.h"

struct talk {
	struct net net;
	const char *file;
	unsigned line;
	char tag[64]; /* of the client's last command */
	bool over;    /* dropped or closed by the script */
	bool eat;     /* what the client says now does not matter */
};

static inline void
talk_fail(const struct talk *t, const char *what, const char *got)
{
	fprintf(stderr, "fake: %s:%u: %s: '%s'\n", t->file, t->line, what, got);
	exit(1);
}

static inline int
talk_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Put in the tag for TAG, and undo \r \n \t \\ \xNN. */
static inline void
talk_expand(const struct talk *t, const char *s, struct buf *out)
{
	buf_clear(out);
	for (; *s != '\0'; s++) {
		if (strncmp(s, "TAG", 3) == 0) {
			buf_puts(out, t->tag);
			s += 2;
		} else if (*s == '\\' && s[1] != '\0') {
			s++;
			if (*s == 'x' && talk_hex(s[1]) >= 0 &&
			    talk_hex(s[2]) >= 0) {
				buf_putc(out,
				    (char)(talk_hex(s[1]) << 4 |
					talk_hex(s[2])));
				s += 2;
			} else {
				buf_putc(out,
				    *s == 'r'	    ? '\r'
					: *s == 'n' ? '\n'
					: *s == 't' ? '\t'
						    : *s);
			}
		} else {
			buf_putc(out, *s);
		}
	}
}

/* The client's next line, without CRLF; false at the end. */
static inline bool
talk_read_line(struct talk *t, struct buf *line)
{
	int c;

	buf_clear(line);
	while ((c = net_get(&t->net)) >= 0 && c != '\n')
		buf_putc(line, (char)c);
	if (line->n > 0 && line->p[line->n - 1] == '\r')
		line->p[--line->n] = '\0';
	return c >= 0;
}

static inline void
talk_expect(struct talk *t, const char *pattern)
{
	struct buf line = { 0 };
	const char *got, *rest;
	size_t n;

	if (!talk_read_line(t, &line))
		talk_fail(t, "the client hung up, wanted", pattern);
	got = buf_str(&line);
	if (strncmp(pattern, "TAG ", 4) == 0) {
		n = strcspn(got, " ");
		if (n == 0 || n >= sizeof(t->tag))
			talk_fail(t, "no tag", got);
		memcpy(t->tag, got, n);
		t->tag[n] = '\0';
		pattern += 4;
		rest = got + n + (got[n] == ' ');
	} else {
		rest = got;
	}
	if (fnmatch(pattern, rest, FNM_CASEFOLD) != 0) {
		fprintf(stderr, "fake: wanted '%s'\n", pattern);
		talk_fail(t, "the client says", got);
	}
	buf_free(&line);
}

/* The client's next bytes are just these. */
static inline void
talk_bytes(struct talk *t, const struct buf *want)
{
	size_t i;
	int c;

	for (i = 0; i < want->n; i++) {
		c = net_get(&t->net);
		if (c < 0)
			talk_fail(t, "the client hung up, wanted", want->p);
		if (c != (unsigned char)want->p[i])
			talk_fail(t, "other bytes than", want->p);
	}
}

static inline void
talk_fault(struct talk *t, const char *word, const char *arg)
{
	long n = strtol(arg, NULL, 10);
	struct buf b = { 0 }, many = { 0 };
	char *end;
	int c;

	if (strcmp(word, "drop") == 0) {
		close(t->net.fd);
		t->over = true;
	} else if (strcmp(word, "reset") == 0) {
		struct linger now = { 1, 0 };

		setsockopt(t->net.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		close(t->net.fd);
		t->over = true;
	} else if (strcmp(word, "close") == 0) {
		net_close(&t->net);
		t->over = true;
	} else if (strcmp(word, "drop-after") == 0) {
		t->net.cut_out = n;
	} else if (strcmp(word, "stall") == 0) {
		net_sleep_ms(n);
	} else if (strcmp(word, "split") == 0) {
		t->net.split = (size_t)n;
	} else if (strcmp(word, "starttls") == 0) {
		if (!net_accept_tls(&t->net)) {
			t->over = true;
			close(t->net.fd);
		}
	} else if (strcmp(word, "starttls-fails") == 0) {
		if (net_accept_tls(&t->net))
			talk_fail(t, "the handshake succeeded", "");
		t->over = true;
		close(t->net.fd);
	} else if (strcmp(word, "renegotiation-fails") == 0) {
		if (net_renegotiate(&t->net))
			talk_fail(t, "the client negotiated again", "");
	} else if (strcmp(word, "send") == 0) {
		talk_expand(t, arg, &b);
		net_put(&t->net, buf_str(&b), b.n);
	} else if (strcmp(word, "repeat") == 0) {
		n = strtol(arg, &end, 10);
		talk_expand(t, end + (*end == ' '), &b);
		while (n-- > 0) {
			buf_put(&many, b.p, b.n);
			if (many.n > 60000 || n == 0) {
				net_put(&t->net, many.p, many.n);
				buf_clear(&many);
			}
		}
	} else if (strcmp(word, "literal") == 0) {
		for (; n > 0; n--)
			if ((c = net_get(&t->net)) < 0)
				talk_fail(t, "the literal breaks off", arg);
	} else if (strcmp(word, "bytes") == 0) {
		talk_expand(t, arg, &b);
		talk_bytes(t, &b);
	} else if (strcmp(word, "bye") == 0) {
		talk_expect(t, "TAG LOGOUT");
		talk_expand(t, "* BYE then\\r\\nTAG OK\\r\\n", &b);
		net_put(&t->net, b.p, b.n);
	} else if (strcmp(word, "eat") == 0) {
		t->eat = true;
	} else {
		talk_fail(t, "no such word in a talk", word);
	}
	buf_free(&b);
	buf_free(&many);
}

/* Whatever else it may say, not this. */
static inline bool
talk_is_secret(const char *line)
{
	return strstr(line, "secret") != NULL ||
	    strstr(line, "c2VjcmV0") != NULL || strstr(line, "LOGIN") != NULL ||
	    strstr(line, "AUTHENTICATE") != NULL;
}

/* The end: the client must hang up and have nothing more to say. */
static inline void
talk_end(struct talk *t)
{
	struct buf line = { 0 };

	if (t->over)
		return;
	while (talk_read_line(t, &line) || line.n > 0) {
		if (!t->eat || talk_is_secret(buf_str(&line)))
			talk_fail(t, "the client says more", buf_str(&line));
		if (t->net.eof)
			break;
	}
	buf_free(&line);
	net_close(&t->net);
}

static inline void
talk_line(struct talk *t, char *s)
{
	struct buf b = { 0 };
	char *arg;

	if (t->over && s[0] != '\0' && s[0] != '#')
		talk_fail(t, "behind the end of the connection", s);
	if (strncmp(s, "S: ", 3) == 0 || strcmp(s, "S:") == 0) {
		talk_expand(t, s + (s[2] == ' ' ? 3 : 2), &b);
		buf_puts(&b, "\r\n");
		net_put(&t->net, b.p, b.n);
		buf_free(&b);
	} else if (strncmp(s, "C: ", 3) == 0 || strcmp(s, "C:") == 0) {
		talk_expect(t, s + (s[2] == ' ' ? 3 : 2));
	} else if (s[0] == '!') {
		arg = s + strcspn(s, " ");
		if (*arg != '\0')
			*arg++ = '\0';
		talk_fault(t, s + 1, arg);
	} else if (s[0] != '#' && s[0] != '\0') {
		talk_fail(t, "neither C: nor S: nor !", s);
	}
}

static inline int
talk_run(const char *file, int listener, SSL_CTX *ctx, bool tls_first)
{
	struct talk t = { .file = file };
	FILE *f = fopen(file, "re");
	char *line = NULL;
	size_t cap = 0;
	bool open = false;

	if (f == NULL) {
		perror(file);
		return 2;
	}
	while (getline(&line, &cap, f) > 0) {
		t.line++;
		line[strcspn(line, "\n")] = '\0';
		if (strcmp(line, "!connection") == 0) {
			if (open)
				talk_end(&t);
			open = false;
			continue;
		}
		if (!open && line[0] != '#' && line[0] != '\0') {
			memset(&t.net, 0, sizeof(t.net));
			t.net.cut_out = t.net.cut_in = -1;
			t.net.ctx = ctx;
			t.over = t.eat = false;
			net_accept(&t.net, listener);
			open = true;
			if (tls_first && !net_accept_tls(&t.net))
				t.over = true;
		}
		talk_line(&t, line);
	}
	if (open)
		talk_end(&t);
	free(line);
	fclose(f);
	return 0;
}

#endif

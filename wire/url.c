/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Account URLs; see url.h. */
#include "wire/url.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/num.h"

static const struct scheme {
	enum url_scheme scheme;
	const char *name;
	uint16_t port;
} schemes[] = {
	{ URL_IMAPS, "imaps", 993 },
	{ URL_IMAP, "imap", 143 },
	{ URL_POP3S, "pop3s", 995 },
	{ URL_POP3, "pop3", 110 },
};

#define N_SCHEMES (sizeof(schemes) / sizeof(schemes[0]))

static const struct scheme *
scheme_row(enum url_scheme scheme)
{
	size_t i;

	for (i = 0; i < N_SCHEMES; i++)
		if (schemes[i].scheme == scheme)
			return &schemes[i];
	return &schemes[0];
}

static bool
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z');
}

bool
url_is_url(const char *s)
{
	size_t n = strspn(s,
	    "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

	return n > 0 && strncmp(s + n, "://", 3) == 0;
}

static int
usage(struct err *err, const char *what)
{
	err_set(err, SCOPE_RUN, EX_USAGE, "account URL: %s", what);
	return err_hint(err,
	    "write imaps://USER@HOST/, with the user name "
	    "percent-encoded and no password");
}

static int
has_password(struct err *err)
{
	err_set(err, SCOPE_RUN, EX_USAGE,
	    "a password does not belong in a URL");
	return err_hint(err,
	    "everyone on this machine can see it there: use --password-file, "
	    "--password-command, --password-env, --credentials, or wait to "
	    "be asked (a ':' in a user name is written %%3A)");
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int
parse_user(struct url *u, struct slice s, struct err *err)
{
	struct buf out = { 0 };
	size_t i;
	char c;

	for (i = 0; i < s.n; i++) {
		c = s.p[i];
		if (c == '%') {
			if (s.n - i < 3 || hex(s.p[i + 1]) < 0 ||
			    hex(s.p[i + 2]) < 0)
				break;
			c = (char)(hex(s.p[i + 1]) << 4 | hex(s.p[i + 2]));
			i += 2;
		}
		if ((unsigned char)c < 0x20 || c == 0x7f)
			break;
		buf_putc(&out, c);
	}
	if (i < s.n || out.n == 0 || out.n > URL_USER_MAX) {
		buf_free(&out);
		if (s.n == 0)
			return usage(err, "there is no user name");
		return usage(err,
		    "the user name is too long, has a control "
		    "character, or a '%' that is no encoding");
	}
	u->user = out.p;
	return 0;
}

static bool
is_host_name(struct slice s)
{
	size_t i;

	if (s.n == 0 || s.n > URL_HOST_MAX || s.p[0] == '.' || s.p[0] == '-')
		return false;
	for (i = 0; i < s.n; i++)
		if (!is_alnum(s.p[i]) && strchr("-_.", s.p[i]) == NULL)
			return false;
	return memmem(s.p, s.n, "..", 2) == NULL;
}

/* "[...]": an address, perhaps with a zone ("%25eth0", RFC 6874) */
static int
parse_ipv6(struct url *u, struct slice s, struct err *err)
{
	struct in6_addr addr;
	char *zone, *p;

	if (s.n == 0 || s.n > 100 || memchr(s.p, '\0', s.n) != NULL)
		return usage(err, "no IPv6 address in the brackets");
	u->host = mem_strn(s.p, s.n);
	zone = strstr(u->host, "%25");
	if (zone != NULL)
		*zone = '\0';
	if (inet_pton(AF_INET6, u->host, &addr) != 1)
		return usage(err, "no IPv6 address in the brackets");
	if (zone != NULL) {
		*zone = '%';
		for (p = zone + 3; is_alnum(*p) || *p == '-' || *p == '_'; p++)
			;
		if (*p != '\0' || p == zone + 3)
			return usage(err, "no zone behind the IPv6 address");
		memmove(zone + 1, zone + 3, strlen(zone + 3) + 1);
	}
	return 0;
}

static int
parse_host(struct url *u, struct slice s, struct err *err)
{
	size_t i;

	if (s.n > 1 && s.p[s.n - 1] == '.')
		s.n--;
	if (s.n == 0)
		return usage(err, "there is no host name");
	if (!is_host_name(s)) {
		usage(err, "the host name has characters that no host has");
		return err_hint(err,
		    "an international name is written in its "
		    "xn-- form, an IPv6 address in brackets");
	}
	u->host = mem_strn(s.p, s.n);
	for (i = 0; u->host[i] != '\0'; i++)
		if (u->host[i] >= 'A' && u->host[i] <= 'Z')
			u->host[i] = (char)(u->host[i] + ('a' - 'A'));
	return 0;
}

static int
parse_port(struct url *u, struct slice s, struct err *err)
{
	uint64_t port;

	if (!num_u64(s, 65535, &port) || port == 0)
		return usage(err, "the port is no number from 1 to 65535");
	u->port = (uint16_t)port;
	return 0;
}

/* HOST, HOST:PORT, [ADDRESS], [ADDRESS]:PORT */
static int
parse_host_port(struct url *u, struct slice s, struct err *err)
{
	const char *end;
	struct slice host = s, port = { 0 };
	bool brackets = s.n > 0 && s.p[0] == '[';

	end = s.n == 0 ? NULL : memchr(s.p, brackets ? ']' : ':', s.n);
	if (brackets) {
		if (end == NULL)
			return usage(err, "a '[' without its ']'");
		host = slice_of(s.p + 1, (size_t)(end - s.p) - 1);
		port = slice_from(s, host.n + 2);
		if (port.n > 0 && port.p[0] != ':')
			return usage(err, "text behind the ']'");
	} else if (end != NULL) {
		host.n = (size_t)(end - s.p);
		port = slice_from(s, host.n);
	}
	if ((brackets ? parse_ipv6 : parse_host)(u, host, err) < 0)
		return -1;
	return port.n < 2 ? 0 : parse_port(u, slice_from(port, 1), err);
}

static int
parse_authority(struct url *u, struct slice s, struct err *err)
{
	const char *at = s.n == 0 ? NULL : memrchr(s.p, '@', s.n);
	struct slice user = { 0 };

	if (at == NULL)
		return usage(err, "there is no user name");
	user = slice_of(s.p, (size_t)(at - s.p));
	if (user.n > 0 && memchr(user.p, ':', user.n) != NULL)
		return has_password(err);
	if (parse_user(u, user, err) < 0)
		return -1;
	return parse_host_port(u, slice_from(s, user.n + 1), err);
}

int
url_parse(struct url *u_r, const char *s, struct err *err)
{
	struct slice rest;
	const char *end;
	size_t i, n = strcspn(s, ":");

	*u_r = (struct url){ 0 };
	for (i = 0; i < N_SCHEMES; i++)
		if (strlen(schemes[i].name) == n &&
		    strncasecmp(s, schemes[i].name, n) == 0 &&
		    strncmp(s + n, "://", 3) == 0)
			break;
	if (i == N_SCHEMES) {
		err_set(err, SCOPE_RUN, EX_USAGE,
		    "not the URL of an account that can be used");
		return err_hint(err,
		    "it begins with imaps://, imap://, "
		    "pop3s:// or pop3://");
	}
	u_r->scheme = schemes[i].scheme;
	u_r->port = schemes[i].port;
	rest = slice_str(s + n + 3);
	/* the last '@' ends the user even if a '/' comes before it */
	end = memrchr(rest.p, '@', rest.n);
	i = (end == NULL ? 0 : (size_t)(end - rest.p)) +
	    strcspn(end == NULL ? rest.p : end, "/?#");
	if (slice_from(rest, i).n > 0 && !slice_is(slice_from(rest, i), "/"))
		return usage(err,
		    "there is something behind the host; a URL "
		    "names an account, not a folder");
	rest.n = i;
	if (parse_authority(u_r, rest, err) < 0) {
		url_free(u_r);
		return -1;
	}
	return 0;
}

void
url_free(struct url *u)
{
	free(u->user);
	free(u->host);
	*u = (struct url){ 0 };
}

bool
url_is_imap(const struct url *u)
{
	return u->scheme == URL_IMAPS || u->scheme == URL_IMAP;
}

bool
url_is_tls(const struct url *u)
{
	return u->scheme == URL_IMAPS || u->scheme == URL_POP3S;
}

void
url_label(struct buf *out, const struct url *u)
{
	buf_putf(out, "%s@%s", u->user, u->host);
}

void
url_put(struct buf *out, const struct url *u)
{
	const struct scheme *row = scheme_row(u->scheme);
	bool ipv6 = strchr(u->host, ':') != NULL;
	const char *p;

	buf_putf(out, "%s://", row->name);
	for (p = u->user; *p != '\0'; p++) {
		if (is_alnum(*p) || strchr("-._~@+=!$*", *p) != NULL)
			buf_putc(out, *p);
		else
			buf_putf(out, "%%%02X", (unsigned)(unsigned char)*p);
	}
	buf_putc(out, '@');
	if (ipv6)
		buf_putc(out, '[');
	for (p = u->host; *p != '\0'; p++)
		buf_puts(out, *p == '%' ? "%25" : (const char[]){ *p, '\0' });
	if (ipv6)
		buf_putc(out, ']');
	if (u->port != row->port)
		buf_putf(out, ":%u", (unsigned)u->port);
	buf_putc(out, '/');
}

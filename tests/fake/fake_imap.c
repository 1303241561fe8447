/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An IMAP server for tests, on loopback: it plays a script (talk), or keeps
 * mail in a directory (store) and fails in the way it is told to.
 * README.md says how to use it.
 */
#include <getopt.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "tests/fake/fake_net.h"
#include "tests/fake/fake_store.h"
#include "tests/fake/fake_talk.h"

#define LINE_BYTES   10000 /* Exchange refuses longer ones, too */
#define MESSAGES_MAX 1024  /* of one MULTIAPPEND */
#define CAPS_MAX     64

static const char default_caps[] =
    "IMAP4rev1 SASL-IR AUTH=PLAIN LITERAL+ MULTIAPPEND UIDPLUS NAMESPACE ID "
    "UNSELECT SPECIAL-USE LIST-EXTENDED CREATE-SPECIAL-USE ENABLE";

/* It ends by exit() wherever it stands; what it leaves is no leak. */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}

/* What the command line asked for. */
static struct {
	const char *talk, *store, *cert, *key, *log, *reject, *appenduid,
	    *rewrite, *no_keywords, *no_names, *password, *greeting, *prefix,
	    *permanentflags;
	char caps[2048];
	bool tls_first, old_tls, tls12, lose, bump, drop_tls, half,
	    no_keeps_one;
	unsigned port, split, delay_ms, keep_late_ms, connections;
	int64_t cut_out, cut_in, toobig, quota;
	unsigned cut_before_ok, cut_after_ok, cut_on, bye, lose_ok;
	unsigned no_keeps, keep_at, cut_append, bye_ok, twice_ok, max_errors,
	    bump_at;
	const char *no_on, *plus, *tee;
	unsigned no_append, throttle, throttle_ms;
	const char *no_append_text;
	unsigned turned_away;
	const char *turned_away_text;
	char delimiter;
} opt = { .cut_out = -1,
	.cut_in = -1,
	.password = "secret",
	.greeting = "* OK [CAPABILITY %s] fake ready",
	.prefix = "",
	.permanentflags = "\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*",
	.delimiter = '/',
	.cut_on = 1,
	.appenduid = "right" };

/* What is counted over all connections. */
static struct {
	unsigned connections, oks, appends, commands, literals, no_on;
} * count;

/* A message that waits for the end of its APPEND. */
struct waiting {
	char *tmp;
	char date[40];
	struct buf flags;
	int64_t size;
	bool whole; /* all of it has come */
};

static struct server {
	struct net net;
	unsigned connection;
	char tag[64];
	bool authenticated, selected, read_only, logout, tls;
	struct buf name; /* of the selected mailbox */
	size_t told;	 /* EXISTS the client knows */
	struct waiting w[MESSAGES_MAX];
	size_t n_w;
	const struct buf *into; /* the APPEND under way */
	unsigned n_tmp, errors, append;
} s;

/* ------------------------------------------------------------- the wire */

static void put(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void
put(const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list ap;
	char *line;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&line, fmt, ap);
	va_end(ap);
	if (n < 0)
		exit(2);
	buf_put(&b, line, (size_t)n);
	buf_puts(&b, "\r\n");
	net_put(&s.net, b.p, b.n);
	buf_free(&b);
	free(line);
}

static void
put_log(const char *fmt, ...)
{
	va_list ap;
	FILE *f;

	if (opt.log == NULL || (f = fopen(opt.log, "ae")) == NULL)
		return;
	fprintf(f, "%u ", s.connection);
	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	fputc('\n', f);
	fclose(f);
}

static bool
has_cap(const char *word)
{
	char list[sizeof(opt.caps)], *at, *save = NULL;

	snprintf(list, sizeof(list), "%s", opt.caps);
	for (at = strtok_r(list, " ", &save); at != NULL;
	     at = strtok_r(NULL, " ", &save))
		if (strcasecmp(at, word) == 0)
			return true;
	return false;
}

/* Before TLS only what is safe to offer. */
static const char *
caps_now(void)
{
	if (opt.cert != NULL && !s.tls)
		return "IMAP4rev1 STARTTLS LOGINDISABLED";
	return opt.caps;
}

static bool
is_faulty(void)
{
	return opt.cut_on == 0 || opt.cut_on == s.connection;
}

/* "TAG STATUS text", with the faults that wait for an OK. */
static void
reply(const char *text)
{
	bool ok = strncmp(text, "OK", 2) == 0;
	unsigned n = ok ? ++count->oks : 0;

	if (ok && n == opt.cut_before_ok)
		net_drop(&s.net, true);
	if (ok && n == opt.lose_ok)
		return;
	if (ok && n == opt.bye_ok) {
		put("* BYE Server shutting down.");
		net_close(&s.net);
		exit(0);
	}
	put("%s %s", s.tag, text);
	if (ok && n == opt.twice_ok)
		put("%s %s", s.tag, text);
	if (ok && n == opt.cut_after_ok)
		net_drop(&s.net, false);
	if (!ok && ++s.errors == opt.max_errors) {
		put("* BYE Connection is closed. %u", s.errors);
		net_drop(&s.net, false);
	}
}

/* Would an OK of this length get through? */
static bool
is_cut_at(size_t len)
{
	return count->oks + 1 == opt.cut_before_ok ||
	    count->oks + 1 == opt.bye_ok || net_will_cut(&s.net, len);
}

static void
bad(const char *why)
{
	put_log("BAD %s", why);
	put("* BAD %s", why);
	put("* BYE cannot follow");
	net_close(&s.net);
	exit(0);
}

static void
gone(void)
{
	put_log("client gone");
	exit(0);
}

static int
get(void)
{
	int c = net_get(&s.net);

	if (c < 0)
		gone();
	return c;
}

static void
want(char c)
{
	if (get() != c)
		bad(c == ' ' ? "expected a space" : "syntax");
}

static void
end_line(void)
{
	want('\r');
	want('\n');
}

/* "{n}" or "{n+}" and CRLF; '{' is read.  Returns whether it waits for a
 * continuation. */
static bool
literal_head(int64_t *n_r)
{
	bool plus = false;
	int64_t n = 0;
	int c;

	while ((c = get()) >= '0' && c <= '9' && n < INT64_MAX / 20)
		n = n * 10 + (c - '0');
	if (c == '+') {
		plus = true;
		c = get();
	}
	if (c != '}')
		bad("broken literal");
	end_line();
	if (plus && !has_cap("LITERAL+") && !(has_cap("LITERAL-") && n <= 4096))
		bad("a literal that was not offered");
	*n_r = n;
	return !plus;
}

/* The continuation that the client waits for, or what --plus makes of it;
 * false: it got a NO. */
static bool
go_ahead(void)
{
	unsigned n = ++count->literals;
	const char *colon = opt.plus == NULL ? NULL : strchr(opt.plus, ':');
	unsigned at = colon == NULL ? 0 : (unsigned)atoi(colon + 1);

	if (colon == NULL || (at != 0 && at != n)) {
		put("+ go ahead");
		return true;
	}
	switch (opt.plus[0]) {
	case 't':
		put("+ go ahead");
		put("+ go ahead");
		return true;
	case 'n':
		if (opt.plus[1] == 'e') /* never */
			return true;
		colon = strchr(colon + 1, ':');
		put("%s NO %s", s.tag, colon == NULL ? "no" : colon + 1);
		return false;
	default:
		exit(64);
	}
}

static void
quoted(struct buf *out)
{
	int c;

	want('"');
	while ((c = get()) != '"') {
		if (c == '\\')
			c = get();
		if (c == '\r' || c == '\n' || c >= 0x80)
			bad("broken string");
		buf_putc(out, (char)c);
	}
}

static void
astring(struct buf *out)
{
	int64_t n;
	int c = net_peek(&s.net);

	buf_clear(out);
	if (c == '"') {
		quoted(out);
	} else if (c == '{') {
		get();
		if (literal_head(&n))
			put("+ go ahead");
		while (n-- > 0)
			buf_putc(out, (char)get());
	} else {
		while ((c = net_peek(&s.net)) > ' ' && c != '(' && c != ')' &&
		    c != '{' && c != '"' && c < 0x7f)
			buf_putc(out, (char)get());
		if (out->n == 0)
			bad("expected a name");
	}
}

/* What is left of the line. */
static void
rest(struct buf *out)
{
	struct buf str = { 0 };
	int c;

	buf_clear(out);
	while ((c = net_peek(&s.net)) != '\r') {
		if (c < 0)
			gone();
		if (c == '\n')
			bad("bare LF");
		if (c == '{') {
			astring(&str);
			buf_put(out, str.p, str.n);
			continue;
		}
		buf_putc(out, (char)get());
		if (out->n > LINE_BYTES)
			bad("line too long");
	}
	end_line();
	buf_free(&str);
}

/* ------------------------------------------------------------- mailboxes */

static uint32_t
next_uidvalidity(void)
{
	char *path = mem_fmt("%s/.uidvalidity", opt.store);
	unsigned v = 1700000000;
	FILE *f = fopen(path, "re");

	if (f != NULL) {
		if (fscanf(f, "%u", &v) != 1)
			v = 1700000000;
		fclose(f);
	}
	f = fopen(path, "we");
	if (f != NULL) {
		fprintf(f, "%u\n", v + 1);
		fclose(f);
	}
	free(path);
	return v;
}

static void
put_string(struct slice v, struct buf *out)
{
	size_t i;

	buf_putc(out, '"');
	for (i = 0; i < v.n; i++) {
		if (v.p[i] == '"' || v.p[i] == '\\')
			buf_putc(out, '\\');
		buf_putc(out, v.p[i]);
	}
	buf_putc(out, '"');
}

static void
list_one(const char *word, struct slice name, const char *attrs)
{
	struct buf quoted_name = { 0 };
	char delimiter[5] = "NIL";

	if (opt.delimiter != '\0')
		snprintf(delimiter, sizeof(delimiter), "\"%s%c\"",
		    opt.delimiter == '\\' ? "\\" : "", opt.delimiter);
	put_string(name, &quoted_name);
	put("* %s (%s) %s %s", word, attrs, delimiter, buf_str(&quoted_name));
	buf_free(&quoted_name);
}

static void
put_namespace(void)
{
	struct buf prefix = { 0 };
	bool back = opt.delimiter == '\\';

	if (opt.delimiter == '\0') {
		put("* NAMESPACE ((\"\" NIL)) NIL NIL");
		return;
	}
	put_string(slice_str(opt.prefix), &prefix);
	put("* NAMESPACE ((%s \"%s%c\")) NIL NIL", buf_str(&prefix),
	    back ? "\\" : "", opt.delimiter);
	buf_free(&prefix);
}

static void
cmd_list(const char *word)
{
	struct buf ref = { 0 }, pattern = { 0 }, more = { 0 }, name = { 0 };
	struct dirent **e;
	struct box b;
	char attrs[80];
	int i, n;

	want(' ');
	astring(&ref);
	want(' ');
	if (net_peek(&s.net) == '"')
		quoted(&pattern);
	else
		while (net_peek(&s.net) > ' ')
			buf_putc(&pattern, (char)get());
	rest(&more);
	if (pattern.n == 0) {
		list_one(word, slice_str(""), "\\Noselect");
		reply("OK LIST");
		goto out;
	}
	n = scandir(opt.store, &e, NULL, alphasort);
	for (i = 0; i < n; i++) {
		store_name(e[i]->d_name, &name);
		free(e[i]);
		if (name.p[0] == '.' || !box_load(&b, buf_slice(&name)))
			continue;
		snprintf(attrs, sizeof(attrs), "%s%s%s", b.use,
		    b.use[0] != '\0' && b.subscribed ? " " : "",
		    b.subscribed &&
			    strcasestr(buf_str(&more), "SUBSCRIBED") != NULL
			? "\\Subscribed"
			: "");
		if (fnmatch(buf_str(&pattern), buf_str(&name), 0) == 0 &&
		    (b.subscribed || strcmp(word, "LSUB") != 0))
			list_one(word, buf_slice(&name), attrs);
		box_free(&b);
	}
	free(e);
	reply("OK LIST");
out:
	buf_free(&ref);
	buf_free(&pattern);
	buf_free(&more);
	buf_free(&name);
}

static void
cmd_create(void)
{
	struct buf name = { 0 }, more = { 0 };
	char use[32] = "";
	const char *p;

	want(' ');
	astring(&name);
	rest(&more);
	if (name.n > 0 && name.p[name.n - 1] == opt.delimiter)
		name.n--;
	p = strstr(buf_str(&more), "(USE (");
	if (p != NULL)
		snprintf(use, sizeof(use), "%.*s", (int)strcspn(p + 6, " )"),
		    p + 6);
	put_log("CREATE %s", buf_str(&name));
	if (opt.no_names != NULL &&
	    strpbrk(buf_str(&name), opt.no_names) != NULL)
		reply("NO [CANNOT] no such name here");
	else if (box_create(buf_slice(&name), next_uidvalidity(), use))
		reply("OK CREATE");
	else
		reply("NO [ALREADYEXISTS] there is one");
	buf_free(&name);
	buf_free(&more);
}

/* SUBSCRIBE, UNSUBSCRIBE, DELETE */
static void
cmd_on_box(const char *verb)
{
	struct buf name = { 0 }, more = { 0 };
	struct box b;
	char *command;

	want(' ');
	astring(&name);
	rest(&more);
	if (!box_load(&b, buf_slice(&name))) {
		reply("NO [NONEXISTENT] no such mailbox");
	} else if (strcmp(verb, "DELETE") == 0) {
		command = mem_fmt("%s.gone-%d", b.dir, (int)getpid());
		rename(b.dir, command);
		free(command);
		box_free(&b);
		reply("OK DELETE");
	} else {
		b.subscribed = strcmp(verb, "SUBSCRIBE") == 0;
		box_save(&b);
		box_free(&b);
		reply("OK done");
	}
	buf_free(&name);
	buf_free(&more);
}

static void
cmd_status(void)
{
	struct buf name = { 0 }, more = { 0 }, text = { 0 };
	struct box b;

	want(' ');
	astring(&name);
	rest(&more);
	if (!box_load(&b, buf_slice(&name))) {
		reply("NO [NONEXISTENT] no such mailbox");
	} else {
		put_string(buf_slice(&name), &text);
		put("* STATUS %s (MESSAGES %zu UIDNEXT %u UIDVALIDITY %u)",
		    buf_str(&text), b.n, (unsigned)b.uidnext,
		    (unsigned)b.uidvalidity);
		box_free(&b);
		reply("OK STATUS");
	}
	buf_free(&name);
	buf_free(&more);
	buf_free(&text);
}

static void
cmd_select(bool examine)
{
	struct buf more = { 0 };
	struct box b;

	want(' ');
	astring(&s.name);
	rest(&more);
	buf_free(&more);
	s.selected = false;
	if (!box_load(&b, buf_slice(&s.name))) {
		reply("NO [NONEXISTENT] no such mailbox");
		return;
	}
	put("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)");
	put("* OK [PERMANENTFLAGS (%s)] flags",
	    examine ? "" : opt.permanentflags);
	put("* %zu EXISTS", b.n);
	put("* 0 RECENT");
	put("* OK [UIDVALIDITY %u] valid", (unsigned)b.uidvalidity);
	put("* OK [UIDNEXT %u] next", (unsigned)b.uidnext);
	s.selected = true;
	s.read_only = examine;
	s.told = b.n;
	box_free(&b);
	reply(examine ? "OK [READ-ONLY] EXAMINE" : "OK [READ-WRITE] SELECT");
}

/* ---------------------------------------------------------------- APPEND */

static void
take_message(struct waiting *w, bool keep)
{
	static char block[65536];
	int64_t left = w->size;
	FILE *f = NULL;
	size_t n, i;

	w->tmp = store_tmp(s.n_tmp++);
	if (keep)
		f = fopen(w->tmp, "we");
	if (f != NULL && opt.rewrite != NULL &&
	    strcmp(opt.rewrite, "header") == 0)
		fputs("X-Fake: added\r\n", f);
	if (f != NULL && opt.rewrite != NULL &&
	    strcmp(opt.rewrite, "body") == 0)
		fputs("MIME-Version: 1.0\r\n", f);
	while (left > 0) {
		n = left < (int64_t)sizeof(block) ? (size_t)left
						  : sizeof(block);
		for (i = 0; i < n; i++)
			block[i] = (char)get();
		for (i = 0; f != NULL && i < n; i++) {
			if (opt.rewrite != NULL && block[i] == '\0' &&
			    strcmp(opt.rewrite, "nul") == 0)
				block[i] = (char)0x80;
			if (opt.rewrite != NULL &&
			    strcmp(opt.rewrite, "body") == 0 && block[i] == 'y')
				fputs("=79", f), block[i] = ' ';
			if (opt.rewrite != NULL && block[i] == '\n' &&
			    strcmp(opt.rewrite, "crlf") == 0 &&
			    (i == 0 || block[i - 1] != '\r'))
				fputc('\r', f);
			fputc(block[i], f);
		}
		left -= (int64_t)n;
	}
	if (f != NULL)
		fclose(f);
}

static bool
message_has(const struct waiting *w, const char *text)
{
	struct buf b = { 0 };
	struct err err = { 0 };
	bool found = io_read_file(w->tmp, 16 << 20, &b, &err) == 0 && b.n > 0 &&
	    memmem(b.p, b.n, text, strlen(text)) != NULL;

	buf_free(&b);
	return found;
}

static void
drop_waiting(void)
{
	size_t i;

	for (i = 0; i < s.n_w; i++) {
		if (s.w[i].tmp != NULL)
			unlink(s.w[i].tmp);
		free(s.w[i].tmp);
		buf_free(&s.w[i].flags);
	}
	memset(s.w, 0, s.n_w * sizeof(s.w[0]));
	s.n_w = 0;
}

static int64_t
store_total(void)
{
	struct buf name = { 0 };
	struct dirent *e;
	struct box b;
	int64_t total = 0;
	DIR *d = opendir(opt.store);
	size_t i;

	while (d != NULL && (e = readdir(d)) != NULL) {
		store_name(e->d_name, &name);
		if (name.n == 0 || name.p[0] == '.' ||
		    !box_load(&b, buf_slice(&name)))
			continue;
		for (i = 0; i < b.n; i++)
			total += box_size(&b, b.uids[i]);
		box_free(&b);
	}
	if (d != NULL)
		closedir(d);
	buf_free(&name);
	return total;
}

/* Why this APPEND is refused, or NULL. */
static const char *
refusal(const struct buf *name, unsigned number, int64_t size, int64_t total)
{
	static char text[200];
	struct box b;

	if (number == opt.throttle) {
		snprintf(text, sizeof(text),
		    "NO Request is throttled. Suggested Backoff Time: %u "
		    "milliseconds",
		    opt.throttle_ms);
		return text;
	}
	if (opt.no_append_text != NULL &&
	    (opt.no_append == 0 || number == opt.no_append)) {
		snprintf(text, sizeof(text), "%s%s",
		    strncmp(opt.no_append_text, "BAD ", 4) == 0 ? "" : "NO ",
		    opt.no_append_text);
		return text;
	}
	if (!box_load(&b, buf_slice(name)))
		return "NO [TRYCREATE] no such mailbox";
	box_free(&b);
	if (opt.toobig > 0 && size > opt.toobig)
		return "NO [TOOBIG] Maximum size of appendable message has "
		       "been exceeded";
	if (opt.quota > 0 && store_total() + total > opt.quota)
		return "NO [OVERQUOTA] mailbox is full";
	return NULL;
}

static void
flags_and_date(struct waiting *w)
{
	struct buf date = { 0 };
	int c;

	snprintf(w->date, sizeof(w->date), "01-Jan-2000 00:00:00 +0000");
	if (net_peek(&s.net) == '(') {
		get();
		while ((c = get()) != ')') {
			if (c < ' ' || c == '{' || c == '(' || c >= 0x7f)
				bad("broken flags");
			buf_putc(&w->flags, (char)c);
		}
		want(' ');
	}
	if (net_peek(&s.net) == '"') {
		quoted(&date);
		if (date.n != 26)
			bad("broken date");
		snprintf(w->date, sizeof(w->date), "%s", buf_str(&date));
		want(' ');
	}
	buf_free(&date);
}

/* " UIDVALIDITY SET" as the knobs want it. */
static void
appenduid(const struct box *b, uint32_t first, struct buf *out)
{
	const char *how = opt.appenduid;
	size_t i;

	if (strcmp(how, "none") == 0 ||
	    (!has_cap("UIDPLUS") && strcmp(how, "unasked") != 0))
		return;
	buf_putf(out, " [APPENDUID %u ",
	    (unsigned)b->uidvalidity + (strcmp(how, "validity") == 0));
	if (strcmp(how, "wrong") == 0)
		first += 1000;
	if (strcmp(how, "star") == 0)
		buf_puts(out, "1:*");
	else if (strcmp(how, "zero") == 0)
		buf_puts(out, "0");
	else if (strcmp(how, "huge") == 0) /* more than 32 bits */
		buf_putf(out, "4294967296:%llu", 4294967295ULL + s.n_w);
	else if (strcmp(how, "many") == 0)
		buf_putf(out, "%u:%u", (unsigned)first,
		    (unsigned)(first + s.n_w));
	else if (strcmp(how, "backwards") == 0)
		buf_putf(out, "%u:%u", (unsigned)(first + s.n_w - 1),
		    (unsigned)first);
	else if (strcmp(how, "reversed") == 0)
		for (i = s.n_w; i-- > 0;)
			buf_putf(out, "%u%s", (unsigned)(first + i),
			    i > 0 ? "," : "");
	else if (s.n_w == 1)
		buf_putf(out, "%u", (unsigned)first);
	else
		buf_putf(out, "%u:%u", (unsigned)first,
		    (unsigned)(first + s.n_w - 1 -
			(strcmp(how, "short") == 0)));
	buf_puts(out, "]");
}

/* The first 'n' of those that came. */
static void
keep_messages(const struct buf *name, size_t n)
{
	struct box b;
	size_t i;

	if (!box_load(&b, buf_slice(name)))
		return;
	for (i = 0; i < n; i++)
		box_add(&b, s.w[i].tmp, s.w[i].date, buf_str(&s.w[i].flags));
	box_save(&b);
	box_free(&b);
}

/* The server that goes on working when the client is cut off. */
static void
keep_later(const struct buf *name)
{
	if (fork() != 0) {
		/* the child has the files: do not remove them here */
		s.n_w = 0;
		return;
	}
	close(s.net.fd);
	close(store_lock_fd);
	store_lock_fd = -1;
	while (opt.keep_at > 0 && count->appends < opt.keep_at)
		net_sleep_ms(5);
	net_sleep_ms((long)opt.keep_late_ms);
	store_lock(true);
	keep_messages(name, s.n_w);
	_exit(0);
}

static void
finish_append(const struct buf *name)
{
	struct buf text = { 0 };
	struct box b;
	bool cut;

	if (!box_load(&b, buf_slice(name))) {
		reply("NO [TRYCREATE] no such mailbox");
		return;
	}
	buf_puts(&text, "OK");
	appenduid(&b, b.uidnext, &text);
	buf_puts(&text, " APPEND");
	box_free(&b);
	if (s.append == opt.cut_append)
		opt.cut_before_ok = count->oks + 1;
	cut = is_cut_at(strlen(s.tag) + text.n + 3);
	if (cut && (opt.keep_late_ms > 0 || opt.keep_at > 0))
		keep_later(name);
	else if (!cut || !opt.lose)
		keep_messages(name, s.n_w);
	reply(buf_str(&text));
	buf_free(&text);
}

static bool
has_keyword(const struct buf *flags)
{
	const char *p = buf_str(flags);

	while (*p != '\0') {
		p += strspn(p, " ");
		if (*p != '\\' && *p != '\0')
			return true;
		p += strcspn(p, " ");
	}
	return false;
}

static void
cmd_append(void)
{
	struct buf name = { 0 };
	unsigned number = ++count->appends;
	const char *refuse = NULL;
	struct waiting *w;
	int64_t total = 0;
	bool waits;
	int c;

	want(' ');
	astring(&name);
	s.into = &name;
	s.append = number;
	do {
		want(' ');
		if (s.n_w == MESSAGES_MAX)
			bad("too many messages");
		w = &s.w[s.n_w++];
		flags_and_date(w);
		want('{');
		waits = literal_head(&w->size);
		total += w->size;
		store_lock(true);
		if (refuse == NULL)
			refuse = refusal(&name, number, w->size, total);
		store_lock(false);
		if (waits && refuse != NULL && !opt.no_keeps_one) {
			reply(refuse);
			goto out;
		}
		if (waits && !go_ahead())
			goto out;
		take_message(w,
		    refuse == NULL || opt.no_keeps > 0 || opt.no_keeps_one);
		w->whole = true;
		if (refuse == NULL && opt.no_keywords != NULL &&
		    has_keyword(&w->flags))
			refuse = opt.no_keywords;
		if (refuse == NULL && opt.reject != NULL &&
		    message_has(w, opt.reject))
			refuse = "NO Message contains invalid header";
		put_log("APPEND %s %lld", buf_str(&name), (long long)w->size);
		c = net_peek(&s.net);
		if (c == ' ' && !has_cap("MULTIAPPEND"))
			bad("one message at a time");
	} while (c == ' ');
	end_line();
	store_lock(true);
	if (refuse != NULL && opt.no_keeps > 0 && s.n_w > opt.no_keeps)
		keep_messages(&name, opt.no_keeps);
	if (refuse != NULL && opt.no_keeps_one && s.n_w == 1)
		keep_messages(&name, 1);
	s.into = NULL; /* from here on it is kept or not as a whole */
	if (refuse != NULL)
		reply(refuse);
	else
		finish_append(&name);
	store_lock(false);
out:
	s.into = NULL;
	drop_waiting();
	buf_free(&name);
}

/* --half: the line breaks in the middle of an APPEND, and what has come
 * whole is kept, against RFC 3502. */
static void
keep_half(void)
{
	const struct buf *name = s.into;

	s.into = NULL;
	if (!opt.half || name == NULL)
		return;
	if (s.n_w > 0 && !s.w[s.n_w - 1].whole) {
		if (s.w[s.n_w - 1].tmp != NULL)
			unlink(s.w[s.n_w - 1].tmp);
		s.n_w--;
	}
	store_lock(true);
	keep_messages(name, s.n_w);
	store_lock(false);
}

/* -------------------------------------------------------------- messages */

static bool
in_set(struct slice set, uint32_t uid, uint32_t last)
{
	uint64_t lo, hi, swap;

	while (set.n > 0) {
		if (set.p[0] == '*') {
			lo = last;
			set = slice_from(set, 1);
		} else if (!num_take_u64(&set, UINT32_MAX, &lo)) {
			bad("broken set");
		}
		hi = lo;
		if (set.n > 0 && set.p[0] == ':') {
			set = slice_from(set, 1);
			if (set.n > 0 && set.p[0] == '*') {
				hi = last;
				set = slice_from(set, 1);
			} else if (!num_take_u64(&set, UINT32_MAX, &hi)) {
				bad("broken set");
			}
		}
		if (lo > hi) {
			swap = lo;
			lo = hi;
			hi = swap;
		}
		if (uid >= lo && uid <= hi)
			return true;
		if (set.n > 0)
			set = slice_from(set, 1);
	}
	return false;
}

/* The header fields named in "(A B)", and the empty line. */
static void
pick_fields(struct slice msg, const char *names, struct buf *out)
{
	struct slice line;
	bool keep = false;
	char field[80];
	size_t n;

	buf_clear(out);
	while (slice_next_line(&msg, &line) && slice_trim(line).n > 0) {
		if (line.p[0] != ' ' && line.p[0] != '\t') {
			n = 0;
			while (n < line.n && n < sizeof(field) - 1 &&
			    line.p[n] != ':')
				n++;
			snprintf(field, sizeof(field), "%.*s", (int)n, line.p);
			keep = strcasestr(names, field) != NULL && n > 0;
		}
		if (keep)
			buf_put(out, line.p, line.n);
	}
	buf_puts(out, "\r\n");
}

static void
put_body(const char *items, const struct box *b, uint32_t uid, struct buf *out)
{
	const char *p = strcasestr(items, "BODY.PEEK["), *end;
	struct buf msg = { 0 }, part = { 0 };
	struct err err = { 0 };
	const char *blank;
	char *path;

	if (p == NULL)
		p = strcasestr(items, "BODY[");
	if (p == NULL)
		return;
	p = strchr(p, '[');
	end = strchr(p, ']');
	if (end == NULL)
		bad("broken section");
	path = box_file(b, uid, "");
	io_read_file(path, 64 << 20, &msg, &err);
	free(path);
	if (strncasecmp(p, "[HEADER.FIELDS", 14) == 0) {
		pick_fields(buf_slice(&msg), p + 14, &part);
	} else if (strncasecmp(p, "[HEADER]", 8) == 0) {
		blank = msg.n == 0 ? NULL : memmem(msg.p, msg.n, "\r\n\r\n", 4);
		buf_put(&part, msg.p,
		    blank == NULL ? msg.n : (size_t)(blank - msg.p) + 4);
	} else {
		buf_put(&part, msg.p, msg.n);
	}
	buf_putf(out, " BODY%.*s {%zu}\r\n", (int)(end - p) + 1, p, part.n);
	buf_put(out, part.p, part.n);
	buf_free(&msg);
	buf_free(&part);
}

static void
fetch_one(const struct box *b, size_t i, const char *items)
{
	struct buf out = { 0 }, date = { 0 }, flags = { 0 };
	uint32_t uid = b->uids[i];

	box_read_info(b, uid, &date, &flags);
	buf_putf(&out, "* %zu FETCH (UID %u", i + 1, (unsigned)uid);
	if (strcasestr(items, "FLAGS") != NULL)
		buf_putf(&out, " FLAGS (%s)", buf_str(&flags));
	if (strcasestr(items, "INTERNALDATE") != NULL)
		buf_putf(&out, " INTERNALDATE \"%s\"", buf_str(&date));
	if (strcasestr(items, "RFC822.SIZE") != NULL)
		buf_putf(&out, " RFC822.SIZE %lld",
		    (long long)box_size(b, uid));
	put_body(items, b, uid, &out);
	buf_puts(&out, ")\r\n");
	net_put(&s.net, out.p, out.n);
	buf_free(&out);
	buf_free(&date);
	buf_free(&flags);
}

static bool
header_has(const struct box *b, uint32_t uid, const char *field,
    const char *value)
{
	struct buf msg = { 0 }, part = { 0 };
	struct err err = { 0 };
	char *path = box_file(b, uid, "");
	bool found;

	io_read_file(path, 64 << 20, &msg, &err);
	free(path);
	pick_fields(buf_slice(&msg), field, &part);
	found = strcasestr(buf_str(&part), value) != NULL;
	buf_free(&msg);
	buf_free(&part);
	return found;
}

static void
search(const struct box *b, char *criteria)
{
	struct buf out = { 0 };
	char *set = strcasestr(criteria, "UID "), *header;
	char field[80] = "", value[1000] = "";
	uint32_t last = b->n > 0 ? b->uids[b->n - 1] : 0;
	size_t i;

	header = strcasestr(criteria, "HEADER ");
	if (header != NULL &&
	    sscanf(header + 7, "%79s \"%999[^\"]\"", field, value) != 2)
		sscanf(header + 7, "%79s %999s", field, value);
	buf_puts(&out, "* SEARCH");
	for (i = 0; i < b->n; i++)
		if ((set == NULL ||
			in_set(slice_of(set + 4, strcspn(set + 4, " ")),
			    b->uids[i], last)) &&
		    (header == NULL || header_has(b, b->uids[i], field, value)))
			buf_putf(&out, " %u", (unsigned)b->uids[i]);
	put("%s", buf_str(&out));
	buf_free(&out);
}

static void
store_one(const struct box *b, size_t i, char op, const char *list)
{
	struct buf date = { 0 }, flags = { 0 }, now = { 0 };
	struct slice words, w;
	char word[300];

	box_read_info(b, b->uids[i], &date, &flags);
	if (op != 'F')
		buf_put(&now, flags.p, flags.n);
	for (words = slice_str(list); words.n > 0;
	     words = slice_from(words, w.n + 1)) {
		w = slice_of(words.p, strcspn(words.p, " "));
		snprintf(word, sizeof(word), "%.*s", (int)w.n, w.p);
		if (op == '-') {
			char *at = strcasestr(now.p, word);

			if (at != NULL)
				memset(at, ' ', w.n);
		} else if (now.n == 0 || strcasestr(now.p, word) == NULL) {
			buf_putf(&now, "%s%s", now.n > 0 ? " " : "", word);
		}
	}
	box_write_flags(b, b->uids[i], buf_str(&date), buf_str(&now));
	buf_free(&date);
	buf_free(&flags);
	buf_free(&now);
}

static void
cmd_uid(void)
{
	struct buf line = { 0 };
	struct box b;
	char *verb, *set, *more;
	uint32_t last;
	size_t i;

	want(' ');
	rest(&line);
	put_log("UID %s", buf_str(&line));
	if (!s.selected || !box_load(&b, buf_slice(&s.name))) {
		reply("BAD nothing is selected");
		buf_free(&line);
		return;
	}
	verb = line.p;
	set = verb + strcspn(verb, " ");
	if (*set != '\0')
		*set++ = '\0';
	more = set + strcspn(set, " ");
	last = b.n > 0 ? b.uids[b.n - 1] : 0;
	if (strcasecmp(verb, "SEARCH") == 0) {
		search(&b, set);
	} else if (strcasecmp(verb, "FETCH") == 0) {
		if (*more != '\0')
			*more++ = '\0';
		for (i = 0; i < b.n; i++)
			if (in_set(slice_str(set), b.uids[i], last))
				fetch_one(&b, i, more);
	} else if (strcasecmp(verb, "STORE") == 0 && !s.read_only) {
		char *list = strchr(more, '(');

		if (*more != '\0')
			*more++ = '\0';
		if (list == NULL)
			bad("broken STORE");
		list++;
		list[strcspn(list, ")")] = '\0';
		for (i = 0; i < b.n; i++)
			if (in_set(slice_str(set), b.uids[i], last))
				store_one(&b, i, *more, list);
	} else {
		reply("BAD not that");
		goto out;
	}
	reply("OK UID");
out:
	box_free(&b);
	buf_free(&line);
}

/* --------------------------------------------------------------- session */

static bool
right_password(struct slice base64)
{
	unsigned char raw[8192];
	const char *user, *password;
	int n;

	if (base64.n == 0 || base64.n > 8000)
		return false;
	n = EVP_DecodeBlock(raw, (const unsigned char *)base64.p,
	    (int)base64.n);
	if (n < 2)
		return false;
	raw[n] = '\0';
	user = memchr(raw, '\0', (size_t)n);
	if (user == NULL || user + 1 >= (char *)raw + n)
		return false;
	user++;
	password = user + strlen(user) + 1;
	return password <= (char *)raw + n &&
	    strcmp(password, opt.password) == 0;
}

static void
logged_in(bool ok)
{
	char text[sizeof(opt.caps) + 40];

	put_log("LOGIN %s", ok ? "ok" : "refused");
	s.authenticated = ok;
	snprintf(text, sizeof(text), "OK [CAPABILITY %s] logged in", opt.caps);
	reply(ok ? text : "NO [AUTHENTICATIONFAILED] Authentication failed.");
}

static void
cmd_login(bool plain)
{
	struct buf line = { 0 }, user = { 0 }, password = { 0 };
	const char *ir;

	want(' ');
	if (!plain) {
		astring(&user);
		want(' ');
		astring(&password);
		end_line();
		if (opt.cert == NULL || s.tls)
			logged_in(slice_is(buf_slice(&password), opt.password));
		else
			bad("a password without TLS");
	} else {
		rest(&line);
		if (opt.cert != NULL && !s.tls)
			bad("a password without TLS");
		ir = strchr(buf_str(&line), ' ');
		if (ir == NULL) {
			put("+ ");
			rest(&line);
			ir = buf_str(&line);
		} else {
			if (!has_cap("SASL-IR"))
				bad("an initial response that was not "
				    "offered");
			ir++;
		}
		logged_in(right_password(slice_str(ir)));
	}
	buf_free(&line);
	buf_free(&user);
	buf_free(&password);
}

static void
tell_news(void)
{
	struct box b;

	if (!s.selected || !box_load(&b, buf_slice(&s.name)))
		return;
	if (b.n != s.told)
		put("* %zu EXISTS", b.n);
	s.told = b.n;
	box_free(&b);
}

/* Commands that are one line. */
static void
simple(const char *verb)
{
	struct buf line = { 0 };

	rest(&line);
	if (strcasecmp(verb, "CAPABILITY") == 0) {
		put("* CAPABILITY %s", caps_now());
		reply("OK CAPABILITY");
	} else if (strcasecmp(verb, "LOGOUT") == 0) {
		put("* BYE until then");
		reply("OK LOGOUT");
		s.logout = true;
	} else if (strcasecmp(verb, "STARTTLS") == 0 && opt.cert != NULL &&
	    !s.tls) {
		reply("OK begin TLS");
		if (!net_accept_tls(&s.net))
			exit(0);
		s.tls = true;
	} else if (strcasecmp(verb, "ID") == 0) {
		put("* ID (\"name\" \"fake\")");
		reply("OK ID");
	} else if (strcasecmp(verb, "NAMESPACE") == 0) {
		put_namespace();
		reply("OK NAMESPACE");
	} else if (strcasecmp(verb, "UNSELECT") == 0 ||
	    strcasecmp(verb, "CLOSE") == 0) {
		s.selected = false;
		reply("OK closed");
	} else if (strcasecmp(verb, "NOOP") == 0 ||
	    strcasecmp(verb, "CHECK") == 0) {
		reply("OK NOOP");
	} else {
		reply("BAD what?");
	}
	buf_free(&line);
}

/* --no-on VERB:N:TEXT: is it this one? */
static const char *
turned_down(const char *verb)
{
	size_t n = strlen(verb);
	unsigned at;
	char *text;

	if (opt.no_on == NULL || strncasecmp(opt.no_on, verb, n) != 0 ||
	    opt.no_on[n] != ':')
		return NULL;
	at = (unsigned)strtoul(opt.no_on + n + 1, &text, 10);
	if (++count->no_on != at && at != 0)
		return NULL;
	return *text == ':' ? text + 1 : "NO no";
}

static void
dispatch(const char *verb)
{
	bool locked = strcasecmp(verb, "APPEND") != 0;
	const char *no = locked ? turned_down(verb) : NULL;
	struct buf line = { 0 };

	if (locked)
		store_lock(true);
	if (no != NULL) {
		rest(&line);
		buf_free(&line);
		reply(no);
	} else if (strcasecmp(verb, "LOGIN") == 0)
		cmd_login(false);
	else if (strcasecmp(verb, "AUTHENTICATE") == 0)
		cmd_login(true);
	else if (!s.authenticated)
		simple(verb);
	else if (strcasecmp(verb, "APPEND") == 0)
		cmd_append();
	else if (strcasecmp(verb, "UID") == 0)
		cmd_uid();
	else if (strcasecmp(verb, "SELECT") == 0)
		cmd_select(false);
	else if (strcasecmp(verb, "EXAMINE") == 0)
		cmd_select(true);
	else if (strcasecmp(verb, "STATUS") == 0)
		cmd_status();
	else if (strcasecmp(verb, "LIST") == 0)
		cmd_list("LIST");
	else if (strcasecmp(verb, "LSUB") == 0)
		cmd_list("LSUB");
	else if (strcasecmp(verb, "CREATE") == 0)
		cmd_create();
	else if (strcasecmp(verb, "SUBSCRIBE") == 0)
		cmd_on_box("SUBSCRIBE");
	else if (strcasecmp(verb, "UNSUBSCRIBE") == 0)
		cmd_on_box("UNSUBSCRIBE");
	else if (strcasecmp(verb, "DELETE") == 0)
		cmd_on_box("DELETE");
	else
		simple(verb);
	if (locked)
		store_lock(false);
}

static void
serve_command(void)
{
	char verb[32];
	size_t n = 0;
	int c = net_get(&s.net);

	if (c < 0)
		gone();
	for (; c != ' '; c = get()) {
		if (c <= ' ' || c >= 0x7f || n == sizeof(s.tag) - 1)
			bad("no tag");
		s.tag[n++] = (char)c;
	}
	s.tag[n] = '\0';
	for (n = 0; (c = net_peek(&s.net)) > ' '; n++) {
		if (n == sizeof(verb) - 1)
			bad("no command");
		verb[n] = (char)get();
	}
	verb[n] = '\0';
	put_log("%s", verb);
	if (++count->commands == opt.bye) {
		put("* BYE Session expired, please login again.");
		net_close(&s.net);
		exit(0);
	}
	if (count->commands == opt.bump_at) {
		store_lock(true);
		store_bump(1000);
		store_lock(false);
		put("* BYE The mailboxes were rebuilt.");
		net_close(&s.net);
		exit(0);
	}
	if (opt.delay_ms > 0)
		net_sleep_ms((long)opt.delay_ms);
	/* STATUS would be the wrong place for news (RFC 3501 7.4.1) */
	dispatch(verb);
	store_lock(true);
	tell_news();
	store_lock(false);
}

static int
tee_file(const char *suffix)
{
	char *path = mem_fmt("%s.%s", opt.tee, suffix);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	free(path);
	return fd;
}

static void
serve(void)
{
	struct buf greeting = { 0 };
	char *p;

	s.net.split = opt.split;
	s.net.on_drop = keep_half;
	if (opt.tee != NULL && is_faulty()) {
		s.net.tee_in = tee_file("in");
		s.net.tee_out = tee_file("out");
	}
	s.net.cut_in = is_faulty() ? opt.cut_in : -1;
	s.net.cut_out = is_faulty() ? opt.cut_out : -1;
	if (!is_faulty())
		opt.cut_before_ok = opt.cut_after_ok = 0;
	if (opt.tls_first) {
		if (!net_accept_tls(&s.net))
			exit(0);
		s.tls = true;
	}
	if (s.connection <= opt.turned_away) {
		put("* BYE %s", opt.turned_away_text);
		net_close(&s.net);
		exit(0);
	}
	p = strstr(opt.greeting, "%s");
	if (p != NULL) {
		buf_put(&greeting, opt.greeting, (size_t)(p - opt.greeting));
		buf_puts(&greeting, caps_now());
		buf_puts(&greeting, p + 2);
	} else {
		buf_puts(&greeting, opt.greeting);
	}
	put("%s", buf_str(&greeting));
	buf_free(&greeting);
	while (!s.logout)
		serve_command();
	net_close(&s.net);
	exit(0);
}

/* ----------------------------------------------------------------- start */

/* "-LITERAL+ X-NEW": less of the default, or more; without '-': instead. */
static void
set_caps(const char *words)
{
	char list[sizeof(opt.caps)], *at, *save = NULL, *found;
	bool change = words[0] == '-' || words[0] == '+';
	size_t n;

	snprintf(opt.caps, sizeof(opt.caps), "%s",
	    change ? default_caps : words);
	snprintf(list, sizeof(list), "%s", change ? words : "");
	for (at = strtok_r(list, " ", &save); at != NULL;
	     at = strtok_r(NULL, " ", &save)) {
		n = strlen(opt.caps);
		if (at[0] == '+') {
			snprintf(opt.caps + n, sizeof(opt.caps) - n, " %s",
			    at + 1);
			continue;
		}
		found = strstr(opt.caps, at + 1);
		if (found != NULL) {
			n = strlen(at + 1);
			memmove(found, found + n, strlen(found + n) + 1);
		}
	}
}

enum {
	O_TALK = 256,
	O_STORE,
	O_CERT,
	O_KEY,
	O_TLS,
	O_OLD_TLS,
	O_TLS12,
	O_PORT,
	O_CAPS,
	O_LOG,
	O_PASSWORD,
	O_GREETING,
	O_SPLIT,
	O_DELAY,
	O_CUT_OUT,
	O_CUT_IN,
	O_CUT_BEFORE_OK,
	O_CUT_AFTER_OK,
	O_CUT_ON,
	O_LOSE_OK,
	O_LOSE,
	O_KEEP_LATE,
	O_BYE,
	O_NO_APPEND,
	O_THROTTLE,
	O_TOOBIG,
	O_QUOTA,
	O_REJECT,
	O_APPENDUID,
	O_ICASE,
	O_NO_KEYWORDS,
	O_NO_NAMES,
	O_REWRITE,
	O_BUMP,
	O_DELIMITER,
	O_PREFIX,
	O_PERMANENTFLAGS,
	O_CONNECTIONS,
	O_HALF,
	O_NO_KEEPS,
	O_NO_KEEPS_ONE,
	O_CUT_APPEND,
	O_BYE_OK,
	O_TWICE_OK,
	O_MAX_ERRORS,
	O_BUMP_AT,
	O_NO_ON,
	O_PLUS,
	O_BYE_AT_GREETING,
	O_TEE
};

static const struct option options[] = { { "talk", 1, NULL, O_TALK },
	{ "store", 1, NULL, O_STORE }, { "cert", 1, NULL, O_CERT },
	{ "key", 1, NULL, O_KEY }, { "tls", 0, NULL, O_TLS },
	{ "old-tls", 0, NULL, O_OLD_TLS }, { "tls12", 0, NULL, O_TLS12 },
	{ "port", 1, NULL, O_PORT }, { "caps", 1, NULL, O_CAPS },
	{ "log", 1, NULL, O_LOG }, { "password", 1, NULL, O_PASSWORD },
	{ "greeting", 1, NULL, O_GREETING }, { "split", 1, NULL, O_SPLIT },
	{ "delay", 1, NULL, O_DELAY }, { "cut-out", 1, NULL, O_CUT_OUT },
	{ "cut-in", 1, NULL, O_CUT_IN },
	{ "cut-before-ok", 1, NULL, O_CUT_BEFORE_OK },
	{ "cut-after-ok", 1, NULL, O_CUT_AFTER_OK },
	{ "cut-on", 1, NULL, O_CUT_ON }, { "lose-ok", 1, NULL, O_LOSE_OK },
	{ "lose", 0, NULL, O_LOSE }, { "keep-late", 1, NULL, O_KEEP_LATE },
	{ "bye", 1, NULL, O_BYE }, { "no-append", 1, NULL, O_NO_APPEND },
	{ "throttle", 1, NULL, O_THROTTLE }, { "toobig", 1, NULL, O_TOOBIG },
	{ "quota", 1, NULL, O_QUOTA }, { "reject", 1, NULL, O_REJECT },
	{ "appenduid", 1, NULL, O_APPENDUID }, { "icase", 0, NULL, O_ICASE },
	{ "no-keywords", 1, NULL, O_NO_KEYWORDS },
	{ "no-names", 1, NULL, O_NO_NAMES }, { "rewrite", 1, NULL, O_REWRITE },
	{ "bump", 0, NULL, O_BUMP }, { "delimiter", 1, NULL, O_DELIMITER },
	{ "prefix", 1, NULL, O_PREFIX },
	{ "permanentflags", 1, NULL, O_PERMANENTFLAGS },
	{ "connections", 1, NULL, O_CONNECTIONS }, { "half", 0, NULL, O_HALF },
	{ "no-keeps", 1, NULL, O_NO_KEEPS },
	{ "no-keeps-one", 0, NULL, O_NO_KEEPS_ONE },
	{ "cut-append", 1, NULL, O_CUT_APPEND },
	{ "bye-for-ok", 1, NULL, O_BYE_OK },
	{ "twice-ok", 1, NULL, O_TWICE_OK },
	{ "max-errors", 1, NULL, O_MAX_ERRORS },
	{ "bump-at", 1, NULL, O_BUMP_AT }, { "no-on", 1, NULL, O_NO_ON },
	{ "bye-at-greeting", 1, NULL, O_BYE_AT_GREETING },
	{ "plus", 1, NULL, O_PLUS }, { "tee", 1, NULL, O_TEE }, { 0 } };

static unsigned
number(const char *v)
{
	return (unsigned)strtoul(v, NULL, 10);
}

static void
set_option(int c, char *v)
{
	char *colon = v == NULL ? NULL : strchr(v, ':');

	switch (c) {
	case O_TALK:
		opt.talk = v;
		break;
	case O_STORE:
		opt.store = v;
		break;
	case O_CERT:
		opt.cert = v;
		break;
	case O_KEY:
		opt.key = v;
		break;
	case O_TLS:
		opt.tls_first = true;
		break;
	case O_OLD_TLS:
		opt.old_tls = true;
		break;
	case O_TLS12:
		opt.tls12 = true;
		break;
	case O_PORT:
		opt.port = number(v);
		break;
	case O_CAPS:
		set_caps(v);
		break;
	case O_LOG:
		opt.log = v;
		break;
	case O_PASSWORD:
		opt.password = v;
		break;
	case O_BYE_AT_GREETING:
		opt.turned_away = number(v);
		opt.turned_away_text = colon == NULL ? "no" : colon + 1;
		break;
	case O_GREETING:
		opt.greeting = v;
		break;
	case O_SPLIT:
		opt.split = number(v);
		break;
	case O_DELAY:
		opt.delay_ms = number(v);
		break;
	case O_CUT_OUT:
		opt.cut_out = strtoll(v, NULL, 10);
		break;
	case O_CUT_IN:
		opt.cut_in = strtoll(v, NULL, 10);
		break;
	case O_CUT_BEFORE_OK:
		opt.cut_before_ok = number(v);
		break;
	case O_CUT_AFTER_OK:
		opt.cut_after_ok = number(v);
		break;
	case O_CUT_ON:
		opt.cut_on = number(v);
		break;
	case O_LOSE_OK:
		opt.lose_ok = number(v);
		break;
	case O_LOSE:
		opt.lose = true;
		break;
	case O_KEEP_LATE:
		if (v[0] == '@')
			opt.keep_at = number(v + 1);
		else
			opt.keep_late_ms = number(v);
		break;
	case O_BYE:
		opt.bye = number(v);
		break;
	case O_NO_APPEND:
		opt.no_append = number(v);
		opt.no_append_text = colon == NULL ? "no" : colon + 1;
		break;
	case O_THROTTLE:
		opt.throttle = number(v);
		opt.throttle_ms = colon == NULL ? 1000 : number(colon + 1);
		break;
	case O_TOOBIG:
		opt.toobig = strtoll(v, NULL, 10);
		break;
	case O_QUOTA:
		opt.quota = strtoll(v, NULL, 10);
		break;
	case O_REJECT:
		opt.reject = v;
		break;
	case O_APPENDUID:
		opt.appenduid = v;
		break;
	case O_ICASE:
		store_icase = true;
		break;
	case O_NO_KEYWORDS:
		opt.no_keywords = v;
		break;
	case O_NO_NAMES:
		opt.no_names = v;
		break;
	case O_REWRITE:
		opt.rewrite = v;
		break;
	case O_BUMP:
		opt.bump = true;
		break;
	case O_DELIMITER:
		opt.delimiter = strcmp(v, "NIL") == 0 ? '\0' : v[0];
		break;
	case O_PREFIX:
		opt.prefix = v;
		break;
	case O_PERMANENTFLAGS:
		opt.permanentflags = v;
		break;
	case O_CONNECTIONS:
		opt.connections = number(v);
		break;
	case O_CUT_APPEND:
		opt.cut_append = number(v);
		break;
	case O_NO_KEEPS_ONE:
		opt.no_keeps_one = true;
		break;
	case O_NO_KEEPS:
		opt.no_keeps = number(v);
		break;
	case O_HALF:
		opt.half = true;
		break;
	case O_BYE_OK:
		opt.bye_ok = number(v);
		break;
	case O_TWICE_OK:
		opt.twice_ok = number(v);
		break;
	case O_MAX_ERRORS:
		opt.max_errors = number(v);
		break;
	case O_BUMP_AT:
		opt.bump_at = number(v);
		break;
	case O_NO_ON:
		opt.no_on = v;
		break;
	case O_PLUS:
		opt.plus = v;
		break;
	case O_TEE:
		opt.tee = v;
		break;
	default:
		exit(64);
	}
}

static void
prepare_store(void)
{
	store_dir = opt.store;
	if (mkdir(opt.store, 0755) < 0 && errno != EEXIST) {
		perror(opt.store);
		exit(2);
	}
	box_create(slice_str("INBOX"), next_uidvalidity(), "");
	if (opt.bump)
		store_bump(1000);
}

int
main(int argc, char **argv)
{
	SSL_CTX *ctx = NULL;
	int listener, c;
	unsigned i;

	set_caps(default_caps);
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		set_option(c, optarg);
	if ((opt.talk == NULL) == (opt.store == NULL)) {
		fprintf(stderr, "fake_imap: --talk FILE or --store DIR\n");
		return 64;
	}
	signal(SIGPIPE, SIG_IGN);
	if (opt.cert != NULL)
		ctx = net_tls(opt.cert, opt.key, opt.old_tls, opt.tls12);
	count = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (count == MAP_FAILED)
		return 2;
	if (opt.store != NULL)
		prepare_store();
	listener = net_listen(opt.port);
	if (opt.talk != NULL)
		return talk_run(opt.talk, listener, ctx, opt.tls_first);
	signal(SIGCHLD, SIG_IGN);
	for (i = 1; opt.connections == 0 || i <= opt.connections; i++) {
		s.net.ctx = ctx;
		net_accept(&s.net, listener);
		s.connection = ++count->connections;
		if (fork() == 0) {
			signal(SIGCHLD, SIG_DFL);
			close(listener);
			serve();
		}
		close(s.net.fd);
	}
	while (wait(NULL) > 0)
		;
	return 0;
}

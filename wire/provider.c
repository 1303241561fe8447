/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Presets of providers; see provider.h. */
#include "wire/provider.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/num.h"
#include "wire/login.h"

#define FILES_MAX 3
#define NAMES_MAX 1000 /* providers */

/* data/providers.yaml, as it is (found from the root of the source) */
__asm__(".section .rodata\n"
	".global provider_builtin\n"
	"provider_builtin:\n"
	".incbin \"data/providers.yaml\"\n"
	".byte 0\n"
	".previous\n");
extern const char provider_builtin[];

struct providers {
	struct conf *file[FILES_MAX];
	size_t n_files;
	char *path; /* of the user's own */
	struct provider *v;
	size_t n;
	struct arena arena; /* host names */
};

/* ------------------------------------------------------------------ values */

static int
text_of(const struct conf *c, const struct conf_node *n, const char **s_r,
    struct err *err)
{
	if (n->kind != CONF_TEXT || *n->text == '\0')
		return conf_error(c, n, err, "%s wants a word", n->key);
	*s_r = n->text;
	return 0;
}

static int
list_of(const struct conf *c, const struct conf_node *n,
    const struct conf_node **list_r, struct err *err)
{
	const struct conf_node *i;

	if (n->kind != CONF_LIST)
		return conf_error(c, n, err, "%s wants a list: [a, b]", n->key);
	for (i = n->child; i != NULL; i = i->next)
		if (i->kind != CONF_TEXT)
			return conf_error(c, i, err, "%s wants words", n->key);
	*list_r = n;
	return 0;
}

static int
number_of(const struct conf *c, const struct conf_node *n, uint64_t *v_r,
    struct err *err)
{
	if (n->kind != CONF_TEXT || !num_size(slice_str(n->text), v_r))
		return conf_error(c, n, err,
		    "%s wants a number, or a size such as 35M", n->key);
	return 0;
}

/* HOST[:PORT][/starttls], or "none" */
static int
port_of(struct arena *arena, const struct conf *c, const struct conf_node *n,
    uint16_t standard, struct provider_port *port_r, struct err *err)
{
	struct slice s = slice_str(n->kind == CONF_TEXT ? n->text : ""), host;
	static const char tail[] = "/starttls";
	size_t len = strlen(tail);
	uint64_t port = standard;
	const char *at;

	*port_r = (struct provider_port){ 0 };
	if (slice_is(s, "none"))
		return 0;
	if (s.n > len && slice_is_nocase(slice_from(s, s.n - len), tail)) {
		port_r->starttls = true;
		port = standard == 993 ? 143 : 110;
		s.n -= len;
	}
	at = s.n == 0 ? NULL : memrchr(s.p, ':', s.n);
	host = s;
	if (at != NULL) {
		host.n = (size_t)(at - s.p);
		if (!num_u64(slice_from(s, host.n + 1), 65535, &port) ||
		    port == 0)
			host.n = 0;
	}
	if (host.n == 0 || host.n > 253 || memchr(host.p, '/', host.n) != NULL)
		return conf_error(c, n, err,
		    "%s wants HOST, HOST:PORT or HOST:PORT/starttls", n->key);
	port_r->port = (uint16_t)port;
	port_r->host = arena_slice(arena, host);
	return 0;
}

/* --------------------------------------------------------------- an entry */

/* One of two words: *yes_r is true for the first. */
static int
choice_of(const struct conf *c, const struct conf_node *n, const char *yes,
    const char *no, bool *yes_r, struct err *err)
{
	const char *word = n->kind == CONF_TEXT ? n->text : "";

	*yes_r = strcmp(word, yes) == 0;
	return *yes_r || strcmp(word, no) == 0
	    ? 0
	    : conf_error(c, n, err, "%s is '%s' or '%s'", n->key, yes, no);
}

static int
read_number(const struct conf *c, const struct conf_node *n,
    struct provider_limits *l, struct err *err)
{
	const struct {
		const char *key;
		uint64_t *into;
	} numbers[] = {
		{ "message_bytes", &l->message_bytes },
		{ "line_bytes", &l->line_bytes },
		{ "upload_bytes_per_day", &l->upload_bytes_per_day },
		{ "upload_bytes_per_second", &l->upload_bytes_per_second },
		{ "upload_messages_per_hour", &l->upload_messages_per_hour },
		{ "download_bytes_per_day", &l->download_bytes_per_day },
		{ "pop3_bytes_per_day", &l->pop3_bytes_per_day },
		{ "items", &l->items },
		{ "connections", &l->connections },
		{ "errors_per_session", &l->errors_per_session },
		{ "folder_chars", &l->folder_chars },
		{ "folder_bytes", &l->folder_bytes },
	};
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strcmp(n->key, numbers[i].key) == 0)
			return number_of(c, n, numbers[i].into, err) < 0 ? -1
									 : 1;
	return 0;
}

static int
read_choice(const struct conf *c, const struct conf_node *n,
    struct provider_limits *l, struct err *err)
{
	const struct {
		const char *key, *yes, *no;
		bool *into;
	} choices[] = {
		{ "keywords", "none", "any", &l->no_keywords },
		{ "bare_lf", "refuse", "take", &l->refuses_bare_lf },
		{ "bare_cr", "refuse", "take", &l->refuses_bare_cr },
		{ "nul", "refuse", "take", &l->refuses_nul },
		{ "empty", "refuse", "take", &l->refuses_empty },
		{ "header", "strict", "any", &l->strict_header },
		{ "flagged", "store", "append", &l->store_flagged },
		{ "rewrites", "yes", "no", &l->rewrites },
		{ "folder_bmp_only", "yes", "no", &l->folder_bmp_only },
		{ "folder_spaces", "single", "any", &l->folder_single_spaces },
		{ "folder_ends", "trimmed", "any", &l->folder_trimmed },
		{ "case", "insensitive", "sensitive", &l->ignores_case },
	};
	size_t i;

	for (i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		if (strcmp(n->key, choices[i].key) != 0)
			continue;
		if (choices[i].into == &l->ignores_case)
			l->case_is_known = true;
		return choice_of(c, n, choices[i].yes, choices[i].no,
			   choices[i].into, err) < 0
		    ? -1
		    : 1;
	}
	return 0;
}

/* A span of hours is checked where it is used. */
static int
read_limit(const struct conf *c, const struct conf_node *n,
    struct provider_limits *l, struct err *err)
{
	int rc = read_number(c, n, l, err);

	if (rc == 0)
		rc = read_choice(c, n, l, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (strcmp(n->key, "folder_names") == 0)
		return list_of(c, n, &l->folder_names, err);
	if (strcmp(n->key, "folder_refused") == 0)
		return text_of(c, n, &l->folder_refused, err);
	if (strcmp(n->key, "folder_leading") == 0)
		return text_of(c, n, &l->folder_leading, err);
	if (strcmp(n->key, "hours") == 0)
		return text_of(c, n, &l->hours, err);
	return 0; /* what a newer version knows is no reason to stop */
}

static int
read_limits(const struct conf *c, const struct conf_node *map,
    struct provider_limits *l, struct err *err)
{
	const struct conf_node *n;

	for (n = map->child; n != NULL; n = n->next)
		if (read_limit(c, n, l, err) < 0)
			return -1;
	return 0;
}

static int
read_key(struct arena *arena, const struct conf *c, const struct conf_node *n,
    struct provider *p, struct err *err)
{
	const char *word = "";

	if (strcmp(n->key, "title") == 0)
		return text_of(c, n, &p->title, err);
	if (strcmp(n->key, "note") == 0)
		return text_of(c, n, &p->note, err);
	if (strcmp(n->key, "oauth") == 0)
		return text_of(c, n, &p->oauth, err);
	if (strcmp(n->key, "aliases") == 0)
		return list_of(c, n, &p->aliases, err);
	if (strcmp(n->key, "domains") == 0)
		return list_of(c, n, &p->domains, err);
	if (strcmp(n->key, "imap") == 0)
		return port_of(arena, c, n, 993, &p->imap, err);
	if (strcmp(n->key, "pop3") == 0)
		return port_of(arena, c, n, 995, &p->pop3, err);
	if (strcmp(n->key, "limits") == 0)
		return n->kind == CONF_MAP
		    ? read_limits(c, n, &p->limits, err)
		    : conf_error(c, n, err, "limits wants keys and values");
	if (strcmp(n->key, "auth") == 0) {
		if (text_of(c, n, &p->auth, err) < 0)
			return -1;
		return login_auth_check(p->auth, err) < 0 ? conf_at(c, n, err)
							  : 0;
	}
	if (strcmp(n->key, "user") == 0) {
		if (text_of(c, n, &word, err) < 0)
			return -1;
		p->user_is_address = strcmp(word, "address") == 0;
		return p->user_is_address || strcmp(word, "any") == 0
		    ? 0
		    : conf_error(c, n, err, "user is 'address' or 'any'");
	}
	return conf_error(c, n, err, "a provider has no '%s'", n->key);
}

static struct provider *
entry_of(struct providers *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (strcasecmp(p->v[i].name, name) == 0)
			return &p->v[i];
	p->v = mem_grow(p->v, p->n + 1, sizeof(*p->v));
	p->v[p->n] = (struct provider){ .name = name };
	return &p->v[p->n++];
}

static int
read_providers(struct providers *p, const struct conf *c,
    const struct conf_node *map, struct err *err)
{
	const struct conf_node *n, *k;
	struct provider *v;

	for (n = map->child; n != NULL; n = n->next) {
		if (n->kind != CONF_MAP)
			return conf_error(c, n, err,
			    "a provider is a map of keys and values");
		if (p->n >= NAMES_MAX)
			return conf_error(c, n, err, "too many providers");
		v = entry_of(p, n->key);
		for (k = n->child; k != NULL; k = k->next)
			if (read_key(&p->arena, c, k, v, err) < 0)
				return -1;
	}
	return 0;
}

static int
read_file(struct providers *p, struct conf *c, struct err *err)
{
	const struct conf_node *n;

	p->file[p->n_files++] = c;
	for (n = conf_root(c)->child; n != NULL; n = n->next) {
		if (n->kind != CONF_MAP ||
		    (strcmp(n->key, "providers") != 0 &&
			strcmp(n->key, "oauth") != 0))
			return conf_error(c, n, err,
			    "the file has 'providers:' and 'oauth:'");
		if (strcmp(n->key, "providers") == 0 &&
		    read_providers(p, c, n, err) < 0)
			return -1;
	}
	return 0;
}

/* ------------------------------------------------------------------- entry */

static char *
own_path(void)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");

	if (config != NULL && config[0] == '/')
		return mem_fmt("%s/postroad/providers.yaml", config);
	if (home != NULL && home[0] == '/')
		return mem_fmt("%s/.config/postroad/providers.yaml", home);
	return NULL;
}

static int
read_all(struct providers *p, const char *file, struct err *err)
{
	struct conf *c;

	if (conf_parse(&c, "(built-in) providers.yaml",
		slice_str(provider_builtin), err) < 0 ||
	    read_file(p, c, err) < 0)
		return -1;
	p->path = own_path();
	if (p->path != NULL && access(p->path, F_OK) == 0 &&
	    (conf_read(&c, p->path, err) < 0 || read_file(p, c, err) < 0))
		return -1;
	if (file == NULL)
		return 0;
	return conf_read(&c, file, err) < 0 ? err_within(err, "--providers")
					    : read_file(p, c, err);
}

int
providers_open(struct providers **p_r, const char *file, struct err *err)
{
	*p_r = mem_alloc(1, sizeof(**p_r));
	if (read_all(*p_r, file, err) == 0)
		return 0;
	providers_close(p_r);
	return -1;
}

void
providers_close(struct providers **p)
{
	if (*p == NULL)
		return;
	while ((*p)->n_files > 0)
		conf_free(&(*p)->file[--(*p)->n_files]);
	free((*p)->path);
	free((*p)->v);
	arena_free(&(*p)->arena);
	free(*p);
	*p = NULL;
}

static bool
has_word(const struct conf_node *list, const char *word)
{
	const struct conf_node *n = list == NULL ? NULL : list->child;

	for (; n != NULL; n = n->next)
		if (strcasecmp(n->text, word) == 0)
			return true;
	return false;
}

int
providers_find(const struct providers *p, const char *name,
    const struct provider **found_r, struct err *err)
{
	struct buf names = { 0 };
	size_t i;

	for (i = 0; i < p->n; i++) {
		*found_r = &p->v[i];
		if (strcasecmp(p->v[i].name, name) == 0 ||
		    has_word(p->v[i].aliases, name))
			return 0;
	}
	*found_r = NULL;
	for (i = 0; i < p->n; i++)
		buf_putf(&names, "%s%s", i > 0 ? ", " : "", p->v[i].name);
	err_set(err, SCOPE_RUN, EX_USAGE, "--provider: '%s' is not known",
	    name);
	err_hint(err, "there are %s; --providers FILE adds more",
	    buf_str(&names));
	buf_free(&names);
	return -1;
}

const struct provider *
providers_of_domain(const struct providers *p, const char *domain)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (has_word(p->v[i].domains, domain))
			return &p->v[i];
	return NULL;
}

const struct provider *
providers_of_host(const struct providers *p, const char *host)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if ((p->v[i].imap.host != NULL &&
			strcasecmp(p->v[i].imap.host, host) == 0) ||
		    (p->v[i].pop3.host != NULL &&
			strcasecmp(p->v[i].pop3.host, host) == 0))
			return &p->v[i];
	return NULL;
}

static const struct conf_node *
member(const struct conf_node *map, const char *key)
{
	const struct conf_node *n;

	if (map == NULL || map->kind != CONF_MAP)
		return NULL;
	for (n = map->child; n != NULL; n = n->next)
		if (strcasecmp(n->key, key) == 0)
			return n;
	return NULL;
}

const char *
providers_oauth(const struct providers *p, const char *name, const char *key)
{
	const struct conf_node *n;
	size_t i;

	for (i = p->n_files; i-- > 0;) {
		n = member(member(member(conf_root(p->file[i]), "oauth"), name),
		    key);
		if (n != NULL && n->kind == CONF_TEXT)
			return n->text;
	}
	return NULL;
}

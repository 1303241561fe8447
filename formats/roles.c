/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Roles and their usual names; see roles.h. */
#include "formats/roles.h"

#include "core/buf.h"
#include "core/fold.h"

static const char *const roles[] = { "\\All", "\\Archive", "\\Drafts",
	"\\Flagged", "\\Important", "\\Junk", "\\Sent", "\\Trash" };

/* In lower case.  English, German, French, Japanese, Spanish, Italian,
 * Portuguese, Dutch, Polish, Swedish, Danish and Norwegian. */
/* clang-format off: it counts bytes, not columns */
static const struct {
	const char *role;
	const char *names[40];
} usual[] = {
	{ "\\Sent",
	    {
		"sent",
		"sent items",
		"sent mail",
		"sent messages",
		"sent-mail",
		"gesendet",
		"gesendete elemente",
		"gesendete objekte",
		"gesendete nachrichten",
		"éléments envoyés",
		"messages envoyés",
		"envoyés",
		"送信済み",
		"送信済みアイテム",
		"送信済みメール",
		"送信済みトレイ",
		"elementos enviados",
		"mensajes enviados",
		"enviados",
		"posta inviata",
		"inviata",
		"elementi inviati",
		"itens enviados",
		"mensagens enviadas",
		"verzonden",
		"verzonden items",
		"verzonden berichten",
		"wysłane",
		"elementy wysłane",
		"skickat",
		"skickade objekt",
		"sendt",
		"sendt post",
		"sendte elementer",
	    } },
	{ "\\Drafts",
	    {
		"drafts",
		"draft",
		"entwürfe",
		"entwurf",
		"brouillons",
		"brouillon",
		"下書き",
		"borradores",
		"bozze",
		"rascunhos",
		"concepten",
		"kopie robocze",
		"szkice",
		"utkast",
		"kladder",
	    } },
	{ "\\Trash",
	    {
		"trash",
		"deleted items",
		"deleted messages",
		"deleted",
		"bin",
		"papierkorb",
		"gelöschte elemente",
		"gelöschte objekte",
		"gelöschte nachrichten",
		"gelöscht",
		"corbeille",
		"éléments supprimés",
		"messages supprimés",
		"ゴミ箱",
		"ごみ箱",
		"削除済みアイテム",
		"削除済みメール",
		"papelera",
		"elementos eliminados",
		"cestino",
		"posta eliminata",
		"elementi eliminati",
		"lixeira",
		"lixo",
		"itens excluídos",
		"itens eliminados",
		"prullenbak",
		"verwijderde items",
		"kosz",
		"elementy usunięte",
		"papperskorgen",
		"borttaget",
		"papirkurv",
		"slettede elementer",
		"slettet post",
	    } },
	{ "\\Junk",
	    {
		"junk",
		"junk email",
		"junk e-mail",
		"junk mail",
		"spam",
		"bulk mail",
		"junk-e-mail",
		"junk-mail",
		"werbung",
		"spamverdacht",
		"unerwünscht",
		"courrier indésirable",
		"indésirables",
		"pourriel",
		"迷惑メール",
		"correo no deseado",
		"posta indesiderata",
		"lixo eletrônico",
		"lixo eletrónico",
		"lixo electrónico",
		"correio não solicitado",
		"ongewenste e-mail",
		"ongewenst",
		"wiadomości-śmieci",
		"wiadomości śmieci",
		"skräppost",
		"uønsket e-mail",
		"uønsket e-post",
		"søppelpost",
	    } },
	{ "\\Archive",
	    {
		"archive",
		"archives",
		"archiv",
		"アーカイブ",
		"archivo",
		"archivio",
		"arquivo",
		"archief",
		"archiwum",
		"arkiv",
	    } },
};
/* clang-format on */

/* Gmail's own, below [Gmail]. */
static const struct {
	const char *role, *name;
} gmail[] = {
	{ "\\All", "all mail" },
	{ "\\All", "alle nachrichten" },
	{ "\\All", "tous les messages" },
	{ "\\All", "すべてのメール" },
	{ "\\Flagged", "starred" },
	{ "\\Flagged", "markiert" },
	{ "\\Flagged", "suivis" },
	{ "\\Flagged", "スター付き" },
	{ "\\Important", "important" },
	{ "\\Important", "wichtig" },
	{ "\\Important", "重要" },
};

const char *
roles_find(struct slice word)
{
	size_t i;

	if (word.n > 0 && word.p[0] == '\\')
		word = slice_from(word, 1);
	for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (slice_is_nocase(word, roles[i] + 1))
			return roles[i];
	return NULL;
}

static const char *
find_usual(struct slice name)
{
	size_t i, j;

	for (i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		for (j = 0; usual[i].names[j] != NULL; j++)
			if (slice_is(name, usual[i].names[j]))
				return usual[i].role;
	return NULL;
}

const char *
roles_guess(struct slice name)
{
	static const char *const above[] = { "inbox/", "[gmail]/",
		"[google mail]/" };
	struct buf low = { 0 };
	const char *role = NULL;
	struct slice s;
	size_t i, top = 0;

	fold_put(&low, name);
	s = buf_slice(&low);
	for (i = 0; i < 3 && top == 0; i++)
		if (slice_starts(s, above[i])) {
			s = slice_from(s, strlen(above[i]));
			top = i;
		}
	role = find_usual(s);
	for (i = 0; top > 0 && i < sizeof(gmail) / sizeof(gmail[0]); i++)
		if (slice_is(s, gmail[i].name))
			role = gmail[i].role;
	buf_free(&low);
	return role;
}

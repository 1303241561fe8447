/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of Outlook's own folders; see pst_roles.h. */
#include "extract/pst_roles.h"

static const struct {
	enum pst_role role;
	const char *name;
} names[] = {
	{ PST_ROLE_INBOX, "Inbox" },
	{ PST_ROLE_INBOX, "Posteingang" },
	{ PST_ROLE_INBOX, "Boîte de réception" },
	{ PST_ROLE_INBOX, "Bandeja de entrada" },
	{ PST_ROLE_INBOX, "Posta in arrivo" },
	{ PST_ROLE_INBOX, "Postvak IN" },
	{ PST_ROLE_INBOX, "Caixa de Entrada" },
	{ PST_ROLE_INBOX, "A Receber" },
	{ PST_ROLE_INBOX, "Inkorgen" },
	{ PST_ROLE_INBOX, "Indbakke" },
	{ PST_ROLE_INBOX, "Innboks" },
	{ PST_ROLE_INBOX, "Saapuneet" },
	{ PST_ROLE_INBOX, "Skrzynka odbiorcza" },
	{ PST_ROLE_INBOX, "受信トレイ" },
	{ PST_ROLE_INBOX, "收件箱" },
	{ PST_ROLE_INBOX, "收件匣" },
	{ PST_ROLE_INBOX, "Входящие" },
	{ PST_ROLE_SENT, "Sent Items" },
	{ PST_ROLE_SENT, "Gesendete Objekte" },
	{ PST_ROLE_SENT, "Gesendete Elemente" },
	{ PST_ROLE_SENT, "Éléments envoyés" },
	{ PST_ROLE_SENT, "Elementos enviados" },
	{ PST_ROLE_SENT, "Posta inviata" },
	{ PST_ROLE_SENT, "Verzonden items" },
	{ PST_ROLE_SENT, "Itens Enviados" },
	{ PST_ROLE_SENT, "Skickade objekt" },
	{ PST_ROLE_SENT, "Skickat" },
	{ PST_ROLE_SENT, "Sendt post" },
	{ PST_ROLE_SENT, "Sendte elementer" },
	{ PST_ROLE_SENT, "Lähetetyt" },
	{ PST_ROLE_SENT, "Elementy wysłane" },
	{ PST_ROLE_SENT, "送信済みアイテム" },
	{ PST_ROLE_SENT, "已发送邮件" },
	{ PST_ROLE_SENT, "寄件備份" },
	{ PST_ROLE_SENT, "Отправленные" },
	{ PST_ROLE_TRASH, "Deleted Items" },
	{ PST_ROLE_TRASH, "Gelöschte Objekte" },
	{ PST_ROLE_TRASH, "Gelöschte Elemente" },
	{ PST_ROLE_TRASH, "Éléments supprimés" },
	{ PST_ROLE_TRASH, "Elementos eliminados" },
	{ PST_ROLE_TRASH, "Posta eliminata" },
	{ PST_ROLE_TRASH, "Verwijderde items" },
	{ PST_ROLE_TRASH, "Itens Excluídos" },
	{ PST_ROLE_TRASH, "Itens Eliminados" },
	{ PST_ROLE_TRASH, "Borttagna objekt" },
	{ PST_ROLE_TRASH, "Borttaget" },
	{ PST_ROLE_TRASH, "Slettet post" },
	{ PST_ROLE_TRASH, "Slettede elementer" },
	{ PST_ROLE_TRASH, "Poistetut" },
	{ PST_ROLE_TRASH, "Elementy usunięte" },
	{ PST_ROLE_TRASH, "削除済みアイテム" },
	{ PST_ROLE_TRASH, "已删除邮件" },
	{ PST_ROLE_TRASH, "刪除的郵件" },
	{ PST_ROLE_TRASH, "Удаленные" },
	{ PST_ROLE_DRAFTS, "Drafts" },
	{ PST_ROLE_DRAFTS, "Entwürfe" },
	{ PST_ROLE_DRAFTS, "Brouillons" },
	{ PST_ROLE_DRAFTS, "Borrador" },
	{ PST_ROLE_DRAFTS, "Borradores" },
	{ PST_ROLE_DRAFTS, "Bozze" },
	{ PST_ROLE_DRAFTS, "Concepten" },
	{ PST_ROLE_DRAFTS, "Rascunhos" },
	{ PST_ROLE_DRAFTS, "Utkast" },
	{ PST_ROLE_DRAFTS, "Kladder" },
	{ PST_ROLE_DRAFTS, "Luonnokset" },
	{ PST_ROLE_DRAFTS, "Wersje robocze" },
	{ PST_ROLE_DRAFTS, "下書き" },
	{ PST_ROLE_DRAFTS, "草稿" },
	{ PST_ROLE_DRAFTS, "Черновики" },
	{ PST_ROLE_JUNK, "Junk E-mail" },
	{ PST_ROLE_JUNK, "Junk Email" },
	{ PST_ROLE_JUNK, "Junk-E-Mail" },
	{ PST_ROLE_JUNK, "Courrier indésirable" },
	{ PST_ROLE_JUNK, "Correo electrónico no deseado" },
	{ PST_ROLE_JUNK, "Correo no deseado" },
	{ PST_ROLE_JUNK, "Posta indesiderata" },
	{ PST_ROLE_JUNK, "Ongewenste e-mail" },
	{ PST_ROLE_JUNK, "Lixo Eletrônico" },
	{ PST_ROLE_JUNK, "Lixo Eletrónico" },
	{ PST_ROLE_JUNK, "E-mail de Lixo" },
	{ PST_ROLE_JUNK, "Skräppost" },
	{ PST_ROLE_JUNK, "Uønsket e-mail" },
	{ PST_ROLE_JUNK, "Uønsket mail" },
	{ PST_ROLE_JUNK, "Søppelpost" },
	{ PST_ROLE_JUNK, "Roskaposti" },
	{ PST_ROLE_JUNK, "Wiadomości-śmieci" },
	{ PST_ROLE_JUNK, "迷惑メール" },
	{ PST_ROLE_JUNK, "垃圾邮件" },
	{ PST_ROLE_JUNK, "垃圾郵件" },
	{ PST_ROLE_JUNK, "Нежелательная почта" },
};

enum pst_role
pst_role_of(struct slice name)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_is_nocase(name, names[i].name))
			return names[i].role;
	return PST_ROLE_NONE;
}

const char *
pst_role_special_use(enum pst_role role)
{
	static const char *const uses[PST_ROLES] = {
		[PST_ROLE_SENT] = "\\Sent",
		[PST_ROLE_TRASH] = "\\Trash",
		[PST_ROLE_DRAFTS] = "\\Drafts",
		[PST_ROLE_JUNK] = "\\Junk",
	};

	return uses[role];
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What folders are called by the programs and services that make them, in
 * their languages; see roles.h.  A table of the Latin, Greek and Cyrillic
 * names of Europe, of Hebrew, Arabic, Japanese, Chinese, Korean, Thai,
 * Vietnamese and Indonesian ones.
 */
#include "formats/roles.h"

#include <stddef.h>

/* clang-format off: it counts bytes, not columns */
static const char *const inbox_outlook[] = { "Inbox", "Posteingang",
	"Boîte de réception", "Bandeja de entrada", "Posta in arrivo",
	"Postvak IN", "Caixa de Entrada", "A Receber", "Inkorgen", "Inkorg",
	"Indbakke", "Innboks", "Saapuneet", "Skrzynka odbiorcza",
	"Doručená pošta", "Doručené", "Beérkezett üzenetek", "Mesaje primite",
	"Inbox primite", "Входящие", "Вхідні", "Входящи", "Gelen Kutusu",
	"Εισερχόμενα", "תיבת דואר נכנס", "البريد الوارد", "受信トレイ",
	"收件箱", "收件匣", "받은 편지함", "Prejeto", "Ulazna pošta",
	"Safata d'entrada", "Sisendkaust", "Iesūtne", "Gautieji", "Hộp thư đến",
	"กล่องจดหมายเข้า", "Kotak Masuk", NULL };

static const char *const sent_outlook[] = { "Sent Items", "Gesendete Elemente",
	"Gesendete Objekte", "Éléments envoyés", "Elementos enviados",
	"Posta inviata", "Verzonden items", "Itens Enviados", "Skickade objekt",
	"Skickat", "Sendt post", "Sendte elementer", "Lähetetyt",
	"Elementy wysłane", "Odeslaná pošta", "Odoslaná pošta",
	"Odoslané položky", "Elküldött elemek", "Elemente trimise",
	"Отправленные", "Надіслані", "Изпратени", "Gönderilmiş Öğeler",
	"Απεσταλμένα", "פריטים שנשלחו", "العناصر المرسلة", "送信済みアイテム",
	"已发送邮件", "寄件備份", "보낸 편지함", "Poslano", "Poslane stavke",
	"Elements enviats", "Saadetud üksused", "Nosūtītie vienumi",
	"Išsiųsti elementai", "Thư đã gửi", "รายการที่ถูกส่ง", "Item Terkirim",
	NULL };

static const char *const sent_other[] = { "Sent", "Sent Mail", "Sent Messages",
	"Sent-Mail", "Gesendet", "Gesendete Nachrichten", "Gesendete Mails",
	"Messages envoyés", "Envoyés", "Courrier envoyé", "送信済み",
	"送信済みメール", "送信済みトレイ", "送信済みメッセージ",
	"Mensajes enviados", "Enviados", "Correo enviado", "Inviata", "Inviati",
	"Elementi inviati", "Messaggi inviati", "Mensagens enviadas",
	"Enviadas", "Verzonden", "Verzonden berichten", "Wysłane",
	"Wysłane wiadomości", "Skickade", "Skickade meddelanden", "Sendt",
	"Sendte", "Sendte meddelelser", "Sendte meldinger", "Lähetetyt viestit",
	"Odeslané", "Odeslaná", "Odoslané", "Elküldött", "Elküldött levelek",
	"Elküldött üzenetek", "Trimise", "Mesaje trimise", "Отправлено",
	"Отправленные письма", "Отправленное", "Відправлені", "Надіслані листи",
	"Изпратена поща", "Gönderilmiş", "Gönderilenler",
	"Gönderilmiş Postalar", "Gönderilmiş Mesajlar", "Σταλμένα",
	"Απεσταλμένα μηνύματα", "דואר שנשלח", "נשלח", "المرسلة",
	"البريد المرسل", "已发送", "已发送消息", "已發送", "寄件備份匣",
	"已寄出", "已傳送的郵件", "보낸 메일함", "보낸메일함", "보낸 메일",
	"Poslana pošta", "Poslano sporočilo", "Poslane poruke", "Enviats",
	"Saadetud", "Nosūtītie", "Išsiųsta", "Išsiųsti", "Đã gửi", "ส่งแล้ว",
	"จดหมายที่ถูกส่ง", "Terkirim", NULL };

static const char *const drafts_outlook[] = { "Drafts", "Entwürfe",
	"Brouillons", "Borrador", "Borradores", "Bozze", "Concepten",
	"Rascunhos", "Utkast", "Kladder", "Luonnokset", "Wersje robocze",
	"Koncepty", "Piszkozatok", "Schițe", "Черновики", "Чернетки", "Чернови",
	"Taslaklar", "Πρόχειρα", "טיוטות", "المسودات", "مسودات", "下書き",
	"草稿", "임시 보관함", "Osnutki", "Skice", "Esborranys", "Mustandid",
	"Melnraksti", "Juodraščiai", "Thư nháp", "แบบร่าง", "Draf", "Konsep",
	NULL };

static const char *const drafts_other[] = { "Draft", "Entwurf", "Brouillon",
	"Rozpracované", "Rozepsané", "Rozpísané", "Koncept", "Kopie robocze",
	"Szkice", "Robocze", "Bozza", "Piszkozat", "Ciorne", "下書き保存",
	"草稿箱", "草稿匣", "임시보관함", "Nacrti", "Bản nháp", "จดหมายร่าง",
	"טיוטה", NULL };

static const char *const trash_outlook[] = { "Deleted Items",
	"Gelöschte Elemente", "Gelöschte Objekte", "Éléments supprimés",
	"Elementos eliminados", "Posta eliminata", "Verwijderde items",
	"Itens Excluídos", "Itens Eliminados", "Borttagna objekt", "Borttaget",
	"Slettet post", "Slettede elementer", "Poistetut", "Elementy usunięte",
	"Odstraněná pošta", "Odstránené položky", "Odstránená pošta",
	"Törölt elemek", "Elemente șterse", "Удаленные", "Удалённые",
	"Видалені", "Изтрити", "Silinmiş Öğeler", "Διαγραμμένα",
	"פריטים שנמחקו", "العناصر المحذوفة", "削除済みアイテム", "已删除邮件",
	"刪除的郵件", "지운 편지함", "Izbrisano", "Izbrisane stavke",
	"Elements suprimits", "Kustutatud üksused", "Izdzēstie vienumi",
	"Panaikinti elementai", "Thư đã xóa", "รายการที่ถูกลบ", "Item Dihapus",
	NULL };

static const char *const trash_other[] = { "Trash", "Deleted Messages",
	"Deleted", "Bin", "Papierkorb", "Gelöschte Nachrichten", "Gelöscht",
	"Corbeille", "Messages supprimés", "Courrier supprimé", "ゴミ箱",
	"ごみ箱", "削除済みメール", "削除済みメッセージ", "Papelera",
	"Papelera de reciclaje", "Mensajes eliminados", "Eliminados", "Cestino",
	"Elementi eliminati", "Messaggi eliminati", "Eliminati", "Lixeira",
	"Lixo", "Mensagens apagadas", "Mensagens excluídas", "Prullenbak",
	"Prullenmand", "Verwijderde berichten", "Kosz", "Usunięte",
	"Usunięte wiadomości", "Papperskorgen", "Papperskorg",
	"Raderade meddelanden", "Papirkurv", "Papirkurven", "Papirkorg",
	"Slettede meddelelser", "Slettede meldinger", "Roskakori",
	"Poistetut viestit", "Koš", "Odstraněné", "Kôš", "Odstránené", "Kuka",
	"Lomtár", "Törölt", "Törölt üzenetek", "Coș de gunoi", "Gunoi",
	"Корзина", "Удалённые письма", "Кошик", "Видалене", "Кошче",
	"Изтрита поща", "Çöp Kutusu", "Çöp", "Silinmiş Mesajlar",
	"Κάδος απορριμμάτων", "Κάδος", "Απορρίμματα", "אשפה", "פח אשפה",
	"سلة المهملات", "المهملات", "已删除", "已删除消息", "废纸篓", "垃圾箱",
	"已刪除的郵件", "垃圾桶", "휴지통", "Koš za smeti", "Smeće", "Otpad",
	"Paperera", "Prügikast", "Miskaste", "Šiukšlinė", "Thùng rác", "ถังขยะ",
	"Sampah", "Tempat Sampah", NULL };

static const char *const junk_outlook[] = { "Junk E-mail", "Junk Email",
	"Junk-E-Mail", "Courrier indésirable", "Correo electrónico no deseado",
	"Correo no deseado", "Posta indesiderata", "Ongewenste e-mail",
	"Lixo Eletrônico", "Lixo Eletrónico", "Lixo Electrónico",
	"E-mail de Lixo", "Skräppost", "Uønsket e-mail", "Uønsket mail",
	"Uønsket e-post", "Søppelpost", "Roskaposti", "Wiadomości-śmieci",
	"Nevyžádaná pošta", "Nevyžiadaná pošta", "Levélszemét",
	"E-mail nedorit", "Нежелательная почта", "Небажана пошта",
	"Нежелана поща", "Önemsiz E-posta", "Ανεπιθύμητη αλληλογραφία",
	"דואר זבל", "البريد الإلكتروني غير الهام", "البريد غير الهام",
	"迷惑メール", "垃圾邮件", "垃圾郵件", "정크 메일", "정크 메일함",
	"Neželena e-pošta", "Neželena pošta", "Correu brossa", "Rämpspost",
	"Nevēlamais e-pasts", "Surogātpasts", "Nepageidaujami el. laiškai",
	"Email rác", "Thư rác", "อีเมลขยะ", "Email Sampah", NULL };

static const char *const junk_other[] = { "Junk", "Junk Mail", "Junk-Mail",
	"Spam", "Bulk Mail", "Bulk", "Werbung", "Spamverdacht", "Unerwünscht",
	"Unerwünschte Werbung", "Indésirables", "Indésirable", "Pourriel",
	"Pourriels", "Spam-Mail", "Correo basura", "Indesiderata",
	"Indesiderati", "Correio não solicitado", "Correio indesejado",
	"Não solicitado", "Ongewenst", "Ongewenste berichten", "Reclame",
	"Wiadomości śmieci", "Niechciane", "Skräp", "Spammappe", "Spammail",
	"Spämmi", "Nevyžádané", "Nevyžiadané", "Спам", "Спам-письма",
	"İstenmeyen", "İstenmeyen E-posta", "Ανεπιθύμητα", "ספאם", "غير مرغوب",
	"البريد العشوائي", "垃圾信件", "广告邮件", "스팸", "스팸메일함",
	"스팸 메일함", "Vsiljena pošta", "Brossa", "Rämps", "Šlamštas",
	"จดหมายขยะ", "สแปม", NULL };

static const char *const archive_other[] = { "Archive", "Archives", "Archiv",
	"アーカイブ", "Archivo", "Archivio", "Arquivo", "Arquivo morto",
	"Archief", "Archiwum", "Arkiv", "Arkisto", "Archív", "Archívum",
	"Arhivă", "Архив", "Архів", "Arşiv", "Αρχειοθήκη", "ארכיון", "الأرشيف",
	"أرشيف", "存档", "归档", "封存", "보관", "보관함", "Arhiv", "Arhiva",
	"Arxiu", "Arhiiv", "Arhīvs", "Archyvas", "Lưu trữ", "เก็บถาวร", "Arsip",
	NULL };

static const char *const all_gmail[] = { "All Mail", "Alle Nachrichten",
	"Tous les messages", "すべてのメール", "Todos", "Todos los mensajes",
	"Tutti i messaggi", "Tutti", "Todos os e-mails", "Todo o correio",
	"Alle berichten", "Alle e-mails", "Wszystkie", "Alla mail",
	"Alle mails", "All e-post", "Kaikki viestit", "Všechny zprávy",
	"Все письма", "Вся почта", "Уся пошта", "Tüm Postalar", "所有邮件",
	"所有郵件", "전체보관함", NULL };

static const char *const flagged_gmail[] = { "Starred", "Markiert", "Suivis",
	"Messages suivis", "スター付き", "Destacados", "Speciali",
	"Com estrela", "Met ster", "Oznaczone gwiazdką", "Stjärnmärkt",
	"Stjernemarkeret", "Med stjerne", "Tähdellä merkitty", "S hvězdičkou",
	"Помеченные", "Із зірочкою", "Yıldızlı", "已加星标", "已加星號",
	"별표편지함", NULL };

static const char *const important_gmail[] = { "Important", "Wichtig", "重要",
	"Importantes", "Importanti", "Belangrijk", "Ważne", "Viktigt",
	"Vigtigt", "Viktig", "Tärkeät", "Důležité", "Важное", "Важливо",
	"Önemli", "重要邮件", "重要郵件", "중요", NULL };

static const char *const sent_gmail[] = { "Sent Mail", "Gesendet",
	"Messages envoyés", "送信済みメール", "Enviados", "Posta inviata",
	"E-mails enviados", "Verzonden berichten", "Wysłane", "Skickat",
	"Sendte e-mails", "Sendt e-post", "Lähetetyt viestit", "Odeslaná pošta",
	"Отправленные", "Надіслані", "Gönderilmiş Postalar", "已发邮件",
	"寄件備份", "보낸편지함", NULL };

static const char *const drafts_gmail[] = { "임시보관함", NULL };

static const char *const trash_gmail[] = { "Bin", "已删除邮件", "휴지통",
	NULL };

const struct roles_names roles_names[] = {
	{ "\\Inbox", ROLES_OUTLOOK, inbox_outlook },
	{ "\\Sent", ROLES_OUTLOOK, sent_outlook },
	{ "\\Sent", ROLES_OTHER, sent_other },
	{ "\\Drafts", ROLES_OUTLOOK, drafts_outlook },
	{ "\\Drafts", ROLES_OTHER, drafts_other },
	{ "\\Trash", ROLES_OUTLOOK, trash_outlook },
	{ "\\Trash", ROLES_OTHER, trash_other },
	{ "\\Junk", ROLES_OUTLOOK, junk_outlook },
	{ "\\Junk", ROLES_OTHER, junk_other },
	{ "\\Archive", ROLES_OTHER, archive_other },
	{ "\\All", ROLES_GMAIL, all_gmail },
	{ "\\Flagged", ROLES_GMAIL, flagged_gmail },
	{ "\\Important", ROLES_GMAIL, important_gmail },
	{ "\\Sent", ROLES_GMAIL, sent_gmail },
	{ "\\Drafts", ROLES_GMAIL, drafts_gmail },
	{ "\\Trash", ROLES_GMAIL, trash_gmail },
	{ NULL, ROLES_OTHER, NULL },
};
/* clang-format on */

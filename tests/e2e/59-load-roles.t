#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Which folder goes where: roles by name, in any language,
# --folder-map, --into.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/fake.sh"
. "$ROOT/tests/e2e/folders.sh"

[ -x "$FAKE" ] || skip_all "no $FAKE (make check-build)"

# --- roles by their names, in any language (110)
while IFS='|' read -r sent drafts trash junk t_sent t_drafts t_trash t_junk; do
	spool r.spool "$sent" "$drafts" "$trash" "$junk"
	begin
	for b in "$t_sent" "$t_drafts" "$t_trash" "$t_junk"; do
		there "$(wire "$b")"
	done
	status 0 "$sent, $drafts, $trash, $junk" load r.spool
	held | grep -v ' 0$' | sort >got
	for b in "$t_sent" "$t_drafts" "$t_trash" "$t_junk"; do
		echo "$(wire "$b") 1"
	done | sort >want
	same got want "go to $t_sent, $t_drafts, $t_trash, $t_junk"
	is "$(grep -c 'CREATE .' log)" 0 'no folder is made'
	fake_stop
done <<'END'
Gesendete Elemente|Entwürfe|Papierkorb|Junk-E-Mail|Sent|Drafts|Trash|Junk
送信済みアイテム|下書き|ゴミ箱|迷惑メール|Sent Items|Drafts|Deleted Items|Junk Email
Éléments envoyés|Brouillons|Corbeille|Courrier indésirable|Gesendete Elemente|Entwürfe|Gelöschte Elemente|Junk-E-Mail
Отправленные|Черновики|Удаленные|Нежелательная почта|Sent Messages|Drafts|Deleted Messages|Junk
Elementos enviados|Borradores|Papelera|Correo no deseado|Sent|Drafts|Trash|Spam
寄件備份|草稿|刪除的郵件|垃圾郵件|Sent|Drafts|Trash|Junk
已发送邮件|草稿|已删除邮件|垃圾邮件|Sent|Drafts|Trash|Junk
보낸 편지함|임시 보관함|지운 편지함|정크 메일|送信済みアイテム|下書き|削除済みアイテム|迷惑メール
Elementy wysłane|Wersje robocze|Kosz|Wiadomości-śmieci|Skickat|Utkast|Borttaget|Skräppost
Gönderilmiş Öğeler|Taslaklar|Çöp Kutusu|Önemsiz E-posta|Inviata|Bozze|Cestino|Posta indesiderata
Odeslaná pošta|Koncepty|Koš|Nevyžádaná pošta|Verzonden|Concepten|Prullenbak|Ongewenst
Lähetetyt|Luonnokset|Poistetut|Roskaposti|Itens Enviados|Rascunhos|Lixeira|Lixo Eletrônico
Απεσταλμένα|Πρόχειρα|Διαγραμμένα|Ανεπιθύμητη αλληλογραφία|Sendte elementer|Kladder|Slettede elementer|Uønsket e-mail
Sent Messages|Drafts|Deleted Messages|Junk|Sent|Draft|Bin|Junk Mail
END
# the destination's word counts more than a name
spool r.spool 'Gesendet' 'Sent' 'Work/Sent' 'Alter Papierkorb'
begin
there Sent - ; there 'Out box' '\Sent'; there Trash
status 0 'SPECIAL-USE counts more than a name' load r.spool
held | grep -v ' 0$' >got
is "$(lines got)" 'Alter Papierkorb 1|Gesendet 1|Out box 1|Work/Sent 1|' \
    "one goes to \\Sent, a folder deeper in the tree to none"
like "$(jq -r '.notes[]' out)" "'Sent' and 'Gesendet' look both like the one for Sent; 'Sent' is taken" \
    'two candidates are said'
fake_stop
# each has its own name there: nothing is mixed
spool r.spool 'Sent' 'Sent Items'
begin
there Sent; there 'Sent Items'
status 0 'both are there as well' load r.spool
is "$(held | grep -v ' 0$' | tr '\n' '|')" 'Sent 1|Sent Items 1|' 'each goes to its own'
fake_stop
# none there: it is made with the role
spool r.spool 'Gesendete Elemente'
begin
status 0 'no folder of that role' load r.spool
like "$(cat st/Gesendete%20Elemente/state)" '\Sent' 'it is made with it'
fake_stop
begin --caps '-CREATE-SPECIAL-USE'
rm -rf r.spool; spool r.spool 'Gesendete Elemente'
status 0 'where that cannot be' load r.spool
is "$(made)" 'Gesendete Elemente' 'it is made all the same'
fake_stop

# --- --folder-map
spool m.spool Old/2018 Old/2019/May Work Foo Sent 'a=b'
begin
there Postausgang '\Sent'
cat >map <<'END'
# where they go
Old/*=Archive/$1-old

Foo=Work
END
status 0 '--folder-map' load --folder-map map --folder-map '\Sent=Kept/Sent mail' \
    --folder-map 'a\=b=c' --folder-map 'Nothing=There' m.spool
held | grep -v ' 0$' >got
is "$(lines got)" 'Archive/2018-old 1|Archive/2019-old/May 1|Kept/Sent mail 1|Work 2|c 1|' \
    'by a file and by hand; what is below follows; two into one'
like "$(jq -r '.notes[]' out)" "'Nothing=There' is about no folder" 'an idle rule is said'
like "$(jq -r '.notes[]' out)" "both go to 'Work'" 'and what is made one'
: >log
status 0 'again, without the map' load m.spool
is "$(grep -cE 'APPEND|CREATE' log)" 0 "the ledger's decision stands"
status 0 'and verifies' postroad verify --json --tls none \
    --password-file pw m.spool "$FAKE_URL"
is "$(jq .problems out | jq length)" 0 'with nothing to name'
box Old/2020
postroad extract -q eml:in m.spool >/dev/null 2>&1
status 0 'a new folder, with the map' load --folder-map map m.spool
held | grep -c 'Archive/2020-old 1' >got
is "$(cat got)" 1 'goes by it'
status '0|1' 'the map changed' load --folder-map 'Old/2018=Elsewhere' m.spool
like "$(jq -r '.notes[]' out)" "'Old/2018' went to 'Archive/2018-old' and goes to 'Elsewhere' from now on" \
    'is said'
is "$(held | awk '{ n += $NF } END { print n }')" 7 'and nothing is sent twice'
fake_stop
begin
there 'Out' '\Sent'
rm -rf m.spool; spool m.spool 'My mail' Sent
status 0 'to a role' load --folder-map 'My mail=\Sent' m.spool
is "$(held | grep -v ' 0$' | tr '\n' '|')" 'Out 2|' 'both are in the folder for sent mail'
fake_stop
for bad in 'a=' '=b' 'a=$2' '[=b' 'a=*' 'a=\Snet'; do
	status 78 "--folder-map '$bad'" load --folder-map "$bad" m.spool
done
status 66 '--folder-map with no such file' load --folder-map nofile m.spool
printf 'a=b\nwrong\n' >wrong
status 78 'a wrong line' load --folder-map wrong m.spool
like "$(jq -r .error out 2>/dev/null; cat err)" 'wrong:2' 'is told by its number'
status 64 '--same-names perhaps' load --same-names perhaps m.spool

# --- --into
spool i.spool Sent Foo INBOX/Sub
begin --delimiter . --prefix INBOX.
there INBOX.Sent '\Sent'
status 0 '--into' load --into 'Old mail/2012' --folder-map 'Foo=Bar' i.spool
held | grep -v ' 0$' >got
is "$(lines got)" 'INBOX.Old mail.2012.Bar 1|INBOX.Old mail.2012.INBOX.Sub 1|INBOX.Old mail.2012.Sent 1|' \
    'everything is below it, also what the map says'
: >log
status 0 '--into again' load --into 'Old mail/2012' i.spool
is "$(grep -cE 'APPEND|CREATE' log)" 0 'nothing is sent again'
fake_stop

done_testing

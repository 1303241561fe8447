#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Bad input is normal input: the right exit status (postroad(1)), one line
# that says what and where, everything else carried, and sums that balance.
. "${0%/*}/lib.sh"

# refused STATUS REGEX DESCRIPTION COMMAND...: the status, and stderr's first
# line is an error that matches; never more than the line and its hint
refused() {
	want_status=$1 regex=$2 title=$3
	shift 3
	status "$want_status" "$title" "$@"
	like "$(head -1 err)" "^error: .*($regex)" "$title: says what"
	is "$(grep -c . err | sed 's/^[12]$/fine/')" fine \
	    "$title: in one line and a hint"
}
balanced='(.announced // 0) == ([.stored, .unchanged, .excluded, .refused,
	.vanished] | map(. // 0) | add)'

# ------------------------------------------------------ what is no source
refused 66 'nothere' 'a missing file' postroad extract nothere s1
nok 'a missing file leaves no spool behind' test -e s1
: >nothing
refused 65 'nothing' 'an empty file' postroad extract nothing s2
: >empty.mbox
status 0 'an empty mbox' postroad extract --json empty.mbox s3
is "$(jq .announced out)" 0 'an empty mbox: no messages'
status 0 'an empty file called an mbox' postroad extract mbox:nothing s4
mkdir hollow
refused 65 hollow 'an empty directory' postroad extract hollow s5
echo 'Dear diary, there is no mail in this file.' >diary.txt
refused 65 diary 'a text that is no mail' postroad extract diary.txt s6
head -c 70000 /dev/zero >zeros
refused 65 zeros 'zeros' postroad extract zeros s7
cp "$POSTROAD" program
refused 65 program 'a program' postroad extract program s8
printf '\211PNG\r\n\032\n\0\0\0\rIHDR' >picture.mbox
refused 65 picture 'a picture with the name of an mbox' \
    postroad extract picture.mbox s9
printf '!BDN' >stub.pst
refused 65 stub 'a PST of four bytes' postroad extract stub.pst s10
mkfifo pipe
refused '6[56]' pipe 'a pipe' timeout 5 "$POSTROAD" extract pipe s11
if [ "$(id -u)" = 0 ]; then
	skip 'a file that may not be read' 'root may read it'
else
	cp "$ROOT/samples/office.mbox" secret.mbox
	chmod 0 secret.mbox
	refused 77 secret 'a file that may not be read' \
	    postroad extract secret.mbox s12
fi

# ------------------------------------------- damaged, cut off, bits flipped
sh "$ROOT/tests/tools/mksamples.sh" s
total=$(jq .announced s/office.mbox.EXPECT.json)
size=$(wc -c <s/office.mbox)
for cut in 1 2 3 5; do
	head -c $((size - size * cut / 7)) s/office.mbox >cut$cut.mbox
	postroad extract --json cut$cut.mbox cut$cut.spool >out 2>err
	rc=$?
	ok "cut off after $((7 - cut))/7: finishes" test $rc -le 1
	ok "cut off after $((7 - cut))/7: whole messages are carried" test \
	    "$(jq .stored out)" -ge $(((7 - cut) * total / 14))
	is "$(jq "$balanced" out)" true "cut off after $((7 - cut))/7: balanced"
done
# the same flips each time: byte k becomes its own complement
for seed in 1 2 3 4 5 6; do
	cp s/office.mbox flip$seed.mbox
	k=$((seed * 13))
	while [ $k -lt "$size" ]; do
		printf "\\$(printf %03o $((k % 256)))" |
		    dd of=flip$seed.mbox bs=1 seek=$k conv=notrunc status=none
		k=$((k + 97 + seed * 31))
	done
	postroad extract --json mbox:flip$seed.mbox flip$seed.spool >out 2>err
	rc=$?
	case $rc in 0 | 1 | 65) rc=fine ;; esac
	is "$rc" fine "bytes overwritten, $seed: no crash"
	is "$(jq "$balanced" out)" true "bytes overwritten, $seed: balanced"
done

# ------------------------------------------------------- hostile folder names
esc=$(printf '\033') nl='
'
mkdir -p "evil/red${esc}[31m" "evil/two${nl}lines" evil/~root "evil/a%2Fb" \
    "evil/$(printf '\377\376')" evil/cur
for folder in evil/*; do
	cp s/eml/Customers/North/offer.eml "$folder/1.eml"
done
status 0 'hostile folder names' postroad extract --json eml:evil evil.spool
is "$(jq -c '[.announced, .stored]' out)" '[6,6]' \
    'hostile folder names: all is carried'
postroad ls evil.spool >out 2>&1
unlike "$(cat out)" "$esc" 'hostile folder names: no escape reaches a terminal'
is "$(find evil.spool/mail -name '*[[:cntrl:]]*' | wc -l)" 0 \
    'hostile folder names: nor a file name'
status 0 'hostile folder names: the spool is sound' postroad verify evil.spool

# ------------------------------------------------------------- the spool
postroad extract s/office.mbox good >/dev/null 2>&1
refused 66 'nospool' 'a spool that is not there' postroad ls nospool
mkdir plain
refused 6[56] plain 'a directory that is no spool' postroad ls plain
refused 73 'no/such' 'a spool whose parent is missing' \
    postroad extract s/office.mbox no/such/spool
echo hello >file
refused 73 file 'a spool that is a file' postroad extract s/office.mbox file
mkdir full && echo keep >full/me
refused '6[45]|73' full 'a directory that holds something else' \
    postroad extract s/office.mbox full
is "$(cat full/me)" keep 'a directory that holds something else: kept'
head -c 400 s/office.mbox >other.mbox
refused 64 good 'another source into the same spool' \
    postroad extract other.mbox good
like "$(cat err)" 'another spool|merge' 'another source: the hint'

cp -a good broken
head -c 4096 /dev/urandom | dd of=broken/spool.db conv=notrunc status=none
refused 65 spool.db 'a spool.db overwritten' postroad ls broken
cp -a good short
head -c 3000 good/spool.db >short/spool.db
refused 65 spool.db 'a spool.db cut off' postroad ls short
cp -a good hollow.spool
: >hollow.spool/spool.db
refused 65 spool.db 'an empty spool.db' postroad ls hollow.spool
cp -a good newer
sqlite3 newer/spool.db "PRAGMA user_version" >version
sqlite3 newer/spool.db "UPDATE meta SET value = 999 WHERE name LIKE
    '%version%' AND value = '1'; PRAGMA user_version = 999"
refused 65 'newer|version' 'a spool of a newer version' postroad ls newer

# a folder that leads out of the spool
cp -a good linked
mkdir -p outside/cur outside/new outside/tmp
rm -rf linked/mail/office
ln -s ../../outside linked/mail/office
postroad extract s/office.mbox linked >out 2>err
is $? 73 'a folder that is a symbolic link out of the spool'
is "$(find outside -type f | wc -l)" 0 'nothing is written through the link'
cp -a good linkfile
victim=$(find linkfile/mail -path '*/cur/*' -type f | head -1)
rm "$victim" && ln -s /etc/passwd "$victim"
postroad verify --json linkfile >out 2>err
is $? 1 'a message that is a symbolic link: verify says so'
unlike "$(cat out err)" 'root:' 'a message that is a symbolic link: not read'

# other programs' doings
cp -a good altered
victim=$(find altered/mail -path '*/cur/*' -type f | sort | head -1)
touch -r "$victim" when
chmod u+w "$victim" && sed 's/e/E/' "$victim" >x && cat x >"$victim"
touch -r when "$victim"
rm "$(find altered/mail -path '*/cur/*' -type f | sort | tail -1)"
status 1 'a message altered, one gone: verify' postroad verify --json altered
is "$(jq '.problems | length' out)" 2 'a message altered, one gone: both named'

# ----------------------------------------------------------- in use, stopped
if mkbox=$BUILD/tests/bench/mkmbox && [ -x "$mkbox" ]; then
	"$mkbox" 4000 1 sizes >big.mbox
	"$POSTROAD" extract -q big.mbox big >/dev/null 2>&1 &
	busy=$!
	i=0
	while [ ! -d big/mail/big/cur ] && [ $i -lt 6000 ]; do
		sleep 0.01
		i=$((i + 1))
	done
	kill -STOP $busy
	refused 75 'use|lock' 'a spool in use' postroad extract big.mbox big
	status 0 'a spool in use can be listed' postroad ls big
	kill -TERM $busy && kill -CONT $busy
	wait $busy
	is $? 75 'SIGTERM: stopped, to be run again'
	status 0 'and run again' postroad extract --json big.mbox big
	is "$(jq '.stored + .unchanged' out)" 4000 'and run again: all there'
	postroad extract -q big.mbox big2 >/dev/null
	ok 'and run again: as if never stopped' diff -r big/mail big2/mail
else
	skip 'a spool in use' 'mkmbox is not built'
fi

# ------------------------------------------------ full disk, read-only media
# a file system of our own: as root, or where users may have namespaces
cat >jail.sh <<'END'
set -u
mkdir -p small && mount -t tmpfs -o size=2m tmpfs small || exit 99
"$POSTROAD" extract --json big.mbox small/spool >full.out 2>full.err
echo $? >full.rc
"$POSTROAD" ls --json small/spool >full.ls 2>&1
echo $? >full.ls.rc
mount -o remount,size=300m small
"$POSTROAD" extract --json big.mbox small/spool >again.out 2>again.err
echo $? >again.rc
diff -r big2/mail small/spool/mail >again.diff
mount -o remount,ro small
"$POSTROAD" ls --json small/spool >ro.ls 2>&1
echo $? >ro.ls.rc
"$POSTROAD" verify small/spool >ro.verify 2>&1
echo $? >ro.verify.rc
"$POSTROAD" extract big.mbox small/spool >ro.out 2>ro.err
echo $? >ro.rc
"$POSTROAD" extract s/office.mbox small/other >ro.out2 2>ro.err2
echo $? >ro.rc2
umount small
END
POSTROAD=$POSTROAD unshare -m sh jail.sh 2>jail.err ||
    POSTROAD=$POSTROAD unshare -rm sh jail.sh 2>jail.err || :
if [ -e big.mbox ] && [ -e full.rc ]; then
	is "$(cat full.rc)" 74 'a full disk'
	like "$(grep '^error' full.err)" 'No space left' \
	    'a full disk: says so'
	like "$(cat full.err)" 'what to do' 'a full disk: and what to do'
	is "$(jq "$balanced" full.out)" true 'a full disk: balanced'
	is "$(cat full.ls.rc)" 0 'a full disk: the spool can still be listed'
	is "$(cat again.rc)" 0 'with room again: the rest is done'
	is "$(cat again.diff)" '' 'with room again: as if never full'
	is "$(cat ro.ls.rc) $(wc -l <ro.ls)" "0 1" 'read-only media: listed'
	is "$(cat ro.verify.rc)" 0 'read-only media: verified'
	is "$(cat ro.rc) $(cat ro.rc2)" '73 73' 'read-only media: not written'
	like "$(cat ro.err)" 'Read-only' 'read-only media: says so'
else
	skip 'full disk and read-only media' 'no file system of our own'
fi
done_testing

#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The command line itself: help, usage errors, JSON, closed outputs, and
# man pages that know the options.
. "${0%/*}/lib.sh"

cp "$ROOT/samples/office.mbox" .
status 0 '--version' postroad --version
like "$(cat out)" '^postroad [0-9]+\.[0-9]+' '--version: name and number'
status 0 '--help' postroad --help
commands=$(sed -n 's/^  \([a-z]*\) .*/\1/p' out)
for command in migrate rehearse extract transform merge load export verify ls why survey; do
	like "$commands" "^$command\$" "--help lists $command"
done
status 64 'no command' postroad
like "$(cat err)" '^usage:' 'no command: usage on stderr'
status 64 'an unknown command' postroad fetch
like "$(cat err)" "fetch" 'an unknown command: named'
status 64 'help for an unknown command' postroad help fetch

# options of each command: help, man page and program agree
MAN=$ROOT/docs/man
for command in $commands; do
	status 0 "help $command" postroad help "$command"
	cp out help
	status 0 "$command --help" postroad "$command" --help
	same out help "$command --help is help $command"
	sed -n 's/^  .*\(--[a-z0-9-]*\).*/\1/p' help | sort -u >options
	ok "$command has a page" test -e "$MAN/postroad-$command.1"
	# the options of accounts are told once, for all
	also=
	case $command in
	load | verify | extract | survey) also=$MAN/postroad-account.5 ;;
	migrate) # and those of the stages in theirs
		also="$MAN/postroad-account.5 $MAN/postroad-extract.1"
		also="$also $MAN/postroad-transform.1 $MAN/postroad-load.1"
		;;
	esac
	cat "$MAN/postroad.1" "$MAN/postroad-$command.1" $also 2>/dev/null |
	    grep -o 'Fl Fl [a-z0-9-]*' | sed 's/Fl Fl /--/' | sort -u >page
	is "$(comm -23 options page)" '' "$command: each option is in its page"
	grep -o 'Fl Fl [a-z0-9-]*' "$MAN/postroad-$command.1" 2>/dev/null |
	    sed 's/Fl Fl /--/' | sort -u >own
	is "$(comm -13 options own)" '' "$command: each in its page is known"
	status 64 "$command without operands" postroad "$command"
	[ "$command" = merge ] || # takes any number of spools
		status 64 "$command with too many" \
		    postroad "$command" a b c d e f g h
	status 64 "$command: an unknown option" postroad "$command" --frob a b
	like "$(cat err)" "frob" "$command: an unknown option: named"
	like "$(cat err)" "postroad help $command" "$command: where to look"
done
status 64 'an option that wants a value' postroad extract --log
status 64 'a value that is none of those' \
    postroad extract --progress=sometimes office.mbox s

# results and messages
status 0 'extract' postroad extract office.mbox s
unlike "$(cat err)" 'error' 'extract: no error'
ok 'extract: a summary on stdout' test -s out
status 0 'extract --json' postroad extract --json office.mbox s
ok 'extract --json: one object' jq -e 'type == "object"' out
is "$(jq -c '[.announced, .stored, .unchanged, .excluded, .refused,
    .vanished] | map(type) | unique' out)" '["number"]' \
    'extract --json: announced and each fate'
is "$(jq -c '[has("bytes", "seconds", "folders", "items", "problems")]' out \
    2>/dev/null || jq -c '[has("bytes"), has("seconds"), has("folders"),
    has("items"), has("problems")]' out)" '[true,true,true,true,true]' \
    'extract --json: the other names'
for args in '' --messages; do
	status 0 "ls --json $args" postroad ls --json $args s
	is "$(jq -r '.type' out | sort -u)" \
	    "$([ "$args" ] && echo message || echo folder)" \
	    "ls --json $args: JSON Lines"
done
status 0 'verify --json' postroad verify --json s
ok 'verify --json: one object' jq -e 'type == "object"' out
status 0 'why --json' postroad why --json s office.1@example.org
ok 'why --json: JSON' jq -e . out
like "$(cat out)" 'office.1@example.org' 'why --json: about that message'
status 0 'why, with angle brackets' postroad why s '<office.1@example.org>'
status 1 'why: not known' postroad why s nobody@example.org
status 66 'an error with --json' postroad extract --json nothere s9
ok 'an error with --json: is JSON, too' jq -e '.error.status == 66' out
status 0 'extract -q -q' postroad extract -q -q office.mbox s
is "$(cat err)" '' 'extract -q -q: nothing on stderr'
status 66 '--log' postroad extract -q -q --log log nothere s3
like "$(cat log)" '^20[0-9-]+T?.* error: .*nothere' '--log: with the time'

# nobody listens
status 74 'a full stdout' sh -c '"$0" ls s >/dev/full' "$POSTROAD"
status 74 'a closed stdout' sh -c '"$0" ls s >&-' "$POSTROAD"
status 74 'a closed stdout, JSON' \
    sh -c '"$0" ls --json --messages s >&-' "$POSTROAD"
status 0 'a closed stderr' sh -c '"$0" ls s 2>&-' "$POSTROAD"
postroad ls --messages s | head -1 >/dev/null
result $? 'a reader that leaves early does not hang it'

# secrets have no place in arguments
status 64 'a password in a URL' \
    postroad load s imap://desk:hunter2@127.0.0.1:1/
unlike "$(cat out err)" 'hunter2' 'a password in a URL: not repeated'
like "$(cat err)" 'password-file|password-command' \
    'a password in a URL: where to put it'
echo secret >open-pw && chmod 644 open-pw
status 78 'a password file that all may read' \
    postroad load --password-file open-pw s imaps://desk@127.0.0.1:1/
status 78 'a password file that is not there' \
    postroad load --password-file nothere s imaps://desk@127.0.0.1:1/
chmod 600 open-pw
status '69' 'nobody at that port' \
    postroad load --password-file open-pw s imaps://desk@127.0.0.1:1/
status 77 'no password and no terminal' \
    setsid -w "$POSTROAD" load s imaps://desk@127.0.0.1:1/ </dev/null
done_testing

#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Real mboxes, compared with what independent readers say about them.  What
# is held of what was tried is printed.
. "${0%/*}/lib.sh"

M=$(corpus mail) || skip_all 'there is no corpus here'
: >facts

# Facts are lines "what<TAB>got<TAB>want"; 'held NAME' counts those in
# new.facts, shows the ones that do not hold, and adds them to the rest.
held() {
	awk -F '\t' '{ n++; if ($2 == $3) k++; else print "# " $0 }
	    END { print k + 0, n + 0 }' new.facts >counted
	read -r k n <<-END
	$(tail -1 counted)
	END
	cat new.facts >>facts
	if [ "$k" = "$n" ] && [ "$n" -gt 0 ]; then
		result 0 "$1: $k facts held of $n"
	else
		result 1 "$1: $k facts held of $n"
		head -n -1 counted | head -40 >&2
	fi
}

# Hashes of the messages as they lie in the spool, LF again instead of CRLF,
# and of their bodies, with nothing of ours: {"mail/...": {"lf":, "body":}}
lf_hashes() {
	(cd "$1" && find mail -type f -path '*/cur/*') | perl -MDigest::SHA -e '
		chdir shift; undef $/; $in = <STDIN>; $sep = "{";
		for (split /\n/, $in) {
			open F, "<", $_ or die; binmode F; $m = <F> // "";
			$m =~ s/\r\n/\n/g;
			$b = $m =~ /^(?:\r?\n|.*?\n\r?\n)(.*)/s ? $1 : "";
			printf "%s\"%s\":{\"lf\":\"%s\",\"body\":\"%s\"}\n",
			    $sep, $_, Digest::SHA::sha256_hex($m),
			    Digest::SHA::sha256_hex($b);
			$sep = ",";
		}
		print $sep eq "{" ? "{}" : "}"' "$1"
}

# extract_one FILE: into the spool s; its messages in ls.json, by offset
extract_one() {
	rm -rf s
	postroad extract --json "$1" s >out 2>err
	got=$?
	postroad ls --messages --json s |
	    jq -s 'sort_by(.source.offset // 0)' >ls.json
	lf_hashes s >hashes.json
}

# ----------------------------------------------- mbox, as found in the wild
for mbox in "$M"/mbox/*.mbox; do
	name=${mbox##*/}
	extract_one "$mbox"
	jq -r --arg name "$name" --slurpfile o "$M/mbox/ORACLE.json" \
	    --slurpfile h hashes.json '
	def month: {Jan: "01", Feb: "02", Mar: "03", Apr: "04", May: "05",
	    Jun: "06", Jul: "07", Aug: "08", Sep: "09", Oct: "10",
	    Nov: "11", Dec: "12"}[.];
	def when: [capture("(?<m>[A-Z][a-z]{2}) +(?<d>[0-9]+) (?<t>[0-9:]{8})( [+]0000)? (?<y>[0-9]{4})$")] |
	    first // null | if . == null then null
	    else "\(.y)-\(.m | month)-\(("0" + .d)[-2:])T\(.t)Z" end;
	$o[0].files[$name] as $want | . as $got |
	"\($name) count\t\(length)\t\($want.count)",
	($want.messages | to_entries[] | .key as $k | .value as $w |
	    ($got[$k] // {}) as $g | "\($name) \($w.n)" as $who |
	    "\($who) offset\t\($g.source.offset)\t\($w.offset)",
	    "\($who) stored bytes\t\($g.source_sha256 // $g.sha256)\t\($w.message_sha256)",
	    "\($who) body\t\($h[0][$g.file].body | . == $w.body_sha256 or
		. == $w.body_mboxrd_sha256 or $g.sha256 == $w.message_sha256)\ttrue",
	    (if $w.message_id == null or $w.message_id == "" then empty
	     # (the oracle cut one at a blank)
	     else "\($who) id\t\(($g.message_id // "") |
		startswith($w.message_id))\ttrue" end),
	    ($w.postmark | when | select(. != null) |
	     "\($who) received\t\($g.received)\t\(.)"))' ls.json >new.facts
	case $got in 0 | 1) ;; *) echo "$name status	$got	0" >>new.facts ;; esac
	held "$name"
done

# --------------------------------- mbox, the same mail in several dialects
# the message as it was, or where the dialect loses something, as it lies in
# the mbox; of mboxcl the body, as the writer added a field to the header
for mbox in "$M"/mbox/derived/*.mbox; do
	name=${mbox##*/}
	extract_one "$mbox"
	jq -r --arg name "$name" --slurpfile t "$M/mbox/derived/TRUTH.json" \
	    --slurpfile h hashes.json '
	$t[0].files[$name] as $want | . as $got |
	"\($name) count\t\(length)\t\($want.count)",
	($want.messages | to_entries[] | .key as $k | .value as $w |
	    ($got[$k] // {}) as $g | $h[0][$g.file] as $lf |
	    (if $want.dialect | test("mboxcl") then [$lf.body]
	     elif $want.dialect | test("mboxrd") then [$g.sha256, $lf.lf]
	     else [$g.source_sha256, $g.sha256] end) as $have |
	    (if $want.dialect | test("mboxcl") then $w.body_sha256
	     else $w.sha256 end) as $need |
	    "\($name) \($k + 1) \($w.src)\t\(if ($have | index($need)) then $need
		else $have | tostring end)\t\($need)")' ls.json >new.facts
	case $got in 0 | 1) ;; *) echo "$name status	$got	0" >>new.facts ;; esac
	held "$name"
done

awk -F '\t' '$2 == $3 { k++ } END {
	printf "# mbox corpus: %d facts held of %d tried\n", k, NR }' facts
done_testing

#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# make fuzz: each target for so many seconds, from its corpus; what is new
# gathers beside the binary: run.sh SECONDS BINARY...

set -u
cd "${0%/*}/../.." || exit 1
seconds=$1 rc=0
shift
for target in "$@"; do
	name=${target##*/fuzz_}
	new=$target.new
	mkdir -p "$new"
	echo "fuzz: $name, $seconds s"
	"$target" -max_total_time="$seconds" -max_len=65536 -timeout=10 \
	    -rss_limit_mb=1024 -print_final_stats=1 \
	    -artifact_prefix="$target.crash-" "$new" "tests/fuzz/corpus/$name" \
	    >"$target.log" 2>&1 || { tail -n 40 "$target.log"; rc=1; }
	grep -E 'stat::(number_of_executed_units|new_units_added)' "$target.log"
done
exit $rc

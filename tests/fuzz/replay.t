#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every input that a fuzzer or a person ever found stays found: each target
# over its corpus/NAME, under whatever compiler built it (make fuzz searches).

cd "${0%/*}/../.." || exit 1
BUILD=${BUILD:-build}
n=0 rc=0
for source in tests/fuzz/fuzz_*.c; do
	name=${source##*/fuzz_} name=${name%.c}
	n=$((n + 1))
	if ! [ -d "tests/fuzz/corpus/$name" ]; then
		echo "not ok $n - $name has no tests/fuzz/corpus/$name"
		rc=1
	elif out=$("$BUILD/tests/fuzz/fuzz_$name" "tests/fuzz/corpus/$name" 2>&1); then
		echo "ok $n - $name: $(ls "tests/fuzz/corpus/$name" | wc -l) inputs"
	else
		echo "not ok $n - $name"
		printf '%s\n' "$out" | sed 's/^/# /' >&2
		rc=1
	fi
done
echo "1..$n"
exit $rc

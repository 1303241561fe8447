#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A week between the first load and the final pass (delta_week.py).  LONG=1:
# twenty of them.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"

dovecot_start || skip_all "no Dovecot"
command -v python3 >/dev/null || skip_all "no python3"
[ -x "$STEPS" ] || { diag "no $STEPS (make check-build): nothing is killed"; STEPS=; }
export POSTROAD CA_FILE PW_FILE STEPS

seeds='1'
[ -z "${LONG:-}" ] || seeds=$(seq 1 20)
for seed in ${SEEDS:-$seeds}; do
	rm -rf a.spool b.spool
	ok "week $seed: the destination holds what it should, every day" \
	    python3 "$ROOT/tests/e2e/delta_week.py" "$IMAP_HOST" "$IMAP_PORT" \
	    "$seed" "src$seed" "dst$seed"
done
done_testing

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For wire/conn*.c only: what connecting hands to the rest. */
#ifndef WIRE_CONN_IMPL_H
#define WIRE_CONN_IMPL_H

#include <stdint.h>

#include "core/err.h"

/* A connected, non-blocking TCP socket, or -1 as conn_open() has it. */
int conn_dial(const char *host, uint16_t port, int64_t timeout_ms,
    struct err *err);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The formats that a spool can be exported to; see sink.h. */
#include "load/export/sink.h"

#include <string.h>

static const struct sink_ops *const sinks[] = { &sink_pst };

const struct sink_ops *
sink_find(const char *format)
{
	size_t i;

	for (i = 0; i < sizeof(sinks) / sizeof(sinks[0]); i++)
		if (strcmp(sinks[i]->name, format) == 0)
			return sinks[i];
	return NULL;
}

const char *
sink_names(void)
{
	return "pst";
}

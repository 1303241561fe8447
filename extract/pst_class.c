/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Classes of items; see pst_class.h. */
#include "extract/pst_class.h"

bool pst_class_is_mail(struct slice class)
{
	static const char *const classes[] = { "IPM.Note", "IPM.Post",
		"IPM.Schedule.Meeting", "REPORT", "IPM.Outlook.Recall",
		"IPM.Recall.Report", "IPM.Sharing" };
	size_t i, n;

	if (class.n == 0 || slice_is_nocase(class, "IPM"))
		return true;
	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		n = strlen(classes[i]);
		if (class.n >= n &&
		    slice_is_nocase(slice_of(class.p, n), classes[i]) &&
		    (class.n == n || class.p[n] == '.'))
			return true;
	}
	return false;
}

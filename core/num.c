/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bounded number parsing; see num.h. */
#include "core/num.h"

bool
num_take_u64(struct slice *s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0, d;
	size_t i = 0;

	while (i < s->n && s->p[i] >= '0' && s->p[i] <= '9') {
		d = (uint64_t)(s->p[i] - '0');
		if (d > max || v > (max - d) / 10)
			return false;
		v = v * 10 + d;
		i++;
	}
	if (i == 0)
		return false;
	*s = slice_from(*s, i);
	*out = v;
	return true;
}

bool
num_u64(struct slice s, uint64_t max, uint64_t *out)
{
	uint64_t v;

	if (!num_take_u64(&s, max, &v) || s.n != 0)
		return false;
	*out = v;
	return true;
}

bool
num_size(struct slice s, uint64_t *out)
{
	static const char units[] = "kMGT";
	uint64_t whole, frac = 0, scale = 1, base = 1000, unit = 1;
	const char *u;
	int i;

	if (!num_take_u64(&s, UINT64_MAX / 1024, &whole))
		return false;
	if (s.n > 1 && s.p[0] == '.') {
		s = slice_from(s, 1);
		while (s.n > 0 && s.p[0] >= '0' && s.p[0] <= '9') {
			if (scale < 1000) {
				frac = frac * 10 + (uint64_t)(s.p[0] - '0');
				scale *= 10;
			}
			s = slice_from(s, 1);
		}
		if (scale == 1)
			return false;
	}
	if (s.n > 0 && (s.p[s.n - 1] == 'B' || s.p[s.n - 1] == 'b'))
		s.n--;
	if (s.n > 0) {
		char c = s.p[0] == 'K' ? 'k' : s.p[0];

		u = c == '\0' ? NULL : strchr(units, c);
		if (u == NULL)
			return false;
		if (s.n == 2 && s.p[1] == 'i')
			base = 1024;
		else if (s.n != 1)
			return false;
		for (i = 0; i <= (int)(u - units); i++)
			unit *= base;
	}
	if (whole > UINT64_MAX / unit / 2)
		return false;
	*out = whole * unit + frac * unit / scale;
	return true;
}

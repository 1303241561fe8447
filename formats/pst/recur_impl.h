/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For formats/pst/recur*.c only: the numbers in recurrence blobs, [MS-OXOCAL]
 * 2.2.1.44.1. */
#ifndef FORMATS_PST_RECUR_IMPL_H
#define FORMATS_PST_RECUR_IMPL_H

#include <stdint.h>

#define RECUR_BLOB_MAX	(1u << 20)
#define RECUR_EVERY_MAX 100000u
#define RECUR_EPOCH	INT64_C(11644473600) /* 1601, in seconds before 1970 */

enum {
	RECUR_VERSION = 0x3004,
	RECUR_READER2 = 0x3006,
	RECUR_WRITER2 = 0x3009,
	RECUR_HIGHLIGHTS = 0x3009 /* writers from here on have them */
};

enum {
	RECUR_DAILY = 0x200a,
	RECUR_WEEKLY = 0x200b,
	RECUR_MONTHLY = 0x200c,
	RECUR_YEARLY = 0x200d
};

enum {
	RECUR_DAY = 0,
	RECUR_WEEK = 1,
	RECUR_MONTH = 2,
	RECUR_MONTH_NTH = 3,
	RECUR_MONTH_END = 4,
	RECUR_HJ_MONTH = 10,
	RECUR_HJ_MONTH_NTH = 11,
	RECUR_HJ_MONTH_END = 12
};

enum {
	RECUR_END_BY = 0x2021,
	RECUR_END_AFTER = 0x2022,
	RECUR_END_NEVER = 0x2023
};

/* EndDate of a series without an end; its OccurrenceCount. */
#define RECUR_NO_END   0x5ae980dfu
#define RECUR_NO_COUNT 10u

/* Minutes since 1601 as wall time. */
static inline int64_t
recur_wall(uint32_t minutes)
{
	return (int64_t)minutes * 60 - RECUR_EPOCH;
}

/* And back; what is before 1601 is 1601. */
static inline uint32_t
recur_minutes(int64_t wall)
{
	int64_t m = (wall + RECUR_EPOCH) / 60;

	return m < 0 ? 0 : m > UINT32_MAX ? UINT32_MAX : (uint32_t)m;
}

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Named properties: the sets they are in ([MS-OXPROPS] 1.3.2) and their
 * numbers there, named as in [MS-OXPROPS].  Each store gives them ids of its
 * own: own_lid() knows those of one that is read, store_name() gives them in
 * one that is written.
 */
#ifndef FORMATS_PST_LID_H
#define FORMATS_PST_LID_H

#include <stdint.h>

enum pst_set {
	PST_SET_NONE,	 /* no named property: a tag */
	PST_SET_STRINGS, /* PS_PUBLIC_STRINGS; names, not numbers */
	PST_SET_COMMON,
	PST_SET_ADDRESS,
	PST_SET_APPOINTMENT,
	PST_SET_TASK,
	PST_SET_LOG,
	PST_SET_NOTE,
	PST_SET_MEETING,
	PST_SETS
};

#define PST_GUID 16

/* The set's GUID as a store holds it, PST_GUID bytes; static.  Not for
 * PST_SET_NONE. */
const uint8_t *pst_set_guid(enum pst_set set);

enum { /* PSETID_Common */
	PidLidReminderDelta = 0x8501,
	PidLidReminderTime = 0x8502,
	PidLidReminderSet = 0x8503,
	PidLidPrivate = 0x8506,
	PidLidCommonStart = 0x8516,
	PidLidCommonEnd = 0x8517,
	PidLidMileage = 0x8534,
	PidLidBilling = 0x8535,
	PidLidCompanies = 0x8539,
	PidLidContacts = 0x853a,
	PidLidReminderSignalTime = 0x8560
};

enum { /* PSETID_Address */
	PidLidFileUnder = 0x8005,
	PidLidHasPicture = 0x8015,
	PidLidPostalAddressId = 0x8022,
	PidLidAddressBookProviderEmailList = 0x8028,
	PidLidAddressBookProviderArrayType = 0x8029,
	PidLidDistributionListChecksum = 0x804c,
	PidLidDistributionListName = 0x8053,
	PidLidDistributionListOneOffMembers = 0x8054,
	PidLidDistributionListMembers = 0x8055,
	PidLidDistributionListStream = 0x8064,
	PidLidEmail1DisplayName = 0x8080,
	PidLidBirthdayLocal = 0x80de,
	PidLidWeddingAnniversaryLocal = 0x80df
};

enum { /* PSETID_Appointment */
	PidLidAppointmentSequence = 0x8201,
	PidLidBusyStatus = 0x8205,
	PidLidLocation = 0x8208,
	PidLidAppointmentStartWhole = 0x820d,
	PidLidAppointmentEndWhole = 0x820e,
	PidLidAppointmentDuration = 0x8213,
	PidLidAppointmentColor = 0x8214,
	PidLidAppointmentSubType = 0x8215,
	PidLidAppointmentRecur = 0x8216,
	PidLidAppointmentStateFlags = 0x8217,
	PidLidResponseStatus = 0x8218,
	PidLidAppointmentReplyTime = 0x8220,
	PidLidRecurring = 0x8223,
	PidLidIntendedBusyStatus = 0x8224,
	PidLidExceptionReplaceTime = 0x8228,
	PidLidFInvited = 0x8229,
	PidLidRecurrenceType = 0x8231,
	PidLidTimeZoneStruct = 0x8233,
	PidLidTimeZoneDescription = 0x8234,
	PidLidClipStart = 0x8235,
	PidLidClipEnd = 0x8236,
	PidLidNetShowUrl = 0x8248,
	PidLidAppointmentProposedStartWhole = 0x8250,
	PidLidAppointmentProposedEndWhole = 0x8251,
	PidLidAppointmentCounterProposal = 0x8257,
	PidLidAppointmentNotAllowPropose = 0x825a,
	PidLidAppointmentTimeZoneDefinitionStartDisplay = 0x825e,
	PidLidAppointmentTimeZoneDefinitionEndDisplay = 0x825f,
	PidLidAppointmentTimeZoneDefinitionRecur = 0x8260
};

enum { /* PSETID_Task */
	PidLidTaskStatus = 0x8101,
	PidLidPercentComplete = 0x8102,
	PidLidTeamTask = 0x8103,
	PidLidTaskStartDate = 0x8104,
	PidLidTaskDueDate = 0x8105,
	PidLidTaskDateCompleted = 0x810f,
	PidLidTaskActualEffort = 0x8110,
	PidLidTaskEstimatedEffort = 0x8111,
	PidLidTaskVersion = 0x8112,
	PidLidTaskState = 0x8113,
	PidLidTaskRecurrence = 0x8116,
	PidLidTaskComplete = 0x811c,
	PidLidTaskOwner = 0x811f,
	PidLidTaskAssigner = 0x8121,
	PidLidTaskOrdinal = 0x8123,
	PidLidTaskLastDelegate = 0x8125,
	PidLidTaskFRecurring = 0x8126,
	PidLidTaskOwnership = 0x8129
};

enum { /* PSETID_Log */
	PidLidLogType = 0x8700,
	PidLidLogStart = 0x8706,
	PidLidLogDuration = 0x8707,
	PidLidLogEnd = 0x8708,
	PidLidLogFlags = 0x870c,
	PidLidLogTypeDesc = 0x8712
};

enum { /* PSETID_Note */
	PidLidNoteColor = 0x8b00,
	PidLidNoteWidth = 0x8b02,
	PidLidNoteHeight = 0x8b03
};

enum { /* PSETID_Meeting */
	PidLidGlobalObjectId = 0x0003,
	PidLidIsRecurring = 0x0005,
	PidLidIsException = 0x000a,
	PidLidStartRecurrenceTime = 0x000e,
	PidLidOwnerCriticalChange = 0x001a,
	PidLidCleanGlobalObjectId = 0x0023
};

#endif

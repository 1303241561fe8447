/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A contact and a distribution list as neutral structures: what [MS-OXOCNTC]
 * has and a vCard (RFC 6350) can hold.  They hang from a struct item
 * (formats/pst/item.h), which has the rest: uid, class, categories, notes
 * (its plain text body), sensitivity, attachments (the photo among them),
 * modified.  A reader of PSTs fills them in and formats/vcard.h writes them;
 * vcard_read() fills them in and a writer of PSTs writes them.
 *
 * Text is UTF-8, borrowed, may be empty and may hold line ends.
 */
#ifndef FORMATS_CONTACT_H
#define FORMATS_CONTACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

/* Beside each: the property it is in. */
enum contact_text {
	CONTACT_DISPLAY,       /* PidTagDisplayName 0x3001 */
	CONTACT_PREFIX,	       /* PidTagDisplayNamePrefix 0x3a45 */
	CONTACT_GIVEN,	       /* PidTagGivenName 0x3a06 */
	CONTACT_MIDDLE,	       /* PidTagMiddleName 0x3a44 */
	CONTACT_FAMILY,	       /* PidTagSurname 0x3a11 */
	CONTACT_SUFFIX,	       /* PidTagGeneration 0x3a05 */
	CONTACT_NICKNAME,      /* PidTagNickname 0x3a4f */
	CONTACT_INITIALS,      /* PidTagInitials 0x3a0a */
	CONTACT_FILE_AS,       /* PidLidFileUnder 0x8005 */
	CONTACT_YOMI_GIVEN,    /* PidLidYomiFirstName 0x802c */
	CONTACT_YOMI_FAMILY,   /* PidLidYomiLastName 0x802d */
	CONTACT_YOMI_COMPANY,  /* PidLidYomiCompanyName 0x802e */
	CONTACT_COMPANY,       /* PidTagCompanyName 0x3a16 */
	CONTACT_DEPARTMENT,    /* PidTagDepartmentName 0x3a18 */
	CONTACT_TITLE,	       /* PidTagTitle 0x3a17 */
	CONTACT_PROFESSION,    /* PidTagProfession 0x3a46 */
	CONTACT_OFFICE,	       /* PidTagOfficeLocation 0x3a19 */
	CONTACT_MANAGER,       /* PidTagManagerName 0x3a4e */
	CONTACT_ASSISTANT,     /* PidTagAssistant 0x3a30 */
	CONTACT_SPOUSE,	       /* PidTagSpouseName 0x3a48 */
	CONTACT_REFERRED_BY,   /* PidTagReferredByName 0x3a47 */
	CONTACT_IM,	       /* PidLidInstantMessagingAddress 0x8062 */
	CONTACT_WEB_WORK,      /* PidTagBusinessHomePage 0x3a51 */
	CONTACT_WEB_HOME,      /* PidTagPersonalHomePage 0x3a50 */
	CONTACT_WEB,	       /* PidLidHtml 0x802b */
	CONTACT_FREEBUSY,      /* PidLidFreeBusyLocation 0x80d8 */
	CONTACT_FTP,	       /* PidTagFtpSite 0x3a4c */
	CONTACT_HOBBIES,       /* PidTagHobbies 0x3a43 */
	CONTACT_LANGUAGE,      /* PidTagLanguage 0x3a0c */
	CONTACT_LOCATION,      /* PidTagLocation 0x3a0d */
	CONTACT_BILLING,       /* PidLidBilling 0x8535 */
	CONTACT_MILEAGE,       /* PidLidMileage 0x8534 */
	CONTACT_ACCOUNT,       /* PidTagAccount 0x3a00 */
	CONTACT_CUSTOMER_ID,   /* PidTagCustomerId 0x3a4a */
	CONTACT_GOVERNMENT_ID, /* PidTagGovernmentIdNumber 0x3a07 */
	CONTACT_EMPLOYEE_ID,   /* PidTagOrganizationalIdNumber 0x3a10 */
	CONTACT_COMPUTER,      /* PidTagComputerNetworkName 0x3a49 */
	CONTACT_USER1,	       /* PidLidContactUserField1..4 0x804f.. */
	CONTACT_USER2,
	CONTACT_USER3,
	CONTACT_USER4,
	CONTACT_TEXTS
};

enum contact_phone {
	PHONE_PRIMARY,	 /* PidTagPrimaryTelephoneNumber 0x3a1a */
	PHONE_WORK,	 /* PidTagBusinessTelephoneNumber 0x3a08 */
	PHONE_WORK2,	 /* PidTagBusiness2TelephoneNumber 0x3a1b */
	PHONE_HOME,	 /* PidTagHomeTelephoneNumber 0x3a09 */
	PHONE_HOME2,	 /* PidTagHome2TelephoneNumber 0x3a2f */
	PHONE_MOBILE,	 /* PidTagMobileTelephoneNumber 0x3a1c */
	PHONE_OTHER,	 /* PidTagOtherTelephoneNumber 0x3a1f */
	PHONE_CAR,	 /* PidTagCarTelephoneNumber 0x3a1e */
	PHONE_RADIO,	 /* PidTagRadioTelephoneNumber 0x3a1d */
	PHONE_PAGER,	 /* PidTagPagerTelephoneNumber 0x3a21 */
	PHONE_WORK_FAX,	 /* PidTagBusinessFaxNumber 0x3a24 */
	PHONE_HOME_FAX,	 /* PidTagHomeFaxNumber 0x3a25 */
	PHONE_OTHER_FAX, /* PidTagPrimaryFaxNumber 0x3a23 */
	PHONE_ASSISTANT, /* PidTagAssistantTelephoneNumber 0x3a2e */
	PHONE_COMPANY,	 /* PidTagCompanyMainTelephoneNumber 0x3a57 */
	PHONE_CALLBACK,	 /* PidTagCallbackTelephoneNumber 0x3a02 */
	PHONE_ISDN,	 /* PidTagIsdnNumber 0x3a2d */
	PHONE_TELEX,	 /* PidTagTelexNumber 0x3a2c */
	PHONE_TTY,	 /* PidTagTelecommunicationsDeviceForDeaf... 0x3a4b */
	CONTACT_PHONES
};

/* In the order of PidLidPostalAddressId: 1, 2, 3. */
enum contact_where {
	WHERE_HOME,  /* PidTagHomeAddress... 0x3a59.. */
	WHERE_WORK,  /* PidLidWorkAddress... 0x8045.. */
	WHERE_OTHER, /* PidTagOtherAddress... 0x3a5f.. */
	CONTACT_WHERES
};

struct contact_address {
	struct slice street, city, region, code, country, box;
	struct slice label; /* as on an envelope: PidLidHomeAddress ... */
};

struct contact_email {
	struct slice smtp;    /* jane@example.org, or "" */
	struct slice display; /* PidLidEmail1DisplayName */
	struct slice type;    /* "SMTP", "EX", ... as stored */
	struct slice address; /* as stored: X.500 where the type is EX */
};
#define CONTACT_EMAILS 3

/* A day; 'year' 0: only month and day are known; 'day' 0: nothing is. */
struct contact_day {
	int year;
	unsigned month, day;
};

/* A property of a name that nobody here knows, as text. */
struct contact_extra {
	struct slice name, value;
};

struct contact {
	struct slice text[CONTACT_TEXTS];
	struct slice phone[CONTACT_PHONES];
	struct contact_address address[CONTACT_WHERES];
	int mailing; /* which of them letters go to, or -1 */
	struct contact_email email[CONTACT_EMAILS];
	struct slice *children; /* PidTagChildrensNames 0x3a58 */
	size_t n_children;
	struct slice *certificates; /* PidTagUserX509Certificate 0x3a70, raw */
	size_t n_certificates;
	struct contact_day birthday, anniversary;
	int gender; /* PidTagGender 0x3a4d: 0 unspecified, 1 female, 2 male */
	struct contact_extra *extra;
	size_t n_extra;
};

struct contact_member {
	struct slice name;
	struct slice smtp; /* or "" */
	struct slice type; /* "SMTP", "EX", ... of 'address' */
	struct slice address;
	struct slice uid; /* item.uid of a contact or list beside it, or "" */
};

struct contact_list {
	struct slice name; /* PidLidDistributionListName 0x8053 */
	struct contact_member *members;
	size_t n_members;
};

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* First bytes; see sniff.h. */
#include "formats/sniff.h"

#include "core/text.h"
#include "formats/head.h"

static const char later[] = "archives are not read yet: unpack it and give "
			    "what is in it";
static const char never[] = "unpack it with the program that made it and "
			    "give what is in it";
static const char no_mail[] = "give an mbox, a Maildir, a folder of .eml "
			      "files or a PST";

static const struct {
	size_t at;
	const char *magic;
	size_t n;
	const char *name;
	const char *hint;
} magics[] = {
	{ 0, "\x1f\x8b", 2, "a gzip file", later },
	{ 0, "BZh", 3, "a bzip2 file", later },
	{ 0,
	    "\xfd"
	    "7zXZ",
	    5, "an xz file", later },
	{ 0, "\x28\xb5\x2f\xfd", 4, "a zstd file", later },
	{ 0, "PK\x03\x04", 4, "a zip archive", later },
	{ 0, "PK\x05\x06", 4, "an empty zip archive", later },
	{ 257, "ustar", 5, "a tar archive", later },
	{ 0, "7z\xbc\xaf\x27\x1c", 6, "a 7z archive", never },
	{ 0, "Rar!\x1a\x07", 6, "a rar archive", never },
	{ 0, "MSCF", 4, "a cabinet archive", never },
	{ 32769, "CD001", 5, "an ISO 9660 image", never },
	{ 0, "!BDN", 4, "an Outlook PST or OST", NULL },
	{ 0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8,
	    "an OLE file (an Outlook .msg, an old Office document)",
	    "save the message as .eml, or give the PST that holds it" },
	{ 0, "\xcf\xad\x12\xfe", 4, "an Outlook Express .dbx",
	    "export it to .eml files or an mbox first" },
	{ 0, "\x78\x9f\x3e\x22", 4, "a TNEF file (winmail.dat)", no_mail },
	{ 0, "SQLite format 3", 15, "an SQLite database", no_mail },
	{ 0, "// <!-- <mdb:mork", 17, "a Thunderbird index (.msf)",
	    "give the file beside it that has the same name without .msf" },
	{ 0, "%PDF", 4, "a PDF document", no_mail },
	{ 0, "\x89PNG", 4, "a PNG image", no_mail },
	{ 0, "\xff\xd8\xff", 3, "a JPEG image", no_mail },
	{ 0, "GIF8", 4, "a GIF image", no_mail },
	{ 0,
	    "\x7f"
	    "ELF",
	    4, "a program", no_mail },
	{ 0, "MZ", 2, "a Windows program", no_mail },
	{ 0, "bplist00", 8, "a binary property list", no_mail },
	{ 0, "<?xml", 5, "an XML file", no_mail },
	{ 0, "<!DOCTYPE", 9, "an HTML page", no_mail },
	{ 0, "<html", 5, "an HTML page", no_mail },
	{ 0, "BEGIN:VCARD", 11, "a vCard", no_mail },
	{ 0, "BEGIN:VCALENDAR", 15, "an iCalendar file", no_mail },
	{ 0, "From ", 5, "text that begins with \"From \" but is no mbox",
	    "if it is one all the same, say so: mbox:PATH" },
};

static bool
is_all_zero(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] != '\0')
			return false;
	return true;
}

struct sniff
sniff_head(struct slice head)
{
	struct slice start;
	size_t i;

	for (i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (head.n >= magics[i].at + magics[i].n &&
		    memcmp(head.p + magics[i].at, magics[i].magic,
			magics[i].n) == 0)
			return (struct sniff){ magics[i].name, magics[i].hint };
	if (head.n == 0)
		return (struct sniff){ "an empty file",
			"an empty mbox is given as mbox:PATH" };
	if (is_all_zero(head))
		return (struct sniff){ "a file of zero bytes (damaged?)",
			"look for another copy of it" };
	/* a character may be cut at the end of what we have */
	start = slice_of(head.p, head.n > 4 ? head.n - 4 : head.n);
	if (memchr(start.p, '\0', start.n) != NULL)
		return (struct sniff){ "a binary file", no_mail };
	if (text_is_utf8(start) || sniff_mail(head) > 0)
		return (struct sniff){ "a text file", no_mail };
	return (struct sniff){ "a file of unknown kind", no_mail };
}

/* Fields that say "mail"; a file of HTTP headers, or code, has none. */
static bool
is_mail_field(struct slice name)
{
	static const char *const fields[] = { "Received", "Return-Path",
		"Message-ID", "From", "To", "Cc", "Bcc", "Subject", "Date",
		"MIME-Version", "Delivered-To", "Sender", "Reply-To",
		"X-Mozilla-Status", "DKIM-Signature", "In-Reply-To",
		"References", "Resent-From", "Envelope-To", NULL };
	const char *const *f;

	for (f = fields; *f != NULL; f++)
		if (slice_is_nocase(name, *f))
			return true;
	return false;
}

int
sniff_mail(struct slice head)
{
	struct slice rest = head, before, name, value;
	unsigned mail = 0, other = 0, odd = 0;

	if (slice_starts(rest, "\xef\xbb\xbf"))
		rest = slice_from(rest, 3);
	while (mail + other + odd < 100) {
		before = rest;
		if (!head_next(&rest, &name, &value))
			break;
		/* lines that are no fields were stepped over */
		odd += name.p != before.p;
		if (is_mail_field(name))
			mail++;
		else if (slice_starts(name, "X-") || slice_starts(name, "x-") ||
		    slice_starts(name, "Content-") ||
		    slice_starts(name, "List-"))
			other++;
		else
			odd++;
	}
	if (mail >= 2 && mail + other > odd)
		return 80;
	return mail + other >= 1 && mail + other > odd ? 40 : 0;
}

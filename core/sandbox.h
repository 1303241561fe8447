/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A room without doors, for code that reads what strangers wrote.  After
 * sandbox_enter() this process and all it might become can read the
 * descriptors it has open and what lies beneath the directories named, write
 * to descriptors it has open (pipes: the file size limit is 0 unless another
 * is asked for), use memory up to a limit, and end.  It cannot open anything
 * for writing, make sockets, run programs, fork, trace or signal others, or
 * write core files.  There is no way back.
 *
 * Made of Landlock, seccomp, rlimits, PR_SET_NO_NEW_PRIVS and
 * PR_SET_DUMPABLE.  A kernel may lack one: the others still hold, and the
 * caller is told what is missing so that it can be said.
 *
 * A build with a sanitizer needs address space and system calls of its own:
 * there the memory limits are left out and the list of calls is longer.
 */
#ifndef CORE_SANDBOX_H
#define CORE_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What could not be had. */
enum {
	SANDBOX_NO_LANDLOCK = 1 << 0, /* kernel before 5.13, or switched off */
	SANDBOX_NO_SECCOMP = 1 << 1,
	SANDBOX_NO_LIMITS = 1 << 2,
	SANDBOX_ALL =
	    SANDBOX_NO_LANDLOCK | SANDBOX_NO_SECCOMP | SANDBOX_NO_LIMITS
};

struct sandbox_spec {
	/* Directories and files that may be opened for reading; NULL ends
	 * the list, ones that do not exist are passed over. */
	const char *const *read_paths;
	/* A file that may be opened again through /proc/self/fd; or -1. */
	int read_fd;
	/* Bytes of private memory (heap, stack, mappings); 0: no limit. */
	uint64_t memory;
	/* It answers on a listening socket that is open: connections may be
	 * taken in, none made. */
	bool serves;
	/* Bytes that a file which is open may grow to; 0: none. */
	uint64_t file_bytes;
};

/* Go in.  Returns the SANDBOX_NO_ bits of what could not be had. */
unsigned sandbox_enter(const struct sandbox_spec *spec);

/*
 * The room of a parser of mail: besides 'read_fd' only the tables of iconv
 * (the gconv directories) may still be opened.  As sandbox_enter().
 */
unsigned sandbox_enter_parser(int read_fd, uint64_t memory);

/* "Landlock, seccomp": the names of the bits; 'out' holds 64 bytes. */
char *sandbox_names(char out[64], unsigned missing);

#endif

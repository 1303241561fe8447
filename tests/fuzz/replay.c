/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * main() for a fuzz target where there is no libFuzzer: runs the target once
 * for every file named, and for every file in every directory named, so
 * that what a fuzzer found stays found under any compiler.
 */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"
#include "core/mem.h"
#include "tests/fuzz/fuzz.h"

#define INPUT_MAX_BYTES (64 << 20)

static unsigned inputs;

static int
run_file(const char *path)
{
	struct buf b = { 0 };
	struct err err = { 0 };
	uint8_t *exact;

	if (io_read_file(path, INPUT_MAX_BYTES, &b, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return -1;
	}
	/* a block of just this size, so that ASan sees one byte too far */
	exact = mem_alloc(b.n == 0 ? 1 : b.n, 1);
	if (b.n > 0)
		memcpy(exact, b.p, b.n);
	LLVMFuzzerTestOneInput(exact, b.n);
	inputs++;
	free(exact);
	buf_free(&b);
	return 0;
}

static int
run_path(const char *path)
{
	struct dirent *e;
	struct stat st;
	char *sub;
	DIR *d;
	int bad = 0;

	if (stat(path, &st) < 0) {
		perror(path);
		return -1;
	}
	if (!S_ISDIR(st.st_mode))
		return run_file(path);
	d = opendir(path);
	if (d == NULL) {
		perror(path);
		return -1;
	}
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		sub = mem_fmt("%s/%s", path, e->d_name);
		if (run_path(sub) < 0)
			bad = -1;
		free(sub);
	}
	closedir(d);
	return bad;
}

int
main(int argc, char **argv)
{
	int i, bad = 0;

	for (i = 1; i < argc; i++)
		if (run_path(argv[i]) < 0)
			bad = 1;
	printf("%s: %u inputs\n", argv[0], inputs);
	return bad;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Run a command and say what it took: measure FILE COMMAND...  FILE gets one
 * line: wall seconds, CPU seconds (user+system, children included), and the
 * peak of memory in KiB.  The command's status is passed on.
 *
 * The peak is that of the sum over all processes of the tree alive at the
 * same time, each with its own high-water mark (VmHWM) so far, looked at
 * every 5 ms: never less than the truth where a process lives that long.
 * Pages that two of them share count twice.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/num.h"

static unsigned long
high_water(long pid)
{
	char path[64], line[256];
	unsigned long kib = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/status", pid);
	f = fopen(path, "r");
	if (f == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "VmHWM:", 6) == 0) {
			kib = strtoul(line + 6, NULL, 10);
			break;
		}
	fclose(f);
	return kib;
}

static unsigned long tree(long pid);

static unsigned long
children_of(const char *path)
{
	unsigned long sum = 0;
	FILE *f = fopen(path, "r");
	long child;

	if (f == NULL)
		return 0;
	while (fscanf(f, "%ld", &child) == 1)
		sum += tree(child);
	fclose(f);
	return sum;
}

/* KiB of 'pid' and all below it. */
static unsigned long
tree(long pid)
{
	unsigned long sum = high_water(pid);
	struct dirent *task;
	char path[400];
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%ld/task", pid);
	d = opendir(path);
	if (d == NULL)
		return sum;
	while ((task = readdir(d)) != NULL) {
		if (task->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%ld/task/%s/children", pid,
		    task->d_name);
		sum += children_of(path);
	}
	closedir(d);
	return sum;
}

static double
seconds(struct timeval tv)
{
	return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

int
main(int argc, char **argv)
{
	const struct timespec nap = { .tv_nsec = 5000000 };
	struct timespec start, end;
	unsigned long peak = 0, now;
	struct rusage use;
	int status = 0;
	pid_t pid;
	FILE *out;

	if (argc < 3)
		return 64;
	clock_gettime(CLOCK_MONOTONIC, &start);
	pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0)
		return 71;
	while (wait4(pid, &status, WNOHANG, &use) == 0) {
		now = tree(pid);
		peak = now > peak ? now : peak;
		nanosleep(&nap, NULL);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	/* of the one that used most, also when it lived less than a nap */
	if (peak < (unsigned long)use.ru_maxrss)
		peak = (unsigned long)use.ru_maxrss;
	out = fopen(argv[1], "w");
	if (out == NULL)
		return 73;
	fprintf(out, "%.3f %.3f %lu\n",
	    (double)(end.tv_sec - start.tv_sec) +
		(double)(end.tv_nsec - start.tv_nsec) / 1e9,
	    seconds(use.ru_utime) + seconds(use.ru_stime), peak);
	if (fclose(out) != 0)
		return 74;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

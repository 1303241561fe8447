/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Interruption; see stop.h. */
#include "core/stop.h"

#include <signal.h>
#include <string.h>

static volatile sig_atomic_t wanted, patient;

static void
on_signal(int sig)
{
	wanted = 1;
	if (!patient)
		signal(sig, SIG_DFL);
}

void
stop_install(void)
{
	struct sigaction sa;
	struct sigaction old;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_signal;
	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	/* the terminal is gone; not under nohup */
	if (sigaction(SIGHUP, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

void
stop_set_patient(void)
{
	patient = 1;
}

bool
stop_requested(void)
{
	return wanted != 0;
}

int
stop_check(struct err *err)
{
	if (!stop_requested())
		return 0;
	err_set(err, SCOPE_RUN, EX_TEMPFAIL, "interrupted");
	return err_hint(err,
	    "run the same command again; it goes on where "
	    "it stopped");
}

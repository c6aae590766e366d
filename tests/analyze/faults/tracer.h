/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs a command and lets one system call of one of its processes fail: the n-th one of a window, which begins and ends with system
 * calls that are given by name (the set-up of a jail, say). Works by ptrace, so that it also sees calls that no library makes. Tests only.
 */
#ifndef SEK_TESTS_FAULTS_TRACER_H
#define SEK_TESTS_FAULTS_TRACER_H

#include <stdbool.h>
#include <stdint.h>

enum { FAULTS_CALLS_MAX = 4096, FAULTS_STATE_BYTES = 16384 };

struct faults_window {
	const char *comm; /* the process, by the name that the kernel knows (15 letters) */
	int from, to;     /* numbers of system calls: the first that is counted, and the one by whose success the set-up is done */
	int argument;     /* the second argument of the call `from`; -1: any */
	bool listens;      /* it may use its descriptors also before the set-up is done */
	int skip;         /* so many windows that were begun anew are passed over: `starts` of a run without a fault, less one */
	char *const *argv; /* the command; the first process of that name that makes the call `from` is looked at */
};

enum faults_end {
	FAULTS_NEVER,   /* no process came to the window, or not to its n-th call */
	FAULTS_REFUSED, /* it left by an exit code before the set-up was done */
	FAULTS_KILLED,  /* it died by a signal before that */
	FAULTS_DONE,    /* the set-up was done all the same */
	FAULTS_TOUCHED, /* it used one of its descriptors before the set-up was done */
	FAULTS_HUNG,
	FAULTS_UNTRACED, /* the kernel does not let us trace */
};

struct faults_call {
	int nr;
	int64_t ret;       /* what the kernel answered; not with the call that failed */
	uint64_t args[3];
};

struct faults_result {
	enum faults_end end;
	int code;                 /* exit code, signal, or the call that used a descriptor */
	int starts;               /* how often the window began: the call `from` again, or another program */
	int calls;                /* in the window, the ends counted */
	struct faults_call call[FAULTS_CALLS_MAX];
	char state[FAULTS_STATE_BYTES]; /* FAULTS_DONE: what /proc tells about its protection then */
};

/* One run. nth: which call fails (from 1; 0: none); err: its errno. Everything that was started is dead and reaped afterwards. */
void faults_run(const struct faults_window *w, int nth, int err, struct faults_result *ret);

#endif

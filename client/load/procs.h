/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the farm's processes on this machine use, by class, from /proc. Reading many processes' memory takes time, so it is done
 * in libuv's pool, and of the memory (PSS) a tenth of the processes is read anew at a time.
 */
#ifndef SEK_CLIENT_LOAD_PROCS_H
#define SEK_CLIENT_LOAD_PROCS_H

#include <sys/types.h>
#include <uv.h>

#include "client/load/result.h"

enum { LOAD_PROCS_ROOTS_MAX = 32 };

struct load_procs;
/* brokers, renderds: process ids, of which everything that descends counts; none of both: processes by these names, wherever they
 * come from. A renderd that is given may be any program: it counts as one. NULL: no memory. */
struct load_procs *load_procs_create(uv_loop_t *loop, const pid_t *brokers, size_t brokers_n, const pid_t *renderds, size_t renderds_n);
/* Waits for a sample that is under way. */
void load_procs_destroy(struct load_procs *p);

/* Begins a sample unless one is under way; fn (on the loop) gets it, but for at_s and running. False: none was begun. */
typedef void load_procs_fn(void *user, const struct sek_result_sample *s);
bool load_procs_sample(struct load_procs *p, load_procs_fn *fn, void *user);

/* Processor time of the calling thread, s: the loop's own, which is what a generator runs out of. */
double load_procs_thread_s(void);

/* The class of a process by its name and its parent's class (SEK_CLASSES: none of the farm's). */
unsigned load_procs_class(const char *name, unsigned parent);

#endif

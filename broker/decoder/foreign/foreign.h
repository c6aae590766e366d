/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the decoders of foreign hosts share before their jail: arguments, descriptors, credentials, the gap. Each is a process of its own,
 * presumed lost as every decoder is; nothing of this is shared at run time.
 */
#ifndef SEK_BROKER_DECODER_FOREIGN_FOREIGN_H
#define SEK_BROKER_DECODER_FOREIGN_FOREIGN_H

#include <stdbool.h>

#include "base/jail.h"
#include "broker/decoder/foreign/trust.h"
#include "broker/gap/children.h"
#include "broker/gap/gap.h"

struct sek_foreign {
	struct sek_gap_layout layout;
	struct sek_gap_writer *gap;
	const char *name;        /* of the host */
	bool test;               /* leave with SEK_EXIT_OK once the picture's size is known */
	bool insecure;           /* neither encryption nor a certificate is asked for */
	struct sek_trust *trust; /* NULL if insecure */
	char *login, *password;  /* heap, may be "": wipe them (sek_foreign_forget) as soon as they were used */
};

/* Everything that broker/gap/children.h says of how such a decoder is started; makes the input pipe non-blocking, closes the credentials
 * pipe. To be called before the jail. SEK_EXIT_OK, or the code to leave with. */
enum sek_child_exit sek_foreign_start(int argc, char **argv, struct sek_foreign *ret);

/* Wipes login and password. May be called again. */
void sek_foreign_forget(struct sek_foreign *f);

/* The jail, with the system calls that this kind needs: mapped_bytes, the address space beside the gap. */
sek_status sek_foreign_jail(const struct sek_foreign *f, uint64_t other_bytes, const int *syscalls);

/* These protocols have nothing by which a silent host can be told from a still picture: the kernel asks the other kernel. Before the jail. */
void sek_foreign_keep_alive(void);

/* Says why in the gap, and leaves: a library that was told "no" goes on with what it has. */
_Noreturn void sek_foreign_leave(const struct sek_foreign *f, enum sek_child_exit code);

/* Tells the encoder that something has changed. */
void sek_foreign_wake(void);

#endif

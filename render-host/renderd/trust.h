/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The TLS context, made again whenever one of its files has changed. While the files are not good there is none, and
 * nobody gets in.
 */
#ifndef SEK_RENDERD_TRUST_H
#define SEK_RENDERD_TRUST_H

#include <sys/stat.h>

#include "base/tls.h"
#include "render-host/renderd/config.h"

enum { SEK_TRUST_FILES = 4 };

struct sek_trust {
	const struct sek_renderd_config *config;
	struct stat seen[SEK_TRUST_FILES];
	struct sek_tls_context *context; /* NULL: nobody gets in */
	sek_status status;               /* why there is none */
};

void sek_trust_init(struct sek_trust *t, const struct sek_renderd_config *config);
void sek_trust_finish(struct sek_trust *t);
/* The context as the files are now, or NULL; t->status tells why, and the log. Good until the next call (sessions made
 * from it keep it). */
struct sek_tls_context *sek_trust_context(struct sek_trust *t);

#endif

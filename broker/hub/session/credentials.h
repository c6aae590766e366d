/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What one decoder needs for its TLS handshake, prepared on libuv's pool: root CA, CRL, a certificate with a fresh key
 * that names this session and this render host and nothing else, and the intermediate that issued it. Everything is read
 * from its file each time, so that a renewed CRL or intermediate needs no restart, and checked before a decoder starts.
 */
#ifndef SEK_BROKER_HUB_SESSION_CREDENTIALS_H
#define SEK_BROKER_HUB_SESSION_CREDENTIALS_H

#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/status.h"
#include "protocol/limits.h"

/* Paths of PEM files; not owned, must outlive every job. */
struct sek_credential_files {
	const char *ca, *crl, *intermediate, *intermediate_key;
	const struct sek_age_limits *ages; /* an older CRL or intermediate counts as none; NULL: whatever is valid */
};

struct sek_age_limits;
struct sek_credential_job;

/* s: SEK_OK and bytes[0..n) as the credentials pipe carries them (broker/gap/children.h), good during the call and wiped
 * after it; or why there are none and, in `what`, which file or step it was. */
typedef void sek_credentials_fn(void *user, sek_status s, const char *what, const uint8_t *bytes, size_t n);

/* Can a session certificate be issued at all? For the start of the broker; blocks. *ret_what: which file or step. */
sek_status sek_credentials_check(const struct sek_credential_files *files, const char **ret_what);
/* session NULL: for watching the host, not for a session. `gone` is called once when the job has been freed, after fn or instead of it. host is copied. */
sek_status sek_credentials_start(uv_loop_t *loop, const struct sek_credential_files *files,
	const uint8_t session[SEK_SESSION_ID_BYTES], const char *host, sek_credentials_fn *fn, void (*gone)(void *all),
	void *all, void *user, struct sek_credential_job **ret);
/* fn will not be called. NULL is fine. */
void sek_credentials_cancel(struct sek_credential_job *job);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Second factors, client certificates and consent in the store. The secret of a TOTP generator is sealed by the caller
 * before it comes here; recovery codes come as hashes. Rules of store.h hold.
 */
#ifndef SEK_BROKER_HUB_STORE_FACTORS_H
#define SEK_BROKER_HUB_STORE_FACTORS_H

#include "broker/hub/store/people.h"

#define SEK_STORE_SEALED_BYTES 128       /* most bytes of a sealed secret */
#define SEK_STORE_RECOVERY_BYTES 160     /* of a recovery code's hash text with its end */
#define SEK_STORE_RECOVERY_MAX 20        /* of one user */
#define SEK_STORE_CERTIFICATE_BYTES 1024 /* fingerprint or subject with its end */
#define SEK_STORE_NOTICE_BYTES 65        /* hash of a notice's text in hex, with its end */

struct sek_store_totp {
	uint8_t sealed[SEK_STORE_SEALED_BYTES];
	size_t sealed_n;
	int64_t step;      /* the last time step that was used: only greater ones are good */
	int64_t created_s;
	unsigned recovery; /* codes left */
};

/* A generator whose first code (of this step) was right: stored with n hashes of recovery codes, all at once. SEK_E_EXISTS: the user
 * has one already. SEK_E_NOT_FOUND: no such user. SEK_E_LIMIT. */
sek_status sek_store_totp_enrol(struct sek_store *s, int64_t user_id, const uint8_t *sealed, size_t sealed_n, int64_t step,
	const char *const *hashes, size_t n, int64_t now_s);
/* Until until_s the user may set a generator up, where the site asks for that word; on the record. SEK_E_NOT_FOUND: no such user.
 * SEK_E_EXISTS: the user has one. */
sek_status sek_store_totp_allow(struct sek_store *s, const char *user, int64_t until_s, const struct sek_store_actor *by);
/* SEK_E_NOT_FOUND: none. */
sek_status sek_store_totp_get(struct sek_store *s, int64_t user_id, struct sek_store_totp *ret);
/* Takes a step for used. SEK_E_DENIED: it, or a later one, was used before, by whichever of two at once came first. */
sek_status sek_store_totp_use(struct sek_store *s, int64_t user_id, int64_t step);
/* Takes the second factor away, with its codes, on the record; ends the user's log-ins. SEK_E_NOT_FOUND. */
sek_status sek_store_totp_delete(struct sek_store *s, const char *user, const struct sek_store_actor *by);
/* Uses up one code. SEK_E_NOT_FOUND: it was used already. */
sek_status sek_store_recovery_use(struct sek_store *s, int64_t user_id, const char *hash);

enum sek_certificate_kind { SEK_CERTIFICATE_FINGERPRINT, SEK_CERTIFICATE_SUBJECT };
/* Texts given to callbacks are good during the call. */
struct sek_store_certificate {
	enum sek_certificate_kind kind;
	const char *value;    /* SHA-256 in lower-case hex, or the subject as RFC 4514 text */
	const char *subject;  /* of the one that was bound by fingerprint, to be shown; "" = nobody knows */
	int64_t ends_s;       /* when that one ends; 0 = nobody knows */
	int64_t created_s;    /* when it was bound; adding one does not look at it */
};
/* SEK_E_EXISTS: bound already (to anybody). SEK_E_NOT_FOUND: no such user. */
sek_status sek_store_certificate_add(struct sek_store *s, const char *user, const struct sek_store_certificate *c,
	const struct sek_store_actor *by);
sek_status sek_store_certificate_remove(struct sek_store *s, const char *user, enum sek_certificate_kind kind,
	const char *value, const struct sek_store_actor *by);
/* Whose it is. SEK_E_NOT_FOUND. */
sek_status sek_store_certificate_find(struct sek_store *s, enum sek_certificate_kind kind, const char *value,
	struct sek_store_user *ret);
sek_status sek_store_certificates_each(struct sek_store *s, const char *user,
	void (*fn)(void *ctx, const struct sek_store_certificate *c), void *ctx);

/* The user has acknowledged the notice whose text has this hash. SEK_OK also if it was there already. */
sek_status sek_store_consent_add(struct sek_store *s, int64_t user_id, const char *notice, const char *lang, int64_t now_s);
/* *ret_s: when, 0 = never. */
sek_status sek_store_consent_get(struct sek_store *s, int64_t user_id, const char *notice, int64_t *ret_s);

#endif

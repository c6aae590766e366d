/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What waits for an approver, and what became of it: pages of a document (which lie elsewhere) or a text (sealed by the caller). Who may
 * decide is looked up in the same transaction in which it is decided. Rules of store.h hold.
 */
#ifndef SEK_BROKER_HUB_STORE_APPROVALS_H
#define SEK_BROKER_HUB_STORE_APPROVALS_H

#include "broker/hub/store/approvers.h"

#define SEK_STORE_APPROVAL_BYTES 33        /* of an id: 32 hex digits with the end */
#define SEK_STORE_APPROVAL_NAME_BYTES 256  /* what the requester calls it, with its end */
#define SEK_STORE_APPROVALS_EACH 20        /* of one user that wait, or texts that were approved and not yet deleted */
#define SEK_STORE_APPROVALS_MAX 10000      /* of everybody that wait */
#define SEK_STORE_APPROVAL_SEALED_MAX (512u * 1024)

enum sek_approval_kind { SEK_APPROVAL_FILE, SEK_APPROVAL_PRINT, SEK_APPROVAL_TEXT };
enum sek_approval_state { SEK_APPROVAL_WAITING, SEK_APPROVAL_APPROVED, SEK_APPROVAL_REFUSED, SEK_APPROVAL_EXPIRED };
const char *sek_approval_kind_word(enum sek_approval_kind kind);    /* "file", "print", "text" */
const char *sek_approval_state_word(enum sek_approval_state state); /* "waiting", "approved", "refused", "expired" */

struct sek_store_approval {
	char id[SEK_STORE_APPROVAL_BYTES];
	enum sek_approval_kind kind;
	char user[SEK_STORE_NAME_BYTES], display[SEK_STORE_DISPLAY_BYTES]; /* who asks; display is not written */
	char group[SEK_STORE_NAME_BYTES];    /* by which the approver may decide; not written, "" where there is no approver */
	char name[SEK_STORE_APPROVAL_NAME_BYTES];
	char session[SEK_STORE_APPROVAL_BYTES]; /* "" = not of a session */
	char sha256[65];
	uint32_t pages, chars;
	uint64_t bytes;
	unsigned needed, given;  /* approvers: 1 or 2; given: 0 or 1 while it waits */
	bool mine;               /* the approver who asks has approved it already; not written */
	bool log_text;           /* a text that goes on the record when it is taken */
	int64_t asked_s, expires_s, decided_s;
	enum sek_approval_state state;
	char who[SEK_STORE_NAME_BYTES], why[SEK_STORE_WHY_BYTES]; /* who decided, and what he or she said */
};

typedef void sek_store_approval_fn(void *ctx, const struct sek_store_approval *a);

/* Something is asked for: state WAITING. sealed: n bytes of a text, NULL for documents. SEK_E_NOT_FOUND (user), SEK_E_EXISTS,
 * SEK_E_LIMIT: too many wait. */
sek_status sek_store_approval_add(struct sek_store *s, const struct sek_store_approval *a, const uint8_t *sealed, size_t n);
/* One, whoever asks. SEK_E_NOT_FOUND. */
sek_status sek_store_approval_find(struct sek_store *s, const char *id, struct sek_store_approval *ret);
/* One that waits and that this approver may decide now. SEK_E_NOT_FOUND. */
sek_status sek_store_approval_for(struct sek_store *s, const char *id, const char *approver, int64_t now_s, struct sek_store_approval *ret);
/* All of those, oldest first. */
sek_status sek_store_approvals_for(struct sek_store *s, const char *approver, int64_t now_s, unsigned limit, sek_store_approval_fn *fn,
	void *ctx, uint64_t *ret_total);
/* SEK_E_NOT_FOUND; SEK_E_CONFLICT: this approver is one of the two already. *ret: how it stands now. */
sek_status sek_store_approval_decide(struct sek_store *s, const char *id, const char *approver, bool approve, const char *why, int64_t now_s,
	struct sek_store_approval *ret);
/* Forgets it. user: who must have asked for it; NULL = whoever. SEK_E_NOT_FOUND. */
sek_status sek_store_approval_delete(struct sek_store *s, const char *id, const char *user);
/* Texts of one user, newest first. */
sek_status sek_store_texts_of(struct sek_store *s, const char *user, sek_store_approval_fn *fn, void *ctx);
/* The sealed text: *ret on the heap. SEK_E_NOT_FOUND: there is none (any more). */
sek_status sek_store_approval_sealed(struct sek_store *s, const char *id, uint8_t **ret, size_t *ret_n);
/* What waited for too long is refused from now on, each is told. What was decided before purge_s, and approved texts that nobody took in
 * time, are forgotten. Writes nothing if there is nothing to do. */
sek_status sek_store_approvals_expire(struct sek_store *s, int64_t now_s, int64_t purge_s, sek_store_approval_fn *fn, void *ctx);
/* Decided, and not marked as told yet: documents only. */
sek_status sek_store_approvals_untold(struct sek_store *s, sek_store_approval_fn *fn, void *ctx);
sek_status sek_store_approval_told(struct sek_store *s, const char *id);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the writing parts of the store share: transactions, checks of texts, the record of who did what. Private to store/.
 */
#ifndef SEK_BROKER_HUB_STORE_WRITE_H
#define SEK_BROKER_HUB_STORE_WRITE_H

#include "broker/hub/store/policies.h"
#include "broker/hub/store/db.h"

/* Returns from the calling function with the status of `call`, made inside a transaction of s. */
#define SEK_STORE_WRITE(s, call)                                               \
	do {                                                                   \
		sek_status write_;                                             \
		sek_store_lock(s);                                            \
		write_ = sek_db_begin((s)->db);                            \
		if (sek_is_ok(write_))                                         \
			write_ = sek_db_end((s)->db, (call));              \
		sek_store_unlock(s);                                          \
		return write_;                                                 \
	} while (0)

/* The same without a transaction: one statement, or reading. */
#define SEK_STORE_READ(s, call)                  \
	do {                                     \
		sek_status read_;                \
		sek_store_lock(s);              \
		read_ = (call);                  \
		sek_store_unlock(s);            \
		return read_;                    \
	} while (0)

/* SEK_E_LIMIT if a text with its end does not fit into `size`: nothing is ever cut when it is written. */
sek_status sek_store_fits(const char *text, size_t size);
/* SEK_E_MALFORMED: no reason given; SEK_E_LIMIT: too long. */
sek_status sek_store_check_actor(const struct sek_store_actor *by);
/* One line of the history with status applied, inside a transaction. ret_id may be NULL. */
sek_status sek_store_record(struct sek_db *db, const char *scope, int64_t target, const char *name, const char *attribute,
	const char *before, const char *after, const struct sek_store_actor *by, int64_t *ret_id);
/* The id and version of a user or a group; SEK_E_NOT_FOUND; SEK_E_CONFLICT unless version is 0 or the one there. */
sek_status sek_store_user_at(struct sek_db *db, const char *name, int64_t version, int64_t *ret_id);
sek_status sek_store_group_at(struct sek_db *db, const char *name, int64_t version, int64_t *ret_id);
sek_status sek_store_void_logins(struct sek_db *db, int64_t user_id);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bench-admin-fill STORE USERS AUDIT_FOLDER AUDIT_KEY RECORDS: fills a store that a broker has made with users (every
 * hundredth in a group of its own) and an audit log with records, as a site would have after years. Prints nothing.
 */
#include <stdio.h>
#include <stdlib.h>

#include <sqlite3.h>
#include <uv.h>

#include "broker/hub/audit/audit.h"

enum { BATCH = 4096 };

struct fill {
	struct sek_audit *audit;
	long left, number;
	bool failed;
};

static int fill_users(const char *path, long n)
{
	static const char insert[] = "INSERT OR IGNORE INTO users (name, hash, roles, display, created_s, password_s) VALUES "
		"('shokuin' || printf('%05d', ?1), 'x', 'staff', '職員 ' || ?1, 1700000000 + ?1, 1700000000)";
	sqlite3_stmt *q = NULL;
	sqlite3 *db = NULL;
	long i;
	int ok = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
		sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK &&
		sqlite3_prepare_v2(db, insert, -1, &q, NULL) == SQLITE_OK;

	for (i = 0; ok && i < n; i++) {
		sqlite3_bind_int64(q, 1, i);
		ok = sqlite3_step(q) == SQLITE_DONE;
		sqlite3_reset(q);
	}
	sqlite3_finalize(q);
	ok = ok && sqlite3_exec(db, "INSERT INTO groups (name, created_s) SELECT 'ka' || id, 1700000000 FROM users WHERE id % 100 = 0;"
		"INSERT INTO members (group_id, user_id, source) SELECT g.id, u.id, 'local' FROM groups g, users u WHERE u.id % 100 = g.id % 100;"
		"COMMIT", NULL, NULL, NULL) == SQLITE_OK;
	if (!ok)
		fprintf(stderr, "bench-admin-fill: %s\n", sqlite3_errmsg(db));
	sqlite3_close(db);
	return ok ? 0 : 1;
}

static void stopped(void *user)
{
	(void)user;
}

static void next_batch(struct fill *f);

static void on_done(void *user, sek_status status)
{
	struct fill *f = user;

	f->failed = f->failed || !sek_is_ok(status);
	next_batch(f);
}

/* The last of each batch asks to be told, so that the queue never overflows. */
static void next_batch(struct fill *f)
{
	static const char *const what[] = { "login.ok", "session.started", "session.ended", "login.failed", "policy.set" };
	char who[32], session[40];
	int i;

	for (i = 0; i < BATCH && f->left > 0 && !f->failed; i++) {
		const char *const details[] = { "address", "192.0.2.17", "host", "render1.sekisho.internal", "reason",
			f->number == 1000 ? "needle in the haystack" : "窓口の申請入力のため", NULL };
		struct sek_audit_event e = { .who = who, .what = what[f->number % 5], .object = session, .details = details };

		snprintf(who, sizeof who, "shokuin%05ld", f->number % 10000);
		snprintf(session, sizeof session, "%032lx", (unsigned long)f->number * 2654435761u);
		f->number++;
		f->left--;
		sek_audit_event(f->audit, &e, i == BATCH - 1 || f->left == 0 ? on_done : NULL, f);
	}
	if (i == 0)
		sek_audit_stop(f->audit, stopped, f);
}

int main(int argc, char **argv)
{
	struct sek_audit_config c = { .where = "bench", .checkpoint_s = SEK_AUDIT_CHECKPOINT_S,
		.checkpoint_records = SEK_AUDIT_CHECKPOINT_RECORDS, .segment_bytes = SEK_AUDIT_SEGMENT_BYTES };
	struct fill f = { 0 };
	char err[512] = "";
	uv_loop_t loop;

	if (argc != 6)
		return 2;
	if (fill_users(argv[1], atol(argv[2])) != 0)
		return 1;
	c.path = argv[3];
	c.key_path = argv[4];
	f.left = atol(argv[5]);
	uv_loop_init(&loop);
	if (!sek_is_ok(sek_audit_create(&loop, &c, &f.audit, err, sizeof err))) {
		fprintf(stderr, "bench-admin-fill: %s\n", err);
		return 1;
	}
	next_batch(&f);
	uv_run(&loop, UV_RUN_DEFAULT);
	sek_audit_destroy(f.audit);
	return f.failed ? 1 : 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Another login.key: what was sealed with the old one opens with the new one, all of it or nothing, also after an interruption.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/file.h"
#include "broker/hub/auth/totp.h"
#include "broker/hub/keys/seal.h"
#include "broker/hub/newlogin.h"
#include "broker/hub/store/factors.h"
#include "broker/hub/store/hosts.h"
#include "broker/hub/store/reseal.h"
#include "tests/unit/hub/store/where.h"

static char top[64], key_path[96], next_path[112], err[512];
static struct sek_broker_config config;
static struct sek_store *store;
static struct sek_store_user user;
static uint8_t old[32], fresh[32], secret[SEK_TOTP_SECRET_BYTES];

static void print(const char *name, const uint8_t key[32], char *ret)
{
	uint8_t hash[32];

	(void)name;
	(void)crypto_generichash(hash, sizeof hash, key, 32, NULL, 0);
	sodium_bin2hex(ret, SEK_STORE_FINGERPRINT_BYTES, hash, sizeof hash);
}

static sek_status take(void)
{
	return sek_newlogin_take(store, &config, "login.key", print, err, sizeof err);
}

static void set_up(void)
{
	uint8_t sealed[SEK_TOTP_SEALED_BYTES], box[5 + SEK_SEAL_MORE_BYTES];
	const char *hashes[] = { "0123" };
	char path[96], purpose[128];

	ck_assert_int_ge(sodium_init(), 0);
	snprintf(top, sizeof top, "/tmp/sek-newlogin-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	snprintf(key_path, sizeof key_path, "%s/login.key", top);
	snprintf(next_path, sizeof next_path, "%s.next", key_path);
	snprintf(path, sizeof path, "%s/broker.db", top);
	config.login_key_path = key_path;
	ck_assert(sek_is_ok(sek_totp_key_load(key_path, old, err, sizeof err)));
	ck_assert_msg(sek_is_ok(sek_store_open(where_of(path), &store, err, sizeof err)), "%s", err);
	ck_assert(sek_is_ok(sek_store_user_add(store, "taro", "hash", 1)));
	ck_assert(sek_is_ok(sek_store_user_find(store, "taro", &user)));
	sek_totp_secret_make(secret);
	sek_totp_seal(old, user.id, secret, sealed);
	ck_assert(sek_is_ok(sek_store_totp_enrol(store, user.id, sealed, sizeof sealed, 1, hashes, 1, 1)));
	sek_seal_for_host("desk7", "", purpose, sizeof purpose);
	sek_seal(old, purpose, "hello", 5, box);
	ck_assert(sek_is_ok(sek_store_host_secret_put(store, "desk7", "", box, sizeof box)));
	randombytes_buf(fresh, sizeof fresh);
}

static void tear_down(void)
{
	char command[128];

	sek_store_close(store);
	snprintf(command, sizeof command, "rm -rf %s", top);
	ck_assert_int_eq(system(command), 0);
}

static void opens_with(const uint8_t key[32])
{
	uint8_t box[SEK_STORE_SECRET_BYTES], plain[SEK_STORE_SECRET_BYTES], back[SEK_TOTP_SECRET_BYTES], there[32];
	struct sek_store_totp t;
	char purpose[128];
	size_t n = 0;
	bool own;

	ck_assert(sek_is_ok(sek_store_totp_get(store, user.id, &t)));
	ck_assert(sek_is_ok(sek_totp_open(key, user.id, t.sealed, t.sealed_n, back)));
	ck_assert_mem_eq(back, secret, sizeof back);
	ck_assert_int_eq(t.step, 1);
	ck_assert(sek_is_ok(sek_store_host_secret_get(store, "desk7", "", box, &n, &own)));
	sek_seal_for_host("desk7", "", purpose, sizeof purpose);
	ck_assert(sek_is_ok(sek_seal_open(key, purpose, box, n, plain)));
	ck_assert_mem_eq(plain, "hello", 5);
	ck_assert(sek_is_ok(sek_totp_key_load(key_path, there, err, sizeof err)));
	ck_assert_mem_eq(there, key, 32);
	ck_assert_int_ne(access(next_path, F_OK), 0);
}

START_TEST(without_another_one_nothing_happens)
{
	ck_assert(sek_is_ok(take()));
	opens_with(old);
}
END_TEST

START_TEST(all_is_sealed_anew)
{
	struct sek_store_totp t;

	ck_assert(sek_is_ok(sek_file_write(next_path, fresh, sizeof fresh, 0600, SEK_FILE_NEW)));
	ck_assert_msg(sek_is_ok(take()), "%s", err);
	opens_with(fresh);
	ck_assert(sek_is_ok(sek_store_totp_get(store, user.id, &t)));
	ck_assert_uint_eq(t.recovery, 0); /* their hashes cannot be made anew */
}
END_TEST

START_TEST(an_interruption_behind_the_store_is_finished)
{
	ck_assert(sek_is_ok(sek_file_write(next_path, fresh, sizeof fresh, 0600, SEK_FILE_NEW)));
	ck_assert(sek_is_ok(take()));
	/* the store has it, the file is not in its place */
	ck_assert(sek_is_ok(sek_file_write(next_path, fresh, sizeof fresh, 0600, SEK_FILE_NEW)));
	ck_assert(sek_is_ok(sek_file_write(key_path, old, sizeof old, 0600, SEK_FILE_REPLACE)));
	ck_assert(sek_is_ok(take()));
	opens_with(fresh);
}
END_TEST

START_TEST(a_file_that_is_no_key_is_refused)
{
	ck_assert(sek_is_ok(sek_file_write(next_path, "short", 5, 0600, SEK_FILE_NEW)));
	ck_assert(sek_is(take(), SEK_E_CONFIG));
	ck_assert_int_eq(unlink(next_path), 0);
	opens_with(old);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("newlogin");
	Suite *s = suite_create("newlogin");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, without_another_one_nothing_happens);
	tcase_add_test(t, all_is_sealed_anew);
	tcase_add_test(t, an_interruption_behind_the_store_is_finished);
	tcase_add_test(t, a_file_that_is_no_key_is_refused);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}

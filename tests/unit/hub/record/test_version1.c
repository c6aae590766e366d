/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A recording that a broker wrote when the format had version 1: it is read, verified and finished as ever.
 */
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/hex.h"
#include "broker/hub/record/form.h"
#include "rig.h"

#define ID "3f0c0613715f5f0da40771a6356500b5"

/* The recording key's secret half is that of a seed of 32 bytes of 1. */
static const char old_signer[] = "7b5f040c9d5565918e5cc73bdbcaf93f9b2d6d254a3cfeac731770670979d493";
static const char old[] =
	"53454b5245430d0a00010140000000003f0c0613715f5f0da40771a6356500b530313233343536373839616263646500000660f471ab799d"
	"6f6c640000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
	"00000000000000001b1b58dd50ea14b60da17b790cd02754d970c9bab864ebb3c0f3016fe51d3f5727a097b911fd07e0864845bba55f74f4"
	"9ae14d7cdc5e6da136939199fb3ae73a65d9dcf113fce5e556a4174fa6d639177082945d337f33a48ab97d13045eae84fff182ff3d186ee0"
	"c19a994788a289b67b5f040c9d5565918e5cc73bdbcaf93f9b2d6d254a3cfeac731770670979d49300000000000000000000000000000000"
	"0000000000000000af7241ed642f9e592c4ac9fb0f9d214ffbcb9da8ced282f666edd60ea502b48d424c4b3100000000000000f900000000"
	"000000000000004d0000000000000053000660f471ab79e9000000000000000000000002000000000000000000000000af7241ed642f9e59"
	"2c4ac9fb0f9d214ffbcb9da8ced282f666edd60ea502b48d8accc562d3717fadf9580ec63a4803469542c1c626ef2ddaf836bc1abaaa9fd2"
	"802d9077f410c609ea0e10d335b7523a2f152fb834d97697ac0856b1800c87ed83870e3db15e55d219a8946d59a25c10f94a721326033f1c"
	"a8f6b08f32aa99e445856c8f586b7555afe8c7024a6ee97a290c9d347d5ee44a7eb7223e1dab02b85563dfdccc5be60a4fc34623b010636e"
	"df1b33ecb878027dd1900e77493671b1411e2d19ee89cd6058d62070dca54d759a3ce184b06a829cebf640ef58633a1ff8891f0288db8c8a"
	"2172236f765f32f911ba4c64067b486e6f9c4b2b0fbee329cc4338f1c7a9a2909318b1fc9f9008c5590a554ad562c779f3417ace2d774cd7"
	"a8eccb841d11a8e6d1b4e76b88f7345e596d2d3f084fce703279104b4e4b1eb2b0f302f4b449587fa797bb631ea71694dc85c5e553ced95f"
	"f56c11151a5b73fac228424c4b31000000010000003811000000000000000016d9ab000000000016d9af000660f471c25348000000000016"
	"d9ab0000000200000001000000000000000802f4b449587fa797bb631ea71694dc85c5e553ced95ff56c11151a5b73fac22846762d6a307f"
	"0c727bbd74e8d36fc60ea61ba2e31a382127918928e739d1a295a8d58bbdef49fd50d2fd8ba4c8280352a0a7a1bac8fe3ec6c4387774f62f"
	"45cea0395155b957f6148c1ae471255df0c256fc9b475d32a3349d4d5f2d4f3544cdcaffa92f93dd08896c4024b50c1591f491949c83ab71"
	"8fce8d088fd3ec1cdac99b494458310000000200000000000000f900000000000000000000004d0000000000000053000660f471ab79e900"
	"0000000000000000000002000000000000000000000000000000010000003811000000000000000016d9ab000000000016d9af000660f471"
	"c25348000000000016d9ab00000002000000010000000000000008454e443100000002000000000016d9af00000000000003c3000660f471"
	"c255d600000000000000010001000000000000ffa92f93dd08896c4024b50c1591f491949c83ab718fce8d088fd3ec1cdac99bf00aba2a17"
	"761c6597ba5d2682401202143200be9d6fea063a28d45eabe87a427b5f040c9d5565918e5cc73bdbcaf93f9b2d6d254a3cfeac7317706709"
	"79d4938fda7acbcba83c088b9ae692ead9ec0e9aed999c962d2f5ab71ffaeb35e19167984762a4cfb8ee9d48354a284f6141b47b9c737142"
	"a15d58047fce1123210d09ac6d1e834e8609a1e27fa239279d6c59149395eecd1886e1781511b13866b17f";

enum { BYTES = (sizeof old - 1) / 2 };

static struct rig r;
static uint8_t bytes[BYTES], secret[32], signer[32];
static unsigned findings;

static void setup(void)
{
	uint8_t seed[32], public_key[32];

	memset(seed, 1, sizeof seed);
	rig_init(&r);
	crypto_box_seed_keypair(public_key, secret, seed);
	ck_assert(sek_unhex(old, sizeof old - 1, bytes, sizeof bytes));
	ck_assert(sek_unhex(old_signer, sizeof old_signer - 1, signer, sizeof signer));
	rig_open(&r); /* makes the folder */
	rig_stop(&r);
}

static void teardown(void)
{
	rig_finish(&r);
}

static void on_finding(void *user, const char *word, uint32_t block)
{
	(void)user, (void)word, (void)block;
	findings++;
}

static enum sek_recording_verdict verify(const uint8_t *by, const uint8_t *key)
{
	enum sek_recording_verdict verdict = SEK_RECORDING_DAMAGED;

	findings = 0;
	ck_assert(sek_is_ok(sek_recording_verify(rig_path(&r, ID), by, key, on_finding, NULL, &verdict)));
	return verdict;
}

/* Opens it and reads all; key: of the recording. */
static void read_all(uint8_t key[SEK_RECORDING_KEY_BYTES])
{
	struct sek_recording_reader *reader = NULL;
	const uint8_t *entries;
	size_t n, got, i;

	ck_assert_msg(sek_is_ok(sek_recording_open(rig_path(&r, ID), &reader, r.err, sizeof r.err)), "%s", r.err);
	ck_assert(sek_recording_head(reader)->closed);
	ck_assert(sek_is_ok(sek_recording_unseal(sek_recording_head(reader), secret, key)));
	ck_assert(sek_is_ok(sek_recording_use(reader, key)));
	(void)sek_recording_blocks(reader, &n);
	ck_assert_uint_eq(n, 2);
	for (i = 0; i < n; i++)
		ck_assert(sek_is_ok(sek_recording_read(reader, (uint32_t)i, &entries, &got)));
	sek_recording_reader_close(reader);
}

START_TEST(it_is_read_and_verified)
{
	uint8_t key[SEK_RECORDING_KEY_BYTES];
	size_t i;

	rig_write(rig_path(&r, ID), bytes, sizeof bytes);
	read_all(key);
	ck_assert_int_eq(verify(signer, key), SEK_RECORDING_SOUND);
	for (i = 12; i < sizeof bytes; i += 3) {
		bytes[i] ^= 1;
		rig_write(rig_path(&r, ID), bytes, sizeof bytes);
		ck_assert_int_ne(verify(signer, NULL), SEK_RECORDING_SOUND);
		ck_assert_uint_ge(findings, 1);
		bytes[i] ^= 1;
	}
	bytes[9] = 2; /* its hash is not that of version 2 */
	rig_write(rig_path(&r, ID), bytes, sizeof bytes);
	ck_assert_int_eq(verify(signer, NULL), SEK_RECORDING_DAMAGED);
}
END_TEST

START_TEST(a_crash_before_the_update_is_repaired_after_it)
{
	uint8_t key[SEK_RECORDING_KEY_BYTES];
	struct sek_record_end e;

	ck_assert(sek_is_ok(sek_record_end_read(bytes + sizeof bytes - SEK_RECORD_END_BYTES, SEK_RECORD_END_BYTES, false, &e)));
	rig_write(rig_path(&r, ID), bytes, (size_t)e.bytes + 5);
	rig_open(&r);
	ck_assert_uint_eq(r.finished, 1);
	ck_assert_str_eq(r.late.id, ID);
	rig_stop(&r);
	read_all(key);
	ck_assert_int_eq(verify(r.signer, key), SEK_RECORDING_SOUND);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("recordings of version 1");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, it_is_read_and_verified);
	tcase_add_test(t, a_crash_before_the_update_is_repaired_after_it);
	suite_add_tcase(s, t);
	return rig_suite(s);
}

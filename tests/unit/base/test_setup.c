/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the set-up programs share: answers files, questions from a file, networks, and files that are never half written nor written over
 * without a yes. (Whole set-ups: tests/unit/enrol/setup.py.)
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/setup/setup.h"

static char dir[64], path[128], *said;
static size_t said_n;
static struct sek_questions q;

static void begin(void)
{
	snprintf(dir, sizeof dir, "/tmp/sekisho-test-setup.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/file", dir);
	q = (struct sek_questions){ .in = stdin, .out = open_memstream(&said, &said_n), .of = 1 };
}

static void end(void)
{
	char command[128];

	sek_questions_finish(&q);
	fclose(q.out);
	free(said);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static bool heard(const char *text)
{
	fflush(q.out);
	return strstr(said, text) != NULL;
}

START_TEST(answers)
{
	struct sek_answers a;
	size_t line;
	char *text;

	ck_assert(sek_is_ok(sek_answers_parse("# a site\n\n one : 1 \r\ntwo: \" spaced \"\nurl: ldaps://x:636\nempty:\nja: 関所", &a, &line)));
	ck_assert_uint_eq(a.n, 5);
	ck_assert_str_eq(sek_answers_find(&a, "one")->text, "1");
	ck_assert_uint_eq(sek_answers_find(&a, "one")->line, 3);
	ck_assert_str_eq(sek_answers_find(&a, "two")->text, " spaced ");
	ck_assert_str_eq(sek_answers_find(&a, "url")->text, "ldaps://x:636");
	ck_assert_str_eq(sek_answers_find(&a, "empty")->text, "");
	ck_assert_str_eq(sek_answers_find(&a, "ja")->text, "関所");
	ck_assert_ptr_null(sek_answers_find(&a, "three"));
	ck_assert(sek_is_ok(sek_answers_set(&a, "three", "3")));
	sek_answers_remove(&a, "two");
	sek_answers_remove(&a, "two");
	text = sek_answers_text(&a, "# again\n");
	ck_assert_str_eq(text, "# again\none: 1\nurl: ldaps://x:636\nempty: \nja: 関所\nthree: 3\n");
	free(text);
	sek_answers_finish(&a);
}
END_TEST

START_TEST(answers_refused)
{
	static const char *const bad[] = { "one: 1\none: 2\n", "one: 1\nno colon\n", "x: 1\nA B: 2\n", "x: 1\n: 2\n", "x: 1\ny: a\033[31m\n" };
	char *many = calloc(1, 65536), *at = many;
	struct sek_answers a;
	size_t line, i;

	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		ck_assert_msg(sek_is(sek_answers_parse(bad[i], &a, &line), SEK_E_MALFORMED), "%s", bad[i]);
		ck_assert_uint_eq(line, 2);
	}
	for (i = 0; i <= SEK_ANSWERS_MAX; i++)
		at += sprintf(at, "key%zu: x\n", i);
	ck_assert(sek_is(sek_answers_parse(many, &a, &line), SEK_E_LIMIT));
	ck_assert_uint_eq(line, SEK_ANSWERS_MAX + 1);
	memset(many, 'x', 65535);
	memcpy(many, "k: ", 3);
	many[3 + SEK_ANSWER_BYTES] = '\0';
	ck_assert(sek_is(sek_answers_parse(many, &a, &line), SEK_E_MALFORMED));
	many[2 + SEK_ANSWER_BYTES] = '\0';
	ck_assert(sek_is_ok(sek_answers_parse(many, &a, &line)));
	sek_answers_finish(&a);
	free(many);
}
END_TEST

static bool only_even(void *ctx, char *answer, char *err, size_t err_size)
{
	(void)ctx;
	return atoi(answer) % 2 == 0 || sek_wrong(&q, err, err_size, &(struct sek_phrase){ "%s is odd", "%s は奇数" }, answer);
}

START_TEST(questions_from_a_file)
{
	static const struct sek_question even = { "even", 1, { "Even?", "偶数" }, { NULL, NULL } }, odd = { "odd", 0, { "Odd?", "奇数" }, { NULL, NULL } },
		other = { "other", 0, { "Other?", "他" }, { NULL, NULL } };
	const struct sek_phrase sure = { "Sure?", "本当に" };
	char ret[SEK_ANSWER_BYTES];
	FILE *f = fopen(path, "w");

	fputs("even: 2\nodd: 3\nsure: はい\nstray: 1\n", f);
	fclose(f);
	ck_assert(sek_questions_start(&q, path, NULL));
	ck_assert(sek_question(&q, &even, NULL, only_even, NULL, ret));
	ck_assert_str_eq(ret, "2");
	ck_assert(!sek_question(&q, &odd, NULL, only_even, NULL, ret));
	ck_assert(heard(":2: odd: 3 is odd"));
	ck_assert(!sek_question(&q, &other, NULL, only_even, NULL, ret)); /* neither there nor suggested */
	ck_assert(heard("'other' is missing: Other?"));
	ck_assert(sek_question(&q, &other, "4", only_even, NULL, ret));
	ck_assert_str_eq(ret, "4");
	ck_assert(sek_question_yes(&q, "sure", &sure, false));
	ck_assert(!sek_question_yes(&q, "unsure", &sure, false));
	ck_assert(sek_question_yes(&q, "unsure", &sure, true));
	ck_assert_ptr_null(sek_answers_find(&q.given, "sure")); /* of this time only */
	ck_assert_uint_eq(q.wrong, 2);
	sek_questions_check_unused(&q);
	ck_assert(heard(":4: 'stray' is not asked for"));
	ck_assert_uint_eq(q.wrong, 3);
}
END_TEST

START_TEST(files)
{
	char before[160], *text = NULL;
	struct stat st;

	q.path = "answers"; /* so that nothing is asked on a terminal: what the file does not say is no */
	ck_assert_int_eq(sek_setup_write(&q, path, "one", 3, 0600, NULL), SEK_WROTE_NEW);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(sek_setup_write(&q, path, "one", 3, 0600, NULL), SEK_WROTE_SAME);
	ck_assert_int_eq(sek_setup_write(&q, path, "two", 3, 0600, NULL), SEK_WROTE_KEPT);
	q.dry_run = q.yes = true;
	ck_assert_int_eq(sek_setup_write(&q, path, "two", 3, 0600, NULL), SEK_WROTE_KEPT);
	q.dry_run = false;
	ck_assert_int_eq(sek_setup_write(&q, path, "two", 3, 0640, NULL), SEK_WROTE_OVER);
	snprintf(before, sizeof before, "%s.before", path);
	ck_assert(sek_is_ok(sek_file_read(before, &text, NULL)));
	ck_assert_str_eq(text, "one");
	free(text);
	ck_assert_int_eq(stat(before, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert(sek_is_ok(sek_file_read(path, &text, NULL)));
	ck_assert_str_eq(text, "two");
	free(text);
	snprintf(before, sizeof before, "%s/none/file", dir);
	ck_assert_int_eq(sek_setup_write(&q, before, "x", 1, 0600, NULL), SEK_WROTE_FAILED);
}
END_TEST

START_TEST(networks)
{
	char text[SEK_ANSWER_BYTES] = "10.1.0.0/16  10.2.0.5,10.3.0.0/24", bad[64] = "", from[64];
	char none[SEK_ANSWER_BYTES] = "none", six[SEK_ANSWER_BYTES] = "10.0.0.0/8  fd00::/8,2001:db8:0:8000::/49", wide[SEK_ANSWER_BYTES] = "10.0.0.0/33";
	char one[SEK_ANSWER_BYTES], wrong[SEK_ANSWER_BYTES] = "fd00::/8, fd00::/129";

	ck_assert(sek_networks_normalize(text, bad, sizeof bad));
	ck_assert_str_eq(text, "10.1.0.0/16, 10.2.0.5, 10.3.0.0/24");
	ck_assert(sek_networks_normalize(none, bad, sizeof bad));
	ck_assert(sek_networks_normalize(six, bad, sizeof bad));
	sek_networks_of(six, false, one, sizeof one);
	ck_assert_str_eq(one, "10.0.0.0/8");
	sek_networks_of(six, true, one, sizeof one);
	ck_assert_str_eq(one, "fd00::/8, 2001:db8:0:8000::/49");
	sek_networks_of("none", true, one, sizeof one);
	ck_assert_str_eq(one, "");
	ck_assert(!sek_networks_normalize(wrong, bad, sizeof bad));
	ck_assert_str_eq(bad, "fd00::/129");
	ck_assert(!sek_networks_normalize(wide, bad, sizeof bad));
	ck_assert(sek_networks_cover(text, "10.1.255.1") && sek_networks_cover(text, "10.2.0.5") && sek_networks_cover(text, "10.3.0.9"));
	ck_assert(!sek_networks_cover(text, "10.2.0.6") && !sek_networks_cover(text, "10.3.1.0"));
	ck_assert(sek_networks_cover("0.0.0.0/0", "192.0.2.1") && !sek_networks_cover("0.0.0.0/0", "fd00::1") && sek_networks_cover("::/0", "fd00::1"));
	ck_assert(sek_networks_cover(six, "fdff::1") && sek_networks_cover(six, "2001:db8:0:8001::1") && sek_networks_cover(six, "2001:db8:0:ffff::1"));
	ck_assert(!sek_networks_cover(six, "2001:db8:0:7fff::1") && !sek_networks_cover(six, "fe00::1") && sek_networks_cover("::1", "::1"));
	unsetenv("SSH_CONNECTION");
	ck_assert(!sek_networks_shut_out("none", from));
	setenv("SSH_CONNECTION", "10.2.0.6 4711 10.1.0.1 22", 1);
	ck_assert(sek_networks_shut_out(text, from));
	ck_assert_str_eq(from, "10.2.0.6");
	ck_assert(!sek_networks_shut_out("10.2.0.0/16", from));
	text[0] = '\0';
	ck_assert(sek_addresses_of("110.0.0.1", false, " . 53", text, sizeof text) && sek_addresses_of("10.0.0.1", false, " . 53", text, sizeof text) &&
		sek_addresses_of("10.0.0.1", false, " . 53", text, sizeof text));
	ck_assert(!sek_addresses_of("10.0.0.1", true, " . 53", text, sizeof text) && !sek_addresses_of("fd00::1", false, " . 53", text, sizeof text));
	ck_assert_str_eq(text, "110.0.0.1 . 53, 10.0.0.1 . 53");
	ck_assert(!sek_addresses_of("192.0.2.1", false, " . 53", text, 32));
	text[0] = '\0';
	ck_assert(sek_addresses_of("FD00:0::1", true, " . 53", text, sizeof text));
	ck_assert_str_eq(text, "fd00::1 . 53");
	ck_assert(sek_network_ok("fd00::/64") && sek_network_ok("::1") && !sek_network_ok("10.0.0/8") && !sek_network_ok("10.0.0.0/") && !sek_network_ok("x"));
}
END_TEST

START_TEST(machine)
{
	char interface[32], text[SEK_ANSWER_BYTES], other[SEK_ANSWER_BYTES] = "fd00::g";
	bool numeric;

	ck_assert(sek_address_is_own("127.0.0.1", &numeric) && numeric);
	ck_assert(sek_face_of("127.0.0.1", interface));
	ck_assert_str_eq(interface, "lo");
	ck_assert(!sek_address_is_own("192.0.2.77", &numeric) && numeric);
	ck_assert(!sek_address_is_own("0.0.0.0", &numeric) && !numeric);
	ck_assert(!sek_address_is_own("localhost", &numeric) && !numeric);
	ck_assert(!sek_address_is_own("::", &numeric) && !numeric);
	ck_assert(sek_address_normalize(strcpy(text, "FD00:0:0::0A")) && !sek_address_normalize(other));
	ck_assert_str_eq(text, "fd00::a");
	sek_address_in_url(text, other, sizeof other);
	ck_assert_str_eq(other, "[fd00::a]");
	sek_address_in_url("10.0.0.1", other, sizeof other);
	ck_assert_str_eq(other, "10.0.0.1");
}
END_TEST

START_TEST(programs)
{
	char out[8] = "";

	ck_assert_int_eq(sek_setup_run((const char *const[]){ "cat", NULL }, "a secret that is long", NULL, out, sizeof out), 0);
	ck_assert_str_eq(out, "a secre");
	ck_assert_int_eq(sek_setup_run((const char *const[]){ "sh", "-c", "exit 7", NULL }, NULL, NULL, NULL, 0), 7);
	ck_assert_int_eq(sek_setup_run((const char *const[]){ "sh", "-c", "kill -9 $$", NULL }, NULL, NULL, NULL, 0), -1);
	ck_assert_int_eq(sek_setup_run((const char *const[]){ "/nowhere/at/all", NULL }, "x", NULL, NULL, 0), -1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("setup");
	TCase *t = tcase_create("setup");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, answers);
	tcase_add_test(t, answers_refused);
	tcase_add_test(t, questions_from_a_file);
	tcase_add_test(t, files);
	tcase_add_test(t, networks);
	tcase_add_test(t, machine);
	tcase_add_test(t, programs);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

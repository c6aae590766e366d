/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-recording-verify as an auditor runs it: exit codes, report, what the audit log knows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "base/hex.h"
#include "broker/hub/audit/audit.h"
#include "rig.h"

static struct rig r;
static char text[16384];

static void setup(void)
{
	rig_init(&r);
}

static void teardown(void)
{
	rig_finish(&r);
}

/* Runs the program; its exit code. What it says is in text. */
static int run(const char *arguments, const char *what)
{
	char command[1024];
	size_t n;
	int status;
	FILE *f;

	snprintf(command, sizeof command, SEK_BIN "/sekisho-recording-verify --key %s %s %s 2>&1", r.signing_pub, arguments, what);
	f = popen(command, "r");
	ck_assert_ptr_nonnull(f);
	n = fread(text, 1, sizeof text - 1, f);
	text[n] = '\0';
	status = pclose(f);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void expect(const char *words)
{
	ck_assert_msg(strstr(text, words) != NULL, "no '%s' in:\n%s", words, text);
}

static void damage(const char *path, long at)
{
	FILE *f = fopen(path, "r+b");
	int c;

	ck_assert_int_eq(fseek(f, at, at < 0 ? SEEK_END : SEEK_SET), 0);
	c = fgetc(f);
	ck_assert_int_eq(fseek(f, -1, SEEK_CUR), 0);
	fputc(c ^ 1, f);
	fclose(f);
}

START_TEST(one_by_one)
{
	char path[256];
	json_t *report;

	rig_make(&r, 3);
	snprintf(path, sizeof path, "%s", rig_path(&r, r.facts.id));
	ck_assert_int_eq(run("", path), 0);
	expect("OK");
	ck_assert_int_eq(run("--json", r.folder), 0);
	report = json_loads(text, 0, NULL);
	ck_assert(json_is_true(json_object_get(report, "sound")));
	ck_assert_int_eq(json_integer_value(json_object_get(report, "files")), 1);
	ck_assert_int_eq(json_integer_value(json_object_get(report, "bytes")), (json_int_t)r.facts.bytes);
	json_decref(report);
	damage(path, 2000);
	ck_assert_int_eq(run("", path), 1);
	expect("(block 0)");
	expect("[changed]");
	ck_assert_int_eq(run("--lang ja", path), 1);
	expect("異常");
	damage(path, 2000);
	ck_assert_int_eq(run("", path), 0);
	damage(path, -1);
	ck_assert_int_eq(run("", path), 1);
	damage(path, -1);
	ck_assert_int_eq(truncate(path, (off_t)r.facts.bytes - 240), 0);
	ck_assert_int_eq(run("", path), 1);
	expect("[unfinished]");
	rig_write(path, (const uint8_t *)"nothing", 7);
	ck_assert_int_eq(run("", path), 1);
	expect("[foreign]");
	ck_assert_int_eq(run("", "/nowhere"), 1);
	expect("[unreadable]");
	ck_assert_int_eq(run("--audit /nowhere", path), 3);
	ck_assert_int_eq(run("--what", path), 2);
	ck_assert_int_eq(run("", ""), 2);
	ck_assert_int_eq(run("--key /nowhere", path), 3);
}
END_TEST

START_TEST(one_that_runs)
{
	struct sek_recording *rec;

	rig_open(&r);
	rec = rig_begin(&r);
	rig_frame(rec, SEK_ENTRY_DOWN, 0, 1000, 1);
	ck_assert_int_eq(run("", r.folder), 0);
	expect("[running]");
	sek_recording_close(rec, 0);
	rig_until(&r, &r.closed, 1);
	ck_assert_int_eq(run("", r.folder), 0);
	rig_stop(&r);
}
END_TEST

START_TEST(with_the_secret_half)
{
	char pub[128], key[128], phrase[128], arguments[512];

	snprintf(pub, sizeof pub, "%s/pair.pub", r.dir);
	snprintf(key, sizeof key, "%s/pair.key", r.dir);
	snprintf(phrase, sizeof phrase, "%s/phrase", r.dir);
	rig_write(phrase, (const uint8_t *)"correct horse\n", 14);
	ck_assert(sek_is_ok(sek_recording_keygen(pub, key, "correct horse")));
	rig_make(&r, 1);
	snprintf(arguments, sizeof arguments, "--secret %s --passphrase-file %s", key, phrase);
	ck_assert_int_eq(run(arguments, r.folder), 1);
	expect("[sealed]");
	ck_assert_int_eq(unlink(rig_path(&r, r.facts.id)), 0);
	r.config.public_key_path = pub;
	rig_make(&r, 1);
	ck_assert_int_eq(run(arguments, r.folder), 0);
	rig_write(phrase, (const uint8_t *)"wrong\n", 6);
	ck_assert_int_eq(run(arguments, r.folder), 3);
	expect("wrong passphrase");
}
END_TEST

/* --- the log --- */

static const char *log_folder = "log"; /* whose log is written */

static struct sek_audit_config log_config(void)
{
	static char path[128], key[128];

	snprintf(path, sizeof path, "%s/%s", r.dir, log_folder);
	snprintf(key, sizeof key, "%s/%s.key", r.dir, log_folder);
	return (struct sek_audit_config){ .path = path, .key_path = key, .where = "broker1", .checkpoint_s = 3600,
		.checkpoint_records = 1000, .segment_bytes = SEK_AUDIT_SEGMENT_BYTES };
}

static void log_event(const char *what, const char *object, enum sek_audit_outcome outcome, const char *const *details)
{
	struct sek_audit_config c = log_config();

	ck_assert_msg(sek_is_ok(sek_audit_once(&c, &(struct sek_audit_event){ .who = "taro", .what = what, .object = object,
		.outcome = outcome, .details = details }, r.err, sizeof r.err)), "%s", r.err);
}

static void log_recording(const struct sek_recording_facts *f, const char *session)
{
	char hash[65];

	sek_hex(f->hash, sizeof f->hash, hash);
	log_event("session.started", session, SEK_AUDIT_DONE, (const char *const[]){ "recording", "required", NULL });
	log_event("recording.started", f->id, SEK_AUDIT_DONE,
		(const char *const[]){ "session", session, "required", "yes", NULL });
	log_event("recording.closed", f->id, SEK_AUDIT_DONE, (const char *const[]){ "session", session, "hash", hash, NULL });
}

START_TEST(what_should_be_there)
{
	static const char one[] = "11111111111111111111111111111111", two[] = "22222222222222222222222222222222",
		three[] = "33333333333333333333333333333333", refused[] = "44444444444444444444444444444444",
		four[] = "66666666666666666666666666666666";
	struct sek_recording_facts a, b;
	char arguments[256], path[256], other[300];

	rig_make(&r, 2);
	a = r.facts;
	rig_make(&r, 1);
	b = r.facts;
	log_recording(&a, one);
	snprintf(arguments, sizeof arguments, "--audit %s", log_config().path);
	ck_assert_int_eq(run(arguments, r.folder), 0);
	expect("[unknown]");
	log_recording(&b, two);
	ck_assert_int_eq(run(arguments, r.folder), 0);
	ck_assert_ptr_null(strstr(text, "[unknown]"));

	/* a session that had to be recorded and was not; one that was refused for that reason */
	log_event("session.started", refused, SEK_AUDIT_DONE, (const char *const[]){ "recording", "required", NULL });
	log_event("recording.failed", refused, SEK_AUDIT_REFUSED, (const char *const[]){ "session", refused, NULL });
	log_event("session.started", "55555555555555555555555555555555", SEK_AUDIT_DONE,
		(const char *const[]){ "recording", "optional", NULL });
	ck_assert_int_eq(run(arguments, r.folder), 0);
	log_event("session.started", three, SEK_AUDIT_DONE, (const char *const[]){ "recording", "required", NULL });
	ck_assert_int_eq(run(arguments, r.folder), 1);
	expect("33333333333333333333333333333333: this session had to be recorded");
	log_event("recording.failed", three, SEK_AUDIT_REFUSED, (const char *const[]){ "session", three, NULL });
	ck_assert_int_eq(run(arguments, r.folder), 0);
	/* taken over from another broker, in whose log its start stands: ended at once; recorded here no more */
	log_event("session.moved-here", four, SEK_AUDIT_DONE, (const char *const[]){ "from", "broker2", NULL });
	ck_assert_int_eq(run(arguments, r.folder), 0);
	log_event("session.moved-here", four, SEK_AUDIT_DONE, (const char *const[]){ "from", "broker2", "recording", "required", NULL });
	ck_assert_int_eq(run(arguments, r.folder), 1);
	expect("66666666666666666666666666666666: this session had to be recorded");
	log_event("recording.failed", four, SEK_AUDIT_REFUSED, (const char *const[]){ "session", four, NULL });
	ck_assert_int_eq(run(arguments, r.folder), 0);

	/* cut, and finished anew by a broker that does not know better: sound in itself, but not what the log holds */
	snprintf(path, sizeof path, "%s", rig_path(&r, a.id));
	ck_assert_int_eq(truncate(path, (off_t)a.bytes - 300), 0);
	rig_open(&r);
	rig_stop(&r);
	ck_assert_uint_eq(r.finished, 1);
	ck_assert_int_eq(run("", r.folder), 0);
	ck_assert_int_eq(run(arguments, r.folder), 1);
	expect("[other]");

	/* gone; then deleted as the policy says */
	snprintf(other, sizeof other, "%s.away", path);
	ck_assert_int_eq(rename(path, other), 0);
	ck_assert_int_eq(run(arguments, r.folder), 1);
	expect("[gone]");
	expect(a.id);
	log_event("recording.purged", a.id, SEK_AUDIT_FAILED, (const char *const[]){ "session", one, NULL });
	ck_assert_int_eq(run(arguments, r.folder), 1);
	log_event("recording.purged", a.id, SEK_AUDIT_DONE, (const char *const[]){ "session", one, NULL });
	ck_assert_int_eq(run(arguments, r.folder), 0);
}
END_TEST

/* Two brokers: a session begins at one and goes on at the other, and each records what it shows. */
START_TEST(several_logs)
{
	static const char one[] = "11111111111111111111111111111111";
	struct sek_recording_facts a, b;
	char both[600], second[300];

	log_folder = "log";
	rig_make(&r, 2);
	a = r.facts;
	rig_make(&r, 1);
	b = r.facts;
	log_event("broker.started", NULL, SEK_AUDIT_DONE, (const char *const[]){ "broker", "first", NULL });
	log_recording(&a, one);
	snprintf(both, sizeof both, "--audit %s --audit %s/log2", log_config().path, r.dir);
	snprintf(second, sizeof second, "--audit %s/log2", r.dir);
	ck_assert_int_eq(run(both, r.folder), 3); /* there is none yet */
	log_folder = "log2";
	log_event("session.moved-here", one, SEK_AUDIT_DONE, (const char *const[]){ "from", "first", "recording", "required", NULL });
	/* that the first one has a recording of it is no excuse for the second */
	ck_assert_int_eq(run(both, r.folder), 1);
	expect("11111111111111111111111111111111: this session had to be recorded");
	expect("[unknown]");
	log_event("recording.started", b.id, SEK_AUDIT_DONE, (const char *const[]){ "session", one, "required", "yes", NULL });
	ck_assert_int_eq(run(both, r.folder), 0);
	ck_assert_ptr_null(strstr(text, "[unknown]"));
	ck_assert_ptr_null(strstr(text, "[log]"));
	/* without the first one's log nobody can say what had to be recorded there */
	ck_assert_int_eq(run(second, r.folder), 0);
	expect("first: a session came from this broker");
	/* deleted at one, and said so by that one's log */
	ck_assert_int_eq(unlink(rig_path(&r, b.id)), 0);
	ck_assert_int_eq(run(both, r.folder), 1);
	expect("[gone]");
	log_event("recording.purged", b.id, SEK_AUDIT_DONE, (const char *const[]){ "session", one, NULL });
	ck_assert_int_eq(run(both, r.folder), 0);
	log_folder = "log";
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sekisho-recording-verify");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, one_by_one);
	tcase_add_test(t, one_that_runs);
	tcase_add_test(t, with_the_secret_half);
	tcase_add_test(t, what_should_be_there);
	tcase_add_test(t, several_logs);
	suite_add_tcase(s, t);
	return rig_suite(s);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "broker/hub/audit/record.h"

void rig_init(struct rig *r)
{
	memset(r, 0, sizeof *r);
	snprintf(r->dir, sizeof r->dir, "/tmp/sek-audit-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(r->dir));
	snprintf(r->log, sizeof r->log, "%s/log", r->dir);
	snprintf(r->key, sizeof r->key, "%s/audit.key", r->dir);
	r->config = (struct sek_audit_config){ .path = r->log, .key_path = r->key, .where = "broker1", .checkpoint_s = 3600,
		.checkpoint_records = 1000000, .segment_bytes = SEK_AUDIT_SEGMENT_BYTES };
}

void rig_finish(struct rig *r)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf %s", r->dir);
	ck_assert_int_eq(system(command), 0);
}

struct sek_audit_files *rig_open(struct rig *r)
{
	struct sek_audit_files *f = NULL;

	ck_assert_msg(sek_is_ok(sek_audit_files_open(&r->config, &f, r->err, sizeof r->err)), "%s", r->err);
	return f;
}

sek_status rig_add(struct sek_audit_files *f, const char *what)
{
	struct sek_audit_event e = { .who = "taro", .what = what, .object = "" };
	struct sek_audit_body body;
	char *text = sek_audit_body(&e, "broker1", &body.n);
	sek_status status;

	body.text = text;
	status = sek_audit_files_append(f, &body, 1, false, NULL, NULL);
	free(text);
	return status;
}

void rig_grow(struct sek_audit_files *f)
{
	static char big[SEK_AUDIT_VALUE_MAX_BYTES + 1];
	struct sek_audit_event e = { .who = "taro", .what = "test.big",
		.details = (const char *const[]){ "a", big, NULL } };
	struct sek_audit_body body;
	char *text;
	int i;

	memset(big, 'x', sizeof big - 1);
	text = sek_audit_body(&e, "broker1", &body.n);
	body.text = text;
	for (i = 0; i < 32; i++)
		ck_assert(sek_is_ok(sek_audit_files_append(f, &body, 1, false, NULL, NULL)));
	free(text);
}

const char *rig_path(const struct rig *r, const char *name)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/%s", r->log, name);
	return path;
}

char *rig_read(const struct rig *r, const char *name, size_t *ret_n)
{
	FILE *f = fopen(rig_path(r, name), "rb");
	char *text;
	long n;

	ck_assert_msg(f != NULL, "%s", name);
	fseek(f, 0, SEEK_END);
	n = ftell(f);
	rewind(f);
	text = malloc((size_t)n + 1);
	ck_assert_uint_eq(fread(text, 1, (size_t)n, f), (size_t)n);
	fclose(f);
	text[n] = '\0';
	if (ret_n)
		*ret_n = (size_t)n;
	return text;
}

void rig_write(const struct rig *r, const char *name, const char *text, size_t n)
{
	FILE *f = fopen(rig_path(r, name), "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, n, f), n);
	ck_assert_int_eq(fclose(f), 0);
}

unsigned rig_count(const struct rig *r, const char *name, const char *words)
{
	char *text = rig_read(r, name, NULL), *save = NULL, *line;
	unsigned n = 0;

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		n += strstr(line, words) != NULL;
	free(text);
	return n;
}

int rig_run(Suite *s)
{
	SRunner *runner = srunner_create(s);
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}

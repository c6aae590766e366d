/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `sekishoctl recording verify`, `export` and `keygen`: the broker checks one recording at a time; here all of them are gone through, and
 * sessions that had to be recorded are looked for in the audit log.
 */
#include <stdlib.h>
#include <string.h>

#include "client/ctl/ctl.h"

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

/* --- keygen is a program of its own: the secret half must not come near the broker --- */

static int usage(void)
{
	fputs(ctl_usage_text, stderr);
	return CTL_USAGE;
}

int ctl_recording_keygen(struct ctl *c, int argc, char **argv)
{
	bool two = argc > 0 && strcmp(argv[0], "--two") == 0;

	if (argc != 2 + two)
		return usage();
	return ctl_become(c, "sekisho-recording", two ? (const char *[]){ NULL, "keygen", argv[0], argv[1], argv[2], "--lang", c->ja ? "ja" : "en", NULL } :
		(const char *[]){ NULL, "keygen", argv[0], argv[1], "--lang", c->ja ? "ja" : "en", NULL });
}

/* --- what moves the store is the broker's program, run while no broker does --- */

int ctl_store_migrate(struct ctl *c, int argc, char **argv)
{
	if (argc != 0 && (argc != 2 || strcmp(argv[0], "--config") != 0))
		return usage();
	return ctl_become(c, "sekisho-broker", (const char *[]){ NULL, "--config", argc ? argv[1] : "/etc/sekisho/broker.yaml", "store", "migrate",
		"--lang", c->ja ? "ja" : "en", NULL });
}

/* --- export: the broker puts it on the record and says where the file is; who has the key makes the film --- */

int ctl_recording_export(struct ctl *c, int argc, char **argv)
{
	static const char *const passed[] = { "--secret", "--passphrase-file", "--from", "--to", "--fps" };
	const char *words[24] = { NULL }, *id = NULL, *out = NULL, *reason = NULL;
	json_t *answer = NULL;
	int k = 1, i, r;

	for (i = 0; i < argc; i++) {
		bool known = strcmp(argv[i], "--reason") == 0;

		for (size_t p = 0; p < sizeof passed / sizeof passed[0]; p++)
			known |= strcmp(argv[i], passed[p]) == 0;
		if (argv[i][0] != '-') {
			if (out)
				return usage();
			*(id ? &out : &id) = argv[i];
			continue;
		}
		if (!known || i + 1 == argc || k > 16)
			return usage();
		if (strcmp(argv[i], "--reason") == 0) {
			reason = argv[++i];
			continue;
		}
		words[k++] = argv[i];
		words[k++] = argv[++i];
	}
	if (!out || !reason)
		return usage();
	r = ctl_call(c, "recordings/export", json_pack("{s:s,s:s}", "recording", id, "reason", reason), &answer);
	if (r != CTL_DONE)
		return r;
	words[k++] = "--out";
	words[k++] = out;
	words[k++] = "--name";
	words[k++] = text_of(answer, "user");
	words[k++] = text_of(answer, "path");
	r = ctl_become(c, "sekisho-recording-export", words);
	json_decref(answer);
	return r;
}

/* --- verify --- */

struct tally {
	unsigned sound, running, elsewhere, found;
	bool here;        /* the latest one's file is, or was, at this broker */
	json_t *sessions; /* of every such recording: {"SESSION":true} */
	json_t *report;   /* with --json */
};

static void say(const struct ctl *c, struct tally *t, const char *what, const char *id, const char *word, const json_t *findings)
{
	size_t i;

	json_array_append_new(t->report, json_pack("{s:s,s:s,s:O*}", what, id, "verdict", word, "findings", findings));
	if (c->json)
		return;
	printf("%s %s: %s\n", what, id, word);
	for (i = 0; i < json_array_size(findings); i++) {
		const json_t *f = json_array_get(findings, i);

		printf("  %lld: %s\n", (long long)json_integer_value(json_object_get(f, "block")), text_of(f, "what"));
	}
}

static int verify_one(struct ctl *c, struct tally *t, const char *id, bool tell)
{
	json_t *answer = NULL;
	int r = ctl_call(c, "recordings/verify", json_pack("{s:s}", "recording", id), &answer);
	const char *word;

	if (r != CTL_DONE)
		return r;
	word = text_of(answer, "verdict");
	t->here = strcmp(word, "elsewhere") != 0;
	if (!t->here)
		t->elsewhere++;
	else if (strcmp(word, "sound") == 0 || strcmp(word, "purged") == 0)
		t->sound++;
	else if (strcmp(word, "running") == 0)
		t->running++;
	else
		t->found++, tell = true;
	if (tell)
		say(c, t, "recording", id, word, json_object_get(answer, "findings"));
	json_decref(answer);
	return r;
}

/* Calls fn for each row of a list, page by page. */
static int each(struct ctl *c, const char *op, json_t *in, struct tally *t, int (*fn)(struct ctl *c, struct tally *t, const json_t *row))
{
	json_t *answer = NULL, *next;
	int r = CTL_DONE;
	bool more = true;
	size_t i;

	json_object_set_new(in, "limit", json_integer(200));
	while (r == CTL_DONE && more) {
		answer = NULL;
		r = ctl_call(c, op, json_deep_copy(in), &answer);
		for (i = 0; r == CTL_DONE && i < json_array_size(json_object_get(answer, "rows")); i++)
			r = fn(c, t, json_array_get(json_object_get(answer, "rows"), i));
		next = json_object_get(answer, "next");
		more = next && !json_is_null(next);
		if (more)
			json_object_set(in, "after", next);
		json_decref(answer);
	}
	json_decref(in);
	return r;
}

static int on_recording(struct ctl *c, struct tally *t, const json_t *row)
{
	int r = verify_one(c, t, text_of(row, "recording"), false);

	if (r == CTL_DONE && t->here)
		json_object_set_new(t->sessions, text_of(row, "session"), json_true());
	return r;
}

/* A session that had to be recorded here, and of which there is no recording of this broker's, purged ones included: what another broker has shown of it, that one
 * has recorded. */
static int on_session(struct ctl *c, struct tally *t, const json_t *row)
{
	const char *id = text_of(row, "object");

	if (strcmp(text_of(json_object_get(row, "details"), "recording"), "required") != 0 || json_object_get(t->sessions, id))
		return CTL_DONE;
	t->found++;
	say(c, t, "session", id, "missing", NULL);
	return CTL_DONE;
}

static int on_stray(struct ctl *c, struct tally *t, const json_t *row)
{
	t->found++;
	say(c, t, "file", json_string_value(row), "unknown", NULL);
	return CTL_DONE;
}

int ctl_recording_verify(struct ctl *c, int argc, char **argv)
{
	struct tally t = { .sessions = json_object(), .report = json_array() };
	int r;

	if (argc > 1 || (argc == 1 && argv[0][0] == '-')) {
		fputs(ctl_usage_text, stderr);
		r = CTL_USAGE;
	} else if (argc == 1) {
		r = verify_one(c, &t, argv[0], true);
	} else {
		r = each(c, "recordings/list", json_pack("{s:b}", "purged", 1), &t, on_recording);
		if (r == CTL_DONE)
			r = each(c, "audit/search", json_pack("{s:s}", "what", "session.started"), &t, on_session);
		if (r == CTL_DONE)
			r = each(c, "audit/search", json_pack("{s:s}", "what", "session.moved-here"), &t, on_session);
		if (r == CTL_DONE)
			r = each(c, "recordings/strays", json_object(), &t, on_stray);
	}
	if (r == CTL_DONE && c->json)
		ctl_print_json(t.report);
	else if (r == CTL_DONE && argc == 0)
		printf(ctl_word(c, W_RECORDINGS), t.sound, t.running, t.found);
	if (r == CTL_DONE && !c->json && t.elsewhere)
		printf(ctl_word(c, W_RECORDINGS_ELSEWHERE), t.elsewhere);
	json_decref(t.sessions);
	json_decref(t.report);
	return r == CTL_DONE && t.found ? CTL_FOUND : r;
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `sekishoctl selfcheck`: the broker's signed report as text, JSON or HTML, and whether a report's signature is right.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/file.h"
#include "client/ctl/ctl.h"

struct options {
	const char *format, *output, *check, *key;
};

static const char *level_word(const struct ctl *c, const char *level)
{
	if (strcmp(level, "ok") == 0)
		return ctl_word(c, W_CHECK_OK);
	return ctl_word(c, strcmp(level, "attention") == 0 ? W_CHECK_ATTENTION : W_CHECK_FAILED);
}

static const char *text(const json_t *json, const char *name)
{
	const char *s = json_string_value(json_object_get(json, name));

	return s ? s : "";
}

static json_int_t count(const json_t *report, const char *level)
{
	const json_t *lines = json_object_get(report, "lines");
	json_int_t n = 0;
	size_t i;

	for (i = 0; i < json_array_size(lines); i++)
		n += strcmp(text(json_array_get(lines, i), "level"), level) == 0;
	return n;
}

static void put_summary(const struct ctl *c, FILE *f, const json_t *report)
{
	fprintf(f, ctl_word(c, W_CHECK_SUMMARY), (long long)count(report, "ok"), (long long)count(report, "attention"),
		(long long)count(report, "failed"));
}

/* A sentence with its values; what is no value of it stays as it is. */
static void put_saying(FILE *f, const char *say, const json_t *values)
{
	for (; *say; say++) {
		size_t i = say[0] == '%' && say[1] >= '1' && say[1] <= '9' ? (size_t)(say[1] - '1') : SIZE_MAX;

		if (i < json_array_size(values)) {
			fputs(json_string_value(json_array_get(values, i)), f);
			say++;
		} else {
			fputc(*say, f);
		}
	}
}

/* The evidence of a line in words; the caller frees. */
static char *evidence_text(const struct ctl *c, const json_t *line)
{
	const json_t *evidence = json_object_get(line, "evidence"), *names = json_object_get(evidence, "names");
	char *told = NULL;
	size_t n = 0, i;
	FILE *f = open_memstream(&told, &n);

	if (!f)
		return NULL;
	put_saying(f, ctl_check_say(c, text(evidence, "say")), json_object_get(evidence, "values"));
	for (i = 0; i < json_array_size(names); i++) {
		const json_t *name = json_array_get(names, i);
		const char *plain = json_string_value(name);

		fputs(i ? ", " : ": ", f);
		if (plain)
			fputs(plain, f);
		else
			fprintf(f, "%s (%s)", text(name, "what"), ctl_check_fault(c, text(name, "why")));
	}
	fclose(f);
	return told;
}

static void put_text(const struct ctl *c, FILE *f, const json_t *signed_report)
{
	const json_t *report = json_object_get(signed_report, "report"), *lines = json_object_get(report, "lines");
	size_t i;

	fprintf(f, "%s  %s  %s  %s\n", ctl_word(c, W_CHECK_TITLE), text(report, "where"), text(report, "time"), text(report, "version"));
	for (i = 0; i < json_array_size(lines); i++) {
		const json_t *l = json_array_get(lines, i);
		const char *level = text(l, "level"), *id = text(l, "id");
		char *evidence = evidence_text(c, l);

		if (strcmp(level, "ok") != 0)
			ctl_print_red(f, true);
		fprintf(f, "[%s] %s: ", level_word(c, level), ctl_check_text(c, id));
		ctl_print_text(f, evidence ? evidence : "");
		if (strcmp(level, "ok") != 0)
			ctl_print_red(f, false);
		free(evidence);
		fprintf(f, "\n");
		if (strcmp(level, "ok") != 0)
			fprintf(f, "    %s: %s\n", ctl_word(c, W_CHECK_DO), ctl_check_do(c, id));
	}
	put_summary(c, f, report);
	fprintf(f, "\n%s: %s\n", ctl_word(c, W_CHECK_SIGNED), text(signed_report, "signature"));
}

static void put_escaped(FILE *f, const char *s)
{
	for (; *s; s++) {
		switch (*s) {
		case '<': fputs("&lt;", f); break;
		case '>': fputs("&gt;", f); break;
		case '&': fputs("&amp;", f); break;
		case '"': fputs("&quot;", f); break;
		default: fputc(*s, f);
		}
	}
}

/* A page by itself, without script; the signed JSON stands at its end, so that the signature can be checked. */
static void put_html(const struct ctl *c, FILE *f, const json_t *signed_report)
{
	const json_t *report = json_object_get(signed_report, "report"), *lines = json_object_get(report, "lines");
	char *json = json_dumps(signed_report, JSON_INDENT(1) | JSON_ENSURE_ASCII | JSON_SORT_KEYS);
	size_t i;

	fprintf(f, "<!doctype html>\n<html lang=\"%s\"><meta charset=\"utf-8\"><title>%s</title>\n<h1>%s</h1>\n<p>", c->ja ? "ja" : "en",
		ctl_word(c, W_CHECK_TITLE), ctl_word(c, W_CHECK_TITLE));
	put_escaped(f, text(report, "where"));
	fprintf(f, " &middot; %s &middot; %s</p>\n<p><strong>", text(report, "time"), text(report, "version"));
	put_summary(c, f, report);
	fprintf(f, "</strong></p>\n<table border=\"1\" cellpadding=\"6\">\n");
	for (i = 0; i < json_array_size(lines); i++) {
		const json_t *l = json_array_get(lines, i);
		const char *level = text(l, "level"), *id = text(l, "id");
		char *evidence = evidence_text(c, l);

		fprintf(f, "<tr><td>%s<td>%s<td>", level_word(c, level), ctl_check_text(c, id));
		put_escaped(f, evidence ? evidence : "");
		free(evidence);
		fprintf(f, "<td>%s\n", strcmp(level, "ok") == 0 ? "" : ctl_check_do(c, id));
	}
	fprintf(f, "</table>\n<p>%s</p>\n<pre>", ctl_word(c, W_CHECK_SIGNED));
	put_escaped(f, json ? json : "");
	fprintf(f, "</pre>\n</html>\n");
	free(json);
}

static int write_report(const struct ctl *c, const struct options *o, const json_t *answer)
{
	FILE *f = o->output ? fopen(o->output, "we") : stdout;
	const char *format = o->format ? o->format : c->json ? "json" : "text";

	if (!f) {
		perror(o->output);
		return CTL_USAGE;
	}
	if (strcmp(format, "html") == 0) {
		put_html(c, f, answer);
	} else if (strcmp(format, "json") == 0) {
		json_dumpf(answer, f, JSON_INDENT(1) | JSON_ENSURE_ASCII | JSON_SORT_KEYS);
		fprintf(f, "\n");
	} else {
		put_text(c, f, answer);
	}
	if (o->output ? fclose(f) != 0 : fflush(f) != 0)
		return CTL_USAGE;
	return count(json_object_get(answer, "report"), "failed") ? CTL_FOUND : CTL_DONE;
}

static bool signature_ok(const json_t *signed_report, const char *key_hex)
{
	static const char domain[] = "sekisho selfcheck 1\n";
	unsigned char key[crypto_sign_PUBLICKEYBYTES], signature[crypto_sign_BYTES];
	char *body = json_dumps(json_object_get(signed_report, "report"), JSON_COMPACT | JSON_SORT_KEYS);
	const char *hex = text(signed_report, "signature");
	size_t n = 0, m = 0;
	crypto_sign_state s;
	bool ok = false;

	if (body && sodium_hex2bin(key, sizeof key, key_hex, strcspn(key_hex, "\n"), NULL, &n, NULL) == 0 && n == sizeof key &&
			sodium_hex2bin(signature, sizeof signature, hex, strlen(hex), NULL, &m, NULL) == 0 && m == sizeof signature) {
		crypto_sign_init(&s);
		crypto_sign_update(&s, (const unsigned char *)domain, sizeof domain - 1);
		crypto_sign_update(&s, (const unsigned char *)body, strlen(body));
		ok = crypto_sign_final_verify(&s, signature, key) == 0;
	}
	free(body);
	return ok;
}

static int check_report(const struct ctl *c, const struct options *o)
{
	char *file = NULL, *key = NULL;
	size_t n = 0;
	json_t *report = NULL;
	bool ok = false;

	if (sek_is_ok(sek_file_read(o->check, &file, &n)) && sek_is_ok(sek_file_read(o->key, &key, NULL))) {
		report = json_loadb(file, n, JSON_REJECT_DUPLICATES, NULL);
		ok = json_is_object(report) && signature_ok(report, key);
	}
	printf("%s\n", ctl_word(c, ok ? W_CHECK_GOOD : W_CHECK_BAD));
	json_decref(report);
	free(file);
	free(key);
	return ok ? CTL_DONE : CTL_FOUND;
}

/* Which namespaces of a child are not the broker's, as words. */
static void read_namespaces(json_int_t broker, json_int_t child, char *ret, size_t size)
{
	static const char *const names[] = { "user", "net", "mnt", "ipc", "uts", "cgroup" };
	size_t i, n = 0;

	*ret = '\0';
	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		char path[64], ours[64] = "", theirs[64] = "";

		snprintf(path, sizeof path, "/proc/%lld/ns/%s", (long long)broker, names[i]);
		if (readlink(path, ours, sizeof ours - 1) <= 0)
			continue;
		snprintf(path, sizeof path, "/proc/%lld/ns/%s", (long long)child, names[i]);
		if (readlink(path, theirs, sizeof theirs - 1) > 0 && strcmp(ours, theirs) != 0)
			n += (size_t)snprintf(ret + n, size - n, "%s%s", n ? " " : "", names[i]);
	}
}

/* What root sees of the jails and the broker's own user does not. */
static json_t *look_at_jails(struct ctl *c)
{
	json_t *answer = NULL, *seen = json_object();
	const json_t *list;
	size_t i;

	if (geteuid() == 0 && ctl_call(c, "processes", json_object(), &answer) == CTL_DONE) {
		list = json_object_get(answer, "children");
		for (i = 0; i < json_array_size(list); i++) {
			json_int_t child = json_integer_value(json_array_get(list, i));
			char name[24], words[80];

			read_namespaces(json_integer_value(json_object_get(answer, "broker")), child, words, sizeof words);
			snprintf(name, sizeof name, "%lld", (long long)child);
			json_object_set_new(seen, name, json_string(words));
		}
	}
	json_decref(answer);
	return json_pack("{s:o}", "namespaces", seen);
}

int ctl_selfcheck(struct ctl *c, int argc, char **argv)
{
	struct options o = { .format = NULL };
	json_t *answer = NULL;
	int i, r;

	for (i = 0; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--format") == 0)
			o.format = argv[i + 1];
		else if (strcmp(argv[i], "--output") == 0)
			o.output = argv[i + 1];
		else if (strcmp(argv[i], "--check") == 0)
			o.check = argv[i + 1];
		else if (strcmp(argv[i], "--key") == 0)
			o.key = argv[i + 1];
		else
			break;
	}
	if (i != argc || !o.check != !o.key || (o.format && strcmp(o.format, "text") != 0 && strcmp(o.format, "json") != 0 &&
			strcmp(o.format, "html") != 0)) {
		fputs(ctl_usage_text, stderr);
		return CTL_USAGE;
	}
	if (sodium_init() < 0)
		return CTL_USAGE;
	if (o.check)
		return check_report(c, &o);
	r = ctl_call(c, "selfcheck", look_at_jails(c), &answer);
	if (r == CTL_DONE)
		r = write_report(c, &o, answer);
	json_decref(answer);
	return r;
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekishoctl: administration from the command line. Words and options become the members of an operation; the broker checks them.
 */
#include <libgen.h>
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/language.h"
#include "client/ctl/commands.h"

static int usage(void)
{
	fputs(ctl_usage_text, stderr);
	return CTL_USAGE;
}

/* --- words to members --- */

static json_t *split(const char *list)
{
	json_t *a = json_array();

	while (*list) {
		size_t n = strcspn(list, ",");

		if (n > 0)
			json_array_append_new(a, json_stringn(list, n));
		list += n + (list[n] == ',');
	}
	return a;
}

/* 2026-12-31, in this machine's time zone: when that day begins, or when it is over. NULL if it is no day. */
static json_t *day(const char *text, bool over)
{
	struct tm tm = { .tm_isdst = -1 };
	const char *end = strptime(text, "%Y-%m-%d", &tm);
	time_t t;

	if (!end || *end)
		return NULL;
	tm.tm_mday += over;
	t = mktime(&tm);
	return t < 0 ? NULL : json_integer(t);
}

/* What stands on the command line, as JSON. NULL if it cannot be (not UTF-8). */
static json_t *member_value(const char *name, const char *text)
{
	static const char *const numbers[] = { "port", "force_minutes", "limit", "hours", "change", "version", "expected", "from_us", "to_us", "least_us", "most_us", "max_sessions" };
	json_t *json;
	char *end;
	size_t i;

	for (i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		if (strcmp(name, numbers[i]) == 0) {
			long long n = strtoll(text, &end, 10);

			return *text && !*end ? json_integer(n) : NULL;
		}
	}
	if (strcmp(name, "roles") == 0 || strcmp(name, "marks") == 0)
		return split(text);
	if ((strcmp(name, "pending") == 0 || strcmp(name, "insecure") == 0 || strcmp(name, "hold") == 0 || strcmp(name, "noted") == 0 || strcmp(name, "purged") == 0 || strcmp(name, "deputy") == 0) &&
	     (strcmp(text, "true") == 0 || strcmp(text, "false") == 0))
		return json_boolean(text[0] == 't');
	if (strcmp(name, "value") == 0) { /* 10, true, ["a"] as JSON; any other word as itself */
		json = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
		return json ? json : json_string(text);
	}
	return json_string(text);
}

static bool set_member(const struct ctl *c, json_t *in, const char *name, const char *text)
{
	json_t *value;

	if (strcmp(name, "fingerprint") == 0 || strcmp(name, "subject") == 0) /* of a certificate: as they are, never JSON */
		return json_object_set_new(in, "kind", json_string(name)) == 0 && json_object_set_new(in, "value", json_string(text)) == 0;
	if (strcmp(name, "file") == 0 || strcmp(name, "trust") == 0)
		return json_object_set_new(in, name[0] == 'f' ? "certificate" : name, ctl_certificate(c, text)) == 0;
	if (strcmp(name, "since") == 0 || strcmp(name, "until") == 0) {
		value = day(text, name[0] == 'u');
		name = name[0] == 'u' ? "until_s" : "from_s";
	} else {
		value = member_value(name, text);
	}
	return value && json_object_set_new(in, name, value) == 0;
}

static bool set_scope(const struct ctl *c, json_t *in, const char *text)
{
	size_t n = strcspn(text, ":");

	if (strcmp(text, "site") == 0)
		return set_member(c, in, "scope", "site");
	if (text[n] != ':' || (strncmp(text, "group:", 6) != 0 && strncmp(text, "user:", 5) != 0))
		return false;
	return json_object_set_new(in, "scope", json_stringn(text, n)) == 0 && set_member(c, in, "name", text + n + 1);
}

static bool take_word(const struct ctl *c, json_t *in, const char *name, const char *text)
{
	char member[40];

	if (strcmp(name, "scope") == 0)
		return set_scope(c, in, text);
	snprintf(member, sizeof member, "%.*s", (int)strcspn(name, "?"), name);
	return set_member(c, in, member, text);
}

/* Fills in from the words and options after the verb. */
static bool take_words(const struct ctl *c, const struct ctl_command *k, int argc, char **argv, json_t *in)
{
	char names[80], *save = NULL, *name;
	int i;

	snprintf(names, sizeof names, "%s", k->words);
	name = strtok_r(names, " ", &save);
	for (i = 0; i < argc; i++) {
		if (strncmp(argv[i], "--", 2) == 0 && argv[i][2]) {
			if (i + 1 >= argc || !set_member(c, in, argv[i] + 2, argv[i + 1]))
				return false;
			i++;
		} else if (!name || !take_word(c, in, name, argv[i])) {
			return false;
		} else {
			name = strtok_r(NULL, " ", &save);
		}
	}
	return !name || strchr(name, '?');
}

/* --- what the broker wants to be told besides --- */

static int get_version(struct ctl *c, const struct ctl_command *k, json_t *in)
{
	bool user = k->flags & VERSION_USER;
	json_t *answer = NULL;
	int r = ctl_call(c, user ? "users/show" : "groups/show", json_pack("{s:O}", "name", json_object_get(in, "name")), &answer);

	if (r == CTL_DONE) {
		json_t *version = json_object_get(json_object_get(answer, user ? "user" : "group"), "version");

		if (version)
			json_object_set(in, "version", version);
	}
	json_decref(answer);
	return r;
}

/* The version of the value that stands there now: whoever changes it between now and then wins, and this call is told. */
static int get_expected(struct ctl *c, json_t *in)
{
	const char *attribute = json_string_value(json_object_get(in, "attribute"));
	json_t *ask = json_object(), *answer = NULL, *version;
	int r;

	json_object_set(ask, "scope", json_object_get(in, "scope"));
	if (json_object_get(in, "name"))
		json_object_set(ask, "name", json_object_get(in, "name"));
	r = ctl_call(c, "policies/show", ask, &answer);
	if (r != CTL_DONE)
		return r;
	version = json_object_get(json_object_get(json_object_get(answer, "values"), attribute ? attribute : ""), "version");
	json_object_set_new(in, "expected", version ? json_incref(version) : json_integer(0));
	json_decref(answer);
	return r;
}

/* The override that stands there now; "null" for none. */
static int get_before(struct ctl *c, json_t *in)
{
	const char *attribute = json_string_value(json_object_get(in, "attribute"));
	json_t *answer = NULL, *explain;
	size_t i, k;
	int r = ctl_call(c, "sessions/explain", json_pack("{s:O}", "session", json_object_get(in, "session")), &answer);

	json_object_set_new(in, "before", json_null());
	explain = json_object_get(answer, "explain");
	for (i = 0; i < json_array_size(explain); i++) {
		const json_t *e = json_array_get(explain, i), *rows = json_object_get(e, "rows");
		const char *name = json_string_value(json_object_get(e, "attribute"));

		for (k = 0; name && attribute && strcmp(name, attribute) == 0 && k < json_array_size(rows); k++)
			if (strcmp(json_string_value(json_object_get(json_array_get(rows, k), "scope")), "session") == 0)
				json_object_set(in, "before", json_object_get(json_array_get(rows, k), "value"));
	}
	json_decref(answer);
	return r;
}

static int complete(struct ctl *c, const struct ctl_command *k, json_t *in)
{
	if ((k->flags & DEFAULT_REASON) && !json_object_get(in, "reason"))
		json_object_set_new(in, "reason", json_string("緊急停止 emergency stop (sekishoctl stop)"));
	if (k->flags & (APPROVE | REFUSE))
		json_object_set_new(in, "approve", json_boolean((k->flags & APPROVE) != 0));
	if (k->flags & (HOLD | RELEASE))
		json_object_set_new(in, "hold", json_boolean((k->flags & HOLD) != 0));
	if (k->flags & UNSET)
		json_object_set_new(in, "value", json_null());
	if ((k->flags & (VERSION_USER | VERSION_GROUP)) && !json_object_get(in, "version"))
		return get_version(c, k, in);
	if ((k->flags & EXPECTED) && !json_object_get(in, "expected"))
		return get_expected(c, in);
	if ((k->flags & BEFORE) && !json_object_get(in, "before"))
		return get_before(c, in);
	return CTL_DONE;
}

/* --- answers --- */

static const json_t *rows_of(const struct ctl_command *k, const json_t *answer)
{
	static const char *const names[] = { "rows", "explain", "attributes", "groups" };
	size_t i;

	if (k->flags & CERTIFICATES)
		return json_object_get(answer, "certificates");
	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (json_is_array(json_object_get(answer, names[i])))
			return json_object_get(answer, names[i]);
	return NULL;
}

static void show(const struct ctl *c, const struct ctl_command *k, const json_t *answer)
{
	const char *text = json_string_value(json_object_get(answer, "password"));

	if (c->json) {
		ctl_print_json(answer);
		return;
	}
	switch (k->how) {
	case ROWS:
		ctl_print_rows(c, rows_of(k, answer), k->columns);
		if (json_is_string(json_object_get(answer, "next")))
			printf("--after %s\n", json_string_value(json_object_get(answer, "next")));
		break;
	case OBJECT:
		ctl_print_object(c, answer, "");
		break;
	case ENDED:
		printf(ctl_word(c, W_ENDED), (long long)json_integer_value(json_object_get(answer, "ended")));
		printf("\n");
		break;
	case PASSWORD:
		printf(ctl_word(c, W_PASSWORD), json_string_value(json_object_get(answer, "name")), text ? text : "");
		printf("\n");
		break;
	case CHANGE:
		if (json_is_true(json_object_get(answer, "pending"))) {
			printf(ctl_word(c, W_PENDING), (long long)json_integer_value(json_object_get(answer, "change")));
			printf("\n");
			break;
		}
		/* fall through */
	default:
		printf("%s\n", ctl_word(c, W_DONE));
	}
}

/* Asks once, or, for a list without --limit, until there are no more rows. */
static int ask(struct ctl *c, const struct ctl_command *k, json_t *in, json_t **ret)
{
	bool all = (k->flags & ALL_PAGES) && !json_object_get(in, "limit");
	json_t *answer = NULL, *more = NULL;
	int r;

	if (all)
		json_object_set_new(in, "limit", json_integer(200));
	r = ctl_call(c, k->op, json_deep_copy(in), &answer);
	while (r == CTL_DONE && all && json_is_string(json_object_get(answer, "next"))) {
		json_object_set(in, "after", json_object_get(answer, "next"));
		r = ctl_call(c, k->op, json_deep_copy(in), &more);
		if (r != CTL_DONE)
			break;
		json_array_extend(json_object_get(answer, "rows"), json_object_get(more, "rows"));
		json_object_set(answer, "next", json_object_get(more, "next"));
		json_decref(more);
	}
	if (r == CTL_DONE)
		*ret = answer;
	else
		json_decref(answer);
	return r;
}

static int run(struct ctl *c, const struct ctl_command *k, int argc, char **argv)
{
	json_t *in = json_object(), *answer = NULL;
	int r;

	if (!take_words(c, k, argc, argv, in)) {
		json_decref(in);
		return usage();
	}
	r = complete(c, k, in);
	if (r == CTL_DONE)
		r = ask(c, k, in, &answer);
	json_decref(in);
	if (r == CTL_DONE)
		show(c, k, answer);
	json_decref(answer);
	return r;
}

/* --- the verifier is a program of its own --- */

static int verify(struct ctl *c, int argc, char **argv)
{
	char path[PATH_MAX], key[PATH_MAX];
	const char *words[64] = { path };
	json_t *status = NULL;
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 32);
	int i, k = 1, r;

	if (n <= 0 || argc > 40)
		return usage();
	path[n] = '\0';
	snprintf(strrchr(path, '/') + 1, 32, "sekisho-audit-verify");
	if (argc == 0) { /* of this broker; the key by which it is checked then is the one that lies here */
		const json_t *audit;

		/* what was done up to now is on the disk, signed by the head */
		r = ctl_call(c, "audit/sync", json_object(), &status);
		if (r != CTL_DONE)
			return r;
		audit = status;
		snprintf(key, sizeof key, "%.4000s.pub", json_string_value(json_object_get(audit, "key")));
		words[k++] = "--key";
		words[k++] = key;
		words[k++] = json_string_value(json_object_get(audit, "path"));
	}
	for (i = 0; i < argc; i++)
		words[k++] = argv[i];
	if (c->json)
		words[k++] = "--json";
	if (c->ja) {
		words[k++] = "--lang";
		words[k++] = "ja";
	}
	execv(path, (char *const *)words);
	fprintf(stderr, "sekishoctl: %s: %s\n", ctl_word(c, W_NO_PROGRAM), path);
	json_decref(status);
	return CTL_UNREACHABLE;
}

/* What is more than one operation; ctl_own_commands (commands.c) has their names, in this order. */
static int (*const own[CTL_OWN_COMMANDS])(struct ctl *c, int argc, char **argv) = { ctl_host_password, ctl_host_test, ctl_host_enrol, verify,
	ctl_recording_verify, ctl_recording_keygen, ctl_recording_export, ctl_store_migrate, ctl_selfcheck, ctl_backup, ctl_key };

static int dispatch(struct ctl *c, int argc, char **argv)
{
	const struct ctl_command *k;
	int i;

	if (argc < 1)
		return usage();
	for (i = 0; i < CTL_OWN_COMMANDS; i++) {
		int words = ctl_command_words(&ctl_own_commands[i], argc, argv);

		if (words > 0)
			return own[i](c, argc - words, argv + words);
	}
	for (k = ctl_commands; k->group; k++) {
		int words = ctl_command_words(k, argc, argv);

		if (words > 0)
			return run(c, k, argc - words, argv + words);
	}
	return usage();
}

static bool language(struct ctl *c, const char *word)
{
	c->ja = strncmp(word, "ja", 2) == 0;
	return c->ja || strncmp(word, "en", 2) == 0;
}

int main(int argc, char **argv)
{
	struct ctl c = { .socket = getenv("SEKISHO_SOCKET"), .fd = -1 };
	int i, r;

	if (!c.socket || !*c.socket)
		c.socket = SEK_CTL_SOCKET;
	c.ja = sek_language_of_environment();
	for (i = 1; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
		if (strcmp(argv[i], "--help") == 0)
			return fputs(ctl_usage_text, stdout) < 0;
		if (strcmp(argv[i], "--version") == 0)
			return printf("sekishoctl %s\n", SEK_VERSION) < 0;
		if (strcmp(argv[i], "--commands") == 0)
			return ctl_commands_print(stdout) ? 0 : CTL_REFUSED;
		if (strcmp(argv[i], "--json") == 0)
			c.json = true;
		else if (strcmp(argv[i], "--socket") == 0 && i + 1 < argc)
			c.socket = argv[++i];
		else if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc && language(&c, argv[i + 1]))
			i++;
		else
			return usage();
	}
	r = dispatch(&c, argc - i, argv + i);
	ctl_close(&c);
	return r;
}

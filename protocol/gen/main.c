/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-protocol-gen --js|--md|--policy-md LIMITS_H: the protocol's lists for JavaScript (protocol.mjs), for
 * docs/protocol.md and for docs/policy.md, made of the same files that C is compiled from. Runs at build time only.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/codec/update.h"
#include "protocol/recording/entry.h"
#include "protocol/wire/messages.h"

enum { UP = SEK_DIR_UP, DOWN = SEK_DIR_DOWN, BOTH = SEK_DIR_BOTH };
enum { HOST = SEK_LINK_HOST, CLIENT = SEK_LINK_CLIENT, HUB = SEK_LINK_HUB };

static const struct {
	const char *name;
	unsigned number, dir, links, least, most, flags;
	const char *text;
} messages[] = {
#define SEK_MESSAGE(name, number, dir, links, least, most, flags, text) \
	{ #name, number, dir, links, least, most, flags, text },
#include "protocol/wire/messages.def"
};

static const struct {
	unsigned number;
	const char *who, *text;
} states[] = {
#define SEK_STATE(name, number, kind, who, text) { number, #who, text },
#include "protocol/wire/states.def"
#undef SEK_STATE
};

static const struct {
	unsigned number;
	const char *text;
} document_states[] = {
#define SEK_DOCUMENT_STATE(name, number, text) { number, text },
#include "protocol/wire/documents.def"
#undef SEK_DOCUMENT_STATE
};

static const struct {
	const char *code;
	unsigned number;
} keys[] = {
#define SEK_KEY(code, number, evdev) { #code, number },
#include "protocol/wire/keys.def"
#undef SEK_KEY
};

/* entry.h has read that list without its texts: here it is read anew. */
static const struct {
	const char *name;
	unsigned number;
} entries[] = {
#define SEK_ENTRY(NAME, number, least, most, text) { #NAME, number },
#include "protocol/recording/entries.def"
};
static const char *const record_events[] = {
#define SEK_RECORD_EVENT(NAME, number, word, text) [number] = word,
#include "protocol/recording/entries.def"
};

enum { GRANTS, MORE, MORE_0, LESS };
static const struct {
	const char *name, *type, *built_in;
	unsigned long least, most;
	int looser;
	const char *text;
} attributes[] = {
#define SEK_POLICY(NAME, member, TYPE, built_in, least, most, looser, text) \
	{ #member, #TYPE, built_in, least, most, looser, text },
#include "protocol/policy.def"
};

enum { NO, YES };
static const struct {
	const char *attribute, *word;
	unsigned grants;
	int available;
	const char *text;
} words[] = {
#define SEK_POLICY_WORD(ATTRIBUTE, NAME, word, grants, available, text) { #ATTRIBUTE, word, grants, available, text },
#include "protocol/policy.def"
};

/* Small enumerations by their C names; the prefix is cut off. */
struct constant {
	const char *name;
	unsigned number;
};
#define CONSTANT(name) { #name, name }
static const struct constant buttons[] = { CONSTANT(SEK_BUTTON_LEFT), CONSTANT(SEK_BUTTON_MIDDLE),
	CONSTANT(SEK_BUTTON_RIGHT), CONSTANT(SEK_BUTTON_BACK), CONSTANT(SEK_BUTTON_FORWARD) };
static const struct constant langs[] = { CONSTANT(SEK_LANG_JA), CONSTANT(SEK_LANG_EN) };
static const struct constant clipboard[] = { CONSTANT(SEK_CROSS_TO_OUTER), CONSTANT(SEK_CROSS_TO_INNER) };
static const struct constant clipboard_pieces[] = { CONSTANT(SEK_CLIPBOARD_FIRST), CONSTANT(SEK_CLIPBOARD_LAST),
	CONSTANT(SEK_CLIPBOARD_PREVIEW) };
static const struct constant clipboard_outcomes[] = { CONSTANT(SEK_CLIPBOARD_DONE), CONSTANT(SEK_CLIPBOARD_ASK),
	CONSTANT(SEK_CLIPBOARD_OFF), CONSTANT(SEK_CLIPBOARD_TOO_LONG), CONSTANT(SEK_CLIPBOARD_TOO_OFTEN),
	CONSTANT(SEK_CLIPBOARD_NO_TEXT), CONSTANT(SEK_CLIPBOARD_DECLINED), CONSTANT(SEK_CLIPBOARD_WAITING),
	CONSTANT(SEK_CLIPBOARD_NO_APPROVER), CONSTANT(SEK_CLIPBOARD_TOO_MANY) };
static const struct constant update_flags[] = { CONSTANT(SEK_UPDATE_KEYFRAME), CONSTANT(SEK_UPDATE_END),
	CONSTANT(SEK_UPDATE_ASIDE), CONSTANT(SEK_UPDATE_FRESH) };
static const struct constant update_ops[] = { CONSTANT(SEK_OP_COPY), CONSTANT(SEK_OP_FILL), CONSTANT(SEK_OP_TILES),
	CONSTANT(SEK_OP_JPEG) };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* One `#define SEK_NAME number` of limits.h. */
struct limit {
	char name[40], text[120];
	unsigned long number;
};
static struct limit limits[64];
static size_t limit_count;

_Noreturn static void die(const char *what, const char *detail)
{
	fprintf(stderr, "sekisho-protocol-gen: %s: %s\n", what, detail);
	exit(1);
}

static void read_limits(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[256];

	if (!f)
		die("cannot open", path);
	while (fgets(line, sizeof line, f)) {
		struct limit *l = &limits[limit_count];
		char *comment = strstr(line, "/* "), *end;
		unsigned long number;

		if (strncmp(line, "#define SEK_", 12) != 0 || strncmp(line + 12, "PROTOCOL_LIMITS_H", 17) == 0)
			continue;
		if (limit_count == COUNT(limits) || sscanf(line + 12, "%39s %lu", l->name, &number) != 2)
			die("not a limit", line);
		l->number = number;
		l->text[0] = '\0';
		if (comment) {
			end = strstr(comment, " */");
			if (!end || end - comment - 3 >= (long)sizeof l->text)
				die("not a comment", line);
			memcpy(l->text, comment + 3, (size_t)(end - comment - 3));
			l->text[end - comment - 3] = '\0';
		}
		limit_count++;
	}
	fclose(f);
}

/* --- JavaScript --- */

static void js_constants(const char *name, const struct constant *c, size_t n, size_t prefix)
{
	printf("export const %s = Object.freeze({\n", name);
	for (size_t i = 0; i < n; i++)
		printf("\t%s: %u,\n", c[i].name + prefix, c[i].number);
	printf("});\n\n");
}

static void lower(const char *c)
{
	for (; *c; c++)
		putchar(tolower((unsigned char)*c));
}

/* "CLIPBOARD" and "clipboard" */
static int is_of(size_t word, size_t attribute)
{
	const char *a = words[word].attribute, *b = attributes[attribute].name;

	while (*a && tolower((unsigned char)*a) == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static void js_policy(void)
{
	printf("/** The attributes of a policy, in order; see protocol/policy.def.\n"
	       " * @typedef {Readonly<{ word: string, available: boolean }>} PolicyWord\n"
	       " * @type {ReadonlyArray<Readonly<{ name: string, type: \"choice\" | \"flag\" | \"number\" | \"list\" | \"hours\","
	       " builtIn: any,\n *  least: number, most: number, zeroIsNoLimit: boolean, words: ReadonlyArray<PolicyWord> }>>} */\n"
	       "export const POLICY = Object.freeze([\n");
	for (size_t i = 0; i < COUNT(attributes); i++) {
		printf("\tObject.freeze({ name: \"%s\", type: \"", attributes[i].name);
		lower(attributes[i].type);
		printf("\", builtIn: %s, least: %lu, most: %lu, zeroIsNoLimit: %s, words: Object.freeze([", attributes[i].built_in,
			attributes[i].least, attributes[i].most, attributes[i].looser == MORE_0 ? "true" : "false");
		for (size_t k = 0; k < COUNT(words); k++)
			if (is_of(k, i))
				printf("\n\t\tObject.freeze({ word: \"%s\", available: %s }),", words[k].word,
					words[k].available == YES ? "true" : "false");
		printf("]) }),\n");
	}
	printf("]);\n\n");
}

static void print_js(void)
{
	printf("// SPDX-License-Identifier: GPL-3.0-or-later\n"
	       "// Made by sekisho-protocol-gen from protocol/limits.h and protocol/wire/*.def. Do not edit.\n\n");
	printf("/** Message types. */\nexport const MESSAGES = Object.freeze({\n");
	for (size_t i = 0; i < COUNT(messages); i++)
		printf("\t%s: 0x%02x,\n", messages[i].name, messages[i].number);
	printf("});\n\n/** States by number.\n"
	       " * @type {Readonly<Record<number, Readonly<{ name: string, ended: boolean }>>>} */\n"
	       "export const STATES = Object.freeze({\n");
	for (size_t i = 0; i < COUNT(states); i++)
		printf("\t%u: Object.freeze({ name: \"%s\", ended: %s }),\n", states[i].number,
			sek_state_name(states[i].number), sek_state_ended(states[i].number) ? "true" : "false");
	printf("});\n\n/** Names of what can be said of a document, by number.\n * @type {Readonly<Record<number, string>>} */\n"
	       "export const DOCUMENT_STATES = Object.freeze({\n");
	for (size_t i = 0; i < COUNT(document_states); i++)
		printf("\t%u: \"%s\",\n", document_states[i].number, sek_document_state_name(document_states[i].number));
	printf("});\n\nexport const LIMITS = Object.freeze({\n");
	for (size_t i = 0; i < limit_count; i++)
		printf("\t%s: %lu,\n", limits[i].name, limits[i].number);
	printf("});\n\n/** KeyboardEvent.code to the code of a KEY message.\n"
	       " * @type {Readonly<Record<string, number>>} */\nexport const KEYS = Object.freeze({\n");
	for (size_t i = 0; i < COUNT(keys); i++)
		printf("\t%s: %u,\n", keys[i].code, keys[i].number);
	printf("});\n\n");
	js_policy();
	js_constants("BUTTONS", buttons, COUNT(buttons), strlen("SEK_BUTTON_"));
	js_constants("LANGS", langs, COUNT(langs), strlen("SEK_LANG_"));
	js_constants("CLIPBOARD", clipboard, COUNT(clipboard), strlen("SEK_CROSS_"));
	js_constants("CLIPBOARD_PIECES", clipboard_pieces, COUNT(clipboard_pieces), strlen("SEK_CLIPBOARD_"));
	js_constants("CLIPBOARD_OUTCOMES", clipboard_outcomes, COUNT(clipboard_outcomes), strlen("SEK_CLIPBOARD_"));
	js_constants("UPDATE_FLAGS", update_flags, COUNT(update_flags), strlen("SEK_UPDATE_"));
	js_constants("UPDATE_OPS", update_ops, COUNT(update_ops), strlen("SEK_OP_"));
	printf("/** What stands in a recording. */\nexport const ENTRIES = Object.freeze({\n");
	for (size_t i = 0; i < COUNT(entries); i++)
		printf("\t%s: %u,\n", entries[i].name, entries[i].number);
	printf("});\n\n/** Words of events in a recording. */\nexport const RECORD_EVENTS = Object.freeze([");
	for (size_t i = 0; i < COUNT(record_events); i++)
		if (record_events[i])
			printf("\"%s\", ", record_events[i]);
	printf("]);\n");
}

/* --- Markdown --- */

static const char *direction(unsigned dir)
{
	return dir == UP ? "up" : dir == DOWN ? "down" : "both";
}

static void print_md(void)
{
	printf("### Messages\n\n| number | message | direction | host link | client link | hub link | payload bytes | flags |"
	       " meaning |\n|---|---|---|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < COUNT(messages); i++) {
		printf("| 0x%02x | %s | %s | %s | %s | %s | ", messages[i].number, messages[i].name,
			direction(messages[i].dir), messages[i].links & HOST ? "yes" : "",
			messages[i].links & CLIENT ? "yes" : "", messages[i].links & HUB ? "yes" : "");
		if (messages[i].least == messages[i].most)
			printf("%u", messages[i].least);
		else
			printf("%u to %u", messages[i].least, messages[i].most);
		printf(" | 0x%02x | %s |\n", messages[i].flags, messages[i].text);
	}
	printf("\n### States\n\n| number | state | kind | said by | meaning |\n|---|---|---|---|---|\n");
	for (size_t i = 0; i < COUNT(states); i++) {
		printf("| %u | `%s` | %s | ", states[i].number, sek_state_name(states[i].number),
			sek_state_ended(states[i].number) ? "ended" : "live");
		lower(states[i].who);
		printf(" | %s |\n", states[i].text);
	}
	printf("\n### Document states\n\n| number | state | meaning |\n|---|---|---|\n");
	for (size_t i = 0; i < COUNT(document_states); i++)
		printf("| %u | `%s` | %s |\n", document_states[i].number, sek_document_state_name(document_states[i].number),
			document_states[i].text);
	printf("\n### Limits\n\n| limit | value | of |\n|---|---|---|\n");
	for (size_t i = 0; i < limit_count; i++)
		printf("| `SEK_%s` | %lu | %s |\n", limits[i].name, limits[i].number, limits[i].text);
	printf("\n### Keys\n\n| `code` | number | | `code` | number | | `code` | number |\n|---|---|---|---|---|---|---|---|\n");
	for (size_t i = 0, rows = (COUNT(keys) + 2) / 3; i < rows; i++) {
		for (size_t k = i; k < rows * 3; k += rows) {
			if (k < COUNT(keys))
				printf("| %s | %u |", keys[k].code, keys[k].number);
			else
				printf("| | |");
			printf("%s", k + rows < rows * 3 ? " " : "\n");
		}
	}
}

static void md_values(size_t i)
{
	const char *between = "";

	if (strcmp(attributes[i].type, "CHOICE") != 0)
		printf("%s", strcmp(attributes[i].type, "FLAG") == 0 ? "`true`, `false`" : "");
	if (strcmp(attributes[i].type, "NUMBER") == 0)
		printf("%lu to %lu%s", attributes[i].least, attributes[i].most, attributes[i].looser == MORE_0 ? " (0: no limit)" : "");
	if (strcmp(attributes[i].type, "LIST") == 0)
		printf("up to %lu patterns", attributes[i].most);
	if (strcmp(attributes[i].type, "HOURS") == 0)
		printf("windows of the week, `\"always\"`, `\"never\"`");
	for (size_t k = 0; k < COUNT(words); k++) {
		if (!is_of(k, i))
			continue;
		printf("%s`\"%s\"` %s%s", between, words[k].word, words[k].text,
			words[k].available == YES ? "" : " *(not in this version)*");
		between = "; ";
	}
}

static void print_policy_md(void)
{
	static const char *const looser[] = { "a word that grants more", "more", "more; 0 most", "less" };

	printf("| attribute | of | values | built in | loosens |\n|---|---|---|---|---|\n");
	for (size_t i = 0; i < COUNT(attributes); i++) {
		printf("| `%s` | %s | ", attributes[i].name, attributes[i].text);
		md_values(i);
		printf(" | `%s` | %s |\n", attributes[i].built_in, looser[attributes[i].looser]);
	}
}

int main(int argc, char **argv)
{
	if (argc != 3 || (strcmp(argv[1], "--js") != 0 && strcmp(argv[1], "--md") != 0 && strcmp(argv[1], "--policy-md") != 0)) {
		fprintf(stderr, "usage: sekisho-protocol-gen --js|--md|--policy-md LIMITS_H\n");
		return 2;
	}
	read_limits(argv[2]);
	if (strcmp(argv[1], "--js") == 0)
		print_js();
	else if (strcmp(argv[1], "--md") == 0)
		print_md();
	else
		print_policy_md();
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}

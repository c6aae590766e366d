/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-key: the keys of a broker on the command line (`sekishoctl key`).
 */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "broker/hub/keys/words.h"
#include "broker/hub/keytool/keytool.h"
#include "broker/hub/owner.h"
#include "broker/hub/protect.h"

static int usage(const struct keytool *t)
{
	fputs(sek_phrase_of(t->ja, &tool_key_usage), stderr);
	return KEYTOOL_USAGE;
}

static bool parse(struct keytool *t, int argc, char **argv, const char **ret_name)
{
	for (int i = 0; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;
		const char **to = strcmp(argv[i], "--config") == 0 ? &t->config_path : strcmp(argv[i], "--certificate") == 0 ? &t->certificate :
			strcmp(argv[i], "--key") == 0 ? &t->key : strcmp(argv[i], "--file") == 0 ? &t->file : NULL;

		if (to && value)
			*to = argv[++i];
		else if (value && strcmp(argv[i], "--lang") == 0 && (strcmp(value, "ja") == 0 || strcmp(value, "en") == 0))
			i++;
		else if (strcmp(argv[i], "--yes") == 0)
			t->yes = true;
		else if (argv[i][0] != '-' && !*ret_name)
			*ret_name = argv[i];
		else
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct keytool t = { .config_path = "/etc/sekisho/broker.yaml", .ja = sek_language_of(argc, argv) };
	char folder[4096], err[SEK_CONFIG_ERROR_BYTES] = "";
	const char *name = NULL;
	bool rotate;
	int r;

	if (!sek_protect_process())
		return sek_tool_fail(t.ja, KEYTOOL_NAME, "the kernel does not let this process protect itself");
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return fputs(sek_phrase_of(t.ja, &tool_key_usage), stdout) < 0;
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return printf("sekisho-key %s\n", SEK_VERSION) < 0;
	rotate = argc > 1 && strcmp(argv[1], "rotate") == 0;
	if (argc < 2 || (!rotate && strcmp(argv[1], "list") != 0) || !parse(&t, argc - 2, argv + 2, &name) || rotate != (name != NULL) ||
			(!rotate && (t.certificate || t.key || t.file)))
		return usage(&t);
	if (sodium_init() < 0)
		return sek_tool_fail(t.ja, KEYTOOL_NAME, "libsodium cannot start");
	sek_program_folder(folder, sizeof folder);
	if (!sek_is_ok(sek_config_load_as_owner(t.config_path, folder, &t.config, err, sizeof err)))
		return sek_tool_fail(t.ja, KEYTOOL_NAME, err);
	keytool_fill(&t);
	r = rotate ? keytool_rotate(&t, name) : keytool_list(&t);
	sek_broker_config_free(t.config);
	return r;
}

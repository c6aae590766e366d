/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Merges the site's browser policies with those of the session.
 */
#include "render-host/sandbox/policy.h"

#include <string.h>

#include <jansson.h>

#include "render-host/helpers.h"
#include "render-host/sandbox/browser_argv.h"

#define TEXT_OF(number) #number
#define PORT_TEXT(number) TEXT_OF(number)
#define PROXY "http://127.0.0.1:" PORT_TEXT(SEK_PROXY_PORT)

static json_t *fixed(const struct sek_sandbox_options *o)
{
	int japanese = strcmp(o->lang, "ja") == 0;
	/* 1: developer tools are allowed. People are kept out all the same, by the block of devtools://; without it the
	 * protocol that tests speak does not exist. 2: not allowed at all. */
	int devtools = o->devtools ? 1 : 2;

	return json_pack("{s:{s:s, s:s, s:s}, s:i, s:b, s:[s, s], s:i, s:[s], s:s, s:s, s:b, s:[s]}",
		"ProxySettings",
		"ProxyMode", "fixed_servers",
		"ProxyServer", PROXY,
		"ProxyBypassList", "<-loopback>",
		"DeveloperToolsAvailability", devtools,
		"RemoteDebuggingAllowed", o->devtools != NULL,
		"ForcedLanguages", japanese ? "ja" : "en-US", japanese ? "en-US" : "ja",
		"RestoreOnStartup", 4,
		"RestoreOnStartupURLs", SEK_BROWSER_START_PAGE,
		"HomepageLocation", SEK_BROWSER_START_PAGE,
		"NewTabPageLocation", SEK_BROWSER_START_PAGE,
		"HomepageIsNewTabPage", 0,
		"HttpAllowlist", SEK_START_HOST);
}

sek_status sek_policy_make(const char *base, size_t n, const struct sek_sandbox_options *o, char **ret)
{
	sek_status s = sek_fail(SEK_E_CONFIG);
	json_t *all = NULL, *ours = NULL;
	char *text;

	if (n > SEK_POLICY_MAX_BYTES)
		return sek_fail(SEK_E_LIMIT);
	all = json_loadb(base, n, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(all))
		goto out;
	s = sek_fail(SEK_E_NOMEM);
	ours = fixed(o);
	if (!ours || json_object_update(all, ours) != 0)
		goto out;
	text = json_dumps(all, JSON_INDENT(1) | JSON_SORT_KEYS);
	if (!text)
		goto out;
	*ret = text;
	s = sek_ok();
out:
	json_decref(ours);
	json_decref(all);
	return s;
}

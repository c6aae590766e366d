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

static json_t *fixed(const struct sek_sandbox_options *o, const struct sek_rules *rules)
{
	int japanese = strcmp(o->lang, "ja") == 0;
	/* 1: developer tools are allowed. People are kept out all the same, by the block of devtools://; without it the
	 * protocol that tests speak does not exist. 2: not allowed at all. */
	int devtools = o->devtools || (rules && rules->print) ? 1 : 2; /* printing speaks it, too */

	return json_pack("{s:{s:s, s:s, s:s}, s:i, s:b, s:b, s:[s, s], s:i, s:[s], s:s, s:s, s:b, s:[s]}",
		"ProxySettings",
		"ProxyMode", "fixed_servers",
		"ProxyServer", PROXY,
		"ProxyBypassList", "<-loopback>",
		"DeveloperToolsAvailability", devtools,
		"RemoteDebuggingAllowed", 1, /* asked at the start only; the pipe's other end is the keeper's */
		"CommandLineFlagSecurityWarningsEnabled", 0,
		"ForcedLanguages", japanese ? "ja" : "en-US", japanese ? "en-US" : "ja",
		"RestoreOnStartup", 4,
		"RestoreOnStartupURLs", SEK_BROWSER_START_PAGE,
		"HomepageLocation", SEK_BROWSER_START_PAGE,
		"NewTabPageLocation", SEK_BROWSER_START_PAGE,
		"HomepageIsNewTabPage", 0,
		"HttpAllowlist", SEK_START_HOST);
}

/* A pattern without a scheme would also stand for chrome: and file: addresses, so it becomes two with one. */
static bool add(json_t *list, const char *pattern, size_t n)
{
	bool any = n == 1 && pattern[0] == '*';

	if (!any && n > 4 && memcmp(pattern, "http", 4) == 0 && memmem(pattern, n < 8 ? n : 8, "://", 3))
		return json_array_append_new(list, json_stringn(pattern, n)) == 0;
	return json_array_append_new(list, json_sprintf("http://%.*s", (int)n, pattern)) == 0 &&
		json_array_append_new(list, json_sprintf("https://%.*s", (int)n, pattern)) == 0;
}

static bool add_all(json_t *list, const char *lines, size_t n, bool all_too)
{
	const char *end;

	for (; n > 0; n -= (size_t)(end + 1 - lines), lines = end + 1) {
		end = memchr(lines, '\n', n);
		if (!end)
			return false;
		if ((all_too || end - lines != 1 || *lines != '*') && !add(list, lines, (size_t)(end - lines)))
			return false;
	}
	return true;
}

static bool has_all(const struct sek_rules *r)
{
	return (r->allow_bytes >= 2 && memcmp(r->allow, "*\n", 2) == 0) ||
		memmem(r->allow, r->allow_bytes, "\n*\n", 3) != NULL;
}

/* The list of that name in `all`, made if it is not there. */
static json_t *list_of(json_t *all, const char *name)
{
	json_t *list = json_object_get(all, name);

	if (json_is_array(list))
		return list;
	return json_object_set_new(all, name, json_array()) == 0 ? json_object_get(all, name) : NULL;
}

/* Files come into the sandbox and are opened at once by what stands for xdg-open (view.h). Types that are not in the list, and those that are
 * shown already, a user can open by hand. */
static bool apply_view(json_t *all, json_t *allow)
{
	static const char *const types[] = {
		"docx", "docm", "dotx", "xlsx", "xlsm", "xlsb", "pptx", "pptm", "ppsx", "odt", "ods", "odp", "doc", "xls", "ppt", "pps", "rtf", "csv",
		"eml", "txt", "log", "tif", "tiff", "bmp", "zip", "7z", "tar", "gz", "tgz", "bz2", "xz", "zst", "lzh", "rar", "cab", "pdf", NULL
	};
	json_t *list = json_array();

	for (const char *const *t = types; list && *t; t++)
		if (json_array_append_new(list, json_string(*t)) != 0)
			return false;
	/* 0: no restrictions. What is taken for dangerous elsewhere cannot be run here, and nothing leaves */
	return json_object_set_new(all, "AutoOpenFileTypes", list) == 0 &&
		json_object_set_new(all, "DownloadRestrictions", json_integer(0)) == 0 &&
		json_object_set_new(all, "DownloadDirectory", json_string(SEK_DOWNLOADS_INSIDE)) == 0 &&
		json_object_set_new(all, "PromptForDownloadLocation", json_false()) == 0 &&
		json_array_append_new(allow, json_string("file://" SEK_VIEW_INSIDE "/")) == 0 &&
		json_array_append_new(allow, json_string("file://" SEK_DOWNLOADS_INSIDE "/")) == 0;
}

/* What a page offers is kept where the keeper looks, without a question; the user takes it over from there. */
static bool keep_downloads(json_t *all)
{
	json_t *ours = json_pack("{s:i, s:s, s:b}", "DownloadRestrictions", 0, "DownloadDirectory", SEK_DOWNLOADS_INSIDE,
		"PromptForDownloadLocation", 0);
	bool ok = ours && json_object_update(all, ours) == 0;

	json_decref(ours);
	return ok;
}

/* Adds the rules behind what the site's file says. Of "*" in both lists the blocking one holds: "*" is allowed unless
 * somebody says otherwise. */
static bool apply_rules(json_t *all, const struct sek_rules *r)
{
	json_t *allow = list_of(all, "URLAllowlist"), *block = list_of(all, "URLBlocklist");
	static const char start[] = "http://" SEK_START_HOST;

	if (!allow || !block || !add_all(block, r->block, r->block_bytes, true))
		return false;
	if ((!has_all(r) && !add(block, "*", 1)) || !add_all(allow, r->allow, r->allow_bytes, false))
		return false;
	if (r->view && !apply_view(all, allow))
		return false;
	/* the page that the proxy itself answers: whoever may open nothing must still be told */
	return add(allow, start, sizeof start - 1) &&
		/* also where files are kept: what sekisho-convert makes is shown by the viewer that this would switch off */
		json_object_set_new(all, "AlwaysOpenPdfExternally", json_boolean(!r->view)) == 0 &&
		(!r->keep || keep_downloads(all));
}

sek_status sek_policy_make(const char *base, size_t n, const struct sek_sandbox_options *o, const struct sek_rules *rules,
	char **ret)
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
	ours = fixed(o, rules);
	if (!ours || json_object_update(all, ours) != 0 || (rules && !apply_rules(all, rules)))
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

/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The browser's arguments: the fixed list, and the check that refuses everything else.
 */
#include <string.h>

#include "render-host/sandbox/argv.h"
#include "render-host/sandbox/browser_argv.h"

/* Whole arguments. Most switch off what would call outside or keep data; managed policies do the same a second time. */
const char *const sek_browser_fixed[] = {
	"--user-data-dir=/home/session/profile",
	"--no-first-run",
	"--no-default-browser-check",
	"--no-pings",
	"--disable-background-networking",
	"--disable-breakpad",
	"--disable-client-side-phishing-detection",
	"--disable-component-update",
	"--disable-crash-reporter",
	"--disable-default-apps",
	"--disable-domain-reliability",
	"--disable-gpu",
	"--disable-sync",
	"--disable-features=AimEnabled,AimServerEligibilityEnabled,DialMediaRouteProvider,MediaRouter,OptimizationHints,Translate",
	"--password-store=basic",
	"--ozone-platform=x11",
	/* two inherited pipes, whose other ends the keeper has: to print the page that is shown. Without the second one pages are told that
	 * a machine drives the browser */
	"--remote-debugging-pipe",
	"--disable-blink-features=AutomationControlled",
	"--window-position=0,0",
	NULL
};

/* Arguments with a value that is computed from a number or chosen from two words, never copied from anywhere. */
static const char *const prefixes[] = {
	"--force-device-scale-factor=", "--lang=", "--window-size=", "--remote-debugging-port=", NULL
};

/* The start page is the only thing on the command line that is not a switch. */
static const char start_page[] = SEK_BROWSER_START_PAGE;

/* Refused even if someone adds them to the lists above: what takes a wall of the sandbox down (Chromium's
 * sandbox/policy/switches.cc and content/public/common/content_switches.cc) or leads the traffic elsewhere. */
static const char *const forbidden[] = {
	"no-sandbox", "disable-setuid-sandbox", "disable-namespace-sandbox", "disable-seccomp-filter-sandbox",
	"disable-gpu-sandbox", "disable-sandbox", "allow-sandbox-debugging", "no-zygote", "no-unsandboxed-zygote",
	"single-process", "in-process-gpu", "utility-cmd-prefix", "renderer-cmd-prefix", "gpu-launcher",
	"browser-subprocess-path", "disable-web-security", "disable-site-isolation", "allow-file-access",
	"load-extension", "disable-extensions-except", "load-and-launch-app", "ignore-certificate-errors",
	"host-resolver-rules", "host-rules", "proxy-", "no-proxy-server", "enable-automation", "remote-debugging-address",
	"remote-debugging-io-pipes", "remote-allow-origins", "js-flags", "wm-",
	"disable-crashpad-for-testing", "unsafely-", "service-sandbox-type", "add-", "enable-features=NetworkServiceInProcess",
	NULL
};

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool in_lists(const char *arg)
{
	for (const char *const *p = sek_browser_fixed; *p; p++)
		if (strcmp(arg, *p) == 0)
			return true;
	for (const char *const *p = prefixes; *p; p++) {
		const char *value = arg + strlen(*p);

		/* digits, a point, a comma and lower-case letters: no value can start a second argument or name a path */
		if (starts(arg, *p))
			return *value && strspn(value, "0123456789.,abcdefghijklmnopqrstuvwxyz") == strlen(value);
	}
	return strcmp(arg, start_page) == 0;
}

sek_status sek_argv_browser_check(char *const *args, const char **ret_bad)
{
	for (; *args; args++) {
		/* Chromium takes "-switch" as well as "--switch" */
		const char *name = *args + strspn(*args, "-");

		for (const char *const *f = forbidden; *f; f++)
			if (**args == '-' && starts(name, *f))
				goto denied;
		if (!in_lists(*args))
			goto denied;
	}
	return sek_ok();
denied:
	if (ret_bad)
		*ret_bad = *args;
	return sek_fail(SEK_E_DENIED);
}

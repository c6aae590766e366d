/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Options and file of the viewer, and what they must be.
 */
#include "client/viewer/config.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "protocol/limits.h"

#define DEFAULT_FILE "/etc/sekisho/viewer.yaml"
#define DECODER "sekisho-viewer-decoder"
#define MAYBE (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

enum { PATH_BYTES = 1024, HTTPS = 443 };

static const cyaml_schema_field_t fields[] = {
	CYAML_FIELD_STRING_PTR("broker", MAYBE, struct viewer_file, broker, 1, 280),
	CYAML_FIELD_STRING_PTR("origin", MAYBE, struct viewer_file, origin, 1, 280),
	CYAML_FIELD_STRING_PTR("ca", MAYBE, struct viewer_file, ca, 1, PATH_BYTES),
	CYAML_FIELD_STRING_PTR("user", MAYBE, struct viewer_file, user, 1, 200),
	CYAML_FIELD_STRING_PTR("lang", MAYBE, struct viewer_file, lang, 2, 2),
	CYAML_FIELD_STRING_PTR("certificate", MAYBE, struct viewer_file, certificate, 1, PATH_BYTES),
	CYAML_FIELD_STRING_PTR("key", MAYBE, struct viewer_file, key, 1, PATH_BYTES),
	CYAML_FIELD_STRING_PTR("passphrase_file", MAYBE, struct viewer_file, passphrase_file, 1, PATH_BYTES),
	CYAML_FIELD_STRING_PTR("save_to", MAYBE, struct viewer_file, save_to, 1, PATH_BYTES - 1),
	SEK_CONFIG_FIELD_BOOL("fullscreen", CYAML_FLAG_OPTIONAL, struct viewer_file, fullscreen),
	SEK_CONFIG_FIELD_BOOL("kiosk", CYAML_FLAG_OPTIONAL, struct viewer_file, kiosk),
	SEK_CONFIG_FIELD_BOOL("all_monitors", CYAML_FLAG_OPTIONAL, struct viewer_file, all_monitors),
	CYAML_FIELD_UINT("scale_percent", CYAML_FLAG_OPTIONAL, struct viewer_file, scale_percent),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t schema = { CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct viewer_file, fields) };

static void usage(void)
{
	fputs("usage: sekisho-viewer --broker ADDRESS:PORT --ca FILE [OPTION]...\n"
	      "  --broker ADDRESS:PORT   the broker, as its pages are opened with\n"
	      "  --origin URL            the address of its pages, if it is another one than https://ADDRESS:PORT\n"
	      "  --ca FILE               PEM file of the site's CA; nothing else is trusted\n"
	      "  --user NAME             fills in the user name\n"
	      "  --certificate FILE|URI  a client certificate: PEM, PKCS#12 (.p12, .pfx) or pkcs11:...\n"
	      "  --key FILE|URI          its key, if it stands elsewhere\n"
	      "  --passphrase-file FILE  the key's passphrase is its first line\n"
	      "  --lang ja|en            language of the viewer and of the isolated browser\n"
	      "  --size WxH              size of the window\n"
	      "  --fullscreen            begin in full screen\n"
	      "  --monitors all|one      all: one wide picture over every monitor\n"
	      "  --scale PERCENT         of a screen whose own scale is not found out\n"
	      "  --kiosk                 full screen, and no way out but to log out\n"
	      "  --save-to FOLDER        where documents that were taken over are saved\n"
	      "  --config FILE           default: " DEFAULT_FILE ", if it is there\n"
	      "  --verbose               tell on the terminal what happens\n", stdout);
}

static sek_status wrong(char *err, size_t size, const char *what, const char *detail)
{
	snprintf(err, size, "%s%s%s", what, detail ? ": " : "", detail ? detail : "");
	return sek_fail(SEK_E_CONFIG);
}

bool viewer_parse_broker(struct viewer_config *c, const char *text)
{
	const char *colon = strrchr(text, ':'), *from = text;
	size_t n = colon ? (size_t)(colon - text) : 0;
	char *end = NULL;
	unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;

	if (n > 0 && text[0] == '[' && text[n - 1] == ']') {
		from++;
		n = n > 2 ? n - 2 : 0;
	} else if (n > 0 && memchr(text, ':', n)) {
		return false; /* an IPv6 address without its brackets: where does it end? */
	}
	if (n == 0 || n >= sizeof c->address || !end || *end || port == 0 || port > 65535)
		return false;
	memcpy(c->address, from, n);
	c->address[n] = 0;
	c->port = (uint16_t)port;
	/* A browser leaves the usual port out of an origin. */
	snprintf(c->origin, sizeof c->origin, "https://%.*s", (int)(port == HTTPS ? (size_t)(colon - text) : strlen(text)), text);
	return true;
}

static bool parse_number(const char *text, unsigned long least, unsigned long most, uint16_t *ret)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	*ret = (uint16_t)n;
	return *text && !*end && n >= least && n <= most;
}

static bool parse_size(const char *text, struct viewer_config *c)
{
	char first[8];
	const char *x = strchr(text, 'x');
	size_t n = x ? (size_t)(x - text) : sizeof first;

	if (n >= sizeof first)
		return false;
	memcpy(first, text, n);
	first[n] = 0;
	return parse_number(first, SEK_WIDTH_MIN_PX, SEK_WIDTH_MAX_PX, &c->width_px) &&
		parse_number(x + 1, SEK_HEIGHT_MIN_PX, SEK_HEIGHT_MAX_PX, &c->height_px);
}

/* One option; false: its argument is not good. */
static bool take(struct viewer_config *c, int o, char *argument)
{
	struct viewer_file *f = &c->file;

	switch (o) {
	case 'b': f->broker = argument; break;
	case 'o': f->origin = argument; break;
	case 'c': f->ca = argument; break;
	case 'u': f->user = argument; break;
	case 'e': f->certificate = argument; break;
	case 'k': f->key = argument; break;
	case 'p': f->passphrase_file = argument; break;
	case 'l': f->lang = argument; break;
	case 'S': f->save_to = argument; break;
	case 'z': return parse_size(argument, c);
	case 'f': f->fullscreen = true; break;
	case 'K': f->kiosk = true; break;
	case 'm':
		f->all_monitors = strcmp(argument, "all") == 0;
		return f->all_monitors || strcmp(argument, "one") == 0;
	case 's': return parse_number(argument, SEK_SCALE_MIN_PERCENT, SEK_SCALE_MAX_PERCENT, &f->scale_percent);
	default: c->verbose = true; break;
	}
	return true;
}

static sek_status check(struct viewer_config *c, char *err, size_t size)
{
	struct viewer_file *f = &c->file;

	if (!f->broker || !f->ca)
		return wrong(err, size, "--broker and --ca are needed (or `broker` and `ca` in the configuration file)", NULL);
	if (!viewer_parse_broker(c, f->broker))
		return wrong(err, size, "write the broker as ADDRESS:PORT, an IPv6 address in brackets", f->broker);
	if (f->origin && strncmp(f->origin, "https://", 8) != 0)
		return wrong(err, size, "an origin begins with https://", f->origin);
	if (f->origin)
		snprintf(c->origin, sizeof c->origin, "%s", f->origin);
	if (access(f->ca, R_OK) < 0)
		return wrong(err, size, "the CA's file cannot be read", f->ca);
	if (f->lang && strcmp(f->lang, "ja") != 0 && strcmp(f->lang, "en") != 0)
		return wrong(err, size, "the language is ja or en", f->lang);
	if (f->scale_percent && (f->scale_percent < SEK_SCALE_MIN_PERCENT || f->scale_percent > SEK_SCALE_MAX_PERCENT))
		return wrong(err, size, "scale_percent is out of range", NULL);
	if (f->key && !f->certificate)
		return wrong(err, size, "a key without a certificate", f->key);
	return sek_ok();
}

static sek_status read_passphrase(struct viewer_config *c, char *err, size_t size)
{
	if (!c->file.passphrase_file)
		return sek_ok();
	SEK_TRY(sek_config_check_file("passphrase_file", c->file.passphrase_file, 1, err, size));
	if (!sek_is_ok(sek_file_read(c->file.passphrase_file, &c->passphrase, NULL)))
		return wrong(err, size, "cannot be read", c->file.passphrase_file);
	c->passphrase[strcspn(c->passphrase, "\r\n")] = 0;
	return sek_ok();
}

/* Without a word of the configuration: the user's downloads, but not on a kiosk, whose next user is somebody else. */
static sek_status find_folder(struct viewer_config *c, char *err, size_t size)
{
	const char *home = getenv("HOME");

	if (c->file.save_to) {
		snprintf(c->save_to, sizeof c->save_to, "%s", c->file.save_to);
		return access(c->save_to, W_OK | X_OK) == 0 ? sek_ok() : wrong(err, size, "documents cannot be saved there", c->save_to);
	}
	if (c->file.kiosk || !home)
		return sek_ok();
	if ((size_t)snprintf(c->save_to, sizeof c->save_to, "%s/Downloads", home) >= sizeof c->save_to || access(c->save_to, W_OK | X_OK) != 0)
		snprintf(c->save_to, sizeof c->save_to, "%s", strlen(home) < sizeof c->save_to && access(home, W_OK | X_OK) == 0 ? home : "");
	return sek_ok();
}

/* Beside this program. */
static sek_status find_decoder(struct viewer_config *c, char *err, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", c->decoder, sizeof c->decoder - sizeof DECODER);
	char *slash;

	c->decoder[n > 0 ? n : 0] = 0;
	slash = strrchr(c->decoder, '/');
	if (!slash)
		return wrong(err, size, "cannot find where this program lies", NULL);
	memcpy(slash + 1, DECODER, sizeof DECODER);
	if (access(c->decoder, X_OK) < 0)
		return wrong(err, size, "not installed", c->decoder);
	return sek_ok();
}

static sek_status load(struct viewer_config *c, const char *path, char *err, size_t size)
{
	if (!path && access(DEFAULT_FILE, F_OK) < 0 && errno == ENOENT)
		return sek_ok();
	SEK_TRY(sek_config_load(path ? path : DEFAULT_FILE, &schema, &c->loaded, err, size));
	c->file = *(struct viewer_file *)c->loaded;
	return sek_ok();
}

sek_status viewer_config_read(int argc, char **argv, struct viewer_config *c, bool *ret_help, char *err, size_t size)
{
	static const struct option options[] = {
		{ "broker", required_argument, NULL, 'b' }, { "origin", required_argument, NULL, 'o' },
		{ "ca", required_argument, NULL, 'c' }, { "user", required_argument, NULL, 'u' },
		{ "certificate", required_argument, NULL, 'e' }, { "key", required_argument, NULL, 'k' },
		{ "passphrase-file", required_argument, NULL, 'p' }, { "lang", required_argument, NULL, 'l' },
		{ "size", required_argument, NULL, 'z' }, { "fullscreen", no_argument, NULL, 'f' },
		{ "kiosk", no_argument, NULL, 'K' }, { "monitors", required_argument, NULL, 'm' },
		{ "scale", required_argument, NULL, 's' }, { "save-to", required_argument, NULL, 'S' },
		{ "config", required_argument, NULL, 'C' },
		{ "verbose", no_argument, NULL, 'v' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	const char *path = NULL;
	int o;

	*c = (struct viewer_config){ .width_px = 1280, .height_px = 800 };
	*ret_help = false;
	/* The file first, whatever the order: options go before it. */
	for (opterr = 0, optind = 1; (o = getopt_long(argc, argv, "h", options, NULL)) != -1;)
		if (o == 'C')
			path = optarg;
		else if (o == 'h')
			*ret_help = true;
		else if (o == '?')
			return wrong(err, size, "unknown option, or without its argument; see --help", argv[optind - 1]);
	if (*ret_help) {
		usage();
		return sek_ok();
	}
	if (optind < argc)
		return wrong(err, size, "takes options only", argv[optind]);
	SEK_TRY(load(c, path, err, size));
	for (optind = 1; (o = getopt_long(argc, argv, "h", options, NULL)) != -1;)
		if (o != 'C' && !take(c, o, optarg))
			return wrong(err, size, "not a good argument", optarg);
	SEK_TRY(check(c, err, size));
	SEK_TRY(read_passphrase(c, err, size));
	SEK_TRY(find_folder(c, err, size));
	return find_decoder(c, err, size);
}

void viewer_config_finish(struct viewer_config *c)
{
	if (c->passphrase)
		explicit_bzero(c->passphrase, strlen(c->passphrase));
	free(c->passphrase);
	if (c->loaded)
		sek_config_free(&schema, c->loaded);
	*c = (struct viewer_config){ 0 };
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What broker.yaml says of foreign hosts, and the programs that speak to them. Must never take a host without encryption for one
 * unless the file says so in a word.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "base/file.h"
#include "broker/hub/auth/certificate.h"
#include "broker/hub/config.h"
#include "broker/hub/config_file.h"

static sek_status read_trust(const struct sek_config_place *k, const char *key, const char *path, struct sek_render_host *h)
{
	struct sek_certificate c;
	char *pem = NULL;
	size_t n = 0;

	if (!sek_is_ok(sek_file_read(path, &pem, &n)) || n > SEK_HOST_TRUST_MAX_BYTES || !sek_is_ok(sek_certificate_read(pem, &c))) {
		free(pem);
		return sek_config_refuse(k, key, "is not a certificate in PEM that can be read: write the file of the host's certificate or of its CA");
	}
	h->trust = pem;
	return sek_ok();
}

static sek_status fill_one(const struct sek_config_place *k, unsigned i, const struct file_host *f, struct sek_render_host *h)
{
	char key[48];

	snprintf(key, sizeof key, "render_hosts.%u.kind", i);
	if (f->kind && !sek_host_kind_find(f->kind, &h->kind))
		return sek_config_refuse(k, key, "is not known: write sekisho, vnc or rdp");
	if (h->kind == SEK_KIND_SEKISHO && (f->trust || f->insecure || f->max_sessions))
		return sek_config_refuse(k, key, "is sekisho: trust, insecure and max_sessions are of other kinds only");
	h->insecure = f->insecure && *f->insecure;
	snprintf(key, sizeof key, "render_hosts.%u.trust", i);
	if (h->insecure && f->trust)
		return sek_config_refuse(k, key, "is of no use with insecure: true: remove one of them");
	if (f->trust)
		SEK_TRY(read_trust(k, key, f->trust, h));
	h->places = f->max_sessions ? *f->max_sessions : 0;
	snprintf(key, sizeof key, "render_hosts.%u.max_sessions", i);
	return f->max_sessions ? sek_config_at(k, key, sek_config_check_range(key, h->places, 1, SEK_PLACES_MAX, k->err, k->err_size)) :
		sek_ok();
}

/* A program that is not installed is no fault while no host of the file asks for it. */
static sek_status fill_program(const struct sek_config_place *k, const char *key, const char *configured, const char *folder,
	const char *name, enum sek_host_kind kind, const struct sek_broker_config *c, char **made, const char **ret)
{
	char what[200];
	size_t i;

	if (!configured && asprintf(made, "%s/%s", folder, name) < 0) {
		*made = NULL;
		return sek_fail(SEK_E_NOMEM);
	}
	if (!configured)
		configured = *made;
	*ret = access(configured, X_OK) == 0 ? configured : NULL;
	for (i = 0; !*ret && i < c->sessions.n_hosts; i++) {
		if (c->hosts[i].kind != kind)
			continue;
		snprintf(what, sizeof what, "'%.120s' cannot be run, and a render host needs it", configured);
		return sek_config_refuse(k, key, what);
	}
	return sek_ok();
}

sek_status sek_config_fill_foreign(const struct sek_config_place *k, const char *program_folder, struct sek_broker_config *c)
{
	const struct sek_config_file *f = c->file;
	unsigned i;

	for (i = 0; i < f->render_hosts_count; i++)
		SEK_TRY(fill_one(k, i, &f->render_hosts[i], &c->hosts[i]));
	SEK_TRY(fill_program(k, "programs.decoder_vnc", f->programs ? f->programs->decoder_vnc : NULL, program_folder, "sekisho-decoder-vnc",
		SEK_KIND_VNC, c, &c->made_decoder_vnc, &c->sessions.decoder_vnc_path));
	return fill_program(k, "programs.decoder_rdp", f->programs ? f->programs->decoder_rdp : NULL, program_folder, "sekisho-decoder-rdp",
		SEK_KIND_RDP, c, &c->made_decoder_rdp, &c->sessions.decoder_rdp_path);
}

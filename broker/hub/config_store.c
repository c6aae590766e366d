/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The part of broker.yaml that says where the store is. Must never let a connection over the network go without a CA for the
 * server's certificate, nor without something that shows who the broker is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "broker/hub/config.h"
#include "broker/hub/config_file.h"
#include "broker/hub/store/store.h"

enum { ADDRESSES_MAX = 4, WORD_MAX = 63 /* of a name in PostgreSQL */ };

static sek_status check_addresses(const struct sek_config_place *k, const char *list)
{
	char copy[ADDRESSES_MAX * 48], *one, *rest = NULL;
	int n = 0;

	if (strlen(list) >= sizeof copy)
		return sek_config_refuse(k, "store.postgresql.address", "is too long: write at most 4 numeric addresses with commas between");
	snprintf(copy, sizeof copy, "%s", list);
	for (one = strtok_r(copy, ",", &rest); one; one = strtok_r(NULL, ",", &rest), n++)
		SEK_TRY(sek_config_at(k, "store.postgresql.address",
			sek_config_check_address("store.postgresql.address", one, k->err, k->err_size)));
	if (n < 1 || n > ADDRESSES_MAX || list[strspn(list, "0123456789abcdefABCDEF.:,")])
		return sek_config_refuse(k, "store.postgresql.address", "write 1 to 4 numeric addresses with commas between, or the folder of "
			"the server's socket");
	return sek_ok();
}

/* Where libpq would fall back to something that nobody has written here, the key is asked for. */
static sek_status check_network(const struct sek_config_place *k, const struct file_postgresql *f)
{
	SEK_TRY(check_addresses(k, f->address));
	if (!f->ca)
		return sek_config_refuse(k, "store.postgresql", "over the network, write ca: the PEM file from which the server's certificate comes");
	if (!f->password_file && !f->certificate)
		return sek_config_refuse(k, "store.postgresql", "write password_file, or certificate and key: how the broker shows who it is");
	return sek_config_at(k, "store.postgresql.ca", sek_config_check_file("store.postgresql.ca", f->ca, 0, k->err, k->err_size));
}

static sek_status check_word(const struct sek_config_place *k, const char *key, const char *word, const char *letters)
{
	if (!word)
		return sek_ok();
	if (strlen(word) > WORD_MAX || word[strspn(word, letters)])
		return sek_config_refuse(k, key, "is no name that the store may have there: small letters, digits and _, at most 63");
	return sek_ok();
}

static sek_status check_postgresql(const struct sek_config_place *k, const struct file_postgresql *f)
{
	static const char small[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

	if (f->address[0] != '/')
		SEK_TRY(check_network(k, f));
	else if (strpbrk(f->address, ",\n"))
		return sek_config_refuse(k, "store.postgresql.address", "is not the folder of a socket");
	if (!f->certificate != !f->key)
		return sek_config_refuse(k, "store.postgresql.key", "certificate and key belong together: write both or none");
	if (f->password_file)
		SEK_TRY(sek_config_at(k, "store.postgresql.password_file",
			sek_config_check_file("store.postgresql.password_file", f->password_file, 1, k->err, k->err_size)));
	if (f->key)
		SEK_TRY(sek_config_at(k, "store.postgresql.key",
			sek_config_check_file("store.postgresql.key", f->key, 1, k->err, k->err_size)));
	SEK_TRY(check_word(k, "store.postgresql.database", f->database, small));
	SEK_TRY(check_word(k, "store.postgresql.user", f->user, small));
	if (f->schema && (f->schema[0] == '\0' || strchr("0123456789", f->schema[0])))
		return sek_config_refuse(k, "store.postgresql.schema", "begins with a small letter");
	return check_word(k, "store.postgresql.schema", f->schema, small);
}

sek_status sek_config_fill_store(const struct sek_config_place *k, struct sek_broker_config *c)
{
	const struct file_postgresql *f = c->file->store.postgresql;
	struct sek_store_postgresql p;

	c->store_path = c->store_where = c->file->store.path;
	if (!f)
		return sek_ok();
	SEK_TRY(check_postgresql(k, f));
	p = (struct sek_store_postgresql){ .address = f->address, .port = f->port ? *f->port : 0, .name = f->name, .database = f->database,
		.user = f->user, .schema = f->schema, .ca = f->ca, .password_file = f->password_file, .certificate = f->certificate,
		.key = f->key };
	c->made_store = sek_store_where_postgresql(&p);
	if (!c->made_store)
		return sek_fail(SEK_E_NOMEM);
	c->store_where = c->made_store;
	return sek_ok();
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where a PostgreSQL is and how it is connected to. Must never send a password over the network but to a server whose
 * certificate fits.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "broker/hub/store/postgres.h"

#define PREFIX "postgresql:\n"

/* --- the text --- */

char *sek_store_where_postgresql(const struct sek_store_postgresql *p)
{
	const struct { const char *key, *value; } all[] = {
		{ "address", p->address }, { "name", p->name }, { "database", p->database }, { "user", p->user }, { "schema", p->schema },
		{ "ca", p->ca }, { "password_file", p->password_file }, { "certificate", p->certificate }, { "key", p->key },
	};
	size_t i, size = sizeof PREFIX + 32, at;
	char *text;

	for (i = 0; i < sizeof all / sizeof all[0]; i++)
		size += all[i].value ? strlen(all[i].key) + strlen(all[i].value) + 2 : 0;
	text = malloc(size);
	if (!text)
		return NULL;
	at = (size_t)snprintf(text, size, PREFIX "port=%u\n", p->port ? p->port : 5432u);
	for (i = 0; i < sizeof all / sizeof all[0]; i++)
		if (all[i].value)
			at += (size_t)snprintf(text + at, size - at, "%s=%s\n", all[i].key, all[i].value);
	return text;
}

bool sek_store_where_is_postgresql(const char *where)
{
	return strncmp(where, PREFIX, sizeof PREFIX - 1) == 0;
}

bool sek_pg_where_parse(const char *text, struct sek_pg_where *ret)
{
	struct sek_pg_where w = { .text = strdup(text + sizeof PREFIX - 1), .addresses = 1, .address = "", .port = "5432", .name = "", .database = "sekisho",
		.user = "sekisho", .schema = "sekisho", .ca = "", .password_file = "", .certificate = "", .key = "" };
	const struct { const char *key; const char **value; } all[] = {
		{ "address", &w.address }, { "port", &w.port }, { "name", &w.name }, { "database", &w.database }, { "user", &w.user },
		{ "schema", &w.schema }, { "ca", &w.ca }, { "password_file", &w.password_file }, { "certificate", &w.certificate },
		{ "key", &w.key },
	};
	char *line, *rest = NULL, *value;

	if (!w.text)
		return false;
	for (line = strtok_r(w.text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		value = strchr(line, '=');
		if (!value)
			continue;
		*value++ = '\0';
		for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
			if (strcmp(line, all[i].key) == 0 && *value)
				*all[i].value = value;
	}
	for (const char *p = w.address; *p && w.address[0] != '/'; p++)
		w.addresses += *p == ',';
	*ret = w;
	return true;
}

void sek_pg_where_finish(struct sek_pg_where *w)
{
	free(w->text);
	w->text = NULL;
}

void sek_pg_channel(const struct sek_pg_where *w, char *ret, size_t size)
{
	snprintf(ret, size, "sekisho_%s", w->schema);
}

/* --- connecting --- */

/* The password stands in a file, so that a new one is taken at the next connection. Only its owner may read it. */
static sek_status read_password(const char *path, char **ret, char *err, size_t err_size)
{
	struct stat st;
	char *text = NULL;

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || !sek_is_ok(sek_file_read(path, &text, NULL))) {
		snprintf(err, err_size, "the password file '%s' cannot be read", path);
		return sek_fail(SEK_E_CONFIG);
	}
	if (st.st_mode & 077) {
		snprintf(err, err_size, "the password file '%s' must be a file that only its owner may read: chmod 600 it", path);
		free(text);
		return sek_fail(SEK_E_CONFIG);
	}
	text[strcspn(text, "\r\n")] = '\0';
	*ret = text;
	return sek_ok();
}

struct parameters {
	const char *keys[32], *values[32];
	int n;
};

static void put(struct parameters *p, const char *key, const char *value)
{
	if (!value || !*value)
		return;
	p->keys[p->n] = key;
	p->values[p->n++] = value;
}

static void put_tls(struct parameters *p, const struct sek_pg_where *w, const char *address)
{
	put(p, "hostaddr", address);
	put(p, "host", *w->name ? w->name : address);
	put(p, "sslmode", "verify-full");
	put(p, "ssl_min_protocol_version", "TLSv1.3");
	put(p, "sslrootcert", w->ca);
	/* else libpq would look for one in HOME, which may be another user's, and fail where it may not look */
	put(p, "sslcert", *w->certificate ? w->certificate : "/nonexistent/certificate");
	put(p, "sslkey", w->key);
}

static char *one_address(const struct sek_pg_where *w, unsigned which)
{
	const char *from = w->address;

	if (w->address[0] == '/')
		return strdup(from);
	for (; which > 0 && strchr(from, ','); which--)
		from = strchr(from, ',') + 1;
	return strndup(from, strcspn(from, ","));
}

sek_status sek_pg_start(const struct sek_pg_where *w, unsigned which, PGconn **ret, char *err, size_t err_size)
{
	struct parameters p = { .n = 0 };
	char options[256], *password = NULL, *address = one_address(w, which);
	sek_status status = address ? sek_ok() : sek_fail(SEK_E_NOMEM);
	PGconn *conn = NULL;

	snprintf(options, sizeof options, "-c search_path=%s -c statement_timeout=%d -c lock_timeout=%d "
		"-c idle_in_transaction_session_timeout=%d -c synchronous_commit=on", w->schema, SEK_PG_STATEMENT_MS, SEK_PG_STATEMENT_MS,
		SEK_PG_IDLE_MS);
	if (w->address[0] == '/')
		put(&p, "host", address);
	else if (address)
		put_tls(&p, w, address);
	put(&p, "port", w->port);
	put(&p, "dbname", w->database);
	put(&p, "user", w->user);
	put(&p, "options", options);
	put(&p, "client_encoding", "UTF8");
	put(&p, "application_name", "sekisho");
	put(&p, "target_session_attrs", "read-write");
	put(&p, "gssencmode", "disable");
	put(&p, "keepalives_idle", "5");
	put(&p, "keepalives_interval", "2");
	put(&p, "keepalives_count", "3");
	put(&p, "tcp_user_timeout", "6000");
	if (sek_is_ok(status) && *w->password_file)
		status = read_password(w->password_file, &password, err, err_size);
	put(&p, "password", password);
	if (sek_is_ok(status)) {
		conn = PQconnectStartParams(p.keys, p.values, 0);
		status = conn ? sek_ok() : sek_fail(SEK_E_NOMEM);
	}
	if (conn && PQstatus(conn) == CONNECTION_BAD) {
		snprintf(err, err_size, "%s", PQerrorMessage(conn));
		err[strcspn(err, "\n")] = '\0';
		PQfinish(conn);
		status = sek_fail(SEK_E_STORE);
	} else if (sek_is_ok(status)) {
		*ret = conn;
	}
	if (password)
		explicit_bzero(password, strlen(password));
	free(password);
	free(address);
	return status;
}

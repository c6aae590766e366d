/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Printers of the inner side: the queues that broker.yaml names, of one CUPS server, by IPP (libcups). A document is sent as the PDF that
 * it is, read from its vault piece by piece. Everything that waits for the server is in the pool, and does not wait for ever.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cups/cups.h>
#include <sodium.h>

#include "base/log.h"
#include "broker/hub/documents/internal.h"

enum { CONNECT_MS = 5000, SERVER_BYTES = 256, PORT = 631, PART_BYTES = 65536, TIMEOUT_S = 30 };

static int give_up(http_t *http, void *user)
{
	(void)http;
	(void)user;
	return 0; /* nothing came in TIMEOUT_S: enough */
}

/* "host", "host:port", or the path of a socket. */
static http_t *connect_server(const struct sek_documents *d)
{
	const char *server = d->config.print_server ? d->config.print_server : "localhost";
	char host[SERVER_BYTES], *colon;
	int port = PORT;
	http_t *http;

	snprintf(host, sizeof host, "%s", server);
	colon = host[0] == '/' || host[0] == '[' ? NULL : strrchr(host, ':');
	if (colon) {
		port = atoi(colon + 1);
		*colon = '\0';
	}
	cupsSetUser("sekisho");
	http = httpConnect2(host, port, NULL, AF_UNSPEC, HTTP_ENCRYPTION_IF_REQUESTED, 1, CONNECT_MS, NULL);
	if (http)
		httpSetTimeout(http, TIMEOUT_S, give_up, NULL);
	return http;
}

static bool may_use(const struct sek_documents *d, const char *name)
{
	for (size_t i = 0; i < d->config.n_printers; i++)
		if (strcmp(d->config.printers[i], name) == 0)
			return true;
	return false;
}

/* --- GET /api/printers: of the configured queues those that the server has --- */

static void add_printer(struct sek_documents_request *q, const char *name, const char *info)
{
	if (name && may_use(q->documents, name))
		json_array_append_new(json_object_get(q->answer.json, "printers"), json_pack("{s:s,s:s%}", "name", name, "text", info ? info : "",
			info ? strlen(info) : (size_t)0));
}

static void read_printers(struct sek_documents_request *q, ipp_t *answer)
{
	const char *name = NULL, *info = NULL;

	for (ipp_attribute_t *a = ippFirstAttribute(answer); a; a = ippNextAttribute(answer)) {
		const char *what = ippGetName(a);

		if (!what) { /* between two printers */
			add_printer(q, name, info);
			name = info = NULL;
		} else if (strcmp(what, "printer-name") == 0) {
			name = ippGetString(a, 0, NULL);
		} else if (strcmp(what, "printer-info") == 0) {
			info = ippGetString(a, 0, NULL);
		}
	}
	add_printer(q, name, info);
}

static void work_printers(struct sek_documents_request *q)
{
	static const char *const wanted[] = { "printer-name", "printer-info" };
	http_t *http = connect_server(q->documents);
	ipp_t *ask, *answer;

	if (!http) {
		sek_documents_fail(q, "printer-down");
		return;
	}
	ask = ippNewRequest(IPP_OP_CUPS_GET_PRINTERS);
	ippAddStrings(ask, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "requested-attributes", 2, NULL, wanted);
	answer = cupsDoRequest(http, ask, "/");
	q->answer.json = json_pack("{s:[]}", "printers");
	if (!answer || ippGetStatusCode(answer) > IPP_STATUS_OK_CONFLICTING)
		sek_documents_fail(q, "printer-down");
	else
		read_printers(q, answer);
	ippDelete(answer);
	httpClose(http);
}

static void work_none(struct sek_documents_request *q)
{
	q->answer.json = json_pack("{s:[]}", "printers");
}

void sek_documents_printers(struct sek_documents_request *q)
{
	sek_documents_do(q, q->documents->config.n_printers > 0 ? work_printers : work_none, NULL);
}

/* --- POST .../print --- */

static bool send_parts(struct sek_documents_request *q, http_t *http, struct sek_vault *v)
{
	uint8_t *part = malloc(PART_BYTES);
	uint64_t at = 0, end = (uint64_t)q->row.bytes;
	bool good = part != NULL;

	while (good && at < end) {
		size_t n = end - at < PART_BYTES ? (size_t)(end - at) : PART_BYTES;

		good = sek_is_ok(sek_vault_read(v, at, part, n)) && cupsWriteRequestData(http, (const char *)part, n) == HTTP_STATUS_CONTINUE;
		at += n;
	}
	if (part)
		sodium_memzero(part, PART_BYTES);
	free(part);
	return good;
}

/* RFC 8011, 4.2.1 (Print-Job). The job's title is the document's id: names are shown to whoever looks at the queue. */
static ipp_t *print_job(const struct sek_documents_request *q)
{
	ipp_t *job = ippNewRequest(IPP_OP_PRINT_JOB);
	char uri[HTTP_MAX_URI];

	httpAssembleURIf(HTTP_URI_CODING_ALL, uri, sizeof uri, "ipp", NULL, "localhost", 0, "/printers/%s", q->printer);
	ippAddString(job, IPP_TAG_OPERATION, IPP_TAG_URI, "printer-uri", NULL, uri);
	ippAddString(job, IPP_TAG_OPERATION, IPP_TAG_NAME, "requesting-user-name", NULL, cupsUser());
	ippAddString(job, IPP_TAG_OPERATION, IPP_TAG_NAME, "job-name", NULL, q->row.id);
	ippAddString(job, IPP_TAG_OPERATION, IPP_TAG_MIMETYPE, "document-format", NULL, "application/pdf");
	return job;
}

static bool send_job(struct sek_documents_request *q, http_t *http, struct sek_vault *v)
{
	char resource[SERVER_BYTES];
	ipp_t *job = print_job(q), *answer = NULL;
	bool good;

	snprintf(resource, sizeof resource, "/printers/%s", q->printer);
	good = cupsSendRequest(http, job, resource, CUPS_LENGTH_VARIABLE) == HTTP_STATUS_CONTINUE && send_parts(q, http, v);
	ippDelete(job);
	if (good) { /* else the server gets no end of it, and prints nothing */
		answer = cupsGetResponse(http, resource);
		good = answer && ippGetStatusCode(answer) <= IPP_STATUS_OK_CONFLICTING;
	}
	if (!good)
		sek_log(SEK_LOG_WARN, "document.print", "document", q->row.id, "printer", q->printer, "why", cupsLastErrorString(), NULL);
	ippDelete(answer);
	return good;
}

static void work_print(struct sek_documents_request *q)
{
	uint8_t key[SEK_VAULT_KEY_BYTES];
	struct sek_vault *v = NULL;
	http_t *http = connect_server(q->documents);
	sek_status s = sek_documents_key(q->documents, &q->row, key);

	if (sek_is_ok(s))
		s = sek_vault_open(q->documents->config.folder, q->row.id, key, &v);
	sodium_memzero(key, sizeof key);
	if (!sek_is_ok(s) || sek_vault_bytes(v) < (uint64_t)q->row.bytes)
		sek_documents_fail(q, "damaged");
	else if (!http || !send_job(q, http, v))
		sek_documents_fail(q, "printer-down");
	sek_vault_close(v);
	if (http)
		httpClose(http);
}

static void after_print(struct sek_documents_request *q)
{
	if (q->answer.error)
		(void)sek_documents_record(q->documents, q->call.user, "document.printed", &q->row, SEK_AUDIT_FAILED, "printer", q->printer, NULL, NULL);
	else
		q->answer.json = json_object();
	sek_documents_reply(q);
}

static void on_recorded(void *user, sek_status status)
{
	struct sek_documents_request *q = user;

	q->ticket = NULL;
	if (sek_is_ok(status)) {
		sek_documents_do(q, work_print, after_print);
		return;
	}
	sek_documents_fail(q, "audit");
	sek_documents_reply(q);
}

static void work_may(struct sek_documents_request *q)
{
	if (sek_documents_mine(q) && strcmp(q->row.state, "released") != 0)
		sek_documents_fail(q, strcmp(q->row.state, "expired") == 0 ? "gone" : "not-released");
	else if (!q->answer.error && strcmp(q->row.purpose, "print") != 0)
		sek_documents_fail(q, "policy");
}

static void after_may(struct sek_documents_request *q)
{
	struct sek_documents *d = q->documents;

	if (q->answer.error) {
		sek_documents_reply(q);
	} else if (!d->config.audit) {
		sek_documents_do(q, work_print, after_print);
	} else {
		q->ticket = sek_documents_record(d, q->call.user, "document.printed", &q->row, SEK_AUDIT_DONE, "printer", q->printer, on_recorded, q);
		if (!q->ticket) {
			sek_documents_fail(q, "audit");
			sek_documents_reply(q);
		}
	}
}

/* Only what was asked for print goes to a printer: what was asked for as a file went another way through the policy. */
void sek_documents_print(struct sek_documents_request *q)
{
	const char *printer = NULL;

	if (json_unpack_ex(q->call.in, NULL, JSON_STRICT, "{s:s}", "printer", &printer) != 0)
		sek_documents_fail(q, "bad-request");
	else if (strlen(printer) >= sizeof q->printer || !may_use(q->documents, printer))
		sek_documents_fail(q, "not-found");
	if (q->answer.error)
		return;
	snprintf(q->printer, sizeof q->printer, "%s", printer);
	sek_documents_do(q, work_may, after_may);
}

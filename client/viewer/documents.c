/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The card of documents: what can be taken over, what has come of it, and saving it here. The broker decides everything; this asks, shows, and
 * writes one file where its user wants it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/viewer/app.h"
#include "client/viewer/words.h"

static void look(struct app *a);

/* --- the card --- */

/* NULL: it is no word of ours, but an approver's own. */
static const char *reason_of(const struct inbox_row *r)
{
	char key[INBOX_WORD_BYTES + 32];

	if (strlen(r->reason) >= INBOX_WORD_BYTES)
		return NULL;
	snprintf(key, sizeof key, "documents.reason.%.*s", INBOX_WORD_BYTES, r->reason);
	return viewer_has_words(key) ? viewer_words(key) : NULL;
}

/* One row of the list: its name, how it stands, and why. */
static void put_row(FILE *to, const struct inbox_row *r)
{
	char key[INBOX_WORD_BYTES + 32], line[APP_LINE_BYTES], done[APP_LINE_BYTES];

	snprintf(key, sizeof key, "documents.state.%s", r->state);
	fprintf(to, "%s: %s", r->name, viewer_words(viewer_has_words(key) ? key : "documents.state.failed"));
	if (strcmp(r->state, "working") == 0 && r->pages > 0) {
		viewer_fill_number(line, sizeof line, "documents.progress", "done", r->pages_done);
		snprintf(key, sizeof key, "%u", r->pages);
		viewer_fill_in(done, sizeof done, line, "pages", key);
		fprintf(to, " (%s)", done);
	} else if (strcmp(r->state, "released") == 0 || strcmp(r->state, "waiting") == 0) {
		viewer_fill_number(line, sizeof line, "documents.pages", "n", r->pages);
		fprintf(to, " (%s)", line);
	}
	fputc('\n', to);
	if (strcmp(r->state, "failed") == 0)
		fprintf(to, "    %s\n", reason_of(r) ? reason_of(r) : viewer_words("documents.reason.other"));
	else if (strcmp(r->state, "refused") == 0)
		fprintf(to, "    %s\n", reason_of(r) ? reason_of(r) : r->reason);
}

static char *rows(const struct inbox *b)
{
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);

	if (!to)
		return NULL;
	for (int i = 0; i < b->count; i++)
		put_row(to, &b->rows[i]);
	if (b->count == 0)
		fputs(viewer_words("documents.none"), to);
	return fclose(to) == 0 ? text : NULL;
}

/* What a copy is called unless its user says otherwise: with a day that may stand in a file's name. */
static void usual_name(char *ret, size_t size)
{
	char day[16] = "";
	time_t now = time(NULL);
	struct tm t;

	if (localtime_r(&now, &t))
		strftime(day, sizeof day, "%Y-%m-%d", &t);
	viewer_fill(ret, size, "documents.name.default", "date", day);
}

void app_documents_card(struct app *a, struct card *c)
{
	const struct inbox_row *open = inbox_open(&a->inbox), *ready = inbox_ready(&a->inbox);
	char label[sizeof c->buttons[0].label];

	snprintf(c->heading, sizeof c->heading, "%s", viewer_words("documents.title"));
	snprintf(c->error, sizeof c->error, "%s", a->inbox.error[0] ? viewer_words(a->inbox.error) : "");
	c->body = rows(&a->inbox);
	c->busy = a->inbox_busy;
	c->escape = ACT_CLOSE;
	if (inbox_may_take(&a->inbox)) {
		snprintf(c->lead, sizeof c->lead, "%s", viewer_words("documents.new.hint"));
		card_add_field(c, viewer_words("documents.name"), false);
		usual_name(c->fields[0].text, sizeof c->fields[0].text);
		if (a->inbox.caught > 0) {
			viewer_fill_number(label, sizeof label, "viewer.documents.download", "n", a->inbox.caught);
			card_add_button(c, label, ACT_TAKE_DOWNLOAD);
		} else {
			snprintf(c->note, sizeof c->note, "%s", viewer_words("documents.source.download.none"));
		}
		card_add_button(c, viewer_words("viewer.documents.page"), ACT_TAKE_PAGE);
	}
	if (open)
		card_add_button(c, viewer_words(strcmp(open->state, "waiting") == 0 ? "documents.withdraw" : "documents.cancel"), ACT_GIVE_UP);
	if (ready && a->config->save_to[0])
		card_add_button(c, viewer_words("viewer.documents.save"), ACT_SAVE);
	else if (ready)
		snprintf(c->hint, sizeof c->hint, "%s", viewer_words("viewer.documents.elsewhere"));
	card_add_button(c, viewer_words("documents.close"), ACT_CLOSE);
}

/* --- what is asked --- */

static void show(struct app *a)
{
	if (a->dialog == DIALOG_DOCUMENTS)
		app_compose(a);
}

/* The log-in's own door may be busy with the session: these have one of their own, with the same log-in. */
static void ask(struct app *a, json_t *body, sek_door_answer_fn *told)
{
	sek_door_lend(a->documents_door, a->door);
	sek_door_ask(a->documents_door, a->inbox.path, body, told, a);
}

static const char *told_key(const char *state)
{
	static const char *const keys[][2] = { { "released", "viewer.documents.told.released" }, { "waiting", "viewer.documents.told.waiting" },
		{ "refused", "viewer.documents.told.refused" }, { "failed", "viewer.documents.told.failed" } };

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (strcmp(keys[i][0], state) == 0)
			return keys[i][1];
	return "viewer.documents.told.expired";
}

static void on_listed(void *user, int status, const json_t *answer)
{
	const struct inbox_row *told;
	struct app *a = user;

	a->inbox_asked = false;
	inbox_listed(&a->inbox, status, answer, &told);
	if (told) {
		if (a->config->verbose)
			fprintf(stderr, "sekisho-viewer: document %s %s\n", told->state, told->reason);
		app_notice(a, told_key(told->state), "name", told->name);
	}
	a->look_at_ms = app_now_ms() + inbox_wait_ms(&a->inbox, a->dialog == DIALOG_DOCUMENTS);
	show(a);
}

static void look(struct app *a)
{
	a->inbox_asked = true;
	inbox_list(&a->inbox);
	ask(a, NULL, on_listed);
}

static void on_done(void *user, int status, const json_t *answer)
{
	struct app *a = user;

	a->inbox_busy = false;
	inbox_answered(&a->inbox, status, answer);
	if (a->config->verbose)
		fprintf(stderr, "sekisho-viewer: document asked %d %s\n", status, a->inbox.error);
	show(a);
	look(a);
}

static void on_saved(void *user, int status, const json_t *answer)
{
	struct app *a = user;
	bool whole = status == 200 && fsync(a->saving_fd) == 0;

	a->inbox_busy = false;
	if (close(a->saving_fd) != 0)
		whole = false;
	a->saving_fd = -1;
	if (whole) {
		app_notice(a, "viewer.documents.saved", "file", a->saving);
	} else { /* half a document is none */
		unlink(a->saving);
		if (status == 200)
			snprintf(a->inbox.error, sizeof a->inbox.error, "viewer.documents.not-saved");
		else
			inbox_answered(&a->inbox, status, answer);
	}
	if (a->config->verbose)
		fprintf(stderr, "sekisho-viewer: document %s %s\n", whole ? "saved" : "not saved", whole ? a->saving : a->inbox.error);
	show(a);
}

static void save(struct app *a)
{
	const struct inbox_row *row = inbox_ready(&a->inbox);

	if (!row || a->saving_fd >= 0)
		return;
	a->saving_fd = inbox_create_file(a->config->save_to, row->name, a->saving, sizeof a->saving);
	if (a->saving_fd < 0) {
		snprintf(a->inbox.error, sizeof a->inbox.error, "viewer.documents.not-saved");
		show(a);
		return;
	}
	a->inbox_busy = true;
	inbox_file(&a->inbox);
	show(a);
	sek_door_lend(a->documents_door, a->door);
	sek_door_fetch(a->documents_door, a->inbox.path, a->saving_fd, INBOX_FILE_MAX_BYTES, on_saved, a);
}

void app_documents_act(struct app *a, int action)
{
	json_t *body = NULL;

	if (a->inbox_busy)
		return;
	if (action == ACT_SAVE) {
		save(a);
		return;
	}
	if (action == ACT_GIVE_UP && !inbox_open(&a->inbox))
		return;
	body = action == ACT_GIVE_UP ? inbox_give_up(&a->inbox) : inbox_take(&a->inbox, action == ACT_TAKE_PAGE, a->card.fields[0].text);
	if (!body)
		return;
	a->inbox_busy = true;
	show(a);
	a->inbox_asked = false; /* a look that is under way is given up */
	ask(a, body, on_done);
}

/* --- what is told --- */

void app_documents_policy(struct app *a, uint8_t download)
{
	a->inbox.download = download;
	if (inbox_may_take(&a->inbox) && !a->look_at_ms)
		a->look_at_ms = app_now_ms();
	show(a);
}

void app_documents_caught(struct app *a, uint16_t count)
{
	a->inbox.caught = count;
	if (a->config->verbose)
		fprintf(stderr, "sekisho-viewer: document caught %u\n", count);
	show(a);
}

void app_documents_clock(struct app *a, uint64_t now)
{
	bool shown = a->dialog == DIALOG_DOCUMENTS;

	if (link_phase(a->link) != LINK_LIVE || a->inbox_asked || a->inbox_busy || now < a->look_at_ms || inbox_wait_ms(&a->inbox, shown) == 0)
		return;
	look(a);
}

void app_documents_forget(struct app *a)
{
	if (a->saving_fd >= 0) {
		close(a->saving_fd);
		unlink(a->saving);
	}
	a->saving_fd = -1;
	a->inbox_asked = a->inbox_busy = false;
	a->look_at_ms = 0;
	sek_door_give_up(a->documents_door);
	inbox_reset(&a->inbox);
}

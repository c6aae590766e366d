/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Questions. A wrong answer is said at once; one from a file is said with its line, and the others are looked at too.
 */
#include "base/setup/setup.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/ask.h"
#include "base/error.h"
#include "base/file.h"

const char *sek_say(const struct sek_questions *q, const struct sek_phrase *p)
{
	return q->ja ? p->ja : p->en;
}

bool sek_wrong(const struct sek_questions *q, char *err, size_t err_size, const struct sek_phrase *p, ...)
{
	va_list ap;

	va_start(ap, p);
	vsnprintf(err, err_size, sek_say(q, p), ap);
	va_end(ap);
	return false;
}

void sek_tell(const struct sek_questions *q, const char *en, const char *ja, ...)
{
	const struct sek_phrase p = { en, ja };
	va_list ap;

	va_start(ap, ja);
	vfprintf(q->out, sek_say(q, &p), ap);
	va_end(ap);
	fputc('\n', q->out);
	fflush(q->out);
}

static bool load(struct sek_questions *q, const char *path, bool must, struct sek_answers *ret)
{
	char *text = NULL, why[160];
	size_t line = 0;
	sek_status s = sek_file_read(path, &text, NULL);

	if (!sek_is_ok(s)) {
		if (!must)
			return true;
		sek_tell(q, "%s cannot be read: %s", "%s を読めません: %s", path, sek_status_text(s, why, sizeof why));
		return false;
	}
	s = sek_answers_parse(text, ret, &line);
	free(text);
	if (sek_is_ok(s))
		return true;
	if (!must)
		return true; /* nothing is remembered, then */
	sek_tell(q, "%s:%zu: not of the form 'key: answer', or a key that stands there twice", "%s:%zu: 「キー: 答え」の形でないか、同じキーが二度あります",
		path, line);
	return false;
}

bool sek_questions_start(struct sek_questions *q, const char *path, const char *remembered)
{
	q->path = path;
	if (path)
		return load(q, path, true, &q->file);
	return !remembered || load(q, remembered, false, &q->remembered);
}

void sek_questions_finish(struct sek_questions *q)
{
	sek_answers_finish(&q->file);
	sek_answers_finish(&q->remembered);
	sek_answers_finish(&q->given);
}

static bool check_yes(void *ctx, char *answer, char *err, size_t err_size);

/* A yes or no is for this time only: the next time the same question is another one. */
static bool keep(struct sek_questions *q, const char *key, const char *answer, sek_answer_check_fn *check)
{
	return check == check_yes || sek_is_ok(sek_answers_set(&q->given, key, answer));
}

static bool from_file(struct sek_questions *q, const struct sek_question *what, const char *suggestion, sek_answer_check_fn *check, void *ctx,
	char ret[SEK_ANSWER_BYTES])
{
	struct sek_answer *a = sek_answers_find(&q->file, what->key);
	char err[1024] = "", at[1100];

	if (a)
		a->used = true;
	if (!a && !suggestion) {
		sek_tell(q, "%s: '%s' is missing: %s", "%s: 「%s」がありません: %s", q->path, what->key, sek_say(q, &what->text));
		q->wrong++;
		return false;
	}
	snprintf(ret, SEK_ANSWER_BYTES, "%s", a ? a->text : suggestion);
	snprintf(at, sizeof at, a ? "%s:%zu" : "%s", q->path, a ? a->line : 0);
	if (check && !check(ctx, ret, err, sizeof err)) {
		sek_tell(q, "%s: %s: %s", "%s: %s: %s", at, what->key, err);
		q->wrong++;
		return false;
	}
	return keep(q, what->key, ret, check);
}

static void print_question(const struct sek_questions *q, const struct sek_question *what, const char *suggestion)
{
	if (what->number > 0)
		fprintf(q->out, "\n[%u/%u] ", what->number, q->of);
	else
		fputs("      ", q->out);
	fputs(sek_say(q, &what->text), q->out);
	if (what->help.en)
		fprintf(q->out, "\n      %s", sek_say(q, &what->help));
	if (suggestion && *suggestion)
		fprintf(q->out, "\n      [%s]", suggestion);
	fputs("\n    > ", q->out);
	fflush(q->out);
}

bool sek_question(struct sek_questions *q, const struct sek_question *what, const char *suggestion, sek_answer_check_fn *check, void *ctx,
	char ret[SEK_ANSWER_BYTES])
{
	struct sek_answer *before = sek_answers_find(&q->remembered, what->key);
	char err[1024] = "";

	ret[0] = '\0';
	if (q->path)
		return from_file(q, what, suggestion, check, ctx, ret);
	if (before)
		suggestion = before->text;
	while (!q->ended) {
		print_question(q, what, suggestion);
		if (!sek_ask_line(q->in, ret, SEK_ANSWER_BYTES)) {
			q->ended = true;
			break;
		}
		if (!ret[strspn(ret, " \t")] && suggestion)
			snprintf(ret, SEK_ANSWER_BYTES, "%s", suggestion);
		if (!check || check(ctx, ret, err, sizeof err))
			return keep(q, what->key, ret, check);
		fprintf(q->out, "    ! %s\n", err);
	}
	return false;
}

static int yes_or_no(const char *s)
{
	static const char *const words[2][4] = { { "no", "n", "いいえ", "N" }, { "yes", "y", "はい", "Y" } };
	int v, i;

	for (v = 0; v < 2; v++)
		for (i = 0; i < 4; i++)
			if (strcmp(s, words[v][i]) == 0)
				return v;
	return -1;
}

static bool check_yes(void *ctx, char *answer, char *err, size_t err_size)
{
	const struct sek_questions *q = ctx;

	if (yes_or_no(answer) >= 0)
		return true;
	snprintf(err, err_size, "%s", q->ja ? "yes か no で答えてください" : "answer yes or no");
	return false;
}

bool sek_question_yes(struct sek_questions *q, const char *key, const struct sek_phrase *text, bool otherwise)
{
	const struct sek_question what = { .key = key, .text = *text };
	char answer[SEK_ANSWER_BYTES];

	if (q->yes)
		return true;
	return sek_question(q, &what, otherwise ? "yes" : "no", check_yes, q, answer) && yes_or_no(answer) == 1;
}

void sek_questions_check_unused(struct sek_questions *q)
{
	size_t i;

	for (i = 0; i < q->file.n; i++) {
		if (q->file.list[i].used)
			continue;
		sek_tell(q, "%s:%zu: '%s' is not asked for: is it mistyped, or does it belong to an answer that you have not given?",
			"%s:%zu: 「%s」という質問はありません（つづりを確かめてください。ほかの答えによっては聞かれない項目かもしれません）", q->path,
			q->file.list[i].line, q->file.list[i].key);
		q->wrong++;
	}
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-load users: makes the users of a load test as an administrator makes any (control socket, on the record), logs each in once as the user
 * would, so that a generator of one-time codes is set up where the site asks for one, and writes the file that `run` reads. Or deletes them.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <jansson.h>

#include "client/load/commands.h"
#include "client/load/options.h"
#include "client/load/users.h"
#include "client/stream/stream.h"

#define REASON "load test"

enum { LINE_MAX_BYTES = 1 << 20, LOGIN_LIMIT_MS = 30000, COUNT_MAX = 10000 };

struct words {
	const char *socket, *broker, *ca, *output, *prefix, *remove, *from;
	char address[64];
	uint16_t port;
	unsigned add;
};

struct maker {
	const struct words *words;
	FILE *control;
	uv_loop_t loop;
	uv_timer_t tick;
	struct sek_stream_context *context;
	char secret[160];
	bool over;
	enum sek_stream_failure why;
};

static void usage(FILE *to)
{
	fputs("usage: sekisho-load users --add N --socket PATH --broker ADDRESS:PORT --ca FILE --output FILE [--prefix TEXT]\n"
	      "       sekisho-load users --remove FILE --socket PATH\n"
	      "  --add N                makes N users, with the role staff\n"
	      "  --remove FILE          deletes the users of a file that --add made\n"
	      "  --socket PATH          the broker's control socket (as root or the broker's account)\n"
	      "  --broker ADDRESS:PORT  each logs in once and sets a generator of one-time codes up, if the site wants one\n"
	      "  --ca FILE              PEM file of the site's CA\n"
	      "  --output FILE          the file of users, mode 0600: NAME PASSWORD SECRET-OR-DASH\n"
	      "  --prefix TEXT          of the names, default load-\n", to);
}

static bool fail(const char *what, const char *which)
{
	fprintf(stderr, "sekisho-load users: %s: %s\n", which, what);
	return false;
}

/* --- the control socket --- */

static FILE *connect_control(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	FILE *f = NULL;
	int fd = -1;

	if (strlen(path) < sizeof a.sun_path) {
		memcpy(a.sun_path, path, strlen(path) + 1);
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	}
	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
		f = fdopen(fd, "r+");
	if (!f) {
		(void)fail(strerror(errno), path);
		if (fd >= 0)
			close(fd);
	}
	return f;
}

/* The answer's object, owned by the caller; NULL after a message. `in` is stolen. */
static json_t *ask(struct maker *m, const char *op, json_t *in, const char *name)
{
	json_t *request = json_pack("{s:s,s:o}", "op", op, "in", in), *whole = NULL, *answer = NULL;
	char *text = request ? json_dumps(request, JSON_COMPACT) : NULL, *line = NULL;
	size_t room = 0;

	json_decref(request);
	if (text && fprintf(m->control, "%s\n", text) > 0 && fflush(m->control) == 0 && getline(&line, &room, m->control) > 0)
		whole = json_loads(line, 0, NULL);
	if (json_is_true(json_object_get(whole, "ok"))) {
		answer = json_incref(json_object_get(whole, "answer"));
	} else {
		const char *word = json_string_value(json_object_get(whole, "error"));

		(void)fail(word ? word : "the broker did not answer", name);
	}
	json_decref(whole);
	free(text);
	free(line);
	return answer;
}

/* --- the first log-in --- */

/* It is shown in groups, for people to type. */
static void on_enrolled(void *user, const char *secret)
{
	struct maker *m = user;
	size_t n = 0;

	for (; *secret && n + 1 < sizeof m->secret; secret++)
		if (*secret != ' ')
			m->secret[n++] = *secret;
	m->secret[n] = 0;
}

static void on_closed(void *user, enum sek_stream_failure why, int http_status)
{
	struct maker *m = user;

	(void)http_status;
	m->over = true;
	m->why = why;
}

static void on_tick(uv_timer_t *t)
{
	(void)t;
}

static bool log_in(struct maker *m, const char *name, const char *password)
{
	static const struct sek_stream_ops ops = { .closed = on_closed, .enrolled = on_enrolled };
	char origin[128];
	struct sek_stream_config c = { .address = m->words->address, .port = m->words->port, .origin = origin, .user = name,
		.password = password, .login_only = true, .acknowledge = true, .hello = { .version_min = SEK_VERSION_MIN,
			.version_max = SEK_VERSION_MAX, .width_px = 1280, .height_px = 800, .scale_percent = 100, .lang = SEK_LANG_JA } };
	uint64_t end = uv_hrtime() + LOGIN_LIMIT_MS * 1000000ull;
	struct sek_stream *s;

	sek_stream_origin(origin, sizeof origin, m->words->address, m->words->port);
	m->over = false;
	m->secret[0] = 0;
	s = sek_stream_open(m->context, &c, &ops, m);
	while (s && !m->over && uv_hrtime() < end)
		uv_run(&m->loop, UV_RUN_ONCE);
	if (!s || !m->over)
		(void)fail("the log-in took too long", name);
	else if (m->why != SEK_STREAM_OK)
		(void)fail(*sek_stream_error(s) ? sek_stream_error(s) : sek_stream_failure_name(m->why), name);
	sek_stream_destroy(s);
	return s && m->over && m->why == SEK_STREAM_OK;
}

/* --- all of them --- */

static bool add_one(struct maker *m, const char *name, FILE *out)
{
	json_t *answer = ask(m, "users/add", json_pack("{s:s,s:s,s:[s],s:s}", "name", name, "display", name, "roles", "staff", "reason", REASON),
		name);
	const char *password = json_string_value(json_object_get(answer, "password"));
	bool ok = password && log_in(m, name, password);

	if (ok)
		ok = fprintf(out, "%s %s %s\n", name, password, m->secret[0] ? m->secret : "-") > 0;
	json_decref(answer);
	return ok;
}

static bool add_all(struct maker *m)
{
	const struct words *w = m->words;
	char name[100];
	FILE *out;
	bool ok = true;

	umask(077);
	out = fopen(w->output, "wx");
	if (!out)
		return fail(strerror(errno), w->output);
	fprintf(out, "# NAME PASSWORD SECRET-OR-DASH: users of a load test; `sekisho-load users --remove` deletes them\n");
	uv_loop_init(&m->loop);
	uv_timer_init(&m->loop, &m->tick);
	uv_timer_start(&m->tick, on_tick, 100, 100);
	m->context = sek_stream_context_create(&m->loop, w->ca);
	if (!m->context)
		ok = fail("is it a PEM certificate?", w->ca);
	for (unsigned i = 0; i < w->add && ok; i++) {
		snprintf(name, sizeof name, "%s%04u", w->prefix, i + 1);
		ok = add_one(m, name, out);
		fflush(out); /* what was made can be removed, whatever comes */
	}
	uv_timer_stop(&m->tick);
	for (int i = 0; i < 100; i++)
		uv_run(&m->loop, UV_RUN_NOWAIT);
	sek_stream_context_destroy(m->context);
	if (fclose(out) != 0)
		ok = fail(strerror(errno), w->output);
	return ok;
}

static bool remove_all(struct maker *m)
{
	struct load_users users;
	char err[300];
	bool ok = true;

	if (!load_users_read(m->words->remove, &users, err, sizeof err))
		return fail(err, "--remove");
	for (size_t i = 0; i < users.n; i++) {
		const char *name = users.each[i].name;
		json_t *shown = ask(m, "users/show", json_pack("{s:s}", "name", name), name), *gone = NULL;
		json_int_t version = json_integer_value(json_object_get(json_object_get(shown, "user"), "version"));

		if (shown)
			gone = ask(m, "users/delete", json_pack("{s:s,s:I,s:s}", "name", name, "version", version, "reason", REASON), name);
		ok = gone && ok;
		json_decref(shown);
		json_decref(gone);
	}
	load_users_free(&users);
	return ok;
}

static bool read_words(int argc, char **argv, struct words *w)
{
	static const struct option options[] = {
		{ "add", required_argument, NULL, 'n' }, { "remove", required_argument, NULL, 'r' }, { "socket", required_argument, NULL, 's' },
		{ "broker", required_argument, NULL, 'b' }, { "ca", required_argument, NULL, 'c' }, { "output", required_argument, NULL, 'o' },
		{ "prefix", required_argument, NULL, 'p' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	double n;
	int o;

	while ((o = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (o) {
		case 'n':
			if (!load_option_number(optarg, 1, COUNT_MAX, &n))
				return fail("a number of users is wanted", optarg);
			w->add = (unsigned)n;
			break;
		case 'r': w->remove = optarg; break;
		case 's': w->socket = optarg; break;
		case 'b': w->broker = optarg; break;
		case 'c': w->ca = optarg; break;
		case 'o': w->output = optarg; break;
		case 'p': w->prefix = optarg; break;
		case 'h': usage(stdout); exit(0);
		default: return false;
		}
	}
	if (!w->socket || (w->add == 0) == (w->remove == NULL) || (w->add && (!w->broker || !w->ca || !w->output))) {
		usage(stderr);
		return false;
	}
	if (w->broker && !load_option_endpoint(w->broker, w->address, sizeof w->address, &w->port))
		return fail("ADDRESS:PORT is wanted", w->broker);
	return true;
}

int load_users(int argc, char **argv)
{
	struct words w = { .prefix = "load-" };
	static struct maker m;
	bool ok;

	if (!read_words(argc, argv, &w))
		return 2;
	m.words = &w;
	m.control = connect_control(w.socket);
	if (!m.control)
		return 1;
	ok = w.add ? add_all(&m) : remove_all(&m);
	fclose(m.control);
	return ok ? 0 : 1;
}

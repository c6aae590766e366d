/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Serving the control socket. Must never read a byte from a peer whose credentials have not been accepted, nor touch the store or
 * block: the emergency switch comes in here.
 */
#include "broker/hub/control/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <jansson.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/config.h"
#include "broker/hub/control/rekey.h"
#include "broker/hub/control/selfcheck.h"
#include "broker/hub/control/state.h"

struct link {
	uv_pipe_t pipe;
	uv_timer_t idle;
	struct sek_control *control;
	struct link *prev, *next;
	struct sek_admin_caller who;
	char line[SEK_CONTROL_LINE_MAX];
	size_t n;
	struct sek_admin_request *request; /* one at a time: nothing is read meanwhile */
	struct sek_audit_ticket *ticket;
	struct check *check;
	bool busy, closing;
	unsigned handles;
};

struct sek_control {
	uv_loop_t *loop;
	struct sek_control_config config;
	uv_pipe_t listener;
	struct link *links;
	unsigned n_links;
	uint64_t started_ms;
	bool listening, stopping, checking;
};

/* A self-check in the pool; its asker may go away meanwhile. */
struct check {
	uv_work_t work;
	struct sek_control *control;
	struct link *link;
	struct sek_selfcheck *selfcheck;
};

struct answer {
	uv_write_t write;
	char *text;
};

static void read_more(struct link *l);
static void take_lines(struct link *l);

/* --- closing --- */

static void on_closed(uv_handle_t *h)
{
	struct link *l = h->data;
	struct sek_control *c = l->control;

	if (--l->handles > 0)
		return;
	if (l->prev)
		l->prev->next = l->next;
	else
		c->links = l->next;
	if (l->next)
		l->next->prev = l->prev;
	c->n_links--;
	free(l);
}

static void close_link(struct link *l)
{
	if (l->closing)
		return;
	l->closing = true;
	sek_admin_forget(l->request);
	sek_audit_forget(l->ticket);
	if (l->check)
		l->check->link = NULL;
	uv_close((uv_handle_t *)&l->pipe, on_closed);
	uv_close((uv_handle_t *)&l->idle, on_closed);
}

static void on_idle(uv_timer_t *t)
{
	close_link(t->data);
}

/* --- answers --- */

static void on_written(uv_write_t *w, int status)
{
	struct answer *a = w->data;
	struct link *l = w->handle->data;

	free(a->text);
	free(a);
	if (status < 0)
		close_link(l);
}

/* Gives one line back and goes on reading. json is stolen. */
static void answer(struct link *l, const char *error, json_t *json)
{
	json_t *line = error ? json_pack("{s:b,s:s,s:o}", "ok", 0, "error", error, "answer", json ? json : json_object()) :
		json_pack("{s:b,s:o}", "ok", 1, "answer", json ? json : json_object());
	struct answer *a = calloc(1, sizeof *a);
	uv_buf_t buf;
	size_t n;

	if (a && line)
		a->text = json_dumps(line, JSON_COMPACT);
	json_decref(line);
	if (!a || !a->text) {
		free(a);
		close_link(l);
		return;
	}
	n = strlen(a->text);
	a->text[n] = '\n'; /* in the place of the zero byte */
	a->write.data = a;
	buf = uv_buf_init(a->text, (unsigned)n + 1);
	if (uv_write(&a->write, (uv_stream_t *)&l->pipe, &buf, 1, on_written) != 0) {
		free(a->text);
		free(a);
		close_link(l);
		return;
	}
	l->busy = false;
	uv_timer_again(&l->idle);
}

static void on_admin(void *user, const char *error, json_t *json)
{
	struct link *l = user;

	l->request = NULL;
	answer(l, error, json);
	take_lines(l);
}

/* --- the broker's own operations --- */

static void on_synced(void *user, sek_status s)
{
	struct link *l = user;

	l->ticket = NULL;
	answer(l, sek_is_ok(s) ? NULL : "unavailable", sek_control_audit(&l->control->config));
	take_lines(l);
}

static void check_work(uv_work_t *w)
{
	struct check *k = w->data;

	sek_selfcheck_work(k->selfcheck);
}

static void check_done(uv_work_t *w, int cancelled)
{
	struct check *k = w->data;
	struct link *l = k->link;
	unsigned failed = 0;
	json_t *report = sek_selfcheck_finish(k->selfcheck, &failed);

	(void)cancelled;
	k->control->checking = false;
	free(k);
	if (!l) {
		json_decref(report);
		return;
	}
	l->check = NULL;
	(void)sek_audit_event(l->control->config.audit, &(struct sek_audit_event){ .who = l->who.user, .what = "selfcheck",
		.details = (const char *const[]){ "failed", sek_logf("%u", failed), NULL } }, NULL, NULL);
	answer(l, report ? NULL : "internal", report);
	take_lines(l);
}

/* Only a root's word on namespaces counts for anything. */
static bool start_check(struct link *l, const json_t *in)
{
	struct sek_control *c = l->control;
	struct check *k = calloc(1, sizeof *k);

	if (!k)
		return false;
	*k = (struct check){ .control = c, .link = l,
		.selfcheck = sek_selfcheck_begin(c->config.site, c->config.sessions, c->config.archive, c->config.audit,
			c->config.syslog, strcmp(l->who.user, "#local:root") == 0 ? json_object_get(in, "namespaces") : NULL) };
	k->work.data = k;
	if (!k->selfcheck || uv_queue_work(c->loop, &k->work, check_work, check_done) != 0) {
		unsigned failed;

		if (k->selfcheck)
			json_decref(sek_selfcheck_finish(k->selfcheck, &failed));
		free(k);
		return false;
	}
	l->check = k;
	c->checking = true;
	return true;
}

/* --- requests --- */

static void run(struct link *l, const char *op, json_t *in)
{
	struct sek_control *c = l->control;

	l->busy = true;
	uv_timer_stop(&l->idle); /* the operation may take its time */
	if (strcmp(op, "status") == 0) {
		json_decref(in);
		answer(l, NULL, sek_control_status(&c->config, (uv_now(c->loop) - c->started_ms) / 1000));
	} else if (strcmp(op, "audit/sync") == 0) {
		json_decref(in);
		l->ticket = sek_audit_sync(c->config.audit, on_synced, l);
		if (!l->ticket)
			answer(l, "unavailable", sek_control_audit(&c->config));
	} else if (strcmp(op, "selfcheck") == 0) {
		if (c->checking)
			answer(l, "busy", NULL);
		else if (!start_check(l, in))
			answer(l, "internal", NULL);
		json_decref(in);
	} else if (strcmp(op, "keys/reload") == 0) {
		const char *error = NULL;
		json_t *taken = sek_control_rekey(&c->config, &error);

		json_decref(in);
		(void)sek_audit_event(c->config.audit, &(struct sek_audit_event){ .who = l->who.user, .what = "keys.reloaded",
			.outcome = error ? SEK_AUDIT_FAILED : SEK_AUDIT_DONE }, NULL, NULL);
		answer(l, error, taken);
	} else if (strcmp(op, "processes") == 0) {
		json_decref(in);
		answer(l, NULL, sek_control_processes(&c->config));
	} else {
		l->request = sek_admin_run(c->config.admin, &l->who, op, in, on_admin, l);
		if (!l->request)
			answer(l, "internal", NULL);
	}
}

/* One line of n hostile bytes. */
static void take_line(struct link *l, const char *text, size_t n)
{
	json_t *json = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL), *in = NULL;
	const char *op = NULL;

	if (json_unpack(json, "{s:s,s?o!}", "op", &op, "in", &in) != 0 || (in && !json_is_object(in))) {
		json_decref(json);
		answer(l, "bad-request", NULL);
		return;
	}
	run(l, op, in ? json_incref(in) : json_object());
	json_decref(json);
}

static void take_lines(struct link *l)
{
	while (!l->closing && !l->busy) {
		char *end = memchr(l->line, '\n', l->n);
		size_t n = end ? (size_t)(end - l->line) : 0;

		if (!end) {
			if (l->n == sizeof l->line) /* nothing that is said here is so long */
				close_link(l);
			else
				read_more(l);
			return;
		}
		take_line(l, l->line, n);
		l->n -= n + 1;
		memmove(l->line, l->line + n + 1, l->n);
	}
	if (!l->closing)
		uv_read_stop((uv_stream_t *)&l->pipe);
}

static void on_alloc(uv_handle_t *h, size_t wanted, uv_buf_t *ret)
{
	struct link *l = h->data;

	(void)wanted;
	*ret = uv_buf_init(l->line + l->n, (unsigned)(sizeof l->line - l->n));
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
	struct link *l = s->data;

	(void)buf;
	if (n < 0) {
		close_link(l);
		return;
	}
	l->n += (size_t)n;
	take_lines(l);
}

static void read_more(struct link *l)
{
	int r = uv_read_start((uv_stream_t *)&l->pipe, on_alloc, on_read);

	if (r != 0 && r != UV_EALREADY)
		close_link(l);
}

/* --- connections --- */

/* Fills in who it is; false: may not. */
static bool is_allowed(struct link *l)
{
	const struct sek_control *c = l->control;
	struct ucred peer = { .uid = (uid_t)-1, .gid = (gid_t)-1 };
	static struct sek_log_gate gate; /* whoever is refused may ask again at once, and a full disk stops everybody */
	socklen_t n = sizeof peer;
	unsigned dropped;
	uv_os_fd_t fd;
	bool ok;

	if (uv_fileno((uv_handle_t *)&l->pipe, &fd) != 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0)
		return false;
	ok = peer.uid == 0 || peer.uid == geteuid();
	/* the peer's main group; that of the others is what the socket's mode asks for */
	if (!ok && c->config.gid != (gid_t)-1)
		ok = peer.gid == c->config.gid;
	if (!ok && c->config.gid != (gid_t)-1) {
		gid_t groups[256];
		socklen_t size = sizeof groups;

		if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) == 0)
			for (size_t i = 0; i < size / sizeof groups[0]; i++)
				ok = ok || groups[i] == c->config.gid;
	}
	l->who.way = SEK_ADMIN_LOCAL;
	/* no name service is asked: it may be the one that does not answer */
	if (peer.uid == 0)
		snprintf(l->who.user, sizeof l->who.user, "#local:root");
	else
		snprintf(l->who.user, sizeof l->who.user, "#local:uid%lu", (unsigned long)peer.uid);
	snprintf(l->who.address, sizeof l->who.address, "local");
	if (!ok && sek_log_gate(&gate, &dropped)) {
		sek_log(SEK_LOG_WARN, "control.refused", "who", l->who.user, "pid", sek_logf("%ld", (long)peer.pid), NULL);
		(void)sek_audit_event(c->config.audit, &(struct sek_audit_event){ .who = l->who.user, .what = "control.refused",
			.outcome = SEK_AUDIT_REFUSED }, NULL, NULL);
	}
	return ok;
}

static void on_connection(uv_stream_t *s, int result)
{
	struct sek_control *c = s->data;
	struct link *l;

	if (result < 0)
		return;
	l = calloc(1, sizeof *l);
	if (!l)
		return; /* libuv offers the connection again */
	l->control = c;
	uv_pipe_init(c->loop, &l->pipe, 0);
	uv_timer_init(c->loop, &l->idle);
	l->pipe.data = l->idle.data = l;
	l->handles = 2;
	l->next = c->links;
	if (l->next)
		l->next->prev = l;
	c->links = l;
	c->n_links++;
	if (uv_accept(s, (uv_stream_t *)&l->pipe) != 0 || c->stopping || !is_allowed(l) || c->n_links > SEK_CONTROL_CONNECTIONS_MAX) {
		close_link(l);
		return;
	}
	uv_timer_start(&l->idle, on_idle, SEK_CONTROL_IDLE_MS, SEK_CONTROL_IDLE_MS);
	read_more(l);
}

/* --- the way up and down --- */

/* A socket that nobody serves any more is removed; anything else is not ours to remove. */
static const char *clear_place(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct stat st;
	int fd;
	bool served;

	if (strlen(path) >= sizeof a.sun_path)
		return "the path is too long for a socket (at most 107 bytes): choose a shorter one";
	if (lstat(path, &st) != 0)
		return errno == ENOENT ? NULL : "its folder cannot be read: make it, and give it to the broker's user";
	if (!S_ISSOCK(st.st_mode))
		return "there is something else at that path: remove it, or choose another path";
	memcpy(a.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	served = fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
	if (fd >= 0)
		close(fd);
	if (served)
		return "another broker serves it: stop that one first, or choose another path";
	return unlink(path) == 0 ? NULL : "an old socket cannot be removed: look at the folder's rights";
}

static const char *open_socket(struct sek_control *c)
{
	const char *path = c->config.path, *why = clear_place(path);
	bool group = c->config.gid != (gid_t)-1;

	if (why)
		return why;
	if (uv_pipe_bind(&c->listener, path) != 0) /* the process's umask makes it 0600 */
		return "the socket cannot be made: its folder must exist and belong to the broker's user";
	if (chmod(path, 0600) != 0 || (group && (chown(path, (uid_t)-1, c->config.gid) != 0 || chmod(path, 0660) != 0)))
		return "the socket cannot be given to that group: the broker's user must be a member of it";
	if (uv_listen((uv_stream_t *)&c->listener, SEK_CONTROL_CONNECTIONS_MAX, on_connection) != 0)
		return "nobody can be heard on the socket";
	return NULL;
}

sek_status sek_control_create(uv_loop_t *loop, const struct sek_control_config *config, struct sek_control **ret, char *err,
	size_t err_size)
{
	struct sek_control *c = calloc(1, sizeof *c);
	const char *why;

	if (!c) {
		snprintf(err, err_size, "not enough memory");
		return sek_fail(SEK_E_NOMEM);
	}
	c->loop = loop;
	c->config = *config;
	c->started_ms = uv_now(loop);
	uv_pipe_init(loop, &c->listener, 0);
	c->listener.data = c;
	*ret = c; /* also on failure: its handle must be closed by the loop */
	why = open_socket(c);
	c->listening = !why;
	if (!why)
		return sek_ok();
	snprintf(err, err_size, "control socket '%.200s': %s", config->path, why);
	return sek_fail(SEK_E_IO);
}

void sek_control_stop(struct sek_control *c)
{
	struct link *l, *next;

	if (!c || c->stopping)
		return;
	c->stopping = true;
	if (c->listening)
		(void)unlink(c->config.path);
	uv_close((uv_handle_t *)&c->listener, NULL);
	for (l = c->links; l; l = next) {
		next = l->next;
		close_link(l);
	}
}

void sek_control_destroy(struct sek_control *c)
{
	if (!c)
		return;
	SEK_ASSERT(c->stopping && !c->links);
	free(c);
}

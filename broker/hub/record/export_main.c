/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-recording-export: a recording as a video file, on the command line, for whoever has the recording and the secret half of the
 * recording key (sekishoctl recording export asks the broker first, which puts it on the record). Must never leave a file that
 * is not whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "base/error.h"
#include "broker/hub/record/secret.h"
#include "broker/hub/record/work.h"

enum { DONE = 0, FAILED = 1, USAGE = 2, BAR = 40 };

struct job {
	const char *path, *secret, *passphrase_file, *out, *name;
	uint64_t from_us, to_us;
	uint16_t fps;
	bool quiet;

	uv_loop_t loop;
	uv_signal_t interrupt;
	struct sek_children children;
	struct sek_work *work;
	char feed[PATH_MAX], film[PATH_MAX], comment[256];
	uint64_t length_us;
	sek_status status;
	char why[SEK_WORK_WHY_BYTES];
};

static int usage(FILE *to)
{
	fprintf(to, "sekisho-recording-export %s\n"
		"usage: sekisho-recording-export --secret KEYFILE --out FILE.webm [OPTION]... RECORDING.sekrec\n"
		"  --secret KEYFILE         secret half of the recording key; its passphrase is asked for\n"
		"  --passphrase-file FILE   ... or is the first line of this file (of a key for two persons: the first two)\n"
		"  --out FILE.webm          must not exist\n"
		"  --from S, --to S         only this part, in seconds since the recording began\n"
		"  --fps N                  at most so many pictures a second, 1 to 30 (default 10)\n"
		"  --name TEXT              stands beside the clock below the picture\n"
		"  --quiet                  no progress\n"
		"exit code: 0 done, 1 it could not be made, 2 wrong usage\n", SEK_VERSION);
	return to == stdout ? DONE : USAGE;
}

static bool seconds(const char *text, uint64_t *ret_us)
{
	char *end;
	double s;

	errno = 0;
	s = strtod(text, &end);
	if (*end || !*text || errno || !(s >= 0 && s < 1e9))
		return false;
	*ret_us = (uint64_t)(s * 1e6);
	return true;
}

/* Takes one option with its value. */
static bool take(struct job *j, const char *option, const char *value)
{
	uint64_t v;

	if (strcmp(option, "--secret") == 0)
		return (j->secret = value) != NULL;
	if (strcmp(option, "--passphrase-file") == 0)
		return (j->passphrase_file = value) != NULL;
	if (strcmp(option, "--out") == 0)
		return (j->out = value) != NULL;
	if (strcmp(option, "--name") == 0)
		return (j->name = value) != NULL;
	if (strcmp(option, "--from") == 0)
		return seconds(value, &j->from_us);
	if (strcmp(option, "--to") == 0)
		return seconds(value, &j->to_us);
	if (strcmp(option, "--fps") == 0 && seconds(value, &v) && v >= 1000000 && v <= 30000000) {
		j->fps = (uint16_t)(v / 1000000);
		return true;
	}
	return false;
}

/* -1 to go on, else an exit code. */
static int parse(int argc, char **argv, struct job *j)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0)
			return usage(stdout);
		if (strcmp(argv[i], "--quiet") == 0) {
			j->quiet = true;
		} else if (argv[i][0] == '-') {
			if (i + 1 == argc || !take(j, argv[i], argv[i + 1]))
				return usage(stderr);
			i++;
		} else if (j->path) {
			return usage(stderr);
		} else {
			j->path = argv[i];
		}
	}
	return j->path && j->secret && j->out && j->from_us < j->to_us ? -1 : usage(stderr);
}

static int refuse(const char *what, const char *why)
{
	fprintf(stderr, "sekisho-recording-export: %s: %s\n", what, why);
	return FAILED;
}

/* --- the key --- */

static int open_secret(const struct job *j, uint8_t secret[32])
{
	const char *why = sek_recording_secret(j->secret, j->passphrase_file, secret);

	return why ? refuse(j->secret, why) : DONE;
}

/* --- the work --- */

static void on_progress(void *user, uint64_t at_us)
{
	const struct job *j = user;
	uint64_t all = j->length_us > j->from_us ? j->length_us - j->from_us : 1, at = at_us > j->from_us ? at_us - j->from_us : 0;
	int part = (int)(at >= all ? BAR : at * BAR / all);

	if (j->quiet || !isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r[%.*s%*s] %3d %%", part, "########################################", BAR - part, "", (int)(at >= all ? 100 : at * 100 / all));
}

static void on_done(void *user, sek_status status, const char *why)
{
	struct job *j = user;

	j->work = NULL;
	j->status = status;
	snprintf(j->why, sizeof j->why, "%s", why);
	uv_close((uv_handle_t *)&j->interrupt, NULL);
	if (!j->quiet && isatty(STDERR_FILENO))
		fputc('\n', stderr);
}

static void on_interrupt(uv_signal_t *handle, int number)
{
	struct job *j = handle->data;

	(void)number;
	sek_work_cancel(j->work);
}

static void find_programs(struct job *j)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 32);

	path[n > 0 ? n : 0] = '\0';
	const char *folder = dirname(path);

	snprintf(j->feed, sizeof j->feed, "%.4000s/sekisho-recording-feed", folder);
	snprintf(j->film, sizeof j->film, "%.4000s/sekisho-film", folder);
}

static int offset_minutes(uint64_t utc_us)
{
	time_t t = (time_t)(utc_us / 1000000);
	struct tm tm;

	localtime_r(&t, &tm);
	return (int)(tm.tm_gmtoff / 60);
}

static int make(struct job *j, struct sek_recording_reader *r, const uint8_t key[SEK_RECORDING_KEY_BYTES], int fd)
{
	static const struct sek_work_ops ops_of = { .progress = on_progress, .done = on_done };
	const struct sek_recording_head *head = sek_recording_head(r);
	struct sek_work_programs programs = { j->feed, j->film, NULL };
	struct sek_work_ops ops = ops_of;
	char hash[65];
	struct sek_film_job film = {
		.of = { j->path, key, j->from_us, j->to_us }, .fd = fd, .fps = j->fps, .began_utc_us = head->began_utc_us,
		.offset_minutes = offset_minutes(head->began_utc_us), .name = j->name, .comment = j->comment,
	};

	j->length_us = head->length_us < j->to_us ? head->length_us : j->to_us;
	sodium_bin2hex(hash, sizeof hash, head->hash, sizeof head->hash);
	snprintf(j->comment, sizeof j->comment, "recording %s, %s, last block %s", head->id, head->closed ? "closed" : "not closed", hash);
	uv_loop_init(&j->loop);
	j->children.loop = &j->loop;
	uv_signal_init(&j->loop, &j->interrupt);
	j->interrupt.data = j;
	ops.user = j;
	if (!sek_is_ok(sek_work_film(&j->children, &programs, &film, &ops, &j->work)))
		return refuse(j->film, "cannot be started");
	uv_signal_start(&j->interrupt, on_interrupt, SIGINT);
	uv_run(&j->loop, UV_RUN_DEFAULT);
	uv_loop_close(&j->loop);
	if (sek_is_ok(j->status))
		return fsync(fd) == 0 ? DONE : refuse(j->out, strerror(errno));
	return refuse(j->path, j->why);
}

static int run(struct job *j)
{
	uint8_t secret[32], key[SEK_RECORDING_KEY_BYTES];
	struct sek_recording_reader *r = NULL;
	char err[256];
	int code, fd;

	if (!sek_is_ok(sek_recording_open(j->path, &r, err, sizeof err)))
		return refuse(j->path, err);
	code = open_secret(j, secret);
	if (code == DONE && !sek_is_ok(sek_recording_unseal(sek_recording_head(r), secret, key)))
		code = refuse(j->path, "this recording was sealed to another key");
	sodium_memzero(secret, sizeof secret);
	fd = code == DONE ? open(j->out, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
	if (code == DONE && fd < 0)
		code = refuse(j->out, strerror(errno));
	if (code == DONE) {
		code = make(j, r, key, fd);
		if (code != DONE)
			unlink(j->out);
		close(fd);
	}
	sodium_memzero(key, sizeof key);
	sek_recording_reader_close(r);
	return code;
}

int main(int argc, char **argv)
{
	static struct job j = { .to_us = UINT64_MAX / 4, .fps = 10, .name = "" };
	int code = parse(argc, argv, &j);

	if (code >= 0)
		return code;
	if (sodium_init() < 0)
		return refuse("libsodium", "cannot be started");
	find_programs(&j);
	return run(&j);
}

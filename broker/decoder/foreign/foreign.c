/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Starting a foreign decoder. Must leave no copy of a password behind but the one that it gives back.
 */
#include "broker/decoder/foreign/foreign.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "protocol/wire/wire.h"

#define PIPE_MAX_BYTES (4 + SEK_FOREIGN_TEXTS * (4u + SEK_CREDENTIAL_MAX_BYTES))

static bool parse_size(const char *text, uint16_t *ret)
{
	char *end;
	unsigned long v;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	v = strtoul(text, &end, 10);
	if (*end || errno || v > UINT16_MAX)
		return false;
	*ret = (uint16_t)v;
	return true;
}

/* The kinds of descriptors that the broker must have given; anything else is its mistake. */
static bool descriptors_are_right(void)
{
	static const struct {
		int fd;
		mode_t kind;
	} wanted[] = {
		{ SEK_DECODER_HOST_FD, S_IFSOCK }, { SEK_DECODER_GAP_FD, S_IFREG }, { SEK_DECODER_INPUT_FD, S_IFIFO },
		{ SEK_DECODER_CONTROL_FD, S_IFSOCK }, { SEK_DECODER_CREDENTIALS_FD, S_IFIFO },
	};
	struct stat st;

	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
		if (fstat(wanted[i].fd, &st) < 0 || (st.st_mode & S_IFMT) != wanted[i].kind)
			return false;
	/* 0, 1 and 2 are never used, but their numbers must be taken (base/jail.h, `files`). */
	return fcntl(SEK_DECODER_WAKE_FD, F_GETFD) >= 0 && fcntl(0, F_GETFD) >= 0 && fcntl(1, F_GETFD) >= 0 && fcntl(2, F_GETFD) >= 0;
}

/* One byte more than can be right is asked for, so that too much is noticed. */
static sek_status read_all(uint8_t *buf, size_t *ret_n)
{
	size_t n = 0;

	SEK_TRY(sek_file_get(SEK_DECODER_CREDENTIALS_FD, buf, PIPE_MAX_BYTES + 1, &n));
	if (n > PIPE_MAX_BYTES)
		return sek_fail(SEK_E_MALFORMED);
	*ret_n = n;
	return sek_ok();
}

static sek_status split(const uint8_t *bytes, size_t n, bool *ret_insecure, char *ret[SEK_FOREIGN_TEXTS])
{
	struct sek_reader r;
	uint32_t flags;

	sek_reader_init(&r, bytes, n);
	SEK_TRY(sek_read_u32(&r, &flags));
	if (flags > SEK_FOREIGN_INSECURE)
		return sek_fail(SEK_E_MALFORMED);
	*ret_insecure = flags & SEK_FOREIGN_INSECURE;
	for (int i = 0; i < SEK_FOREIGN_TEXTS; i++) {
		const uint8_t *text;
		uint32_t len;

		SEK_TRY(sek_read_u32(&r, &len));
		if (len > SEK_CREDENTIAL_MAX_BYTES)
			return sek_fail(SEK_E_MALFORMED);
		SEK_TRY(sek_read_bytes(&r, len, &text));
		if (memchr(text, 0, len))
			return sek_fail(SEK_E_MALFORMED);
		ret[i] = strndup((const char *)text, len);
		if (!ret[i])
			return sek_fail(SEK_E_NOMEM);
	}
	return sek_read_done(&r);
}

static sek_status read_credentials(struct sek_foreign *f)
{
	uint8_t *bytes = malloc(PIPE_MAX_BYTES + 1);
	char *texts[SEK_FOREIGN_TEXTS] = { NULL };
	size_t n = 0;
	sek_status s;

	if (!bytes)
		return sek_fail(SEK_E_NOMEM);
	s = read_all(bytes, &n);
	if (sek_is_ok(s))
		s = split(bytes, n, &f->insecure, texts);
	explicit_bzero(bytes, n);
	free(bytes);
	f->login = texts[SEK_FOREIGN_LOGIN];
	f->password = texts[SEK_FOREIGN_PASSWORD];
	if (sek_is_ok(s) && !f->insecure)
		s = sek_trust_create(texts[SEK_FOREIGN_TRUST], texts[SEK_FOREIGN_CRL], f->name, &f->trust);
	free(texts[SEK_FOREIGN_TRUST]);
	free(texts[SEK_FOREIGN_CRL]);
	return s;
}

enum sek_child_exit sek_foreign_start(int argc, char **argv, struct sek_foreign *ret)
{
	struct sek_foreign f = { .test = argc == 5 };
	uint16_t width, height;
	int flags;
	sek_status s;

	if ((argc != 4 && argc != 5) || (argc == 5 && strcmp(argv[4], SEK_DECODER_TEST) != 0) || !parse_size(argv[1], &width) ||
	    !parse_size(argv[2], &height) || !sek_is_ok(sek_gap_layout_init(&f.layout, width, height)) || !descriptors_are_right())
		return SEK_EXIT_USAGE;
	f.name = argv[3];
	s = read_credentials(&f);
	close(SEK_DECODER_CREDENTIALS_FD);
	if (!sek_is_ok(s)) {
		sek_foreign_forget(&f);
		return sek_is(s, SEK_E_MALFORMED) ? SEK_EXIT_USAGE : sek_is(s, SEK_E_CRYPTO) ? SEK_EXIT_CERTIFICATE : SEK_EXIT_INTERNAL;
	}
	flags = fcntl(SEK_DECODER_INPUT_FD, F_GETFL);
	if (flags < 0 || fcntl(SEK_DECODER_INPUT_FD, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    !sek_is_ok(sek_gap_writer_open(SEK_DECODER_GAP_FD, &f.layout, &f.gap)))
		return SEK_EXIT_INTERNAL;
	*ret = f;
	return SEK_EXIT_OK;
}

static void wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
}

void sek_foreign_forget(struct sek_foreign *f)
{
	wipe(f->login);
	wipe(f->password);
}

sek_status sek_foreign_jail(const struct sek_foreign *f, uint64_t other_bytes, const int *syscalls)
{
	const struct sek_jail jail = {
		.fds_end = SEK_DECODER_CREDENTIALS_FD, /* the last one, and closed by now */
		.memory_bytes = f->layout.total_bytes + other_bytes,
		/* the one number below it that is not taken is the clipboard's: never more than that one pipe */
		.files = SEK_DECODER_CLIPBOARD_FD + 1,
		.syscalls = syscalls,
	};

	return sek_jail_enter(&jail);
}

void sek_foreign_wake(void)
{
	static const uint64_t one = 1;

	/* Fails only if 2^64 wake-ups were never read. */
	if (write(SEK_DECODER_WAKE_FD, &one, sizeof one) < 0)
		return;
}

void sek_foreign_leave(const struct sek_foreign *f, enum sek_child_exit code)
{
	if (sek_child_exit_state((int)code) != SEK_STATE_NONE) {
		sek_gap_writer_state(f->gap, (uint16_t)sek_child_exit_state((int)code), 0);
		sek_foreign_wake();
	}
	/* _exit: exit handlers of libraries would run on memory that the outer zone has had its hands on. */
	_exit((int)code);
}

void sek_foreign_keep_alive(void)
{
	static const int fd = SEK_DECODER_HOST_FD, on = 1, idle_s = 10, every_s = 5, times = 4;

	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every_s, sizeof every_s);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof times);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

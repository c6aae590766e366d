/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-decoder: the only process that reads bytes from the outer zone. One per session, presumed lost. Makes
 * everything that it will ever need, enters its jail, and only then exchanges the first byte with the render host.
 * Contract: broker/gap/children.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/decoder/link/cell.h"
#include "broker/decoder/link/credentials.h"
#include "broker/decoder/link/loop.h"
#include "broker/decoder/link/watch.h"

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
static bool descriptors_are_right(bool session)
{
	static const struct {
		int fd;
		mode_t kind;
	} wanted[] = {
		{ SEK_DECODER_HOST_FD, S_IFSOCK },
		{ SEK_DECODER_GAP_FD, S_IFREG },
		{ SEK_DECODER_INPUT_FD, S_IFIFO },
		{ SEK_DECODER_CONTROL_FD, S_IFSOCK },
		{ SEK_DECODER_CREDENTIALS_FD, S_IFIFO },
	};
	struct stat st;

	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
		if ((session || wanted[i].fd != SEK_DECODER_CONTROL_FD) && (fstat(wanted[i].fd, &st) < 0 || (st.st_mode & S_IFMT) != wanted[i].kind))
			return false;
	/* 0 and 1 are never used, but their numbers must be taken (base/jail.h, `files`). */
	return fcntl(SEK_DECODER_WAKE_FD, F_GETFD) >= 0 && fcntl(0, F_GETFD) >= 0 && fcntl(1, F_GETFD) >= 0;
}

static struct sek_decoder *prepare(struct sek_tls_context *context, const struct sek_gap_layout *layout, const char *name, bool document)
{
	struct sek_gap_writer *gap;
	struct sek_painter *painter = sek_painter_create();
	struct sek_decoder *d;
	struct sek_tls *tls;
	int flags = fcntl(SEK_DECODER_INPUT_FD, F_GETFL);

	if (!painter || flags < 0 || fcntl(SEK_DECODER_INPUT_FD, F_SETFL, flags | O_NONBLOCK) < 0)
		return NULL;
	if (!document)
		sek_painter_relays(painter); /* to the encoder */
	if (!sek_is_ok(sek_gap_writer_open(SEK_DECODER_GAP_FD, layout, &gap)))
		return NULL;
	if (!sek_is_ok(sek_tls_create(context, SEK_DECODER_HOST_FD, name, &tls)))
		return NULL;
	d = sek_decoder_create(tls, layout, gap, painter, SEK_DECODER_HOST_FD, SEK_DECODER_WAKE_FD, SEK_DECODER_INPUT_FD,
		document ? -1 : SEK_DECODER_CONTROL_FD);
	if (d && document)
		sek_decoder_for_document(d);
	return d;
}

/* Never returns to main: the jail is on. */
static _Noreturn void be_watcher(const char *name)
{
	struct sek_tls_context *context;
	struct sek_health_writer *page;
	struct sek_watcher *watcher = NULL;
	struct sek_jail jail;
	struct sek_tls *tls;
	sek_status s;

	(void)prctl(PR_SET_NAME, "sekisho-watch");
	s = sek_credentials_read(SEK_DECODER_CREDENTIALS_FD, &context);
	close(SEK_DECODER_CREDENTIALS_FD);
	if (!sek_is_ok(s))
		_exit(sek_is(s, SEK_E_MALFORMED) ? SEK_EXIT_USAGE : SEK_EXIT_INTERNAL);
	if (sek_is_ok(sek_health_writer_open(SEK_DECODER_GAP_FD, &page)) &&
	    sek_is_ok(sek_tls_create(context, SEK_DECODER_HOST_FD, name, &tls)))
		watcher = sek_watcher_create(tls, page, SEK_DECODER_HOST_FD, SEK_DECODER_WAKE_FD, SEK_DECODER_INPUT_FD);
	if (!watcher)
		_exit(SEK_EXIT_INTERNAL);
	malloc_trim(0);
	jail = sek_decoder_cell(SEK_HEALTH_BYTES);
	if (!sek_is_ok(sek_jail_enter(&jail)))
		_exit(SEK_EXIT_JAIL);
	_exit((int)sek_watcher_run(watcher));
}

int main(int argc, char **argv)
{
	struct sek_tls_context *context;
	struct sek_gap_layout layout;
	struct sek_jail jail;
	struct sek_decoder *decoder;
	uint16_t width, height;
	bool document;
	sek_status s;

	if (argc == 3 && strcmp(argv[1], SEK_DECODER_WATCH) == 0 && descriptors_are_right(false))
		be_watcher(argv[2]);
	document = argc == 5 && strcmp(argv[1], SEK_DECODER_PAGES) == 0;
	if (document) {
		argc--;
		argv++;
		(void)prctl(PR_SET_NAME, "sekisho-doc");
	}
	if (argc != 4 || !parse_size(argv[1], &width) || !parse_size(argv[2], &height) ||
	    !sek_is_ok(sek_gap_layout_init(&layout, width, height)) || !descriptors_are_right(!document))
		return SEK_EXIT_USAGE;
	s = sek_credentials_read(SEK_DECODER_CREDENTIALS_FD, &context);
	close(SEK_DECODER_CREDENTIALS_FD);
	if (!sek_is_ok(s))
		return sek_is(s, SEK_E_MALFORMED) ? SEK_EXIT_USAGE : SEK_EXIT_INTERNAL;
	decoder = prepare(context, &layout, argv[3], document);
	if (!decoder)
		return SEK_EXIT_INTERNAL;
	malloc_trim(0);
	jail = sek_decoder_cell(layout.total_bytes);
	if (document)
		jail.nice = SEK_DOCUMENT_NICE;
	if (!sek_is_ok(sek_jail_enter(&jail)))
		_exit(SEK_EXIT_JAIL);
	/* _exit: exit handlers of libraries would run on memory that the outer zone has had its hands on. */
	_exit((int)sek_decoder_run(decoder));
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The renderer: the only process of this program that reads the document. Poppler draws pages and nothing else: no script of the document
 * runs, no embedded file is opened, no link is followed. Must never be believed by anybody.
 */
#include <cairo.h>
#include <errno.h>
#include <math.h>
#include <poppler.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol/wire/messages.h"
#include "render-host/pages/pages.h"

enum { POINTS_AN_INCH = 72, MAGIC_WITHIN_BYTES = 1024 };

static bool say(int fd, const struct sek_pages_word *w)
{
	return send(fd, w, sizeof *w, MSG_NOSIGNAL) == (ssize_t)sizeof *w;
}

/* What is no PDF is not given to a reader of PDF. */
static bool is_pdf(int fd)
{
	char head[MAGIC_WITHIN_BYTES];
	ssize_t n = pread(fd, head, sizeof head, 0);

	return n > 0 && memmem(head, (size_t)n, "%PDF-", 5) != NULL;
}

static enum sek_document_state open_document(int fd, PopplerDocument **ret)
{
	GError *error = NULL;
	enum sek_document_state state;

	if (!is_pdf(fd))
		return SEK_DOCUMENT_TYPE;
	*ret = poppler_document_new_from_fd(fd, NULL, &error);
	if (*ret)
		return SEK_DOCUMENT_WORKING;
	state = error && error->domain == POPPLER_ERROR && error->code == POPPLER_ERROR_ENCRYPTED ? SEK_DOCUMENT_ENCRYPTED :
		SEK_DOCUMENT_BROKEN;
	g_clear_error(&error);
	return state;
}

static uint16_t pixels(double points, double scale, uint16_t most)
{
	double px = ceil(points * scale);

	return px < 1 ? 1 : px > most ? most : (uint16_t)px;
}

/* Paints it, smaller than asked if it would not fit. */
static enum sek_document_state paint(const struct sek_pages_options *o, PopplerDocument *document, int number, uint32_t *px,
	struct sek_pages_word *ret)
{
	double width = 0, height = 0, scale = (double)o->dpi / POINTS_AN_INCH;
	PopplerPage *page = poppler_document_get_page(document, number - 1);
	cairo_surface_t *surface;
	cairo_status_t status;
	cairo_t *cr;

	if (!page)
		return SEK_DOCUMENT_BROKEN;
	poppler_page_get_size(page, &width, &height);
	if (!isfinite(width) || !isfinite(height) || width <= 0 || height <= 0) {
		g_object_unref(page);
		return SEK_DOCUMENT_BROKEN;
	}
	if (width * scale > o->max_width_px)
		scale = o->max_width_px / width;
	if (height * scale > o->max_height_px)
		scale = o->max_height_px / height;
	ret->width_px = pixels(width, scale, o->max_width_px);
	ret->height_px = pixels(height, scale, o->max_height_px);
	surface = cairo_image_surface_create_for_data((unsigned char *)px, CAIRO_FORMAT_RGB24, ret->width_px, ret->height_px,
		(int)o->max_width_px * 4);
	cr = cairo_create(surface);
	cairo_set_source_rgb(cr, 1, 1, 1);
	cairo_paint(cr);
	cairo_scale(cr, scale, scale);
	poppler_page_render(page, cr);
	status = cairo_status(cr);
	cairo_destroy(cr);
	cairo_surface_finish(surface);
	cairo_surface_destroy(surface);
	g_object_unref(page);
	return status == CAIRO_STATUS_SUCCESS || status == CAIRO_STATUS_INVALID_MATRIX ? SEK_DOCUMENT_WORKING :
		status == CAIRO_STATUS_NO_MEMORY ? SEK_DOCUMENT_TOO_LARGE : SEK_DOCUMENT_BROKEN;
}

int sek_pages_render(const struct sek_pages_options *o, int document_fd, int socket_fd, uint32_t *px)
{
	struct sek_pages_word word = { .state = SEK_DOCUMENT_DIED };
	PopplerDocument *document = NULL;
	uint16_t number;
	int pages = 0;

	if (!sek_is_ok(sek_pages_confine_renderer()))
		return 11;
	word.state = (uint16_t)open_document(document_fd, &document);
	if (document)
		pages = poppler_document_get_n_pages(document);
	if (document && pages < 1)
		word.state = SEK_DOCUMENT_BROKEN;
	else if (pages > o->pages_max)
		word.state = SEK_DOCUMENT_TOO_MANY;
	else
		word.pages = (uint16_t)pages;
	while (say(socket_fd, &word) && word.state == SEK_DOCUMENT_WORKING &&
	       recv(socket_fd, &number, sizeof number, 0) == (ssize_t)sizeof number)
		word.state = (uint16_t)(number >= 1 && number <= pages ? paint(o, document, number, px, &word) : SEK_DOCUMENT_BROKEN);
	return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A hostile render host: a stream of bytes as it comes out of TLS, through the decoder's own code into a real gap. What
 * the clean side would read must be within its limits after every frame.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "broker/decoder/link/incoming.h"
#include "protocol/wire/messages.h"
#include "tests/fuzz/gap/script.h"
#include "tests/unit/gap/clean_side.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sek_gap_layout layout;
static struct sek_gap_writer *writer;
static struct sek_gap_reader *reader;
static struct sek_painter *painter;

static void open_gap(void)
{
	int rw, ro;

	CLEAN_REQUIRE(sek_is_ok(sek_gap_layout_init(&layout, FUZZ_GAP_WIDTH, FUZZ_GAP_HEIGHT)));
	CLEAN_REQUIRE(sek_is_ok(sek_gap_create(&layout, &rw, &ro)));
	CLEAN_REQUIRE(sek_is_ok(sek_gap_writer_open(rw, &layout, &writer)));
	CLEAN_REQUIRE(sek_is_ok(sek_gap_reader_open(ro, &layout, &reader)));
	close(rw);
	close(ro);
	painter = sek_painter_create();
	CLEAN_REQUIRE(painter);
}

static void check(const struct sek_incoming *in, const struct sek_incoming_result *r)
{
	struct sek_gap_header h;

	sek_gap_reader_header(reader, &h);
	CLEAN_REQUIRE(in->picture.width_px <= layout.max_width_px && in->picture.height_px <= layout.max_height_px);
	CLEAN_REQUIRE(in->picture.width_px == 0 || h.width_px == in->picture.width_px);
	CLEAN_REQUIRE(!r->ack || (in->any_frame && !in->in_frame && r->number == in->frame));
	CLEAN_REQUIRE(!r->ack || h.painting == SEK_GAP_PAINTED);
	CLEAN_REQUIRE(h.document_state == r->reason && h.document_page <= h.document_pages);
	CLEAN_REQUIRE(h.document_page == 0 || (!in->in_frame && h.painting == SEK_GAP_PAINTED));
	CLEAN_REQUIRE(!r->ended || sek_state_ended(h.state));
	CLEAN_REQUIRE(!in->in_frame || h.painting != SEK_GAP_PAINTED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sek_incoming in;
	struct sek_frame f;
	size_t total;

	if (!writer)
		open_gap();
	sek_gap_writer_size(writer, 1, 1);
	sek_gap_writer_state(writer, SEK_STATE_CONNECTING, 0);
	sek_gap_writer_frame(writer);
	sek_gap_writer_document(writer, SEK_DOCUMENT_WORKING, 0, 0);
	sek_incoming_init(&in, &layout, writer, painter);
	in.document = size > 0 && data[0] == SEK_MSG_PAGES;
	while (sek_is_ok(sek_frame_whole(data, size, SEK_LINK_HOST, SEK_DIR_DOWN, &f, &total))) {
		struct sek_incoming_result r;

		if (!sek_is_ok(sek_incoming_frame(&in, &f, data + SEK_FRAME_HEADER_BYTES, &r)))
			break;
		check(&in, &r);
		if (r.ended || r.reason)
			break;
		data += total;
		size -= total;
	}
	return 0;
}

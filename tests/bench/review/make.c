/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * review_film FOLDER PUBLIC_KEY ID HOURS [DATABASE]: a recording of a day's work, made within a minute: pages of text that are
 * opened, read, scrolled and typed into, coded by the real encoder with its snapshots, written by the broker's own writer, and
 * entered into the catalogue of DATABASE. The same hours give the same recording, but for keys and times of day.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "broker/hub/store/recordings.h"
#include "protocol/codec/encode.h"
#include "protocol/wire/messages.h"
#include "tests/support/film.h"

enum { WIDTH = 1920, HEIGHT = 1080, LINE = 24, LETTER = 10, MARGIN = 60, SNAPSHOT_S = 60 };

struct maker {
	struct film *film;
	struct sek_update_encoder *encoder;
	struct sek_picture picture;
	uint64_t at_us, active_us, snapshot_us;
	uint32_t frame, seed, page, snapshots;
	enum sek_entry_kind kind;
};

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static sek_status emit(void *user, const uint8_t *frame, size_t n)
{
	struct maker *m = user;

	film_add(m->film, m->kind, m->at_us, frame, n);
	return sek_ok();
}

static void must(bool right, const char *what)
{
	if (right)
		return;
	fprintf(stderr, "review_film: %s\n", what);
	exit(1);
}

/* A letter that looks like one to an encoder: a few strokes, with soft edges. */
static void letter(struct maker *m, unsigned x, unsigned y, uint32_t code)
{
	for (unsigned j = 0; j < 14; j++)
		for (unsigned i = 0; i < 8; i++) {
			unsigned stroke = (code >> ((i * 3 + j * 5) % 29)) & 3;

			if (stroke)
				m->picture.px[(y + j) * m->picture.stride_px + x + i] = stroke == 3 ? 0x202020 : stroke == 2 ? 0x707880 : 0xb8bcc0;
		}
}

static void blank(struct maker *m, unsigned top, unsigned height, uint32_t colour)
{
	for (unsigned y = top; y < top + height; y++)
		for (unsigned x = 0; x < WIDTH; x++)
			m->picture.px[y * m->picture.stride_px + x] = colour;
}

/* One line of text of the page: its letters follow from page and line. */
static void text_line(struct maker *m, unsigned y, uint32_t line)
{
	uint32_t seed = m->page * 7919 + line * 104729 + 1, words = 30 + next(&seed) % 120;

	blank(m, y, LINE, line % 40 == 0 ? 0xdde8f4 : 0xffffff);
	for (unsigned i = 0; i < words && line % 9 != 0; i++) {
		uint32_t code = next(&seed);

		if (code % 6 != 0)
			letter(m, MARGIN + i * LETTER, y + 5, code);
	}
}

static void page(struct maker *m, uint32_t first_line)
{
	for (unsigned y = 0; y + LINE <= HEIGHT; y += LINE)
		text_line(m, y, first_line + y / LINE);
	sek_update_encoder_damage(m->encoder, (struct sek_rect){ 0, 0, WIDTH, HEIGHT });
}

static void frame(struct maker *m)
{
	struct sek_encode_options o = { .jpeg_quality = 80, .refine_ms = 200 };
	bool sent = false;

	m->kind = SEK_ENTRY_DOWN;
	must(sek_is_ok(sek_update_encoder_encode(m->encoder, &m->picture, m->frame, m->at_us / 1000, &o, emit, m, &sent)), "encode");
	m->frame += sent;
}

static void snapshot(struct maker *m)
{
	m->kind = SEK_ENTRY_ASIDE;
	sek_update_encoder_snapshot(m->encoder);
	while (sek_update_encoder_snapshotting(m->encoder))
		must(sek_is_ok(sek_update_encoder_slice(m->encoder, m->frame - 1, 1 << 20, false, emit, m)), "snapshot");
	m->snapshots++;
	m->snapshot_us = m->at_us;
}

static void small(struct maker *m, enum sek_entry_kind kind, unsigned x, unsigned y)
{
	uint8_t bytes[8] = { (uint8_t)(x >> 8), (uint8_t)x, (uint8_t)(y >> 8), (uint8_t)y, 0, 0, 0, 0 };

	film_add(m->film, kind, m->at_us, bytes, kind == SEK_ENTRY_KEY ? 0 : 8);
}

static void reads(struct maker *m, unsigned seconds)
{
	m->at_us += (uint64_t)seconds * 1000000;
}

static void opens(struct maker *m)
{
	m->page++;
	small(m, SEK_ENTRY_POINTER, 100 + m->page * 37 % 1500, 200);
	for (unsigned i = 0; i < 3; i++) { /* a page comes in steps */
		m->at_us += 120000;
		page(m, 0);
		if (i < 2)
			blank(m, HEIGHT / 3 * (i + 1), HEIGHT - HEIGHT / 3 * (i + 1), 0xffffff);
		frame(m);
	}
}

static void scrolls(struct maker *m)
{
	for (uint32_t i = 0; i < 20; i++) {
		m->at_us += 50000;
		small(m, SEK_ENTRY_WHEEL, 700, 500);
		page(m, i * 2);
		frame(m);
	}
}

static void types(struct maker *m)
{
	unsigned y = HEIGHT / 2 / LINE * LINE;

	blank(m, y, LINE, 0xffffff);
	for (unsigned i = 0; i < 40; i++) {
		m->at_us += 130000;
		small(m, SEK_ENTRY_KEY, 0, 0);
		letter(m, MARGIN + i * LETTER, y + 5, next(&m->seed));
		sek_update_encoder_damage(m->encoder, (struct sek_rect){ 0, (uint16_t)y, WIDTH, LINE });
		frame(m);
	}
}

static void works(struct maker *m, uint64_t until_us)
{
	while (m->at_us < until_us) {
		uint64_t began = m->at_us;

		switch (next(&m->seed) % 4) {
		case 0: opens(m); break;
		case 1: case 2: scrolls(m); break;
		default: types(m); break;
		}
		m->active_us += m->at_us - began;
		reads(m, 3 + next(&m->seed) % 40);
		if (m->at_us - m->snapshot_us > (uint64_t)SNAPSHOT_S * 1000000)
			snapshot(m);
		if (next(&m->seed) % 40 == 0)
			film_event(m->film, m->at_us, SEK_RECORD_EVENT_MESSAGE, 0, "");
	}
}

static void enter(const char *database, const char *id, uint64_t began_us, const struct maker *m)
{
	struct sek_store_recording r = { .began_us = (int64_t)began_us, .length_us = (int64_t)m->at_us, .bytes = (int64_t)film_bytes(m->film),
		.blocks = 1, .required = true, .days = 90 };
	char err[400] = "";
	struct sek_store *s;

	snprintf(r.id, sizeof r.id, "%s", id);
	snprintf(r.session, sizeof r.session, "%s", id);
	snprintf(r.user, sizeof r.user, "tanaka");
	snprintf(r.host, sizeof r.host, "render1.sekisho.internal");
	snprintf(r.ended, sizeof r.ended, "ended-user");
	must(sek_is_ok(sek_store_open(database, &s, err, sizeof err)), err);
	must(sek_is_ok(sek_store_recording_begin(s, &r)) && sek_is_ok(sek_store_recording_end(s, &r)), "the catalogue");
	sek_store_close(s);
}

int main(int argc, char **argv)
{
	struct maker m = { .seed = 20261123, .frame = 1 };
	uint64_t length_us, began_us;
	uint8_t bytes[64];
	struct sek_writer w;

	if (argc < 5 || argc > 6) {
		fprintf(stderr, "usage: review_film FOLDER PUBLIC_KEY ID HOURS [DATABASE]\n");
		return 2;
	}
	length_us = (uint64_t)(strtod(argv[4], NULL) * 3600e6);
	began_us = (uint64_t)time(NULL) * 1000000 - length_us;
	m.film = film_create(argv[1], argv[2], argv[3], "tanaka", began_us);
	m.encoder = sek_update_encoder_create(WIDTH, HEIGHT);
	m.picture = (struct sek_picture){ calloc(WIDTH * HEIGHT, 4), WIDTH, WIDTH, HEIGHT };
	must(m.encoder && m.picture.px && sek_is_ok(sek_update_encoder_resize(m.encoder, WIDTH, HEIGHT)), "no memory");
	film_event(m.film, 0, SEK_RECORD_EVENT_STARTED, 0, "");
	film_event(m.film, 0, SEK_RECORD_EVENT_ATTACHED, 0, "");
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_size_write(&w, &(struct sek_size){ WIDTH, HEIGHT });
	film_add(m.film, SEK_ENTRY_DOWN, 0, bytes, w.len);
	m.at_us = 300000;
	opens(&m);
	works(&m, length_us);
	film_event(m.film, m.at_us, SEK_RECORD_EVENT_STOPPED, 0, "");
	if (argc == 6)
		enter(argv[5], argv[3], began_us, &m);
	printf("{\"length_us\":%llu,\"bytes\":%llu,\"frames\":%u,\"snapshots\":%u,\"active_s\":%llu}\n", (unsigned long long)m.at_us,
		(unsigned long long)film_bytes(m.film), m.frame, m.snapshots, (unsigned long long)(m.active_us / 1000000));
	film_close(m.film);
	sek_update_encoder_destroy(m.encoder);
	free(m.picture.px);
	return 0;
}

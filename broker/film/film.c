/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See film.h. FFmpeg's libraries do the work: libvpx's VP9 in its real-time mode with the tools for screen content, each frame with
 * the time at which it began to be shown, so that a still picture costs next to nothing.
 */
#include "broker/film/film.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>

#include "base/error.h"
#include "base/file.h"
#include "broker/film/line.h"

enum { IO_BYTES = 65536, KEY_FRAMES = 300, QUALITY = 30, BLACK_Y = 16, GREY = 128 };

struct sek_film {
	int fd;
	uint16_t width, height; /* of the part above the line, even */
	AVFormatContext *file;
	AVIOContext *io;
	AVCodecContext *codec;
	AVStream *stream;
	AVFrame *frame;
	AVPacket *packet;
	struct SwsContext *scale;
	uint16_t from_w, from_h, to_w, to_h; /* what `scale` was made for */
	uint32_t *mixed;                     /* the picture with the pointer in it */
	size_t mixed_px;
	int64_t last_ms;
	bool begun, broken;
};

/* --- the file --- */

static int write_some(void *opaque, uint8_t *bytes, int n)
{
	const struct sek_film *f = opaque;

	return sek_is_ok(sek_file_put(f->fd, bytes, (size_t)n)) ? n : AVERROR(EIO);
}

static int64_t seek_to(void *opaque, int64_t offset, int whence)
{
	const struct sek_film *f = opaque;

	return whence == AVSEEK_SIZE ? -1 : lseek(f->fd, offset, whence);
}

static sek_status from_av(int r)
{
	return r >= 0 ? sek_ok() : r == AVERROR(ENOMEM) ? sek_fail(SEK_E_NOMEM) : sek_fail(SEK_E_IO);
}

static sek_status open_file(struct sek_film *f, const struct sek_film_config *config)
{
	uint8_t *buffer = av_malloc(IO_BYTES);

	if (!buffer)
		return sek_fail(SEK_E_NOMEM);
	f->io = avio_alloc_context(buffer, IO_BYTES, 1, f, NULL, write_some, seek_to);
	if (!f->io) {
		av_free(buffer);
		return sek_fail(SEK_E_NOMEM);
	}
	SEK_TRY(from_av(avformat_alloc_output_context2(&f->file, NULL, "webm", NULL)));
	f->file->pb = f->io;
	f->stream = avformat_new_stream(f->file, NULL);
	if (!f->stream)
		return sek_fail(SEK_E_NOMEM);
	f->stream->time_base = (AVRational){ 1, 1000 };
	av_dict_set(&f->file->metadata, "title", config->title, 0);
	av_dict_set(&f->file->metadata, "comment", config->comment, 0);
	SEK_TRY(from_av(avcodec_parameters_from_context(f->stream->codecpar, f->codec)));
	return from_av(avformat_write_header(f->file, NULL));
}

/* --- the codec --- */

static sek_status open_codec(struct sek_film *f)
{
	const AVCodec *codec = avcodec_find_encoder_by_name("libvpx-vp9");
	AVDictionary *o = NULL;
	int r;

	if (!codec)
		return sek_fail(SEK_E_NOT_FOUND);
	f->codec = avcodec_alloc_context3(codec);
	if (!f->codec)
		return sek_fail(SEK_E_NOMEM);
	f->codec->width = f->width;
	f->codec->height = f->height + SEK_FILM_LINE_PX;
	f->codec->pix_fmt = AV_PIX_FMT_YUV420P;
	f->codec->time_base = (AVRational){ 1, 1000 };
	f->codec->gop_size = KEY_FRAMES;
	f->codec->thread_count = 1; /* the jail lets nobody begin another */
	f->codec->bit_rate = 0;
	f->codec->color_range = AVCOL_RANGE_MPEG;
	f->codec->colorspace = AVCOL_SPC_BT709;
	av_dict_set(&o, "deadline", "realtime", 0);
	av_dict_set_int(&o, "cpu-used", 7, 0);
	av_dict_set_int(&o, "crf", QUALITY, 0);
	av_dict_set_int(&o, "lag-in-frames", 0, 0);
	av_dict_set(&o, "tune-content", "screen", 0);
	av_dict_set_int(&o, "row-mt", 0, 0);
	r = avcodec_open2(f->codec, codec, &o);
	av_dict_free(&o);
	return from_av(r);
}

static sek_status make_frame(struct sek_film *f)
{
	f->frame = av_frame_alloc();
	f->packet = av_packet_alloc();
	if (!f->frame || !f->packet)
		return sek_fail(SEK_E_NOMEM);
	f->frame->format = f->codec->pix_fmt;
	f->frame->width = f->codec->width;
	f->frame->height = f->codec->height;
	return from_av(av_frame_get_buffer(f->frame, 0));
}

sek_status sek_film_create(const struct sek_film_config *config, struct sek_film **ret)
{
	struct sek_film *f = av_mallocz(sizeof *f);
	sek_status s;

	if (!f)
		return sek_fail(SEK_E_NOMEM);
	av_log_set_level(AV_LOG_ERROR);
	f->fd = config->fd;
	f->width = (uint16_t)((config->width_px + 1) & ~1);
	f->height = (uint16_t)((config->height_px + 1) & ~1);
	f->last_ms = -1;
	s = open_codec(f);
	if (sek_is_ok(s))
		s = make_frame(f);
	if (sek_is_ok(s))
		s = open_file(f, config);
	if (!sek_is_ok(s)) {
		sek_film_destroy(f);
		return s;
	}
	*ret = f;
	return s;
}

void sek_film_destroy(struct sek_film *f)
{
	if (!f)
		return;
	if (f->file)
		avformat_free_context(f->file);
	if (f->io)
		av_freep(&f->io->buffer);
	avio_context_free(&f->io);
	avcodec_free_context(&f->codec);
	av_frame_free(&f->frame);
	av_packet_free(&f->packet);
	sws_freeContext(f->scale);
	av_free(f->mixed);
	av_free(f);
}

/* --- one picture --- */

static void blacken(struct sek_film *f)
{
	for (int y = 0; y < f->frame->height; y++)
		memset(f->frame->data[0] + (ptrdiff_t)y * f->frame->linesize[0], BLACK_Y, (size_t)f->frame->width);
	for (int p = 1; p < 3; p++)
		for (int y = 0; y < f->frame->height / 2; y++)
			memset(f->frame->data[p] + (ptrdiff_t)y * f->frame->linesize[p], GREY, (size_t)f->frame->width / 2);
}

/* The largest even size of the same shape that fits, never enlarged. */
static void fit(const struct sek_film *f, const struct sek_picture *pic, uint16_t *w, uint16_t *h)
{
	uint32_t width = pic->width_px, height = pic->height_px;

	if (width > f->width) {
		height = height * f->width / width;
		width = f->width;
	}
	if (height > f->height) {
		width = width * f->height / height;
		height = f->height;
	}
	*w = (uint16_t)(width < 2 ? 2 : width & ~1u);
	*h = (uint16_t)(height < 2 ? 2 : height & ~1u);
}

static void mix(uint32_t *to, const uint8_t *bgra)
{
	uint32_t through = 255u - bgra[3], out = 0;

	for (int i = 0; i < 3; i++) {
		uint32_t v = bgra[i] + ((*to >> (8 * i) & 255) * through + 127) / 255;

		out |= (v > 255 ? 255 : v) << (8 * i);
	}
	*to = out;
}

/* A copy of the picture with the pointer in it. NULL when out of memory. */
static const uint32_t *with_pointer(struct sek_film *f, const struct sek_picture *pic, const struct sek_replay_pointer *p)
{
	size_t px = (size_t)pic->width_px * pic->height_px;

	if (px > f->mixed_px) {
		av_free(f->mixed);
		f->mixed = av_malloc(px * sizeof *f->mixed);
		f->mixed_px = f->mixed ? px : 0;
		if (!f->mixed)
			return NULL;
	}
	for (uint32_t y = 0; y < pic->height_px; y++)
		memcpy(f->mixed + (size_t)y * pic->width_px, pic->px + (size_t)y * pic->stride_px, (size_t)pic->width_px * sizeof *f->mixed);
	for (int y = 0; p->known && y < p->height_px; y++) {
		int ty = p->y_px - p->hot_y_px + y;

		for (int x = 0; x < p->width_px; x++) {
			int tx = p->x_px - p->hot_x_px + x;

			if (tx >= 0 && ty >= 0 && tx < pic->width_px && ty < pic->height_px)
				mix(f->mixed + (size_t)ty * pic->width_px + tx, p->bgra + 4 * ((size_t)y * p->width_px + (size_t)x));
		}
	}
	return f->mixed;
}

static sek_status scaler(struct sek_film *f, const struct sek_picture *pic)
{
	uint16_t w, h;

	fit(f, pic, &w, &h);
	if (f->scale && f->from_w == pic->width_px && f->from_h == pic->height_px && f->to_w == w && f->to_h == h)
		return sek_ok();
	sws_freeContext(f->scale);
	f->scale = sws_getContext(pic->width_px, pic->height_px, AV_PIX_FMT_BGR0, w, h, AV_PIX_FMT_YUV420P,
		w == pic->width_px && h == pic->height_px ? SWS_POINT : SWS_AREA, NULL, NULL, NULL);
	if (!f->scale)
		return sek_fail(SEK_E_NOMEM);
	sws_setColorspaceDetails(f->scale, sws_getCoefficients(SWS_CS_ITU709), 1, sws_getCoefficients(SWS_CS_ITU709), 0, 0,
		1 << 16, 1 << 16);
	f->from_w = pic->width_px;
	f->from_h = pic->height_px;
	f->to_w = w;
	f->to_h = h;
	return sek_ok();
}

static sek_status draw(struct sek_film *f, const struct sek_picture *pic, const struct sek_replay_pointer *pointer)
{
	const uint8_t *from[4] = { NULL };
	int from_stride[4] = { 4 * pic->width_px, 0, 0, 0 };
	uint8_t *to[4] = { NULL };
	int left, top;

	SEK_TRY(scaler(f, pic));
	from[0] = (const uint8_t *)with_pointer(f, pic, pointer);
	if (!from[0])
		return sek_fail(SEK_E_NOMEM);
	left = (f->width - f->to_w) / 2 & ~1;
	top = (f->height - f->to_h) / 2 & ~1;
	for (int p = 0; p < 3; p++)
		to[p] = f->frame->data[p] + (ptrdiff_t)(p ? top / 2 : top) * f->frame->linesize[p] + (p ? left / 2 : left);
	return sws_scale(f->scale, from, from_stride, 0, pic->height_px, to, f->frame->linesize) > 0 ? sek_ok() : sek_fail(SEK_E_NOMEM);
}

static sek_status drain(struct sek_film *f)
{
	for (;;) {
		int r = avcodec_receive_packet(f->codec, f->packet);

		if (r == AVERROR(EAGAIN) || r == AVERROR_EOF)
			return sek_ok();
		SEK_TRY(from_av(r));
		f->packet->stream_index = f->stream->index;
		av_packet_rescale_ts(f->packet, f->codec->time_base, f->stream->time_base);
		SEK_TRY(from_av(av_interleaved_write_frame(f->file, f->packet)));
	}
}

static sek_status encode(struct sek_film *f, int64_t at_ms)
{
	f->frame->pts = at_ms;
	f->last_ms = at_ms;
	f->begun = true;
	SEK_TRY(from_av(avcodec_send_frame(f->codec, f->frame)));
	return drain(f);
}

static sek_status add(struct sek_film *f, const struct sek_picture *pic, const struct sek_replay_pointer *pointer,
	const char *line, int64_t at_ms)
{
	if (at_ms <= f->last_ms)
		return sek_ok(); /* the one before is shown at that moment */
	SEK_TRY(from_av(av_frame_make_writable(f->frame)));
	blacken(f);
	if (pic->width_px > 0)
		SEK_TRY(draw(f, pic, pointer));
	sek_film_line(f->frame->data[0] + (ptrdiff_t)f->height * f->frame->linesize[0], (size_t)f->frame->linesize[0],
		f->width, line);
	return encode(f, at_ms);
}

sek_status sek_film_add(struct sek_film *f, const struct sek_picture *pic, const struct sek_replay_pointer *pointer,
	const char *line, uint64_t at_ms)
{
	sek_status s = f->broken ? sek_fail(SEK_E_IO) : add(f, pic, pointer, line, (int64_t)at_ms);

	f->broken = !sek_is_ok(s);
	return s;
}

sek_status sek_film_finish(struct sek_film *f, uint64_t end_ms)
{
	if (f->broken)
		return sek_fail(SEK_E_IO);
	if (f->begun && (int64_t)end_ms > f->last_ms)
		SEK_TRY(encode(f, (int64_t)end_ms));
	SEK_TRY(from_av(avcodec_send_frame(f->codec, NULL)));
	SEK_TRY(drain(f));
	SEK_TRY(from_av(av_write_trailer(f->file)));
	return f->io->error < 0 ? sek_fail(SEK_E_IO) : sek_ok();
}

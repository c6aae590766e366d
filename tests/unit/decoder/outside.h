/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A decoder of a foreign host, started as the broker does, and the broker's ends of everything: for any program of that contract
 * (broker/gap/children.h) and any server, real or made up.
 */
#ifndef SEK_TESTS_DECODER_OUTSIDE_H
#define SEK_TESTS_DECODER_OUTSIDE_H

#include "broker/gap/children.h"
#include "broker/gap/gap.h"
#include "protocol/wire/messages.h"
#include "tests/unit/gap/spawn.h"

struct outside_options {
	const char *program;
	uint16_t port;          /* on 127.0.0.1; 0: fd is the decoder's end of a connection, and is consumed */
	int fd;
	const char *name;       /* of the host */
	bool insecure, test;
	const char *trust, *crl, *login, *password; /* texts; NULL: "" */
	uint16_t max_width, max_height;             /* 0 = 1280x800 */
};

struct outside {
	struct sek_gap_layout layout;
	struct sek_gap_reader *gap;
	int gap_rw, gap_ro, wake, input, control;
	int clipboard; /* reading end, -1: not open */
	pid_t decoder;
};

void outside_start(struct outside *o, const struct outside_options *options);
/* Closes the input pipe and waits: the decoder's end. -1 and the signal if one killed it. */
struct test_end outside_stop(struct outside *o);
/* Waits for its end without telling it anything, then cleans up. */
struct test_end outside_end(struct outside *o);

/* As the broker: writes frames to the input pipe. */
void outside_write(struct outside *o, const struct sek_writer *w);
void outside_hello(struct outside *o, uint16_t width, uint16_t height);
void outside_key(struct outside *o, uint16_t code, bool down, uint32_t codepoint);
void outside_text(struct outside *o, const char *utf8);
void outside_paste(struct outside *o, const char *utf8);
void outside_resize(struct outside *o, uint16_t width, uint16_t height);
void outside_clipboard_mode(struct outside *o, uint8_t directions);
/* Opens the clipboard's pipe to it. */
void outside_open_clipboard(struct outside *o);
/* The next whole text that came in, not terminated; false after ms. */
bool outside_copied(struct outside *o, uint8_t *ret, size_t size, size_t *ret_n, int ms);

struct sek_gap_header outside_header(const struct outside *o);
uint32_t outside_pixel(const struct outside *o, uint16_t x, uint16_t y); /* without the byte that means nothing */
/* Waits until cond is true, or fails the test. */
#define OUTSIDE_UNTIL(cond)                                                                          \
	do {                                                                                         \
		uint64_t until_ = test_now_ms() + TEST_WAIT_MS;                                      \
		while (!(cond)) {                                                                    \
			ck_assert_msg(test_now_ms() < until_, "not in time: %s", #cond);             \
			usleep(2000);                                                                \
		}                                                                                    \
	} while (0)

#endif

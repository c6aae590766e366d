/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading the values of options. Each is false, with *ret untouched, for a text that is none.
 */
#ifndef SEK_CLIENT_LOAD_OPTIONS_H
#define SEK_CLIENT_LOAD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool load_option_number(const char *text, double least, double most, double *ret);
/* "1/8" or "0.125", 0 to 1. */
bool load_option_share(const char *text, double *ret);
/* "50/10", "50/10s", "3": n in so many seconds (1 if none are said); both positive. */
bool load_option_rate(const char *text, double *ret_n, double *ret_s);
/* "1280x800", within the wire's limits. */
bool load_option_size(const char *text, uint16_t *ret_width_px, uint16_t *ret_height_px);
/* "ADDRESS:PORT". */
bool load_option_endpoint(const char *text, char *ret_address, size_t size, uint16_t *ret_port);

#endif

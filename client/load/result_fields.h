/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The result's grammar as a table: each field's key, kind, place and bounds. Reading, writing and freeing go by it (result_file.c),
 * so that none of the three can forget a field.
 */
#ifndef SEK_CLIENT_LOAD_RESULT_FIELDS_H
#define SEK_CLIENT_LOAD_RESULT_FIELDS_H

#include <stddef.h>
#include <stdint.h>

enum field_kind {
	FIELD_COUNT,  /* uint64_t, up to most */
	FIELD_NUMBER, /* double, 0..most */
	FIELD_TEXT,   /* char *, up to SEK_RESULT_TEXT_MAX bytes */
	FIELD_BOOL,
	FIELD_WORD,   /* unsigned, one of words[0..n) */
	FIELD_DELAYS, /* struct sek_delays */
	FIELD_STRUCT, /* embedded, of table sub */
	FIELD_KEYED,  /* an array of n structs of table sub, an object whose keys are words[0..n) */
	FIELD_LIST,   /* a pointer to structs of table sub, then, at n_offset, their size_t number */
};

struct field_table;

struct field {
	const char *key;
	enum field_kind kind;
	size_t offset, n_offset;
	double most;
	const char *const *words;
	size_t n;
	const struct field_table *sub;
};

struct field_table {
	const struct field *fields;
	size_t n, size; /* number of fields; bytes of the struct */
};

extern const struct field_table sek_result_fields; /* of struct sek_result */

#endif

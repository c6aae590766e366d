/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Private to protocol/wire: turns the lists' names (UPPER_CASE) into the ones that people read (lower-case), as constant
 * data, so that messages.def and states.def stay the only lists and nothing is initialised at run time.
 */
#ifndef SEK_PROTOCOL_WIRE_NAMES_H
#define SEK_PROTOCOL_WIRE_NAMES_H

#define SEK_NAME_MAX 24 /* with the final 0; longer names fail the assertion beside each table */

#define SEK_NAME_AT(s, i) ((s)[(i) < sizeof(s) ? (i) : sizeof(s) - 1])
#define SEK_LOWER_AT(s, i)                                                                        \
	(SEK_NAME_AT(s, i) == '_' ? '-'                                                           \
	 : SEK_NAME_AT(s, i) >= 'A' && SEK_NAME_AT(s, i) <= 'Z' ? SEK_NAME_AT(s, i) + ('a' - 'A') \
								: SEK_NAME_AT(s, i))
#define SEK_LOWER_4(s, i) \
	SEK_LOWER_AT(s, i), SEK_LOWER_AT(s, i + 1), SEK_LOWER_AT(s, i + 2), SEK_LOWER_AT(s, i + 3)
/* An initialiser for char[SEK_NAME_MAX]. */
#define SEK_LOWER(s)                                                                                         \
	{                                                                                                    \
		SEK_LOWER_4(s, 0), SEK_LOWER_4(s, 4), SEK_LOWER_4(s, 8), SEK_LOWER_4(s, 12), SEK_LOWER_4(s, 16), \
			SEK_LOWER_4(s, 20)                                                                   \
	}

#endif

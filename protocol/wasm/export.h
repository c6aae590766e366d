/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Private to protocol/wasm: what a function needs so that JavaScript can call it.
 */
#ifndef SEK_PROTOCOL_WASM_EXPORT_H
#define SEK_PROTOCOL_WASM_EXPORT_H

#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name))) name

/* A byte offset into the exported memory. */
static inline uint32_t address(const void *p)
{
	return (uint32_t)(uintptr_t)p;
}

#endif

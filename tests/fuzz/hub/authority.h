/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A CA of this test with a key that everybody knows, so that the fuzz target and its seed generator mean the same one.
 */
#ifndef SEK_TESTS_FUZZ_AUTHORITY_H
#define SEK_TESTS_FUZZ_AUTHORITY_H

#include <stddef.h>
#include <stdint.h>

enum { AUTHORITY_CERTIFICATE_BYTES = 2048 };

/* Writes its certificate and its CRL as PEM files. Ends the program if it cannot. */
void authority_write(const char *ca_path, const char *crl_path);
/* A client certificate in DER, of this common name; returns its bytes. */
size_t authority_issue(const char *name, uint8_t ret[AUTHORITY_CERTIFICATE_BYTES]);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The broker's half of an enrolment. Dials the render host and writes to it; what the render host says is read by sekisho-decoder-enrol in
 * its jail, and comes here as 96 + 32 + 32 bytes of which every value is possible.
 */
#ifndef SEK_BROKER_HUB_SETUP_ENROL_H
#define SEK_BROKER_HUB_SETUP_ENROL_H

#include <stdint.h>

#include "certs/pki.h"
#include "protocol/enrol/enrol.h"

enum enrol_result {
	ENROL_DONE,
	ENROL_CONNECT,  /* nobody listens, or no way there */
	ENROL_SILENT,   /* something listens and does not answer as sekisho-setup-host does */
	ENROL_CODE,     /* it has another code */
	ENROL_JAIL,     /* the jail could not be built, or the decoder broke out of it and was killed */
	ENROL_SIGN,     /* the CA did not sign; err says why */
	ENROL_STORE,    /* signed, but the render host did not say that it has stored it */
	ENROL_INTERNAL,
};
struct enrolment {
	const char *source, *address; /* numeric, ours and the render host's */
	uint16_t port;
	const char *name;             /* to be in the certificate */
	const uint8_t *code;          /* SEK_ENROL_CODE_BYTES */
	const char *ca;               /* the CA's folder */
	bool replace;                 /* a certificate of that name that is still good is revoked */
};
enum enrol_result enrol_run(const struct enrolment *e, char *err, size_t err_size);
/* Connects from source; SEK_E_IO, SEK_E_TIMEOUT. The caller closes *ret. */
sek_status enrol_connect(const char *source, const char *address, uint16_t port, int *ret);

#endif

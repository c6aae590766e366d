/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A certificate file on its way to the broker. Must never hand over anything of it but the certificate: a private key may stand in the
 * same file.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/file.h"
#include "client/ctl/ctl.h"

static const char begins[] = "-----BEGIN CERTIFICATE-----", ends[] = "-----END CERTIFICATE-----";

static json_t *from_der(const char *der, size_t n)
{
	size_t room = sodium_base64_ENCODED_LEN(n, sodium_base64_VARIANT_ORIGINAL);
	char *base64 = malloc(room);
	json_t *pem = NULL;

	if (base64) {
		sodium_bin2base64(base64, room, (const unsigned char *)der, n, sodium_base64_VARIANT_ORIGINAL);
		pem = json_sprintf("%s\n%s\n%s\n", begins, base64, ends);
	}
	free(base64);
	return pem;
}

json_t *ctl_certificate(const struct ctl *c, const char *path)
{
	char *text = NULL;
	const char *from, *to;
	size_t n = 0;
	json_t *pem = NULL;

	if (sek_is_ok(sek_file_read(path, &text, &n)) && n > 0 && n <= CTL_CERTIFICATE_MAX_BYTES) {
		from = strstr(text, begins);
		to = from ? strstr(from, ends) : NULL;
		if (to)
			pem = json_stringn(from, (size_t)(to - from) + sizeof ends - 1);
		else if (text[0] == 0x30) /* DER: a sequence */
			pem = from_der(text, n);
	}
	if (text)
		sodium_memzero(text, n);
	free(text);
	if (!pem)
		fprintf(stderr, "sekishoctl: %s: %s\n", path, ctl_word(c, W_NO_CERTIFICATE));
	return pem;
}

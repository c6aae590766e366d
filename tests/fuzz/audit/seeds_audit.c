/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Seeds of fuzz_audit: a line, a head, a log of several records.
 */
#include <string.h>

#include <sodium.h>

#include "broker/hub/audit/chain.h"
#include "tests/fuzz/seeds.h"

static const char *const bodies[] = {
	("\"time\":\"2026-01-02T03:04:05.678901Z\",\"who\":\"#broker\",\"what\":\"audit.segment\",\"details\":{\"segment\":\"1\",\"previous\":"
	"\"0000000000000000000000000000000000000000000000000000000000000000\",\"key\":\"00\"}"),
	"\"time\":\"2026-01-02T03:04:06.678901Z\",\"who\":\"taro\",\"what\":\"login.ok\",\"details\":{\"address\":\"10.1.2.3\"}",
	"\"what\":\"audit.checkpoint\",\"details\":{\"head\":\"00\",\"signature\":\"00\"}",
	"\"what\":\"audit.damaged\",\"details\":{}",
};

int main(int argc, char **argv)
{
	const char *dir = seed_dir(argc, argv);
	struct sek_audit_point p = { .seq = 0 };
	struct sek_sign_key k;
	char text[4096];
	size_t n = 1, first = 0, i;

	if (sodium_init() < 0)
		return 1;
	crypto_sign_keypair(k.public_key, k.secret);
	text[0] = 2;
	for (i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		n += sek_audit_line_write(&p, bodies[i], strlen(bodies[i]), text + n);
		if (i == 0)
			first = n;
	}
	seed_write(dir, "log", text, n);
	text[0] = 0;
	seed_write(dir, "line", text, first - 1);
	text[0] = 1;
	sek_audit_head_write(&k, &p, text + 1);
	seed_write(dir, "head", text, 1 + SEK_AUDIT_HEAD_BYTES);
	return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * recording_shares FILE.sekrec SECRET PASSPHRASE-FILE: of what a recording's bytes are made, as one line of JSON. Bytes of `frames` are
 * those of the frames that the client was sent, of `snapshots` those of the updates that only the recording got, of `others`
 * everything else that was recorded; what is left of `file` is heads, hashes, seals and the index.
 */
#include <inttypes.h>
#include <stdio.h>

#include <sodium.h>

#include "base/error.h"
#include "broker/hub/record/reader.h"
#include "broker/hub/record/secret.h"

struct shares {
	uint64_t frame_bytes, snapshot_bytes, other_bytes;
	unsigned snapshots, keyframes;
};

static void add(struct shares *s, const struct sek_entry *e)
{
	uint8_t type, flags;
	bool update, begins;

	if (e->kind != SEK_ENTRY_DOWN && e->kind != SEK_ENTRY_ASIDE) {
		s->other_bytes += e->n;
		return;
	}
	update = sek_is_ok(sek_entry_frame_read(e->payload, e->n, &type, &flags)) && type == SEK_MSG_UPDATE;
	begins = update && (flags & SEK_UPDATE_KEYFRAME);
	if (e->kind == SEK_ENTRY_DOWN) {
		s->frame_bytes += e->n;
		s->keyframes += begins;
	} else {
		s->snapshot_bytes += e->n;
		s->snapshots += begins;
	}
}

static sek_status read_all(struct sek_recording_reader *r, struct shares *s)
{
	size_t blocks;

	sek_recording_blocks(r, &blocks);
	for (size_t i = 0; i < blocks; i++) {
		struct sek_reader in;
		struct sek_entry e;
		const uint8_t *bytes;
		size_t n;

		SEK_TRY(sek_recording_read(r, (uint32_t)i, &bytes, &n));
		sek_reader_init(&in, bytes, n);
		while (sek_is_ok(sek_entry_read(&in, &e)))
			add(s, &e);
	}
	return sek_ok();
}

static sek_status open_with(struct sek_recording_reader *r, const uint8_t secret[32])
{
	uint8_t key[SEK_RECORDING_KEY_BYTES];
	sek_status status = sek_recording_unseal(sek_recording_head(r), secret, key);

	if (sek_is_ok(status))
		status = sek_recording_use(r, key);
	sodium_memzero(key, sizeof key);
	return status;
}

int main(int argc, char **argv)
{
	struct sek_recording_reader *r = NULL;
	const struct sek_recording_head *h;
	struct shares s = { 0 };
	uint8_t secret[32];
	char err[256] = "";
	const char *why;

	if (argc != 4 || sodium_init() < 0) {
		fputs("usage: recording_shares FILE.sekrec SECRET PASSPHRASE-FILE\n", stderr);
		return 2;
	}
	why = sek_recording_secret(argv[2], argv[3], secret);
	if (!why && !sek_is_ok(sek_recording_open(argv[1], &r, err, sizeof err)))
		why = err;
	if (!why && (!sek_is_ok(open_with(r, secret)) || !sek_is_ok(read_all(r, &s))))
		why = "it does not open";
	sodium_memzero(secret, sizeof secret);
	if (why) {
		fprintf(stderr, "recording_shares: %s: %s\n", argv[1], why);
		return 1;
	}
	h = sek_recording_head(r);
	printf("{\"closed\":%s,\"file\":%" PRIu64 ",\"length_us\":%" PRIu64 ",\"blocks\":%u,\"frames\":%" PRIu64 ",\"keyframes\":%u,"
	       "\"snapshots\":%" PRIu64 ",\"snapshot_count\":%u,\"others\":%" PRIu64 "}\n",
		h->closed ? "true" : "false", h->bytes, h->length_us, h->blocks, s.frame_bytes, s.keyframes, s.snapshot_bytes, s.snapshots,
		s.other_bytes);
	sek_recording_reader_close(r);
	return 0;
}

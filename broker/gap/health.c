/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Both ends of the health page.
 */
#include "broker/gap/health.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/error.h"
#include "broker/gap/layout.h"
#include "protocol/wire/messages.h"

#define MIB_MAX (1u << 26)

enum { COUNT, DRAINING, SESSIONS, SESSIONS_MAX, MEMORY, AVAILABLE, CPU, STALL, CORES, WARM_JA, WARM_EN, LIMITS, REFUSED, FAULTS,
	IMAGE, BROWSER, MAJOR, CERTIFICATE, CERTIFICATE_LEFT, CRL_LEFT, WORDS };

struct sek_health_writer {
	uint32_t *words;
};

struct sek_health_reader {
	const uint32_t *words;
};

sek_status sek_health_create(int *ret_rw, int *ret_ro)
{
	return sek_gap_create_bytes("sekisho-health", SEK_HEALTH_BYTES, ret_rw, ret_ro);
}

sek_status sek_health_writer_open(int fd, struct sek_health_writer **ret)
{
	struct sek_health_writer *w;
	void *map;

	SEK_TRY(sek_gap_check_bytes(fd, SEK_HEALTH_BYTES));
	w = calloc(1, sizeof *w);
	if (!w)
		return sek_fail(SEK_E_NOMEM);
	map = mmap(NULL, SEK_HEALTH_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		sek_status s = sek_from_errno();

		free(w);
		return s;
	}
	w->words = map;
	*ret = w;
	return sek_ok();
}

void sek_health_writer_close(struct sek_health_writer *w)
{
	if (!w)
		return;
	munmap(w->words, SEK_HEALTH_BYTES);
	free(w);
}

void sek_health_writer_put(struct sek_health_writer *w, const struct sek_host_health *h)
{
	uint32_t next = SEK_GAP_LOAD(&w->words[COUNT]) + 1;

	SEK_GAP_STORE(&w->words[DRAINING], h->draining);
	SEK_GAP_STORE(&w->words[SESSIONS], h->sessions);
	SEK_GAP_STORE(&w->words[SESSIONS_MAX], h->sessions_max);
	SEK_GAP_STORE(&w->words[MEMORY], h->memory_mib);
	SEK_GAP_STORE(&w->words[AVAILABLE], h->available_mib);
	SEK_GAP_STORE(&w->words[CPU], h->cpu_permille);
	SEK_GAP_STORE(&w->words[STALL], h->stall_permille);
	SEK_GAP_STORE(&w->words[CORES], h->cores);
	SEK_GAP_STORE(&w->words[WARM_JA], h->warm_ja);
	SEK_GAP_STORE(&w->words[WARM_EN], h->warm_en);
	SEK_GAP_STORE(&w->words[LIMITS], h->limits);
	SEK_GAP_STORE(&w->words[REFUSED], h->refused);
	SEK_GAP_STORE(&w->words[FAULTS], h->faults);
	SEK_GAP_STORE(&w->words[IMAGE], h->image_days);
	SEK_GAP_STORE(&w->words[BROWSER], h->browser_days);
	SEK_GAP_STORE(&w->words[MAJOR], h->browser_major);
	SEK_GAP_STORE(&w->words[CERTIFICATE], h->certificate_days);
	SEK_GAP_STORE(&w->words[CERTIFICATE_LEFT], h->certificate_left_days);
	SEK_GAP_STORE(&w->words[CRL_LEFT], h->crl_left_hours);
	SEK_GAP_STORE(&w->words[COUNT], next ? next : 1);
}

sek_status sek_health_reader_open(int fd, struct sek_health_reader **ret)
{
	int flags = fcntl(fd, F_GETFL);
	struct sek_health_reader *r;
	void *map;

	SEK_TRY(sek_gap_check_bytes(fd, SEK_HEALTH_BYTES));
	if (flags < 0 || (flags & O_ACCMODE) != O_RDONLY)
		return sek_fail(SEK_E_DENIED);
	r = calloc(1, sizeof *r);
	if (!r)
		return sek_fail(SEK_E_NOMEM);
	map = mmap(NULL, SEK_HEALTH_BYTES, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		sek_status s = sek_from_errno();

		free(r);
		return s;
	}
	r->words = map;
	*ret = r;
	return sek_ok();
}

void sek_health_reader_close(struct sek_health_reader *r)
{
	if (!r)
		return;
	munmap((void *)(uintptr_t)r->words, SEK_HEALTH_BYTES);
	free(r);
}

static uint32_t get(const struct sek_health_reader *r, unsigned word, uint32_t least, uint32_t most)
{
	uint32_t v = SEK_GAP_LOAD(&r->words[word]);

	return v < least ? least : v > most ? most : v;
}

void sek_health_reader_get(const struct sek_health_reader *r, struct sek_host_health *ret)
{
	struct sek_host_health h = { .count = get(r, COUNT, 0, UINT32_MAX) };

	h.draining = get(r, DRAINING, 0, 1);
	h.sessions = (uint16_t)get(r, SESSIONS, 0, SEK_HEALTH_SESSIONS_MAX);
	h.sessions_max = (uint16_t)get(r, SESSIONS_MAX, 1, SEK_HEALTH_SESSIONS_MAX);
	h.memory_mib = get(r, MEMORY, 0, MIB_MAX);
	h.available_mib = get(r, AVAILABLE, 0, h.memory_mib);
	h.cpu_permille = (uint16_t)get(r, CPU, 0, 1000);
	h.stall_permille = (uint16_t)get(r, STALL, 0, 1000);
	h.cores = (uint16_t)get(r, CORES, 1, SEK_HEALTH_SESSIONS_MAX);
	h.warm_ja = (uint16_t)get(r, WARM_JA, 0, SEK_HEALTH_SESSIONS_MAX);
	h.warm_en = (uint16_t)get(r, WARM_EN, 0, SEK_HEALTH_SESSIONS_MAX);
	h.limits = (uint16_t)get(r, LIMITS, 0, SEK_LIMITS_CGROUP_V2);
	h.refused = get(r, REFUSED, 0, UINT32_MAX);
	h.faults = get(r, FAULTS, 0, UINT32_MAX);
	h.image_days = (uint16_t)get(r, IMAGE, 0, SEK_HEALTH_UNKNOWN);
	h.browser_days = (uint16_t)get(r, BROWSER, 0, SEK_HEALTH_UNKNOWN);
	h.browser_major = (uint16_t)get(r, MAJOR, 0, SEK_HEALTH_UNKNOWN);
	h.certificate_days = (uint16_t)get(r, CERTIFICATE, 0, SEK_HEALTH_UNKNOWN);
	h.certificate_left_days = (uint16_t)get(r, CERTIFICATE_LEFT, 0, SEK_HEALTH_UNKNOWN);
	h.crl_left_hours = (uint16_t)get(r, CRL_LEFT, 0, SEK_HEALTH_UNKNOWN);
	*ret = h;
}

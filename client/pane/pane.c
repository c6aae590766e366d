/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The memory between viewer and decoder. Nothing that stands in it is ever used without being cut to the picture first.
 */
#include "client/pane/pane.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"

size_t sek_pane_bytes(void)
{
	return SEK_PANE_HEADER_BYTES + (size_t)SEK_WIDTH_MAX_PX * SEK_HEIGHT_MAX_PX * sizeof(uint32_t);
}

static sek_status failed(void)
{
	return sek_foreign(SEK_E_IO, SEK_FROM_ERRNO, errno);
}

static sek_status map(int fd, int prot, struct sek_pane *ret)
{
	uint8_t *memory = mmap(NULL, sek_pane_bytes(), prot, MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED)
		return failed();
	ret->header = (struct sek_pane_header *)(void *)memory;
	ret->px = (uint32_t *)(void *)(memory + SEK_PANE_HEADER_BYTES);
	return sek_ok();
}

sek_status sek_pane_create(struct sek_pane *ret, int *ret_fd)
{
	int fd = memfd_create("sekisho-pane", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	sek_status s;

	if (fd < 0)
		return failed();
	if (ftruncate(fd, (off_t)sek_pane_bytes()) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		s = failed();
	else
		s = map(fd, PROT_READ, ret);
	if (sek_is_ok(s))
		*ret_fd = fd;
	else
		close(fd);
	return s;
}

sek_status sek_pane_map(int fd, struct sek_pane *ret)
{
	return map(fd, PROT_READ | PROT_WRITE, ret);
}

void sek_pane_unmap(struct sek_pane *p)
{
	if (p->header)
		munmap(p->header, sek_pane_bytes());
	*p = (struct sek_pane){ 0 };
}

void sek_pane_tell(const struct sek_pane *p, struct sek_rect r)
{
	atomic_store_explicit(&p->header->x_px, r.x, memory_order_relaxed);
	atomic_store_explicit(&p->header->y_px, r.y, memory_order_relaxed);
	atomic_store_explicit(&p->header->w_px, r.w, memory_order_relaxed);
	atomic_store_explicit(&p->header->h_px, r.h, memory_order_release);
}

/* Cuts the stretch *at, *n to 0..most. */
static bool cut(uint32_t *at, uint32_t *n, uint32_t most)
{
	if (*at >= most || *n == 0)
		return false;
	if (*n > most - *at)
		*n = most - *at;
	return true;
}

bool sek_pane_changed(const struct sek_pane *p, uint16_t width_px, uint16_t height_px, struct sek_rect *ret)
{
	uint32_t h = atomic_load_explicit(&p->header->h_px, memory_order_acquire);
	uint32_t x = atomic_load_explicit(&p->header->x_px, memory_order_relaxed);
	uint32_t y = atomic_load_explicit(&p->header->y_px, memory_order_relaxed);
	uint32_t w = atomic_load_explicit(&p->header->w_px, memory_order_relaxed);

	if (!cut(&x, &w, width_px) || !cut(&y, &h, height_px))
		return false;
	*ret = (struct sek_rect){ (uint16_t)x, (uint16_t)y, (uint16_t)w, (uint16_t)h };
	return true;
}

struct sek_rect sek_pane_join(struct sek_rect a, struct sek_rect b)
{
	uint16_t right, bottom;
	struct sek_rect r;

	if (a.w == 0 || b.w == 0)
		return a.w == 0 ? b : a;
	r.x = a.x < b.x ? a.x : b.x;
	r.y = a.y < b.y ? a.y : b.y;
	right = (uint16_t)(a.x + a.w > b.x + b.w ? a.x + a.w : b.x + b.w);
	bottom = (uint16_t)(a.y + a.h > b.y + b.h ? a.y + a.h : b.y + b.h);
	r.w = (uint16_t)(right - r.x);
	r.h = (uint16_t)(bottom - r.y);
	return r;
}

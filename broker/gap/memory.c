/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The gap's memory: its layout, its making, and the check that both ends do before they map it. Must never read a byte
 * of what stands in it.
 */
#include "broker/gap/layout.h"

#include <fcntl.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008u /* Linux 6.3: the memory can never be executed as a file */
#endif

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
#define PAGE 4096u

static size_t align(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

sek_status sek_gap_layout_init(struct sek_gap_layout *ret, uint16_t max_width, uint16_t max_height)
{
	struct sek_gap_layout l;

	if (max_width < SEK_WIDTH_MIN_PX || max_width > SEK_WIDTH_MAX_PX || max_height < SEK_HEIGHT_MIN_PX ||
	    max_height > SEK_HEIGHT_MAX_PX)
		return sek_fail(SEK_E_LIMIT);
	/* No sum or product below can overflow: the limits keep everything under 2^28. */
	l.max_width_px = max_width;
	l.max_height_px = max_height;
	l.stride_px = (uint32_t)align(max_width, 16);
	l.columns = (uint16_t)(align(max_width, SEK_TILE_PX) / SEK_TILE_PX);
	l.rows = (uint16_t)(align(max_height, SEK_TILE_PX) / SEK_TILE_PX);
	l.cursor_offset = SEK_GAP_ALIGN;
	l.tiles_offset = align(l.cursor_offset + sizeof(struct sek_gap_cursor_block), SEK_GAP_ALIGN);
	/* Pixels start on a page, so that pages without pixels in use are never touched for the counters' sake. */
	l.pixels_offset = align(l.tiles_offset + (size_t)l.columns * l.rows * sizeof(uint32_t), PAGE);
	l.total_bytes = align(l.pixels_offset + (size_t)l.stride_px * max_height * sizeof(uint32_t), PAGE);
	*ret = l;
	return sek_ok();
}

static int make_memory(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

	if (fd < 0) /* an older kernel does not know the flag */
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd;
}

sek_status sek_gap_create_bytes(const char *name, size_t bytes, int *ret_rw, int *ret_ro)
{
	sek_status s = sek_ok();
	char path[64];
	int rw = make_memory(name), ro = -1;

	if (rw < 0)
		return sek_from_errno();
	/* Another open of the same memory: a descriptor that was opened for reading can never be mapped writable. */
	snprintf(path, sizeof path, "/proc/self/fd/%d", rw);
	if (ftruncate(rw, (off_t)bytes) < 0 || fcntl(rw, F_ADD_SEALS, SEALS) < 0 ||
	    (ro = open(path, O_RDONLY | O_CLOEXEC)) < 0) {
		s = sek_from_errno();
		close(rw);
		return s;
	}
	*ret_rw = rw;
	*ret_ro = ro;
	return s;
}

sek_status sek_gap_create(const struct sek_gap_layout *layout, int *ret_rw, int *ret_ro)
{
	return sek_gap_create_bytes("sekisho-gap", layout->total_bytes, ret_rw, ret_ro);
}

sek_status sek_gap_check_bytes(int fd, size_t bytes)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;

	if (seals < 0 || fstat(fd, &st) < 0)
		return sek_from_errno();
	if ((seals & SEALS) != SEALS || st.st_size != (off_t)bytes)
		return sek_fail(SEK_E_MALFORMED);
	return sek_ok();
}

sek_status sek_gap_check(int fd, const struct sek_gap_layout *layout)
{
	return sek_gap_check_bytes(fd, layout->total_bytes);
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Heads and descriptions of backup files. Must never let a path through that leads out of where it says.
 */
#include "broker/hub/backup/form.h"

#include <string.h>

#include "base/error.h"
#include "protocol/wire/wire.h"

static const uint8_t mark[8] = { 'S', 'E', 'K', 'B', 'A', 'K', '1', '\n' };

void sek_backup_head_write(const struct sek_backup_head *h, uint8_t ret[SEK_BACKUP_HEAD_BYTES])
{
	struct sek_writer w;

	sek_writer_init(&w, ret, SEK_BACKUP_HEAD_BYTES);
	sek_write_bytes(&w, mark, sizeof mark);
	sek_write_bytes(&w, h->id, sizeof h->id);
	sek_write_u64(&w, (uint64_t)h->made_s);
	sek_write_u8(&w, h->whole);
	sek_write_bytes(&w, h->where, sizeof h->where);
	sek_write_bytes(&w, h->recipient, sizeof h->recipient);
	sek_write_bytes(&w, h->sealed, sizeof h->sealed);
	sek_write_bytes(&w, h->signer, sizeof h->signer);
	sek_write_bytes(&w, h->stream, sizeof h->stream);
	SEK_ASSERT(sek_is_ok(sek_writer_status(&w)) && w.len == SEK_BACKUP_HEAD_BYTES);
}

static sek_status copy_bytes(struct sek_reader *r, void *ret, size_t n)
{
	const uint8_t *p;

	SEK_TRY(sek_read_bytes(r, n, &p));
	memcpy(ret, p, n);
	return sek_ok();
}

/* Printable ASCII up to the first zero, and zeros from there on: it is shown on terminals. */
static bool is_padded_text(const char *text, size_t n)
{
	size_t i = 0;

	while (i < n && text[i] > ' ' && text[i] < 0x7f)
		i++;
	if (i == n)
		return false;
	while (i < n && text[i] == '\0')
		i++;
	return i == n;
}

sek_status sek_backup_head_read(const uint8_t bytes[SEK_BACKUP_HEAD_BYTES], struct sek_backup_head *ret)
{
	struct sek_backup_head h;
	struct sek_reader r;
	uint8_t begin[sizeof mark], whole;
	uint64_t made;

	sek_reader_init(&r, bytes, SEK_BACKUP_HEAD_BYTES);
	SEK_TRY(copy_bytes(&r, begin, sizeof begin));
	SEK_TRY(copy_bytes(&r, h.id, sizeof h.id));
	SEK_TRY(sek_read_u64(&r, &made));
	SEK_TRY(sek_read_u8(&r, &whole));
	SEK_TRY(copy_bytes(&r, h.where, sizeof h.where));
	SEK_TRY(copy_bytes(&r, h.recipient, sizeof h.recipient));
	SEK_TRY(copy_bytes(&r, h.sealed, sizeof h.sealed));
	SEK_TRY(copy_bytes(&r, h.signer, sizeof h.signer));
	SEK_TRY(copy_bytes(&r, h.stream, sizeof h.stream));
	SEK_TRY(sek_read_done(&r));
	if (memcmp(begin, mark, sizeof mark) != 0 || whole > 1 || made > INT64_MAX / 2 || !is_padded_text(h.where, sizeof h.where))
		return sek_fail(SEK_E_MALFORMED);
	h.made_s = (int64_t)made;
	h.whole = whole;
	*ret = h;
	return sek_ok();
}

bool sek_backup_path_ok(const char *path)
{
	const char *p = path;

	if (*p != '/' || strlen(path) >= SEK_BACKUP_PATH_BYTES)
		return false;
	while (*p) {
		size_t n = strcspn(++p, "/");

		if (n == 0 || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
			return false;
		for (size_t i = 0; i < n; i++)
			if ((unsigned char)p[i] < ' ' || p[i] == 0x7f)
				return false;
		p += n;
	}
	return true;
}

size_t sek_backup_entry_write(const struct sek_backup_entry *e, uint8_t ret[SEK_BACKUP_ENTRY_BYTES])
{
	size_t owner = strlen(e->owner), group = strlen(e->group), path = strlen(e->path);
	struct sek_writer w;

	if (e->kind != SEK_BACKUP_END && !sek_backup_path_ok(e->path))
		return 0;
	sek_writer_init(&w, ret, SEK_BACKUP_ENTRY_BYTES);
	sek_write_u8(&w, (uint8_t)e->kind);
	sek_write_u8(&w, (uint8_t)e->class);
	sek_write_u16(&w, (uint16_t)e->mode);
	sek_write_u64(&w, (uint64_t)e->mtime_s);
	sek_write_u64(&w, e->size);
	sek_write_u8(&w, (uint8_t)owner);
	sek_write_bytes(&w, e->owner, owner);
	sek_write_u8(&w, (uint8_t)group);
	sek_write_bytes(&w, e->group, group);
	sek_write_u16(&w, (uint16_t)path);
	sek_write_bytes(&w, e->path, path);
	if (e->kind == SEK_BACKUP_HELD) {
		sek_write_bytes(&w, e->id, sizeof e->id);
		sek_write_bytes(&w, e->hash, sizeof e->hash);
	}
	return sek_is_ok(sek_writer_status(&w)) ? w.len : 0;
}

/* n bytes that hold no zero, into a terminated text of size bytes. */
static sek_status take_text(struct sek_reader *r, size_t n, char *ret, size_t size)
{
	const uint8_t *p;

	if (n >= size)
		return sek_fail(SEK_E_MALFORMED);
	SEK_TRY(sek_read_bytes(r, n, &p));
	if (n > 0 && memchr(p, '\0', n))
		return sek_fail(SEK_E_MALFORMED);
	if (n > 0)
		memcpy(ret, p, n);
	ret[n] = '\0';
	return sek_ok();
}

static bool is_account(const char *name)
{
	return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == strlen(name);
}

sek_status sek_backup_entry_read(const uint8_t *bytes, size_t n, struct sek_backup_entry *ret)
{
	struct sek_backup_entry e = { .size = 0 };
	struct sek_reader r;
	uint8_t kind, class, length;
	uint16_t mode, path;
	uint64_t mtime;

	sek_reader_init(&r, bytes, n);
	SEK_TRY(sek_read_u8(&r, &kind));
	SEK_TRY(sek_read_u8(&r, &class));
	SEK_TRY(sek_read_u16(&r, &mode));
	SEK_TRY(sek_read_u64(&r, &mtime));
	SEK_TRY(sek_read_u64(&r, &e.size));
	SEK_TRY(sek_read_u8(&r, &length));
	SEK_TRY(take_text(&r, length, e.owner, sizeof e.owner));
	SEK_TRY(sek_read_u8(&r, &length));
	SEK_TRY(take_text(&r, length, e.group, sizeof e.group));
	SEK_TRY(sek_read_u16(&r, &path));
	SEK_TRY(take_text(&r, path, e.path, sizeof e.path));
	if (kind == SEK_BACKUP_HELD) {
		SEK_TRY(copy_bytes(&r, e.id, sizeof e.id));
		SEK_TRY(copy_bytes(&r, e.hash, sizeof e.hash));
	}
	SEK_TRY(sek_read_done(&r));
	if (kind < SEK_BACKUP_FOLDER || kind > SEK_BACKUP_END || class >= SEK_BACKUP_CLASSES || mode > 07777 || mtime > INT64_MAX / 2 ||
			e.size > INT64_MAX / 2 || !is_account(e.owner) || !is_account(e.group) ||
			(kind == SEK_BACKUP_END ? *e.path != '\0' : !sek_backup_path_ok(e.path)))
		return sek_fail(SEK_E_MALFORMED);
	e.kind = (enum sek_backup_kind)kind;
	e.class = (enum sek_backup_class)class;
	e.mode = mode;
	e.mtime_s = (int64_t)mtime;
	*ret = e;
	return sek_ok();
}

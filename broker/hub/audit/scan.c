/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Following the chain through a segment. The file may have been written by anybody: nothing in it is believed before its
 * hash was computed.
 */
#include "broker/hub/audit/scan.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

#define SCAN_MAX_BYTES ((uint64_t)2 * 1024 * 1024 * 1024)

sek_status sek_audit_read_at(int fd, uint64_t offset, size_t n, char **ret)
{
	char *bytes = malloc(n + 1);
	size_t have = 0;
	sek_status status;

	if (!bytes)
		return sek_fail(SEK_E_NOMEM);
	status = sek_file_get_at(fd, bytes, n, offset, &have);
	if (sek_is_ok(status) && have < n)
		status = sek_fail(SEK_E_IO);
	if (!sek_is_ok(status)) {
		free(bytes);
		return status;
	}
	bytes[n] = '\0';
	*ret = bytes;
	return sek_ok();
}

/* The point before a segment's first record, from that record's own words: they are covered by its hash. */
static bool read_header(const char *line, size_t n, struct sek_audit_point *ret)
{
	static const char what[] = "\"what\":\"audit.segment\"", previous[] = "\"previous\":\"";
	struct sek_audit_point p;
	const char *at;
	size_t text_n;

	if (!sek_is_ok(sek_audit_line_read(line, n, &p, &text_n)) || !memmem(line, text_n, what, sizeof what - 1))
		return false;
	at = memmem(line, text_n, previous, sizeof previous - 1);
	if (!at || (size_t)(line + text_n - at) < sizeof previous - 1 + 64 ||
			!sek_unhex(at + sizeof previous - 1, 64, ret->hash, sizeof ret->hash))
		return false;
	ret->seq = p.seq - 1;
	return true;
}

static bool take_line(struct sek_audit_scan *s, const char *line, size_t n)
{
	static const char checkpoint[] = "\"what\":\"audit.checkpoint\"";
	uint8_t hash[SEK_AUDIT_HASH_BYTES];
	struct sek_audit_point p;
	size_t text_n;

	if (!sek_is_ok(sek_audit_line_read(line, n, &p, &text_n)) || p.seq != s->point.seq + 1)
		return false;
	sek_audit_hash(s->point.hash, line, text_n, hash);
	if (memcmp(hash, p.hash, sizeof hash) != 0)
		return false;
	if (p.seq == s->known.seq && memcmp(p.hash, s->known.hash, sizeof p.hash) != 0)
		s->contradicts = true;
	if (memmem(line, text_n, checkpoint, sizeof checkpoint - 1))
		s->signed_seq = p.seq;
	s->point = p;
	return true;
}

static void follow(struct sek_audit_scan *s, const char *bytes, size_t n, bool *ret_header)
{
	const char *p = bytes, *end = bytes + n, *line_end;

	*ret_header = !s->from_header;
	while (p < end && (line_end = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		if (!*ret_header && !read_header(p, (size_t)(line_end - p), &s->point))
			return;
		if (!take_line(s, p, (size_t)(line_end - p)))
			return;
		*ret_header = true;
		s->offset += (uint64_t)(line_end + 1 - p);
		p = line_end + 1;
	}
}

sek_status sek_audit_scan(int fd, struct sek_audit_scan *s)
{
	struct stat st;
	char *bytes;
	bool header;

	if (fstat(fd, &st) != 0)
		return sek_from_errno();
	s->size = (uint64_t)st.st_size;
	if (s->size <= s->offset)
		return s->from_header ? sek_fail(SEK_E_MALFORMED) : sek_ok();
	if (s->size - s->offset > SCAN_MAX_BYTES)
		return sek_fail(SEK_E_LIMIT);
	SEK_TRY(sek_audit_read_at(fd, s->offset, (size_t)(s->size - s->offset), &bytes));
	follow(s, bytes, (size_t)(s->size - s->offset), &header);
	free(bytes);
	return header ? sek_ok() : sek_fail(SEK_E_MALFORMED);
}

sek_status sek_audit_last_segment(const char *path, unsigned *ret)
{
	DIR *d = opendir(path);
	unsigned last = 0;
	struct dirent *e;

	if (!d)
		return sek_from_errno();
	while ((e = readdir(d)) != NULL) {
		char name[40];
		unsigned n;

		if (sscanf(e->d_name, "audit-%8u.log", &n) != 1)
			continue;
		snprintf(name, sizeof name, SEK_AUDIT_SEGMENT_NAME, n);
		if (strcmp(name, e->d_name) == 0 && n > last)
			last = n;
	}
	closedir(d);
	*ret = last;
	return sek_ok();
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Results of load tests: an empty one, and one with something of everything.
 */
#include "tests/fuzz/seeds.h"

#include "base/file.h"
#include "client/load/result.h"

static void save(const char *dir, const char *name, struct sek_result *r)
{
	char path[1024], *text;
	size_t n;

	sek_result_judge(r);
	snprintf(path, sizeof path, "%s/result.tmp", dir);
	if (!sek_is_ok(sek_result_write(r, path)) || !sek_is_ok(sek_file_read(path, &text, &n)))
		exit(1);
	remove(path);
	seed_write(dir, name, text, n);
	free(text);
	sek_result_destroy(r);
}

int main(int argc, char **argv)
{
	const char *dir = seed_dir(argc, argv);
	struct sek_result *r = sek_result_create();

	save(dir, "empty", r);
	r = sek_result_create();
	r->lasted_s = 6;
	r->config.level = (struct sek_result_level){ 3000, 200, 0 };
	sek_result_add_script(r, "read", 1);
	for (unsigned i = 1; i <= 6; i++) {
		struct sek_result_second *s = sek_result_add_second(r);
		struct sek_result_sample *m = sek_result_add_sample(r);

		s->at_s = m->at_s = i;
		s->running = m->running = i;
		s->bytes_in = 1000 * i;
		for (int k = 0; k < 40; k++)
			sek_delays_add(&s->delays, i < 5 ? 20 : 900);
		m->interval_s = 1;
		m->classes[SEK_CLASS_BROKER] = (struct sek_result_usage){ 1, 0.1 * i, 20 + 3 * i };
		m->classes[SEK_CLASS_CHROMIUM] = (struct sek_result_usage){ 7, 0.2 * i, 200 * i };
	}
	sek_result_add_session(r)->first_frame_ms = 400;
	sek_result_count_error(r, "lost", 2, "closed");
	sek_result_add_event(r, "disk-full", "nothing is lost")->ok = true;
	sek_result_add_check(r, "audit", "whole", true);
	save(dir, "full", r);
	return 0;
}

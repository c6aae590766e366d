/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ages/list: certificates and revocation lists of this machine, read now, and what render hosts say of theirs, each with what the site
 * thinks of it. Changes nothing.
 */
#include <time.h>

#include "broker/hub/admin/internal.h"
#include "broker/hub/ages/ages.h"

static json_t *number(uint16_t n)
{
	return n == SEK_AGE_UNKNOWN ? json_null() : json_integer(n);
}

static json_t *faults(unsigned bits)
{
	json_t *list = json_array();

	for (unsigned k = 0; k < SEK_AGE_FAULTS; k++)
		if (bits >> k & 1)
			json_array_append_new(list, json_string(sek_age_fault_name((enum sek_age_fault)k)));
	return list;
}

void sek_admin_put_ages(json_t *row, const struct sek_host_info *i)
{
	json_t *ages = json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "image_days", number(i->image_days), "browser_days", number(i->browser_days),
		"browser_major", number(i->browser_major), "certificate_days", number(i->certificate_days), "certificate_left_days",
		number(i->certificate_left_days), "crl_left_hours", number(i->crl_left_hours), "too_old", faults(i->age.old), "soon_old",
		faults(i->age.soon));

	(void)json_object_update(row, ages);
	json_decref(ages);
}

static void work(struct sek_admin_request *r)
{
	struct sek_age_file files[SEK_AGES_FILES];
	int64_t now = (int64_t)time(NULL);
	json_t *rows = json_array();
	size_t n = r->admin->config.site ? sek_ages_files(r->admin->config.site, files) : 0;

	for (size_t i = 0; i < n; i++) {
		json_t *row;

		sek_ages_read(r->admin->config.site, &files[i], now);
		row = json_pack("{s:s,s:s,s:s}", "of", files[i].what, "at", "broker", "level", sek_age_level_name(files[i].level));
		if (files[i].read) {
			json_object_set_new(row, "age_days", json_integer(sek_age(files[i].times.from_s, now, SEK_DAY_S)));
			json_object_set_new(row, "left_days", json_integer(sek_age(now, files[i].times.until_s, SEK_DAY_S)));
		}
		json_array_append_new(rows, row);
	}
	r->out = json_pack("{s:o}", "rows", rows);
}

static json_t *host_row(const struct sek_host_info *i, enum sek_age_fault f)
{
	unsigned bit = 1u << f;

	return json_pack("{s:s,s:s,s:s}", "of", sek_age_fault_name(f), "at", i->host->name, "level",
		sek_age_level_name(i->age.old & bit ? SEK_AGE_OVER : i->age.soon & bit ? SEK_AGE_SOON : SEK_AGE_FINE));
}

static void add_host(void *user, const struct sek_host_info *i)
{
	const struct {
		enum sek_age_fault of;
		const char *name, *name2;
		uint16_t value, value2;
	} all[] = {
		{ SEK_AGE_IMAGE, "age_days", NULL, i->image_days, 0 },
		{ SEK_AGE_BROWSER, "age_days", NULL, i->browser_days, 0 },
		{ SEK_AGE_BROWSER_VERSION, "version", NULL, i->browser_major, 0 },
		{ SEK_AGE_CERTIFICATE, "age_days", "left_days", i->certificate_days, i->certificate_left_days },
		{ SEK_AGE_CRL, "left_hours", NULL, i->crl_left_hours, 0 },
	};

	for (size_t k = 0; i->heard && k < sizeof all / sizeof all[0]; k++) {
		json_t *row = host_row(i, all[k].of);

		if (all[k].value != SEK_AGE_UNKNOWN)
			json_object_set_new(row, all[k].name, json_integer(all[k].value));
		if (all[k].name2 && all[k].value2 != SEK_AGE_UNKNOWN)
			json_object_set_new(row, all[k].name2, json_integer(all[k].value2));
		json_array_append_new(user, row);
	}
}

static void after(struct sek_admin_request *r)
{
	if (r->admin->config.sessions)
		sek_hosts_each(r->admin->config.sessions, add_host, json_object_get(r->out, "rows"));
}

static const struct sek_admin_field no_fields[] = { { 0 } };

const struct sek_admin_op sek_admin_age_ops[] = {
	{ "ages/list", no_fields, NULL, work, after },
	{ 0 },
};

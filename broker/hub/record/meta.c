/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A recording's first entry: whose session it is, and under which policy. Must never be longer than an entry of its kind may be.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "broker/hub/record/record_private.h"

void sek_recording_meta(struct sek_recording *r, const struct sek_recording_about *a)
{
	json_t *policy = a->policy ? json_loads(a->policy, 0, NULL) : NULL, *meta;
	uint32_t least, most = 0;
	char *text;

	meta = json_pack("{s:s,s:s,s:s*,s:s*,s:s*,s:s*,s:b,s:b,s:I,s:O*}", "recording", r->id, "session", r->facts.session, "user",
		a->user, "host", a->host, "language", a->language, "where", r->recorder->config.where, "required", (int)a->required,
		"text", (int)a->keep_text, "began_utc_us", (json_int_t)r->facts.began_utc_us, "policy", policy);
	text = meta ? json_dumps(meta, JSON_COMPACT) : NULL;
	(void)sek_entry_bounds(SEK_ENTRY_META, &least, &most);
	if (text && strlen(text) > most) {
		free(text);
		json_object_del(meta, "policy");
		text = json_dumps(meta, JSON_COMPACT);
	}
	if (text)
		sek_recording_add(r, SEK_ENTRY_META, (const uint8_t *)text, strlen(text));
	else
		sek_recording_fail(r, "recordings: the session's description could not be made");
	free(text);
	json_decref(meta);
	json_decref(policy);
}

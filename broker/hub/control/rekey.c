/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Taking keys anew. Must never end a session, nor leave the broker without a key that worked.
 */
#include "broker/hub/control/rekey.h"

#include "broker/hub/front/front.h"
#include "broker/hub/record/record.h"
#include "broker/hub/viewers/viewers.h"

json_t *sek_control_rekey(const struct sek_control_config *c, const char **ret_error)
{
	json_t *taken = json_array(), *answer;
	char err[1024] = "";
	sek_status s = sek_ok();

	if (c->front && *c->front) {
		s = sek_front_reload(*c->front, err, sizeof err);
		if (sek_is_ok(s))
			json_array_append_new(taken, json_string("https"));
	}
	if (sek_is_ok(s) && c->viewers && *c->viewers) {
		s = sek_viewers_reload(*c->viewers, err, sizeof err);
		if (sek_is_ok(s))
			json_array_append_new(taken, json_string("vnc_viewers"));
	}
	if (sek_is_ok(s) && c->recorder) {
		s = sek_recorder_reload(c->recorder, err, sizeof err);
		if (sek_is_ok(s))
			json_array_append_new(taken, json_string("recording"));
	}
	*ret_error = sek_is_ok(s) ? NULL : "conflict";
	answer = json_pack("{s:o}", "taken", taken);
	if (!sek_is_ok(s))
		json_object_set_new(answer, "detail", json_string(err));
	return answer;
}

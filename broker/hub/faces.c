/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The configuration's side of both doors.
 */
#include "broker/hub/faces.h"

sek_status sek_faces_start(struct sek_faces *f, uv_loop_t *loop, const struct sek_broker_config *config,
	const struct sek_faces_parts *parts, char *err, size_t err_size)
{
	f->front_config = (struct sek_front_config){
		.address = config->inner_address, .port = config->inner_port, .certificate = config->certificate, .key = config->key,
		.origins = config->origins, .n_origins = config->n_origins, .web_root = config->web_root, .audit = parts->audit, .review = parts->review, .documents = parts->documents, .approvals = parts->approvals,
		.proxies = config->proxies,
		.notice = config->notice, .notice_ja = config->notice_ja, .notice_en = config->notice_en,
		.client_ca = config->has_certificates ? config->login_certificates.ca : NULL,
	};
	return sek_front_create(loop, &f->front_config, parts->auth, parts->sessions, parts->admin, &f->front, err, err_size);
}

sek_status sek_faces_start_viewers(struct sek_faces *f, uv_loop_t *loop, const struct sek_broker_config *config, struct sek_audit *audit,
	struct sek_auth *auth, struct sek_sessions *sessions, char *err, size_t err_size)
{
	if (!config->viewers_address)
		return sek_ok();
	f->viewers_config = (struct sek_viewers_config){
		.address = config->viewers_address, .port = config->viewers_port, .certificate = config->certificate, .key = config->key,
		.proxies = config->proxies, .program = config->encoder_rfb_path, .lang = config->viewers_lang, .width_px = config->viewers_width_px,
		.height_px = config->viewers_height_px, .max_width_px = config->sessions.max_width_px,
		.max_height_px = config->sessions.max_height_px, .audit = audit,
	};
	return sek_viewers_create(loop, &f->viewers_config, auth, sessions, &f->viewers, err, err_size);
}

void sek_faces_leave(struct sek_faces *f)
{
	if (f->front)
		sek_front_leave(f->front);
}

bool sek_faces_have_left(const struct sek_faces *f)
{
	return !f->front || sek_front_has_left(f->front);
}

void sek_faces_send_away(struct sek_faces *f, bool on)
{
	if (f->front)
		sek_front_send_away(f->front, on);
}

size_t sek_faces_told(const struct sek_faces *f, bool *ret_all)
{
	*ret_all = f->front && sek_front_has_left(f->front);
	return f->front ? sek_front_told(f->front) : 0;
}

void sek_faces_refuse(struct sek_faces *f)
{
	if (f->front)
		sek_front_refuse(f->front);
	sek_viewers_refuse(f->viewers);
}

void sek_faces_stop(struct sek_faces *f)
{
	sek_viewers_stop(f->viewers);
	sek_front_stop(f->front);
}

void sek_faces_destroy(struct sek_faces *f)
{
	sek_viewers_destroy(f->viewers);
	sek_front_destroy(f->front);
}

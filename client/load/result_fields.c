/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of the result's fields. A new field or a new meaning needs a new SEK_RESULT_FORMAT_VERSION.
 */
#include "client/load/result_fields.h"

#include "client/load/result.h"

#define COUNT_MAX 9007199254740991.0 /* 2^53 - 1: what every JSON reader keeps exactly */
#define SECONDS_MAX (366.0 * 86400)
#define MS_MAX (SECONDS_MAX * 1000)
#define MIB_MAX (1024.0 * 1024 * 1024)
#define CORES_MAX 65536

#define AT(s, m) .key = #m, .offset = offsetof(struct s, m)
#define COUNT(s, m) { AT(s, m), .kind = FIELD_COUNT, .most = COUNT_MAX }
#define COUNT_TO(s, m, max) { AT(s, m), .kind = FIELD_COUNT, .most = (max) }
#define NUMBER(s, m, max) { AT(s, m), .kind = FIELD_NUMBER, .most = (max) }
#define TEXT(s, m) { AT(s, m), .kind = FIELD_TEXT }
#define BOOL(s, m) { AT(s, m), .kind = FIELD_BOOL }
#define WORD(s, m, list) { AT(s, m), .kind = FIELD_WORD, .words = (list), .n = sizeof(list) / sizeof((list)[0]) }
#define DELAYS(s, m) { AT(s, m), .kind = FIELD_DELAYS }
#define STRUCT(s, m, table) { AT(s, m), .kind = FIELD_STRUCT, .sub = &(table) }
#define KEYED(s, m, list, table) \
	{ AT(s, m), .kind = FIELD_KEYED, .sub = &(table), .words = (list), .n = sizeof(list) / sizeof((list)[0]) }
#define LIST(s, m, table) { AT(s, m), .kind = FIELD_LIST, .n_offset = offsetof(struct s, m##_n), .sub = &(table) }
#define TABLE(name, s) \
	static const struct field_table name = { name##_fields, sizeof name##_fields / sizeof name##_fields[0], sizeof(struct s) }

static const char *const classes[SEK_CLASSES] = { [SEK_CLASS_BROKER] = "broker", [SEK_CLASS_DECODER] = "decoder",
	[SEK_CLASS_ENCODER] = "encoder", [SEK_CLASS_RENDERD] = "renderd", [SEK_CLASS_CAPTURE] = "capture",
	[SEK_CLASS_SANDBOX] = "sandbox", [SEK_CLASS_CHROMIUM] = "chromium", [SEK_CLASS_GENERATOR] = "generator" };
static const char *const targets[SEK_TARGETS] = { "chromium", "synthetic" };
static const char *const phases[SEK_PHASES] = { "ramp", "hold", "down" };
static const char *const ends[SEK_ENDS] = { "logged-out", "refused", "lost", "stopped" };
static const char *const limits[SEK_LIMITS] = { [SEK_LIMIT_NONE] = "none", [SEK_LIMIT_CPU] = "cpu",
	[SEK_LIMIT_MEMORY] = "memory", [SEK_LIMIT_HOST_FULL] = "host-full", [SEK_LIMIT_DELAY] = "delay",
	[SEK_LIMIT_FIRST_FRAME] = "first-frame", [SEK_LIMIT_LOST] = "lost", [SEK_LIMIT_GENERATOR] = "generator" };

const char *sek_class_name(unsigned c)
{
	return c < SEK_CLASSES ? classes[c] : "?";
}

const char *sek_limit_name(unsigned limit)
{
	return limit < SEK_LIMITS ? limits[limit] : "?";
}

static const struct field machine_fields[] = {
	TEXT(sek_result_machine, cpu), TEXT(sek_result_machine, kernel), TEXT(sek_result_machine, system),
	COUNT_TO(sek_result_machine, cores, CORES_MAX), COUNT_TO(sek_result_machine, memory_mib, MIB_MAX),
	NUMBER(sek_result_machine, load_before, 1e6),
};
TABLE(machine, sek_result_machine);

static const struct field script_fields[] = {
	TEXT(sek_result_script, name), NUMBER(sek_result_script, weight, 1e6),
};
TABLE(script, sek_result_script);

static const struct field ramp_fields[] = {
	COUNT_TO(sek_result_ramp, start, SEK_RESULT_LIST_MAX), COUNT_TO(sek_result_ramp, step, SEK_RESULT_LIST_MAX),
	COUNT_TO(sek_result_ramp, most, SEK_RESULT_LIST_MAX), NUMBER(sek_result_ramp, every_s, SECONDS_MAX),
	NUMBER(sek_result_ramp, hold_s, SECONDS_MAX),
};
TABLE(ramp, sek_result_ramp);

static const struct field level_fields[] = {
	NUMBER(sek_result_level, first_frame_p95_ms, MS_MAX), NUMBER(sek_result_level, delay_p95_ms, MS_MAX),
	COUNT_TO(sek_result_level, lost_sessions, SEK_RESULT_LIST_MAX),
};
TABLE(level, sek_result_level);

static const struct field config_fields[] = {
	WORD(sek_result_config, target, targets), BOOL(sek_result_config, recording), BOOL(sek_result_config, one_machine),
	COUNT_TO(sek_result_config, width_px, 65535), COUNT_TO(sek_result_config, height_px, 65535),
	COUNT_TO(sek_result_config, hosts, 65535), COUNT_TO(sek_result_config, broker_cores, CORES_MAX),
	LIST(sek_result_config, scripts, script), STRUCT(sek_result_config, ramp, ramp),
	STRUCT(sek_result_config, level, level),
};
TABLE(config, sek_result_config);

static const struct field percentiles_fields[] = {
	COUNT(sek_percentiles, n), NUMBER(sek_percentiles, p50, MS_MAX), NUMBER(sek_percentiles, p95, MS_MAX),
	NUMBER(sek_percentiles, p99, MS_MAX), NUMBER(sek_percentiles, most, MS_MAX),
};
TABLE(percentiles, sek_percentiles);

static const struct field second_fields[] = {
	NUMBER(sek_result_second, at_s, SECONDS_MAX), WORD(sek_result_second, phase, phases),
	COUNT(sek_result_second, wanted), COUNT(sek_result_second, logging_in), COUNT(sek_result_second, waiting),
	COUNT(sek_result_second, running), COUNT(sek_result_second, detached), COUNT(sek_result_second, ended),
	COUNT(sek_result_second, logins), COUNT(sek_result_second, refused),
	STRUCT(sek_result_second, first_frame_ms, percentiles), STRUCT(sek_result_second, delay_ms, percentiles),
	DELAYS(sek_result_second, delays), COUNT(sek_result_second, updates), COUNT(sek_result_second, bytes_in),
	COUNT(sek_result_second, bytes_out), COUNT(sek_result_second, errors),
};
TABLE(second, sek_result_second);

static const struct field usage_fields[] = {
	COUNT(sek_result_usage, count), NUMBER(sek_result_usage, cpu_s, SECONDS_MAX * CORES_MAX),
	NUMBER(sek_result_usage, pss_mib, MIB_MAX),
};
TABLE(usage, sek_result_usage);

static const struct field sample_fields[] = {
	NUMBER(sek_result_sample, at_s, SECONDS_MAX), NUMBER(sek_result_sample, interval_s, SECONDS_MAX),
	NUMBER(sek_result_sample, busy_cores, CORES_MAX), NUMBER(sek_result_sample, available_mib, MIB_MAX),
	COUNT(sek_result_sample, running), KEYED(sek_result_sample, classes, classes, usage),
};
TABLE(sample, sek_result_sample);

static const struct field session_fields[] = {
	COUNT(sek_result_session, staff), TEXT(sek_result_session, script), NUMBER(sek_result_session, began_s, SECONDS_MAX),
	NUMBER(sek_result_session, lasted_s, SECONDS_MAX), NUMBER(sek_result_session, first_frame_ms, MS_MAX),
	DELAYS(sek_result_session, delays), COUNT(sek_result_session, keys), COUNT(sek_result_session, updates),
	COUNT(sek_result_session, frames), COUNT(sek_result_session, bytes_in), COUNT(sek_result_session, bytes_out),
	WORD(sek_result_session, end, ends), TEXT(sek_result_session, why),
};
TABLE(session, sek_result_session);

static const struct field error_fields[] = {
	TEXT(sek_result_error, kind), TEXT(sek_result_error, example), COUNT(sek_result_error, count),
	NUMBER(sek_result_error, first_s, SECONDS_MAX),
};
TABLE(error, sek_result_error);

static const struct field event_fields[] = {
	NUMBER(sek_result_event, at_s, SECONDS_MAX), NUMBER(sek_result_event, recovered_s, SECONDS_MAX),
	TEXT(sek_result_event, what), TEXT(sek_result_event, expected), TEXT(sek_result_event, happened),
	BOOL(sek_result_event, ok),
};
TABLE(event, sek_result_event);

static const struct field check_fields[] = {
	TEXT(sek_result_check, what), TEXT(sek_result_check, found), BOOL(sek_result_check, ok),
};
TABLE(check, sek_result_check);

static const struct field verdict_fields[] = {
	COUNT(sek_result_verdict, staff), BOOL(sek_result_verdict, broke), NUMBER(sek_result_verdict, broke_s, SECONDS_MAX),
	COUNT(sek_result_verdict, broke_staff), WORD(sek_result_verdict, limit, limits), TEXT(sek_result_verdict, because),
};
TABLE(verdict, sek_result_verdict);

static const struct field result_fields[] = {
	TEXT(sek_result, version), TEXT(sek_result, date), TEXT(sek_result, title), COUNT(sek_result, seed),
	NUMBER(sek_result, lasted_s, SECONDS_MAX), STRUCT(sek_result, machine, machine), STRUCT(sek_result, config, config),
	LIST(sek_result, seconds, second), LIST(sek_result, samples, sample), LIST(sek_result, sessions, session),
	LIST(sek_result, errors, error), LIST(sek_result, events, event), LIST(sek_result, checks, check),
	STRUCT(sek_result, verdict, verdict),
};
const struct field_table sek_result_fields = { result_fields, sizeof result_fields / sizeof result_fields[0],
	sizeof(struct sek_result) };

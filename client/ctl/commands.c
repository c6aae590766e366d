/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which commands there are. Must never hold one that main.c does not run.
 */
#include "client/ctl/commands.h"

#include <string.h>

const struct ctl_command ctl_commands[] = {
	{ "status", NULL, "status", "", OBJECT, NULL, 0 },
	{ "user", "list", "users/list", "", ROWS, "name display roles disabled totp groups login_s", ALL_PAGES },
	{ "user", "show", "users/show", "name", OBJECT, NULL, 0 },
	{ "user", "groups", "users/show", "name", ROWS, "name source", 0 },
	{ "user", "add", "users/add", "name", PASSWORD, NULL, 0 },
	{ "user", "disable", "users/disable", "name", PLAIN, NULL, VERSION_USER },
	{ "user", "enable", "users/enable", "name", PLAIN, NULL, VERSION_USER },
	{ "user", "delete", "users/delete", "name", PLAIN, NULL, VERSION_USER },
	{ "user", "passwd", "users/new-password", "name", PASSWORD, NULL, 0 },
	{ "user", "roles", "users/set-roles", "name roles", PLAIN, NULL, VERSION_USER },
	{ "user", "display", "users/set-display", "name display", PLAIN, NULL, VERSION_USER },
	{ "user", "reset-second-factor", "users/reset-second-factor", "name", PLAIN, NULL, 0 },
	{ "user", "allow-enrolment", "users/allow-enrolment", "name", OBJECT, NULL, 0 },
	{ "user", "certificates", "users/show", "name", ROWS, "kind value subject ends_s created_s", CERTIFICATES },
	{ "user", "add-certificate", "users/add-certificate", "name file?", OBJECT, NULL, 0 },
	{ "user", "remove-certificate", "users/remove-certificate", "name", PLAIN, NULL, 0 },
	{ "group", "list", "groups/list", "", ROWS, "name text needs directory members", ALL_PAGES },
	{ "group", "show", "groups/show", "name", OBJECT, NULL, 0 },
	{ "group", "members", "groups/members", "name", ROWS, "name display roles disabled", ALL_PAGES },
	{ "group", "add", "groups/add", "name", PLAIN, NULL, 0 },
	{ "group", "edit", "groups/edit", "name", PLAIN, NULL, VERSION_GROUP },
	{ "group", "delete", "groups/delete", "name", PLAIN, NULL, VERSION_GROUP },
	{ "group", "add-member", "groups/add-member", "name user", PLAIN, NULL, 0 },
	{ "group", "remove-member", "groups/remove-member", "name user", PLAIN, NULL, 0 },
	{ "group", "approvers", "groups/approvers", "name", ROWS, "user display deputy from_s until_s acts", 0 },
	{ "group", "unapproved", "groups/unapproved", "", OBJECT, NULL, 0 },
	{ "group", "set-approver", "groups/set-approver", "name user", PLAIN, NULL, 0 },
	{ "group", "remove-approver", "groups/remove-approver", "name user", PLAIN, NULL, 0 },
	{ "policy", "attributes", "policies/attributes", "", ROWS, "name type builtIn words", 0 },
	{ "policy", "show", "policies/show", "scope", OBJECT, NULL, SCOPE },
	{ "policy", "set", "policies/set", "scope attribute value", CHANGE, NULL, SCOPE | EXPECTED },
	{ "policy", "unset", "policies/set", "scope attribute", CHANGE, NULL, SCOPE | EXPECTED | UNSET },
	{ "policy", "explain", "policies/explain", "name", ROWS, "attribute value from name", 0 },
	{ "policy", "history", "policies/history", "", ROWS, "change at_s scope name attribute before after who why status", ALL_PAGES },
	{ "policy", "approve", "policies/decide", "change", PLAIN, NULL, APPROVE },
	{ "policy", "refuse", "policies/decide", "change", PLAIN, NULL, REFUSE },
	{ "session", "list", "sessions/list", "", ROWS, "session user host insecure broker state attached client age_s idle_s bytes_down", ALL_PAGES },
	{ "session", "end", "sessions/end", "session", ENDED, NULL, 0 },
	{ "session", "message", "sessions/message", "session text", PLAIN, NULL, 0 },
	{ "session", "explain", "sessions/explain", "session", ROWS, "attribute value from name", 0 },
	{ "session", "set", "sessions/override", "session attribute value", CHANGE, NULL, BEFORE },
	{ "session", "unset", "sessions/override", "session attribute", CHANGE, NULL, BEFORE | UNSET },
	{ "stop", "user", "sessions/end-user", "name", ENDED, NULL, DEFAULT_REASON },
	{ "stop", "host", "sessions/end-host", "host", ENDED, NULL, DEFAULT_REASON },
	{ "stop", "session", "sessions/end", "session", ENDED, NULL, DEFAULT_REASON },
	{ "stop", "all", "sessions/end-all", "", ENDED, NULL, DEFAULT_REASON },
	{ "broker", "list", "brokers/list", "", ROWS, "broker state sessions hosts silent_s version started_s", 0 },
	{ "host", "list", "hosts/list", "", ROWS, "name address port pool state kind insecure test alarm egress_refused sessions all_sessions max_sessions available_mib cpu_permille warm_ja warm_en", ALL_PAGES },
	{ "host", "add", "hosts/add", "host address port pool?", PLAIN, NULL, 0 },
	{ "host", "drain", "hosts/drain", "host force_minutes?", PLAIN, NULL, 0 },
	{ "host", "undrain", "hosts/undrain", "host", PLAIN, NULL, 0 },
	{ "host", "remove", "hosts/remove", "host", PLAIN, NULL, 0 },
	{ "ages", NULL, "ages/list", "", ROWS, "of at level age_days left_days left_hours version", 0 },
	{ "recording", "list", "recordings/list", "", ROWS, "recording user host began_us length_us bytes marks ended hold purged_s", ALL_PAGES },
	{ "recording", "show", "recordings/show", "recording", OBJECT, NULL, 0 },
	{ "recording", "hold", "recordings/hold", "recording", PLAIN, NULL, HOLD },
	{ "recording", "release", "recordings/hold", "recording", PLAIN, NULL, RELEASE },
	{ "recording", "purge", "recordings/purge", "recording", PLAIN, NULL, 0 },
	{ "recording", "state", "recordings/state", "", OBJECT, NULL, 0 },
	{ "documents", "list", "documents/list", "", ROWS, "document user name for state pages bytes created_s expires_s", ALL_PAGES },
	{ "documents", "purge", "documents/purge", "document", PLAIN, NULL, 0 },
	{ "audit", "search", "audit/search", "", ROWS, "seq time who what object outcome details", 0 },
	{ "audit", "state", "audit/state", "", OBJECT, NULL, 0 },
	{ 0 },
};

const struct ctl_command ctl_own_commands[CTL_OWN_COMMANDS] = {
	{ "host", "password", NULL, "host login?", PLAIN, NULL, 0 },
	{ "host", "test", NULL, "host", PLAIN, NULL, 0 },
	{ "host", "enrol", NULL, "host address", PLAIN, NULL, 0 },
	{ "audit", "verify", NULL, "", PLAIN, NULL, 0 },
	{ "recording", "verify", NULL, "recording?", PLAIN, NULL, 0 },
	{ "recording", "keygen", NULL, "public_key secret_key", PLAIN, NULL, 0 },
	{ "recording", "export", NULL, "recording file", PLAIN, NULL, 0 },
	{ "store", "migrate", NULL, "", PLAIN, NULL, 0 },
	{ "selfcheck", NULL, NULL, "", PLAIN, NULL, 0 },
	{ "backup", NULL, NULL, "command? file? secret_key?", PLAIN, NULL, 0 },
	{ "key", NULL, NULL, "command key?", PLAIN, NULL, 0 },
};

int ctl_command_words(const struct ctl_command *k, int argc, char **argv)
{
	if (argc < 1 || strcmp(k->group, argv[0]) != 0)
		return 0;
	if (!k->verb)
		return 1;
	return argc >= 2 && strcmp(k->verb, argv[1]) == 0 ? 2 : 0;
}

static bool print(FILE *to, const struct ctl_command *k)
{
	return fprintf(to, "%s%s%s%s%s\n", k->group, k->verb ? " " : "", k->verb ? k->verb : "", *k->words ? " : " : "", k->words) > 0;
}

bool ctl_commands_print(FILE *to)
{
	bool ok = true;

	for (const struct ctl_command *k = ctl_commands; k->group; k++)
		ok = print(to, k) && ok;
	for (int i = 0; i < CTL_OWN_COMMANDS; i++)
		ok = print(to, &ctl_own_commands[i]) && ok;
	return fflush(to) == 0 && ok;
}

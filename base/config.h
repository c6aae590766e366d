/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * YAML configuration with a schema (libcyaml): unknown keys and bad values are refused with file, line and what to do.
 */
#ifndef SEK_BASE_CONFIG_H
#define SEK_BASE_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include <cyaml/cyaml.h>

#include "base/file.h"
#include "base/status.h"

/* A field that is `true` or `false` and nothing else; the member is a bool. CYAML_FIELD_BOOL must not be used: libcyaml
 * takes every word that it does not know, "fasle" too, for true. */
extern const cyaml_strval_t sek_config_bools[2];
#define SEK_CONFIG_FIELD_BOOL(key, flags, structure, member) \
	CYAML_FIELD_ENUM(key, CYAML_FLAG_STRICT | (flags), structure, member, sek_config_bools, 2)

/* Loads path by the schema into a structure allocated by libcyaml (free it with sek_config_free). On failure returns
 * SEK_E_CONFIG and writes a message for a person into err ("broker.yaml:12: unknown key 'adress' ..."). Aliases are
 * refused. Members of optional keys that are not there are 0 or NULL. */
sek_status sek_config_load(const char *path, const cyaml_schema_value_t *schema, void **ret, char *err, size_t err_size);
void sek_config_free(const cyaml_schema_value_t *schema, void *config);

/* Checks shared by both daemons; each writes "what is wrong and what to do" into err and returns SEK_E_CONFIG. */
/* A numeric IPv4 or IPv6 address that is not a wildcard (0.0.0.0, ::) nor multicast. */
sek_status sek_config_check_address(const char *key, const char *address, char *err, size_t err_size);
/* The file exists and can be read; a private key (secret = 1) must not be readable by group or others. */
sek_status sek_config_check_file(const char *key, const char *path, int secret, char *err, size_t err_size);
sek_status sek_config_check_range(const char *key, uint64_t value, uint64_t least, uint64_t most, char *err,
	size_t err_size);

/* The line on which a key stands in a YAML text of n bytes, or that of the innermost part of it that is there, or 0. */
size_t sek_config_line(const char *text, size_t n, const char *key);

/* Puts "path:line: " in front of a message that one of the checks wrote, where line is that of the key ("listen.address";
 * "hosts.1.name" for the first entry of a list). Without the line if the key does not stand in the file. */
void sek_config_locate(const char *path, const char *key, char *err, size_t err_size);

#endif

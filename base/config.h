/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * YAML configuration with a schema (libcyaml): unknown keys and bad values are refused with file, line and what to do.
 */
#ifndef SEK_BASE_CONFIG_H
#define SEK_BASE_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include <cyaml/cyaml.h>

#include "base/status.h"

/* Loads path by the schema into a structure allocated by libcyaml (free it with sek_config_free). On failure returns
 * SEK_E_CONFIG and writes a message for a person into err ("broker.yaml:12: unknown key 'adress' ..."). */
sek_status sek_config_load(const char *path, const cyaml_schema_value_t *schema, void **ret, char *err, size_t err_size);
void sek_config_free(const cyaml_schema_value_t *schema, void *config);

/* Checks shared by both daemons; each writes "what is wrong and what to do" into err and returns SEK_E_CONFIG. */
/* A numeric IPv4 or IPv6 address that is not a wildcard (0.0.0.0, ::) nor multicast. */
sek_status sek_config_check_address(const char *key, const char *address, char *err, size_t err_size);
/* The file exists and can be read; a private key (secret = 1) must not be readable by group or others. */
sek_status sek_config_check_file(const char *key, const char *path, int secret, char *err, size_t err_size);
sek_status sek_config_check_range(const char *key, uint64_t value, uint64_t least, uint64_t most, char *err,
	size_t err_size);

/* Reads a whole file (at most 1 MiB) into a terminated heap string; *ret_n may be NULL. SEK_E_IO, SEK_E_LIMIT. */
sek_status sek_file_read(const char *path, char **ret, size_t *ret_n);

#endif

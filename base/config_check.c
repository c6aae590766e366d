/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Checks of single values that a YAML schema cannot express, and the place in the file that a message is about.
 */
#include "base/config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

#include "base/error.h"

static sek_status refuse_address(const char *key, const char *address, const char *why, char *err, size_t err_size)
{
	snprintf(err, err_size, "%s: '%s' %s: write the one numeric address of this machine to use", key, address, why);
	return sek_fail(SEK_E_CONFIG);
}

sek_status sek_config_check_address(const char *key, const char *address, char *err, size_t err_size)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (!address || !address[0]) {
		snprintf(err, err_size, "%s: is empty: write the one numeric address of this machine to use", key);
		return sek_fail(SEK_E_CONFIG);
	}
	if (inet_pton(AF_INET, address, &v4) == 1) {
		uint32_t a = ntohl(v4.s_addr);

		if (a >> 24 == 0)
			return refuse_address(key, address, "stands for every address of the machine", err, err_size);
		if (a >> 28 >= 14)
			return refuse_address(key, address, "is a multicast or reserved address", err, err_size);
		return sek_ok();
	}
	if (inet_pton(AF_INET6, address, &v6) == 1) {
		if (IN6_IS_ADDR_UNSPECIFIED(&v6))
			return refuse_address(key, address, "stands for every address of the machine", err, err_size);
		if (IN6_IS_ADDR_MULTICAST(&v6))
			return refuse_address(key, address, "is a multicast address", err, err_size);
		/* ::ffff:0.0.0.0 binds to every IPv4 address, and every other mapped form is an IPv4 address in disguise */
		if (IN6_IS_ADDR_V4MAPPED(&v6) || IN6_IS_ADDR_V4COMPAT(&v6))
			return refuse_address(key, address, "is an IPv4 address in IPv6 form", err, err_size);
		return sek_ok();
	}
	return refuse_address(key, address, "is not a numeric IPv4 or IPv6 address", err, err_size);
}

sek_status sek_config_check_file(const char *key, const char *path, int secret, char *err, size_t err_size)
{
	struct stat st;
	int fd, e;

	if (!path || !path[0]) {
		snprintf(err, err_size, "%s: is empty: write the path of the file", key);
		return sek_fail(SEK_E_CONFIG);
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		e = errno;
		snprintf(err, err_size, "%s: '%s' cannot be read (%s): %s", key, path, strerror(e),
			e == ENOENT ? "create it or correct the path" : "check who may read it");
		return sek_fail(SEK_E_CONFIG);
	}
	e = fstat(fd, &st);
	close(fd);
	if (e != 0 || !S_ISREG(st.st_mode)) {
		snprintf(err, err_size, "%s: '%s' is not an ordinary file: correct the path", key, path);
		return sek_fail(SEK_E_CONFIG);
	}
	if (secret && (st.st_mode & 077)) {
		snprintf(err, err_size, "%s: '%s' is a secret and others may read it (mode %04o): chmod 600 it", key, path,
			(unsigned)(st.st_mode & 07777));
		return sek_fail(SEK_E_CONFIG);
	}
	return sek_ok();
}

sek_status sek_config_check_range(const char *key, uint64_t value, uint64_t least, uint64_t most, char *err,
	size_t err_size)
{
	if (value >= least && value <= most)
		return sek_ok();
	snprintf(err, err_size, "%s: %llu is out of range: write a number from %llu to %llu", key,
		(unsigned long long)value, (unsigned long long)least, (unsigned long long)most);
	return sek_fail(SEK_E_CONFIG);
}

/* The node of the value that `key` names below `node`, or NULL. Steps into entry N of a list at a step "N", counted
 * from 1. */
static yaml_node_t *step(yaml_document_t *document, yaml_node_t *node, const char *name, size_t n, size_t *ret_line)
{
	yaml_node_pair_t *pair;

	if (node->type == YAML_SEQUENCE_NODE) {
		size_t entry = strtoul(name, NULL, 10);
		size_t count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
		yaml_node_t *value;

		if (entry < 1 || entry > count)
			return NULL;
		value = yaml_document_get_node(document, node->data.sequence.items.start[entry - 1]);
		if (value)
			*ret_line = value->start_mark.line + 1;
		return value;
	}
	if (node->type != YAML_MAPPING_NODE)
		return NULL;
	for (pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
		yaml_node_t *key = yaml_document_get_node(document, pair->key);

		if (key && key->type == YAML_SCALAR_NODE && key->data.scalar.length == n &&
				memcmp(key->data.scalar.value, name, n) == 0) {
			*ret_line = key->start_mark.line + 1;
			return yaml_document_get_node(document, pair->value);
		}
	}
	return NULL;
}

size_t sek_config_line(const char *text, size_t n, const char *key)
{
	yaml_document_t document;
	yaml_parser_t parser;
	yaml_node_t *node;
	size_t line = 0;

	if (!yaml_parser_initialize(&parser))
		return 0;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, n);
	if (yaml_parser_load(&parser, &document)) {
		node = yaml_document_get_root_node(&document);
		while (node && *key) {
			size_t length = strcspn(key, ".");

			node = step(&document, node, key, length, &line);
			key += length;
			if (*key == '.')
				key++;
		}
		yaml_document_delete(&document);
	}
	yaml_parser_delete(&parser);
	return line;
}

void sek_config_locate(const char *path, const char *key, char *err, size_t err_size)
{
	char *text = NULL, *old;
	size_t n = 0, line = 0;

	old = strdup(err);
	if (!old)
		return;
	if (sek_is_ok(sek_file_read(path, &text, &n)))
		line = sek_config_line(text, n, key);
	free(text);
	if (line)
		snprintf(err, err_size, "%s:%zu: %s", path, line, old);
	else
		snprintf(err, err_size, "%s: %s", path, old);
	free(old);
}

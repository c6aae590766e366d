#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# tables.sh GENERATOR SOURCE_DIR: the table in docs/policy.md is that of protocol/policy.def. "... --write" puts it there.
set -eu
generator=$1 source=$2 doc=$2/docs/policy.md
made=$(mktemp)
trap 'rm -f "$made"' EXIT
{
	sed '/^<!-- table -->$/q' "$doc"
	"$generator" --policy-md "$source/protocol/limits.h"
	sed -n '/^<!-- end of table -->$/,$p' "$doc"
} > "$made"
if [ "${3-}" = --write ]; then
	cat "$made" > "$doc"
else
	diff -u "$doc" "$made" || { echo "docs/policy.md is out of date: $0 $1 $2 --write"; exit 1; }
fi

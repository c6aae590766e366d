#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# tables.sh GENERATOR SOURCE_DIR: the tables in docs/protocol.md are those of the lists. "tables.sh ... --write" puts them there.
set -eu
generator=$1 source=$2 doc=$2/docs/protocol.md
made=$(mktemp)
trap 'rm -f "$made"' EXIT
{
	sed '/^<!-- tables -->$/q' "$doc"
	"$generator" --md "$source/protocol/limits.h"
	sed -n '/^<!-- end of tables -->$/,$p' "$doc"
} > "$made"
if [ "${3-}" = --write ]; then
	cat "$made" > "$doc"
else
	diff -u "$doc" "$made" || { echo "docs/protocol.md is out of date: $0 $1 $2 --write"; exit 1; }
fi

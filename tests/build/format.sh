#!/bin/bash
# Every source file is as `make fmt` leaves it. Only clang-format 14 is asked: other versions
# format differently.
set -euo pipefail
cd "$INDUCT_SOURCE"

formatter=$(command -v clang-format-14 || command -v clang-format || true)
if [[ -z $formatter ]] || ! "$formatter" --version | grep -q 'version 14\.'; then
    echo "skipped: no clang-format 14"
    exit 77
fi
find lib include train analyze tests -name '*.[ch]' -print0 |
    xargs -0 -r "$formatter" --dry-run -Werror

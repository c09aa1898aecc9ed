#!/bin/bash
# The source tree keeps the rules of tests/build/rules.awk, and the top level holds nothing but the
# agreed folders and the files that tools look for there.
set -euo pipefail
cd "$INDUCT_SOURCE"

allowed='^(train|analyze|include|lib|plots|tests|(README|INSTALL|CHANGELOG|CONTRIBUTING|SECURITY)\.md|CITATION\.cff|LICENSE|CMakeLists\.txt|CMakePresets\.json|Makefile|\..*)$'
if strangers=$(git ls-files 2>/dev/null | cut -d/ -f1 | sort -u | grep -Ev "$allowed"); then
    echo "not at the top level:" $strangers
    exit 1
fi

mapfile -t files < <(
    find lib include train analyze plots tests -type f \
        \( -name '*.[ch]' -o -name '*.sh' -o -name '*.gp' -o -name '*.mk' \) 2>/dev/null | sort)
awk -v architecture=lib/ARCHITECTURE.md -f tests/build/rules.awk "${files[@]}"
echo "${#files[@]} files keep the rules"

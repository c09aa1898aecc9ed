#!/bin/bash
# What is installed can be used: a program outside the repository is compiled through pkg-config
# and through the CMake package, both against an installation in a folder of its own.
set -euo pipefail
if [[ -n ${INDUCT_INSTRUMENTED:-} ]]; then
    echo "skipped: an instrumented library ($INDUCT_INSTRUMENTED) is not installed"
    exit 77
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
prefix=$scratch/prefix
cd "$scratch"

"$INDUCT_CMAKE" --install "$INDUCT_BUILD" --prefix "$prefix" >log

cat >user.c <<'END'
#include <stdio.h>
#include <induct/base/version.h>

int main(void)
{
    return printf("%s\n", ind_version()) < 0;
}
END

pc=$(find "$prefix" -name induct.pc)
export PKG_CONFIG_PATH=${pc%/*}
wanted=$(pkg-config --modversion induct)
read -ra flags < <(pkg-config --cflags --libs induct)
"$INDUCT_CC" -std=c11 -Wall -Werror user.c "${flags[@]}" -o user
said=$(./user)
[[ $said == "$wanted" ]] || { echo "pkg-config: says $said, not $wanted"; exit 1; }

cat >CMakeLists.txt <<END
cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES C)
find_package(induct ${wanted%.*} REQUIRED)
add_executable(user-cmake user.c)
target_link_libraries(user-cmake PRIVATE induct::induct)
END
unset PKG_CONFIG_PATH
"$INDUCT_CMAKE" -S . -B build -DCMAKE_C_COMPILER="$INDUCT_CC" -DCMAKE_PREFIX_PATH="$prefix" >>log
"$INDUCT_CMAKE" --build build >>log
said=$(build/user-cmake)
[[ $said == "$wanted" ]] || { echo "find_package: says $said, not $wanted"; exit 1; }

for program in "$INDUCT_BIN"/induct-*; do
    [[ -x $program ]] || continue
    [[ -x $prefix/bin/${program##*/} ]] || { echo "${program##*/} is not installed"; exit 1; }
done

# Manual pages have the headings of --help as headings.
page=$(find "$prefix" -name 'induct-plots.1')
[[ -z $page ]] || grep -qx '.SS "Common options:"' "$page" || { echo "no heading in $page"; exit 1; }
# induct(1) names every program.
if [[ -n $page ]]; then
    for program in "$prefix"/bin/induct-*; do
        name=${program##*/}
        grep -qxF "\\fB${name//-/\\-}\\fR(1)" "${page%/*}/induct.1" || { echo "induct(1) lacks $name"; exit 1; }
    done
fi

# The installed programs draw with the installed scripts, and with one another.
if command -v gnuplot >/dev/null; then
    "$prefix/bin/induct-train" -q --layers 1 --heads 1 --d-model 4 --d-head 4 --vocab 4 --context 12 --period 2:4 \
        --ood none --epochs 2 --checkpoint-every 1 -o run
    drawn=$(env PATH=/usr/bin:/bin "$prefix/bin/induct-plots" run --figures heads --format svg)
    [[ $drawn == run/figures/heads.svg ]] || { echo "induct-plots draws '$drawn'"; exit 1; }
fi
echo "induct $wanted: $(find "$prefix" -type f | wc -l) files installed"

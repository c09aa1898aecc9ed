#!/bin/bash
# Every target of the Makefile that `make help` names can be read, and a new folder gets the tests or not.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$INDUCT_SOURCE"
make help >"$scratch/help"
[[ $(wc -l <"$scratch/help") -gt 15 ]] || { echo "make help: $(<"$scratch/help")"; exit 1; }
for target in $(sed -n 's/^\([a-z][a-z ]*\):[^#]*## .*/\1/p' Makefile); do
    make -n "$target" SETUP=no BUILD="$scratch/new" >"$scratch/said" 2>&1 || { echo "make $target: $(<"$scratch/said")"; exit 1; }
done
# expect TARGET TEXT [VARIABLE]: what `make TARGET` would run in a new folder
expect() {
    make -n "$1" SETUP=no BUILD="$scratch/new" "${@:3}" >"$scratch/said" 2>&1
    grep -qF -- "$2" "$scratch/said" || { echo "make $1 runs no $2"; exit 1; }
}
expect build -DINDUCT_TESTS=ON
expect build -DCMAKE_BUILD_TYPE=Release
expect install -DINDUCT_TESTS=OFF
expect install '--target induct-programs'
expect check -DINDUCT_TESTS=ON
expect deb '.ci/setup deb' SETUP=yes
expect deb '--target induct-programs'
expect deb cpack
expect deb no-install-recommends
expect api -DINDUCT_TESTS=OFF
! grep -q 'OFF)' "$scratch/said" || { echo "make api: $(<"$scratch/said")"; exit 1; }

# A ~ that the caller's shell has left as it is (only bash takes it in VARIABLE=~/...) is the home.
for prefix in '~/.local' '~/two  words' /opt/induct '/opt/~/x'; do
    HOME=/home/some make install SETUP=no BUILD="$scratch/new" CMAKE="printf [%s]" PREFIX="$prefix" >"$scratch/said"
    grep -qF "[--prefix][${prefix/#\~\//\/home/some/}]" "$scratch/said" ||
        { echo "make install PREFIX=$prefix: $(<"$scratch/said")"; exit 1; }
done

# Without the tools that find its dependencies no package is made, rather than one that names none.
mkdir "$scratch/few" "$scratch/new"
ln -s "$(command -v sh)" "$(command -v bash)" "$(command -v make)" "$scratch/few"
for tool in file dpkg-shlibdeps; do
    if PATH=$scratch/few make deb SETUP=no BUILD="$scratch/new" CMAKE=: CPACK=: >"$scratch/said" 2>&1; then
        echo "make deb makes a package without $tool"
        exit 1
    fi
    grep -qF "no $tool" "$scratch/said" || { echo "make deb without $tool: $(<"$scratch/said")"; exit 1; }
    ln -s "$(command -v sh)" "$scratch/few/$tool"
done
PATH=$scratch/few make deb SETUP=no BUILD="$scratch/new" CMAKE=: CPACK=: >"$scratch/said" 2>&1 ||
    { echo "make deb: $(<"$scratch/said")"; exit 1; }

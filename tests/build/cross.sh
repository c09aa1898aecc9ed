#!/bin/bash
# The core (lib/core.cmake: model, evaluation, scores, ablations, splits) elsewhere: compiled for arm64 by
# Debian's cross compiler, where its vectors are NEON's, and run under qemu; and with musl in place of
# glibc. It carries out tests/lab/scenes.txt and has the numbers of WebAssembly, hence of this machine
# (build.wasm), to 1e-5. What is not installed is left out with a word (.ci/setup cross).
# ctest: slow
# ctest: timeout 1500
set -euo pipefail
wasm=$INDUCT_BUILD/wasm/induct.wasm
[[ -f $wasm ]] || { echo "skipped: no clang for WebAssembly (.ci/setup)"; exit 77; }
command -v node >/dev/null || { echo "skipped: no node (.ci/setup page)"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$INDUCT_SOURCE"

# from the commands, as CMake before 3.29 does not name a command's output
wanted=$(grep -o 'induct-core\.dir/[^" ]*\.c\.o' "$INDUCT_BUILD/compile_commands.json" |
    sed 's/.*induct-core.dir\///; s/\.o$//; s/^__\///' | sort -u)
[[ $(wc -l <<<"$wanted") -gt 40 ]] || { echo "the core has only: $wanted"; exit 1; }

# The vector instructions that a file is compiled for, as it is here.
vectors_of() {
    grep "\"command\".*induct-core\.dir/$1\.o" "$INDUCT_BUILD/compile_commands.json" |
        grep -oE -- '-m(avx|fma)[a-z0-9]*' | sort -u | xargs || true
}

# compare NAME COMPILER RUNNER...: builds the core with that compiler, and compares; $leave_out: files
# that are not of that processor
compare() {
    local name=$1 compiler=$2 file place
    local flags=(-O3 -std=c11 -D_GNU_SOURCE -fno-math-errno -Iinclude -Ilib)
    local objects=()
    mkdir -p "$scratch/$name"
    for file in $wanted tests/lab/numbers.c; do
        [[ -z $leave_out || $file != *$leave_out* ]] || continue
        place=lib/$file
        [[ $file != generated/* ]] || place=$INDUCT_BUILD/$file
        [[ $file != tests/* ]] || place=$file
        objects+=("$scratch/$name/${file//\//-}.o")
        printf '%q ' "$compiler" "${flags[@]}" -c "$place" -o "${objects[-1]}"
        [[ $file != math/simd/* ]] || printf '%s %s' -ffp-contract=fast "$(vectors_of "$file")"
        echo
    done >"$scratch/$name/commands"
    xargs -P 2 -d '\n' -n 1 sh -c <"$scratch/$name/commands"
    "$compiler" -static "${objects[@]}" -lm -o "$scratch/$name/core"
    printf '#!/bin/sh\nexec %s "%s" "$@"\n' "${*:3}" "$scratch/$name/core" >"$scratch/$name/run"
    chmod +x "$scratch/$name/run"
    echo "$name:"
    node tests/lab/wasm.mjs "$wasm" "$scratch/$name/run" tests/golden/tiny tests/lab/scenes.txt
}

tried=0
if command -v aarch64-linux-gnu-gcc >/dev/null && command -v qemu-aarch64-static >/dev/null; then
    leave_out=avx compare arm64 aarch64-linux-gnu-gcc qemu-aarch64-static -cpu cortex-a72
    tried=$((tried + 1))
else
    echo "left out: arm64"
fi
if command -v musl-gcc >/dev/null; then
    leave_out='' compare musl musl-gcc env
    tried=$((tried + 1))
else
    echo "left out: musl"
fi
[[ $tried -gt 0 ]] || exit 77

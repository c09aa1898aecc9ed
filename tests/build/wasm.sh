#!/bin/bash
# The model in the page: induct.wasm gives the native numbers. Needs clang for WebAssembly and node.
set -euo pipefail

wasm=$INDUCT_BUILD/wasm/induct.wasm
[[ -f $wasm ]] || { echo "skipped: no clang for WebAssembly (.ci/setup)"; exit 77; }
command -v node >/dev/null || { echo "skipped: no node (.ci/setup page)"; exit 77; }
node "$INDUCT_SOURCE/tests/lab/wasm.mjs" "$wasm" "$INDUCT_BUILD/tests/core-alone" \
    "$INDUCT_SOURCE/tests/golden/tiny" "$INDUCT_SOURCE/tests/lab/scenes.txt"

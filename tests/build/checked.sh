#!/bin/bash
# A status must be looked at: every prototype of a header that returns int and takes a struct ind_error
# begins with IND_CHECKED. (Those that write an error always fail, and are not asked.)
set -euo pipefail
cd "$INDUCT_SOURCE"

missing=$(find include lib train analyze -name '*.h' ! -path '*/base/error.h' -print0 | xargs -0 awk '
    /^(static inline )?int [a-z_0-9]+\(/ { prototype = ""; where = FILENAME ":" FNR; reading = 1 }
    reading { prototype = prototype " " $0 }
    reading && /[;{]/ {
        if (prototype ~ /struct ind_error \*/ && /;/) print where ":" prototype
        reading = 0
    }')
[[ -z $missing ]] || { echo "without IND_CHECKED:"; echo "$missing"; exit 1; }

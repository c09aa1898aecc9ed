#!/bin/bash
# .ci/setup is silent when nothing is missing; otherwise it names exactly the missing packages to a
# plain user, and installs them unasked as root. dpkg-query, apt-get, id and sudo are acted here:
# nothing is installed.
set -euo pipefail
setup=$INDUCT_SOURCE/.ci/setup
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0

actor() { # actor COMMAND LINE: a stand-in found before the real one
    printf '#!/bin/bash\n%s\n' "$2" >"$scratch/$1"
    chmod +x "$scratch/$1"
}
uninstalled() { # uninstalled NAME...: dpkg-query knows every package but these
    printf '%s\n' "$@" >"$scratch/uninstalled"
}
actor dpkg-query 'shift 2
for p; do grep -qx -- "$p" "${0%/*}/uninstalled" || printf "installed=%s " "$p"; done; exit 1'
actor apt-get 'echo "$DEBIAN_FRONTEND apt-get $*" >>"${0%/*}/calls"'

expect() { # expect STATUS OUTPUT [LIST]
    local status=0 said
    : >"$scratch/calls"
    said=$(PATH=$scratch:$PATH bash "$setup" "${@:3}" 2>/dev/null) || status=$?
    if [[ $status -ne $1 || $said != "$2" ]]; then
        echo "expected $1 '$2', is $status '$said'"
        failures=$((failures + 1))
    fi
}

actor id 'echo 1000'
actor sudo 'exit 1'
uninstalled nothing
expect 0 ''
uninstalled libzip-dev help2man
expect 1 'sudo apt-get install libzip-dev help2man'
uninstalled pkg-config gnuplot-nox     # the others of their kind are there
expect 0 ''
uninstalled gnuplot-nox gnuplot-qt gnuplot-x11
expect 1 'sudo apt-get install gnuplot-nox'
uninstalled nodejs help2man         # each list for itself
expect 1 'sudo apt-get install help2man'
expect 1 'sudo apt-get install nodejs' page
uninstalled file
expect 1 'sudo apt-get install file' deb
uninstalled clang-format-14
expect 1 'sudo apt-get install clang-format-14' ci
expect 0 ''
actor apt-cache '[[ $2 == clang-format-14 ]] || echo "$2 | 1 | somewhere"'    # a release without it
expect 0 '' ci
uninstalled clang-format-14 zsh
expect 1 'sudo apt-get install zsh' ci
actor apt-cache :                                   # no lists: nothing is known of what there is
expect 1 'sudo apt-get install clang-format-14 zsh' ci
expect 64 '' pages

actor id 'echo 0'
uninstalled nothing
expect 0 ''
[[ ! -s $scratch/calls ]] || { echo "apt-get without need"; failures=$((failures + 1)); }
uninstalled libpng-dev
expect 0 ''
if ! grep -q '^noninteractive .* update$' "$scratch/calls" ||
    ! grep -q '^noninteractive .*-y.* install .* libpng-dev$' "$scratch/calls"; then
    echo "as root: $(cat "$scratch/calls")"
    failures=$((failures + 1))
fi
# Without dpkg the other system's names are printed, and nothing else happens.
elsewhere() { # elsewhere MANAGER TEXT
    local said
    mkdir -p "$scratch/$1-only"
    printf '#!/bin/bash\nexit 1\n' >"$scratch/$1-only/$1"
    chmod +x "$scratch/$1-only/$1"
    said=$(PATH=$scratch/$1-only "$BASH" "$setup" 2>&1)
    [[ $said == *"$2"* ]] || { echo "with $1: '$said'"; failures=$((failures + 1)); }
}
elsewhere dnf 'sudo dnf install gcc '
elsewhere brew 'brew install cmake '
elsewhere nothing 'neither dpkg, dnf nor brew'
[[ $failures -eq 0 ]]

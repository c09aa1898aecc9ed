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
actor apt-cache 'echo "$2 | 1 | somewhere"'          # a release with it, whatever this one is
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
# Without dpkg the other system's names are printed, and nothing else happens; make does not go on, unless
# CMake finds everything.
elsewhere() { # elsewhere MANAGER TEXT
    local said status=0
    mkdir -p "$scratch/$1-only"
    printf '#!/bin/bash\nexit 1\n' >"$scratch/$1-only/$1"
    chmod +x "$scratch/$1-only/$1"
    said=$(PATH=$scratch/$1-only "$BASH" "$setup" 2>&1) || status=$?
    [[ $said == *"$2"* && $status -eq 1 ]] || { echo "with $1: '$said'"; failures=$((failures + 1)); }
}
elsewhere dnf 'sudo dnf install gcc '
elsewhere brew 'brew install cmake '
elsewhere dnf 'Rocky, Alma and RHEL before that: sudo dnf install epel-release'
elsewhere nothing 'neither dpkg, dnf nor brew'
there=$scratch/dnf-only
ln -s "$(command -v mktemp)" "$(command -v rm)" "$(command -v grep)" "$there"
printf '#!%s\nexit 0\n' "$BASH" | tee "$there/parallel" >"$there/cmake"
chmod +x "$there/parallel" "$there/cmake"
said=$(PATH=$there "$BASH" "$setup" 2>&1) && [[ -z $said ]] ||
    { echo "where CMake finds everything: '$said'"; failures=$((failures + 1)); }
! said=$(PATH=$there "$BASH" "$setup" page 2>&1) && [[ $said == *nodejs* ]] ||
    { echo "the page's, with dnf: '$said'"; failures=$((failures + 1)); }
printf '#!%s\necho "CMake Error: no openblas" >&2; exit 1\n' "$BASH" >"$there/cmake"
elsewhere dnf 'CMake Error: no openblas'
[[ $failures -eq 0 ]]

#!/bin/bash
# What is installed can be used: the example is compiled through pkg-config and through the CMake
# package, both against an installation in a folder of its own, and links of the documents lead somewhere.
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

# ---- The library -------------------------------------------------------------------------------

run=$INDUCT_SOURCE/tests/golden/tiny
example=$(find "$prefix" -name example.c)
wanted=$("$prefix/bin/induct-compose" -q "$run" --columns epoch,writer,reader,kind,score | awk -F '\t' '
    $4 == "k" && $1 != epoch { if (line) print line; epoch = $1; best = -1 }
    $4 == "k" && $5 > best { best = $5; line = sprintf("%d\t%s\t%s\t%.4f", $1, $2, $3, $5) }
    END { print line }')
[[ $(wc -l <<<"$wanted") -gt 1 ]] || { echo "induct-compose gives '$wanted'"; exit 1; }

expect_example() { # expect_example WAY PROGRAM: prints what induct-compose has
    local said
    said=$("$2" "$run")
    [[ $said == "$wanted" ]] || { echo "by $1 example.c says '$said', induct-compose '$wanted'"; exit 1; }
}

pc=$(find "$prefix" -name induct.pc)
export PKG_CONFIG_PATH=${pc%/*}
version=$(pkg-config --modversion induct)
read -ra flags < <(pkg-config --cflags --libs induct)
"$INDUCT_CC" -std=c11 -Wall -Wextra -Wpedantic -Werror "$example" "${flags[@]}" -o example
expect_example pkg-config ./example

cat >CMakeLists.txt <<END
cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES C)
find_package(induct ${version%.*} REQUIRED)
add_executable(example "$example")
target_link_libraries(example PRIVATE induct::induct)
END
unset PKG_CONFIG_PATH
"$INDUCT_CMAKE" -S . -B build -DCMAKE_C_COMPILER="$INDUCT_CC" -DCMAKE_PREFIX_PATH="$prefix" >>log
"$INDUCT_CMAKE" --build build >>log
expect_example find_package build/example

# ---- Programs and pages ------------------------------------------------------------------------

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

# The front finds the programs beside it, from anywhere.
ln -s "$prefix/bin/induct" "$scratch/front"
[[ $(env -u INDUCT_BIN "$scratch/front" --version) == "induct $version"*" programs in $prefix/bin" ]] ||
    { echo "induct --version: $(env -u INDUCT_BIN "$scratch/front" --version 2>&1)"; exit 1; }

# Every page can be found by its line of NAME: `man -k induct` lists them all.
if [[ -z $page ]]; then
    echo "pages are not looked up: there are none (help2man)"
elif ! command -v lexgrog >/dev/null || ! command -v mandb >/dev/null; then
    echo "pages are not looked up: no lexgrog, no mandb (Debian: man-db)"
else
    cp -r "${page%/man1/*}" pages
    MANPATH=$PWD/pages mandb --quiet --create "$PWD/pages" 2>mandb.log || { cat mandb.log; exit 1; }
    MANPATH=$PWD/pages apropos induct >apropos 2>&1 || { cat apropos; exit 1; }
    for file in pages/man[15]/*; do
        name=${file##*/} name=${name%.gz} section=${name##*.} name=${name%.*}
        [[ $(lexgrog "$file") == *": \"$name - "* ]] || { echo "$(lexgrog "$file"), no line of NAME"; exit 1; }
        grep -qE "^$name \($section\) +- " apropos || { echo "man -k induct lacks $name($section)"; exit 1; }
    done
    [[ $(wc -l <apropos) -ge $(find "$INDUCT_BUILD/man" -name '*.[15]' | wc -l) ]]
fi

# Completion, for the shells that look it up by the program's name, and for zsh.
for file in bash-completion/completions/induct-score fish/vendor_completions.d/induct-score.fish \
    zsh/site-functions/_induct induct/completion.sh; do
    [[ -s $prefix/share/$file ]] || { echo "no share/$file"; exit 1; }
done
[[ $(sh "$prefix/share/induct/completion.sh" "$prefix/bin/induct-score" --sco) == *--score* ]] ||
    { echo "the installed completion offers nothing"; exit 1; }
[[ -s $(find "$prefix" -name induct-formats.5) ]] || { echo "no induct-formats(5)"; exit 1; }

# Links and pictures of the documents lead to files that are there.
readme=$(find "$prefix" -name README.md -path '*/doc/*/README.md' | sort | awk '{ print length, $0 }' | sort -n |
    sed -n '1s/^[0-9]* //p')
pages=("$readme") followed=0
for ((i = 0; i < ${#pages[@]}; i++)); do
    while read -r link; do
        target=$(realpath -m "$(dirname "${pages[i]}")/$link")
        [[ -e $target && $target == "$prefix"/* ]] || { echo "${pages[i]#"$prefix"/}: no $link"; exit 1; }
        followed=$((followed + 1))
        [[ $target != *.md || " ${pages[*]} " == *" $target "* ]] || pages+=("$target")
    done < <(grep -o '](\([^)]*\))' "${pages[i]}" | sed -E 's/^\]\(//; s/[#)].*//; /^https?:/d; /^$/d')
done
[[ $followed -gt 15 ]] || { echo "only $followed links in ${pages[*]}"; exit 1; }

# The installed programs draw with the installed scripts, and with one another.
if command -v gnuplot >/dev/null; then
    "$prefix/bin/induct-train" -q --layers 1 --heads 1 --d-model 4 --d-head 4 --vocab 4 --context 12 --period 2:4 \
        --ood none --epochs 2 --checkpoint-every 1 -o run
    drawn=$(env PATH=/usr/bin:/bin "$prefix/bin/induct-plots" run --figures heads --format svg)
    [[ $drawn == run/figures/heads.svg ]] || { echo "induct-plots draws '$drawn'"; exit 1; }
fi
echo "induct $version: $(find "$prefix" -type f | wc -l) files installed"

#!/bin/bash
# The README's commands (its lines that begin with "$ ") run as they stand, on a tiny run: presets
# become a tiny model, eight seeds two, and epochs a thousandth of what they are. Its other promises:
# at most 250 lines; targets of make, files, links and pictures that are there. README_SHOW=1 shows
# what is run.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
readme=$INDUCT_SOURCE/README.md
small='--d-model 16 --d-head 4 --vocab 32 --batch 4 --ood 10,40 --ood-sequences 4 --log-every 5'

# Epochs stand behind these words alone; a thousandth of less than a thousand is 1.
translated() {
    sed -E -e "s/--preset 2L-varied(-60k)?/--preset 2L-varied $small/" \
        -e 's/--checkpoint-every 100/--checkpoint-every 1 --epochs 60/' <<<"$1" | perl -pe '
        sub few { my $n = shift; $n == 0 ? 0 : $n < 1000 ? 1 : int($n / 1000) }
        s/((?:--epochs|--from|--into|--at|--states|\bepochs|\@) ?)([\d:,]+)/
            my ($word, $list) = ($1, $2); $list =~ s|\d+|few($&)|ge; "$word$list"/ge
            unless /induct-train/;
        s/\bepochs 2;/epochs 5;/; s/--at 2\b/--at 5/; s/\bseeds 0:7;/seeds 0:1;/'
}

mapfile -t commands < <(sed -n '/^```/,/^```/s/^\$ //p' "$readme")
expect_true "the README is a tour: ${#commands[@]} commands" test "${#commands[@]}" -ge 15
expect_true 'the README has at most 250 lines' test "$(wc -l <"$readme")" -le 250

mkdir -p runs
ln -s 2L-varied-seed67 runs/2L-varied-60k-seed67
ln -s "$INDUCT_SOURCE/plots" plots
cp "$INDUCT_SOURCE/tests/golden/corpus/bare_dict_10.pt" model_1000.pt
cp model_1000.pt model_2000.pt
lacking=()
command -v parallel >/dev/null || lacking+=(induct-sweep 'induct-seeds runs/decay')
command -v gnuplot >/dev/null || lacking+=(induct-plots)
for command in "${commands[@]}"; do
    for without in "${lacking[@]}"; do
        [[ $command == "$without"* ]] && continue 2
    done
    [[ -z ${README_SHOW:-} ]] || translated "$command"
    expect_exit 0 bash -c "set -o pipefail; $(translated "$command")"
done
expect_file scores.tsv lab.html film.png induction-head.png theirs/config.json

# INSTALL.md is held to the same.
install=$INDUCT_SOURCE/INSTALL.md
expect_true 'INSTALL.md has at most 90 lines' test "$(wc -l <"$install")" -le 90
expect_true 'the README leads to it' grep -q '](INSTALL.md)' "$readme"
while read -r target; do
    expect_true "make $target" grep -Eq "^([a-z]+ )*$target( [a-z]+)*:" "$INDUCT_SOURCE/Makefile"
done < <(grep -Eo '(^|`)make [a-z]+' "$readme" "$install" | sed 's/.*make //' | sort -u)
while read -r file; do
    expect_true "link to $file" test -e "$INDUCT_SOURCE/$file"
done < <(grep -hEo '\]\([^)#]+' "$readme" "$install" | cut -c3- | grep -v '^https:' | sort -u)
while read -r program; do
    expect_true "$program is a program" test -x "$INDUCT_BIN/$program"
done < <(grep -hEo '\binduct-[a-z]+' "$readme" "$install" | grep -v 'induction\|induct-formats' | sort -u)

#!/bin/bash
# induct-formats(5) names what the programs write, all of it and nothing else: keys, columns, tensors with
# their shapes, metadata, files and blocks of tiny runs of every kind against the page's sections.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
page=$INDUCT_SOURCE/lib/induct-formats.5.in
perl -MJSON::PP -e 1 2>/dev/null || skip "no perl with JSON::PP"

# The names of a section: what is bold in the line after .TP.
named() { # named SECTION
    awk -v section="$1" '
        /^\.S[HS] / { on = $0 == ".SS " section; next }
        on && tag { print }
        { tag = $0 == ".TP" }' "$page" | grep -o '\\fB[^\\]*\(\\-[^\\]*\)*\\fR' | sed 's/^\\fB//; s/\\fR$//; s/\\-/-/g' | sort -u
}

expect_named() { # expect_named SECTION: the names on stdin, no pipe's (failures are counted)
    local found
    found=$(sort -u)
    [[ -n $found ]] || cli_fail "nothing was found that '$1' could name"
    diff <(named "$1") <(echo "$found") >"$cli_out" || cli_fail "the page's '$1' (<) and what is written (>)"
}

# perl with the JSON in a file, or the header of a safetensors file, as $j.
of_json() { # of_json CODE FILE...
    perl -MJSON::PP -e 'my $code = shift; for my $file (@ARGV) {
        open my $f, "<:raw", $file or die "$file: $!"; local $/; my $text = <$f>;
        $text = substr $text, 8, unpack "Q<", $text if $file =~ /safetensors$/;
        our $j = decode_json $text; eval $code; die $@ if $@ }' "$@"
}

# ---- Runs of every kind ------------------------------------------------------------------------

tiny=(-q --layers 2 --heads 2 --d-model 8 --d-head 4 --vocab 12 --context 16 --period 4 --ood 3,8
      --ood-sequences 2 --batch 2 --epochs 4)
expect_exit 0 induct-train "${tiny[@]}" --checkpoint-every 2 --states 2 -o plain
expect_exit 0 induct-train "${tiny[@]}" --layer-norm --positions rotary --bias --smear-keys \
    --checkpoints 2,0:2:1 --states 2 --period-per sequence --loss repeated --clip 1 --average ema:.5 \
    --log-scores induction --schedule cosine --warmup 1 --decay embed=0 --lr-scale unembed=.1 --freeze W_Q@1:2 -o full
expect_exit 0 induct-train "${tiny[@]}" --positions learned --position-offset 3 -o offset
expect_exit 0 induct-train -q --epochs 6 --from plain@2 -o branch

expect_named 'Files of a run' < <(ls -p plain full offset branch | grep -v ':$\|^$' |
    sed -E 's/^epoch-0*[0-9]+/epoch-00000100/; s/^state-[0-9]+/state-00010000/')

# ---- config.json and metrics.tsv ---------------------------------------------------------------

cp -r plain moved
sed -i 's/"vectors": "[^"]*"/"vectors": "other"/' moved/config.json
expect_exit 0 induct-train -q --resume moved --epochs 5 # on another processor

configs=({plain,full,offset,branch,moved}/config.json)
expect_named 'config.json' < <(of_json 'print "$_\n" for keys %$j' "${configs[@]}")
expect_named 'config.json, model' < <(of_json 'print "$_\n" for keys %{$j->{model}}' "${configs[@]}")
expect_named 'config.json, training' < <(of_json 'print "$_\n" for keys %{$j->{training}}' "${configs[@]}")
always=$(of_json 'print "$_\n" for keys %{$j->{training}}' plain/config.json | sort)
described=$(awk '/^\.SS config.json, training/ { on = 1; next } on && /states_every/ { exit } on' "$page" |
    grep -o '\\fB[a-z_0-9]*' | sed 's/^\\fB//' | sort)
[[ $(grep -v states_every <<<"$always") == "$described" ]] || cli_fail "always there: $always"
for name in shape warmup first last run epoch; do
    of_json 'print "$_\n" for map { ref $_ eq "HASH" ? keys %$_ : () } values %{$j->{training}}' "${configs[@]}" |
        grep -qx "$name" || cli_fail "no object of training has $name"
    expect_true "the page has $name" grep -q "lq$name" "$page"
done
expect_named 'metrics.tsv' < <(head -qn 1 {plain,full}/metrics.tsv | tr '\t' '\n' |
    sed -E 's/^(ood|average)_[0-9]+/\1_P/; s/^induction_L.*/NAME_L0H1/')

# ---- Weights -----------------------------------------------------------------------------------

# A tensor, its shape in the words of config.json's model: every size is another number.
shapes() {
    of_json 'my %size = %{decode_json $j->{__metadata__}{config}}; my %word;
        $word{join ",", @{$_->[0]}} = $_->[1] for
            [[@size{qw(d_vocab d_model)}], "[d_vocab, d_model]"], [[@size{qw(d_model d_vocab)}], "[d_model, d_vocab]"],
            [[$size{n_ctx} + ($size{extra_positions} // 0), $size{d_model}], "[n_ctx + extra_positions, d_model]"],
            [[@size{qw(n_heads d_model d_head)}], "[n_heads, d_model, d_head]"],
            [[@size{qw(n_heads d_head d_model)}], "[n_heads, d_head, d_model]"],
            [[@size{qw(n_heads d_head)}], "[n_heads, d_head]"], [[$size{d_model}], "[d_model]"],
            [[$size{d_vocab}], "[d_vocab]"], [[$size{n_heads}], "[n_heads]"];
        for (grep { $_ ne "__metadata__" } keys %$j) {
            my $shape = join ",", @{$j->{$_}{shape}};
            die "$_ is $j->{$_}{dtype}" if $j->{$_}{dtype} ne "F32";
            s/^blocks\.\d+/blocks.L/; print "$_ ", $word{$shape} // "of shape $shape", "\n" }' "$@"
}
described=$(awk '/^\.SS Tensors of a checkpoint/ { on = 1; next } /^\.SS/ { on = 0 } on && tag { print } { tag = $0 == ".TP" }' "$page" |
    perl -ne 's/\s*(\[.*\])//; my $shape = $1; print "$1 $shape\n" while /\\fB(.*?)\\fR/g' | sort -u)
written=$(shapes {plain,full,offset,branch}/epoch-0000000[024].safetensors 2>"$cli_err" | sort -u)
diff <(echo "$described") <(echo "$written") >"$cli_out" || cli_fail "the page's tensors (<) and those written (>)"

metadata='print "$_\n" for keys %{$j->{__metadata__}}'
expect_named 'Metadata of a checkpoint' < <(of_json "$metadata" {plain,full}/epoch-*.safetensors)
expect_named 'Metadata of resume and state files' < <(of_json "$metadata" {plain,full}/{resume,state-00000002}.safetensors)
expect_named 'Tensors of resume and state files' < <(of_json '
    for (keys %$j) { print "$1\n" if /^(.*?)(embed|pos_embed|blocks\.\d+|ln_final|unembed)\./ && $1 ne "" }' \
    {plain,full}/{resume,state-00000002}.safetensors)
if command -v xxhsum >/dev/null; then
    file=plain/epoch-00000002.safetensors
    length=$(perl -e 'local $/; open my $f, "<:raw", shift; print 8 + unpack "Q<", <$f>' "$file")
    of_json 'print $j->{__metadata__}{checksum}' "$file" >checksum
    [[ $(<checksum) == "xxh3-128:$(tail -c +$((length + 1)) "$file" | xxhsum -H2 - | cut -d' ' -f1)" ]] ||
        cli_fail "the checksum is not xxhsum's"
fi

expect_exit 0 induct-export -q plain --cache -o NAME
expect_named 'Exported files' < <(ls NAME*)
of_json 'for (qw(tokens logits blocks.0.attn.hook_pattern)) {
    print "$_ $j->{$_}{dtype} ", scalar @{$j->{$_}{shape}}, "\n" }' NAME-cache.safetensors >cache
[[ $(<cache) == $'tokens I64 2\nlogits F32 3\nblocks.0.attn.hook_pattern F32 4' ]] || cli_fail "the cache: $(<cache)"

# ---- Tables, sweeps, reports -------------------------------------------------------------------

expect_exit 0 induct-score -q plain --sequences 2 --format jsonl -o scores.jsonl
expect_named 'JSONL' < <(of_json 'print "$_\n" for keys %$j' scores.jsonl.provenance.json)

expect_exit 0 induct-sweep --lines "seeds 0; epochs 1; options ${tiny[*]:0:19}; arm a; then true" --dry-run --folder sweep
expect_named 'FOLDER/manifest.tsv' < <(grep -v '^#' "$cli_out" | head -n 1 | tr '\t' '\n')
if command -v parallel >/dev/null; then
    expect_exit 0 induct-sweep -q --lines "seeds 0; epochs 1; options ${tiny[*]:0:19}; arm a; then true" --folder sweep
    expect_file sweep/manifest.tsv
    expect_named 'Files of a run in a sweep' < <(ls sweep/*/ | grep '^sweep')
fi

expect_exit 0 induct-lab -q plain --sequences 2 -o lab.html
# wasm is there where there was a compiler for it
expect_named 'Blocks' < <(echo wasm; grep -ao 'id="block:[^"]*"' lab.html |
    sed -E 's/^id="block:|"$//g; s#^[0-9]+/#R/#; s#[0-9]+-[0-9]+$#FROM-TO#; s#weights/[0-9]+$#weights/EPOCH#')

# ---- The page ----------------------------------------------------------------------------------

if command -v man >/dev/null; then
    sed 's/@man_date@/a date/; s/@PROJECT_VERSION@/0/' "$page" >induct-formats.5
    warnings=$(man --warnings -E UTF-8 -l induct-formats.5 2>&1 >/dev/null)
    [[ -z $warnings ]] || cli_fail "man: $warnings"
fi

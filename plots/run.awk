# awk -v name=NAME -v want=title|task|periods|score|layers|split|outside|causes -f run.awk config.json
#
# What figures say of a run, from its config.json (flat enough to be read without a JSON library):
#   title     2L-varied · seed 67, preceded by the folder's NAME where that says something else
#   task      PERIOD_LO PERIOD_HI VOCAB CONTEXT; empty if the training is not known
#   periods   LO:HI or LO:HI:STEP, the profile that induct-eval is asked for: up to half the context
#   score     the period of the sequences that heads are scored on: 25, less in a short context
#   layers    how many; empty if not known
#   split     no, if scores cannot be split into content and position (LayerNorm, no table of positions)
#   outside   the periods measured outside the trained ones, P,P,..; empty if there are none
#   causes    the middle of the trained ones and those; empty if either is not known

{ text = text $0 " " }

function field(key,   rest) {
    if (!match(text, "\"" key "\"[ \t]*:[ \t]*"))
        return ""
    rest = substr(text, RSTART + RLENGTH)
    if (rest ~ /^"/) {
        rest = substr(rest, 2)
        sub(/".*/, "", rest)
    } else
        sub(/[],} \t].*/, "", rest)
    return rest
}

function list(key,   rest) {
    if (!match(text, "\"" key "\"[ \t]*:[ \t]*\\["))
        return ""
    rest = substr(text, RSTART + RLENGTH)
    sub(/\].*/, "", rest)
    gsub(/[ \t]/, "", rest)
    return rest
}

END {
    preset = field("preset"); seed = field("seed")
    norm = field("normalization_type"); positions = field("positional_embedding_type")
    lo = field("period_lo"); hi = field("period_hi")
    vocab = field("d_vocab"); context = field("n_ctx")
    if (want == "task") {
        if (lo != "" && hi != "")
            print lo, hi, vocab, context
    } else if (want == "split") {
        if ((norm != "" && norm != "null") || positions ~ /^(none|rotary|shortformer|alibi)$/)
            print "no"
    } else if (want == "outside") {
        print list("ood")
    } else if (want == "causes") {
        if (lo != "" && hi != "" && list("ood") != "")
            print int((lo + hi) / 2) "," list("ood")
    } else if (want == "layers") {
        print field("n_layers")
    } else if (want == "score") {
        print (context == "" || context >= 50 ? 25 : int(context / 2))
    } else if (want == "periods") {
        last = context >= 12 ? int(context / 2) : 40
        step = int((last - 5) / 48) + 1
        print "5:" last (step > 1 ? ":" step : "")
    } else {
        title = preset (seed == "" ? "" : (preset == "" ? "" : " · ") "seed " seed)
        if (name != preset "-seed" seed)
            title = name (title == "" ? "" : " · ") title
        print title
    }
}

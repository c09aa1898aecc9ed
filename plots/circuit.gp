# circuit.gp
#
# What the weights say of each head, against epoch: copying (which token goes in, comes out),
# matching through the strongest previous-token head (a query finds the key that this head moved),
# looking one position back by positions alone. Left by eigenvalues or attention, right as the
# memory probes of Bietti et al. 2023, shares of tokens and positions. From induct-circuit's table:
# columns epoch head kind via eigen top1 top1_chance prev_token prev_token_uniform.

out = ARG2; load ARG1; load here."style.gp"
call here."columns.gp" in \
    "epoch head kind via eigen top1 top1_chance prev_token prev_token_uniform"
curves_table = in
curves_name(x) = strcol("head")
named_most = palette_size
named_value(v) = "  ".share(v)

# The head of an earlier layer that once looked most at the previous position is given: `via`.
curves_keep(x) = strcol("kind") eq "previous"
curves_value(x) = column("prev_token")
load here."curves.gp"
last_layer = layers - 1
before = curves_n > 0 && curves_high == curves_high
curves_keep(x) = 1
curves_value(x) = column("top1")
load here."curves.gp"
previous_uniform = NaN; probe_chance = NaN; token_chance = NaN
stats in using (strcol("kind") eq "previous" ? (previous_uniform = column("prev_token_uniform"), \
    probe_chance = column("top1_chance"), 0) : 0) nooutput
stats in using (strcol("kind") eq "copy" ? (token_chance = column("top1_chance"), 0) : 0) \
    nooutput

# A row of panels a kind, those that the model has.
kinds = ""
stats in using (strcol("kind") eq "match" && strcol("via") eq via ? \
    (kinds = " match", 0) : 0) nooutput
matched = strlen(kinds) > 0
kinds = "copy".kinds.(before ? " previous" : "")
copying_heads = matched ? last_layer : 0

note = "dashed: chance"
height = 98 + 190 * words(kinds)
load here."title.gp"

row_name(kind, side) = kind eq "copy" ? (side == 1 ? "copying: eigenvalues" \
        : "copying: share of tokens copied") \
    : kind eq "match" ? (side == 1 ? "matching through ".via.": eigenvalues" \
        : "matching through ".via.": share of tokens") \
    : (side == 1 ? "attention one back, positions alone" : "share of positions that look one back")
do for [row = 1:words(kinds)] {
    kind = word(kinds, row)
    do for [side = 1:2] {
        curves_keep(x) = strcol("kind") eq kind && (kind eq "match" ? strcol("via") eq via : \
            kind eq "copy" ? layer_of(strcol("head")) >= copying_heads : \
            layer_of(strcol("head")) < last_layer || last_layer == 0)
        value = side == 2 ? "top1" : kind eq "previous" ? "prev_token" : "eigen"
        curves_value(x) = column(value)
        load here."curves.gp"
        call here."panel.gp" sprintf("%d", 92 + 190 * (row - 1)) sprintf("%d", 226 + 190 * (row - 1)) \
            row_name(kind, side) (side == 1 ? "62" : "504") (side == 1 ? "366" : "808")
        if (row < words(kinds)) { call here."epochs.gp" first_epoch last_epoch bare } else {
            call here."epochs.gp" first_epoch last_epoch
        }
        load here."shares.gp"
        if (value eq "eigen") {
            label_lo = -1; label_gap = 2 * label_gap
            set yrange [-1:1]
            set ytics nomirror -1,0.5,1 format "%.2g"
        }
        load here."heads_named.gp"
        load here."labels.gp"
        level = value eq "eigen" ? 0 : value eq "prev_token" ? previous_uniform : \
            kind eq "previous" ? probe_chance : token_chance
        plot level with lines lc rgb faint lw 0.8 dt 2, \
            for [i = 1:curves_n] $curves using (at($1)):(curves_of(i)) with @curves_with \
                lc rgb curves_colour[i] lw 1.5
        load here."next.gp"
    }
}
unset multiplot
unset output

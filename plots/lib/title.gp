# load here."title.gp"
#
# Opens the page, `height` points high: the headline says what is seen, below it the run, its training
# and the figure's `note`; the model is at the foot. Comes after columns.gp, so that a table that
# cannot be drawn leaves no file.

# induct-plots adds to an SVG the families to fall back on and the weight of bold text: gnuplot writes
# neither.
family = "DejaVu Sans"
height = height + 18                    # the foot
if (strlen(out) > 4 && out[strlen(out) - 3:] eq ".svg") {
    set terminal svg size width,height font family.",11" fontscale 1.23 linewidth 1 \
        background "#FFFFFF"
} else { if (strlen(out) > 4 && out[strlen(out) - 3:] eq ".pdf") {
    set terminal pdfcairo size width / 100.0,height / 100.0 font family.",11" fontscale 0.66 \
        linewidth 1 background "#FFFFFF"
} else {
    set terminal pngcairo size 2 * width,2 * height font family.",11" fontscale 1.85 linewidth 2 \
        background "#FFFFFF"
} }
set termoption noenhanced               # L0_H2 and ood_10 are names, not subscripts
set output out
strong = family.":Bold"

set border 3 lc rgb "#8A8A8A" lw 0.8
set tics nomirror out scale 0.5 textcolor rgb faint font ",10"
set grid xtics ytics lt 1 lc rgb hair lw 0.8, lt 1 lc rgb hair lw 0.8
set grid back
unset key

subtitle = run.(strlen(note) ? " · " : "").note
set multiplot
# Long lines are set smaller.
headline_size = strlen(headline) > 68 ? 15.0 * 68 / strlen(headline) : 15
subtitle_size = strlen(subtitle) > 118 ? 10.5 * 118 / strlen(subtitle) : 10.5
set label 1 headline at screen across(left - 40), screen down(26) left font sprintf("%s,%.1f", strong, headline_size) \
    textcolor rgb ink
set label 2 subtitle at screen across(left - 40), screen down(48) left font sprintf(",%.1f", subtitle_size) \
    textcolor rgb faint
set label 5 model at screen across(left - 40), screen down(height - 9) left font ",9" \
    textcolor rgb "#8A8A8A"

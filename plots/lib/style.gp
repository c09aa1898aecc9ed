# style.gp: what every figure shares. A figure's script begins with
#
#     out = ARG2; load ARG1; load here."style.gp"
#
# and is run as `gnuplot -d -c plots/NAME.gp FACTS OUT`. OUT ends in .png (twice the size, for sharp
# screens), .svg or .pdf. FACTS are assignments that induct-plots wrote (lib/plot/facts.c): all that is
# decided about a figure is decided there.
#
#     headline, run, model      what stands above and below the picture
#     in, table_NAME            the figure's tables, the first of them and each; "" for one that the
#                               run has not
#     task_known, period_lo, period_hi, score_period, vocab, context, layers, heads_n
#     previous_heads, induction_heads   heads by role, the strongest first; if none holds it, the nearest to
#     previous_held             1 if a head holds the first of these roles
#     oods, fallen_period       periods measured outside training; the one that fell most
#     change_epoch, passed      the strongest induction head is half formed; induction accuracy passes
#                               one half; -1 where they do not
#     logx                      1 if the axis of epochs is logarithmic
#
# Where curves end, their names stand (labels.gp), so there are no legends. Colours are those of
# Okabe and Ito, which stay apart for the colour-blind.

set encoding utf8
set datafile separator tab
set datafile commentschars "#"
set datafile missing NaN                # rows of other heads: the line goes on past them

width = 900

ink = "#222222"; faint = "#6B6B6B"; hair = "#E4E4E4"; idle = "#B5B5B5"; shade = "#EFF3E6"
palette_size = 8
palette_words = "#0072B2 #D55E00 #009E73 #CC79A7 #E69F00 #56B4E9 #444444 #8A7A00"
colour(i) = word(palette_words, 1 + (i - 1) % palette_size)

# Places on the page, in points from the left and the top.
across(x) = x / (1.0 * width)
down(y) = 1 - y / (1.0 * height)
left = 62; right = 122                  # room for tick labels, and for the names of curves


# 20000 as "20,000".
commas(n) = n < 1000 ? sprintf("%d", n) : commas(n / 1000).sprintf(",%03d", n % 1000)
# 0.974 as "0.97", a loss as "1.7".
share(x) = sprintf("%.2f", x)
# A change of nothing has no sign.
change(x) = abs(x) < 0.005 ? "0.00" : sprintf("%+.2f", x)
is_trained(p) = task_known && p >= period_lo && p <= period_hi
round_step(raw) = (p = 10 ** floor(log10(raw)), m = raw / p, \
    p * (m < 1.5 ? 1 : m < 3.5 ? 2 : m < 7.5 ? 5 : 10))

# A period's colour: blue for those shorter than the trained ones, darker further away, orange to
# red for the longer ones, green for the trained; `shortest`, `longest`: the ends of what is drawn.
mix(a, b, t) = int(a + (b - a) * t + 0.5)
rgb(r, g, b) = sprintf("#%02X%02X%02X", r, g, b)
# A colour of the palette, lightened by t of the way to white.
channel(c, i) = int("0x".(c[i:i + 1]))
tint(c, t) = rgb(mix(channel(c, 2), 255, t), mix(channel(c, 4), 255, t), mix(channel(c, 6), 255, t))
away(p, from, end) = from == end ? 1.0 : (1.0 * p - from) / (end - from)
blues(t) = rgb(mix(0x74, 0x00, t), mix(0xBE, 0x5A, t), mix(0xEB, 0x9C, t))
reds(t) = rgb(mix(0xEE, 0xC0, t), mix(0xAE, 0x42, t), mix(0x20, 0x00, t))
period_colour(p, shortest, longest) = p < period_lo ? blues(away(p, period_lo, shortest)) \
    : p > period_hi ? reds(away(p, period_hi, longest)) : "#009E73"

# An epoch as the axis shows it: a logarithmic one has no place for epoch 0.
at(epoch) = logx && epoch < 1 ? NaN : epoch
# Gathered over a table's rows: the first epoch that the axis shows, the last, how many.
first_epoch = -1; last_epoch = -1; epochs_seen = 0
note_epoch(e) = at(e) != e ? 0 : (first_epoch < 0 || e < first_epoch ? first_epoch = e : 0, \
    e > last_epoch ? (last_epoch = e, epochs_seen = epochs_seen + 1) : 0, 0)
# `with @curve` (or @head_curve): few checkpoints are dots on a line; a single one would leave no
# mark otherwise.
curve_for(seen) = seen <= 12 ? "linespoints pt 7 ps 0.7" : "lines"
# A dashed level is a line through checkpoints; of a single one it goes from side to side:
# `for [k = 1:curves_epochs == 1] in using (epochs_first):"NAME":@to_the_right`.
to_the_right = '(epochs_last - epochs_first):(0) with vectors nohead lc rgb faint lw 0.8 dt 2'
# For curves.gp: no intervals unless a figure says where they stand.
curves_lo(x) = NaN
curves_hi(x) = NaN
curves_with = "lines"                   # what blocks read before curves.gp ran
# The layer of "L1H0"; -1 of what is no head, such as the name of a column.
layer_of(h) = h[1:1] eq "L" && strstrt(h, "H") > 2 ? int(h[2:strstrt(h, "H") - 1]) : -1

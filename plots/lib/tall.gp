# load here."tall.gp": a y axis from 0 to the next tenth above curves_high, for scores that may stay low.
label_lo = 0
label_hi = ceil(10.5 * curves_high) / 10.0
label_hi = label_hi > 1 ? 1.0 : label_hi > 0.1 ? label_hi : 0.1
label_gap = 15.0 / panel_height * label_hi
set yrange [0:label_hi]
set ytics nomirror 0,(label_hi > 0.6 ? 0.25 : label_hi > 0.2 ? 0.1 : 0.05),1 format "%.2g"

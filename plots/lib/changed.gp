# load here."changed.gp": marks in this panel the epoch at which the strongest induction head is half
# formed.
if (change_epoch > 0) {
    set arrow 51 from first change_epoch, graph 0 to first change_epoch, graph 1 nohead \
        lc rgb "#C9A24D" lw 0.9 dt 3
}

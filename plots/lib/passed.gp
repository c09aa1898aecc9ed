# load here."passed.gp": marks in this panel the epoch at which induction accuracy passed one half.
if (passed >= 0) {
    set arrow 50 from first passed, graph 0 to first passed, graph 1 nohead \
        lc rgb "#909090" lw 0.9 dt 3
}

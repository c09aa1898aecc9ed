# ls -U RUN | awk -v want=profile|first|middle|last|stride -f epochs.awk
#
# Chooses among a run's checkpoints, from the names of its files.
#   profile   the last one and those nearest to 1, 2 and 4 times a power of ten below it
#             (down to a fortieth), six at the most, comma-separated
#   first, middle, last
#   stride    not more than -v most=N of them, at multiples of 1, 2 or 5 times a power of ten, and the
#             last, as --epochs takes it: ::1000,last

/^epoch-[0-9]+\.safetensors$/ { epoch[++n] = substr($0, 7) + 0 }

function nearest(target,   i, best, nearer) {
    best = epoch[1]
    for (i = 2; i <= n; i++) {
        nearer = distance(best, target) - distance(epoch[i], target)
        if (nearer > 0 || (nearer == 0 && epoch[i] < best))     # the files come in any order
            best = epoch[i]
    }
    return best
}
function distance(a, b) { return a < b ? b - a : a - b }
function stride(   power, step, i, count) {
    for (power = 1; power <= high + 1; power *= 10)
        for (step = power; step <= 5 * power; step = step == 2 * power ? 5 * power : 2 * step) {
            count = high % step != 0
            for (i = 1; i <= n; i++)
                count += epoch[i] % step == 0
            if (count <= most)
                return "::" step (high % step != 0 ? ",last" : "")
        }
    return "last"
}

END {
    if (n == 0)
        exit 1
    low = high = epoch[1]
    for (i = 2; i <= n; i++) {
        low = epoch[i] < low ? epoch[i] : low
        high = epoch[i] > high ? epoch[i] : high
    }
    if (want == "first")
        print low
    else if (want == "middle")
        print nearest((low + high) / 2)
    else if (want == "last")
        print high
    else if (want == "stride")
        print stride()
    else {
        list = high
        taken[high] = count = 1
        for (power = 1; power * 10 <= high; power *= 10)
            ;
        for (; power >= 1 && count < 6; power /= 10)
            for (step = 4; step >= 1 && count < 6; step /= 2) {
                target = step * power
                choice = nearest(target)
                # Not two curves of nearly the same epoch, nor one far from what it stands for.
                if (target > 0.75 * high || target < high / 40 ||
                    distance(choice, target) > 0.2 * target || taken[choice])
                    continue
                taken[choice] = 1
                list = choice "," list
                count++
            }
        print list
    }
}

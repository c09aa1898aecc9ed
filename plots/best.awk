# ls -U RUN | awk -f best.awk metrics.tsv -
#
# The checkpoint nearest to the epoch at which that accuracy outside the trained periods was best
# which fell most since: of all columns ood_P, in means over five logged values in a row.

BEGIN { FS = "\t" }
FILENAME != "-" && !columns {
    columns = NF
    for (i = 1; i <= NF; i++)
        if ($i ~ /^ood_/)
            ood[i]
    next
}
FILENAME != "-" && NF == columns {
    epoch[++rows] = $1
    for (i in ood) {
        value[rows, i] = $i
        if (rows < 5)
            continue
        now[i] = (value[rows, i] + value[rows - 1, i] + value[rows - 2, i] + value[rows - 3, i] + \
            value[rows - 4, i]) / 5
        if (!(i in peak) || now[i] > peak[i]) {
            peak[i] = now[i]
            at[i] = epoch[rows - 2]
        }
    }
}
FILENAME == "-" && /^epoch-[0-9]+\.safetensors$/ { checkpoint[substr($0, 7) + 0] }
END {
    most = -1
    for (i in peak)
        if (peak[i] - now[i] > most || (peak[i] - now[i] == most && i + 0 < fallen)) {
            most = peak[i] - now[i]
            fallen = i + 0
        }
    target = most < 0 ? epoch[rows] : at[fallen]
    for (e in checkpoint) {
        away = e + 0 < target ? target - e : e - target
        if (choice == "" || away < least || (away == least && e + 0 < choice)) {
            choice = e + 0
            least = away
        }
    }
    print choice
}

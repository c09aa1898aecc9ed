#!/bin/sh
# man_overview.sh VERSION PAGE PROGRAM_PAGE...: writes induct(1), which names every program with the
# line that its own page has of it.
set -eu
version=$1 page=$2
shift 2

date=$(LC_ALL=C date -u -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}" '+%B %Y')
{
    cat <<END
.TH INDUCT "1" "$date" "induct $version" "induct"
.SH NAME
induct \\- interpretability of small attention-only transformers: overview of the programs
.SH SYNOPSIS
\\fBinduct\\fR \\fIPROGRAM\\fR [\\fIARGUMENT\\fR...]
.br
\\fBinduct\\fR [\\fB\\-\\-help\\fR | \\fB\\-\\-version\\fR | \\fBhelp\\fR \\fIPROGRAM\\fR]
.SH DESCRIPTION
An induction head finds an earlier occurrence of the present token and predicts what came after it.
induct trains transformers of attention alone, in which such heads form, keeps their checkpoints, and
measures every one of them: attention scores, circuits, composition, spectra, ablations, paths.
.PP
\\fBinduct\\-train\\fR makes a \\fIrun\\fR, a folder of checkpoints; \\fBinduct\\-import\\fR makes one of another
program's model. Every other program reads runs and writes a table, a picture or a page. Each
says with \\fB\\-\\-help\\fR what its columns mean, with their formulas.
.PP
\\fBinduct score\\fR is \\fBinduct\\-score\\fR, and so with every other; \\fBinduct \\-\\-help\\fR lists them,
\\fBinduct \\-\\-version\\fR says which induct this is, how it was compiled and what it computes with.
.SH PROGRAMS
END
    for one in "$@"; do
        name=${one##*/}
        name=${name%.1}
        printf '.TP\n\\fB%s\\fR(1)\n' "$(printf '%s' "$name" | sed 's/-/\\-/g')"
        sed -n '/^\.SH NAME/{n;s/^.* \\- //p;q;}' "$one"
    done
    cat <<'END'
.SH A FIRST WALK
.nf
induct\-train \-\-seed 67 \-\-live        # runs/2L\-varied\-seed67
induct\-onset                         # what formed, and when
induct\-score \-\-epochs last           # which heads do what
induct\-pattern \-\-epochs last \-o pattern.png
induct\-compose \-\-epochs last         # who reads whom
induct\-ablate \-\-epochs last          # what each is needed for
induct\-plots                         # all of it as figures
.fi
.SH ENVIRONMENT
.TP
\fBINDUCT_RUN\fR
the run that is read where none is named
.TP
\fBINDUCT_SIMD\fR
the vector instructions to use, in place of the processor's best: \fBbaseline\fR (of any processor; on
arm64, whose NEON it is, there is no other), \fBavx2\fR or \fBavx512\fR. A set that the processor lacks, or
another word, ends a program at once, with status 64 and a line that says what there is. Bytes are the same on the same
set: on mixed processors, set it to the least of them for all of a sweep
.TP
\fBOMP_NUM_THREADS\fR
threads, where \fB\-\-threads\fR does not say; without it, as many as processors that this process may run on
.TP
\fBSLURM_JOB_END_TIME\fR
when the allocation ends, in seconds since 1970, as Slurm sets it: \fBinduct\-train\fR is saved before
.TP
\fBGNUPLOT\fR, \fBINDUCT_PLOTS\fR
the gnuplot that \fBinduct\-plots\fR runs, and the folder of the scripts that it draws by
.TP
\fBINDUCT_BIN\fR
the folder of the programs that \fBinduct\fR and \fBinduct\-demo\fR run, if not their own
.TP
\fBRUN\fR
where \fBinduct\-demo\fR trains
.TP
\fBTERM\fR, \fBNO_COLOR\fR, \fBLC_ALL\fR, \fBLC_CTYPE\fR, \fBLANG\fR
whether a terminal can move its cursor, has colours and shows UTF\-8
.SH FILES
\fBinduct\-formats\fR(5): runs, checkpoints, tables, manifests of sweeps, reports of the lab
.SH EXIT STATUS
0 done, 1 failed, 64 the command line cannot be understood, 75 stopped in time to be queued again
(\fBinduct\-train\fR, and so the tasks of \fBinduct\-sweep\fR on a cluster), 130, 143 and 129 ended
by SIGINT, SIGTERM and SIGHUP (a terminal that goes away). \fBinduct\-sweep\fR returns 1 unless all of its runs are done, after it has tried all.
END
} >"$page.part"
mv "$page.part" "$page"

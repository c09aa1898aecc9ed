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
the vector instructions to use, in place of the processor's best
.SH FILES
\fBinduct\-formats\fR(5): runs, checkpoints, tables, manifests of sweeps, reports of the lab
.SH EXIT STATUS
0 done, 1 failed, 64 the command line cannot be understood, 75 stopped in time to be queued again
(\fBinduct\-train\fR), 130 and 143 ended by SIGINT and SIGTERM.
END
} >"$page.part"
mv "$page.part" "$page"

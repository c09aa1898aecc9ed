#!/bin/bash
# induct-seeds: means, every seed, paired differences, roles and events of tables made by hand.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"

table() { # table ARM SEED SHIFT: y = seed + shift, and 10 later on; a head that is best, another in each seed
    mkdir -p "$1-seed$2/tables"
    printf 'epoch\ty\n0\t%s\n100\t%s\n' "$(($2 + $3))" "$(($2 + $3 + 10))" >"$1-seed$2/metrics.tsv"
    {
        printf '# induct-score\nepoch\thead\tprev_token\tinduction\n'
        for epoch in 0 100; do
            for head in 0 1 2; do
                printf '%d\tL0H%d\t0.%d\t0.%d1\n' $epoch $head $((head == $2 % 3 ? 9 : 1)) $((head + 1))
                printf '%d\tL1H%d\t0.95\t0.%d5\n' $epoch $head $((head == $2 % 3 ? 8 : head))
            done
        done
    } >"$1-seed$2/tables/scores.tsv"
}
for seed in 0 1 2 3 4 5 6 7; do
    table base $seed 0
    table up $seed 3
    table mixed $seed $((seed % 2 ? 1 : -1))
done
shown() { cells "$cli_out" "$@"; }

# ---- Curves and numbers ------------------------------------------------------------------------
expect_exit 0 induct-seeds base-seed*
expect_true "two epochs, eight seeds, means" diff <(shown arm column of epoch seeds mean least most) <(
    printf 'base\ty\t-\t0\t8\t3.5\t0\t7\nbase\ty\t-\t100\t8\t13.5\t10\t17\n')
cp "$cli_out" curves
expect_exit 0 induct-seeds base-seed{7,3,1,0,2,6,4,5}
expect_true "in whatever order" diff <(tail -n +2 "$cli_out") <(tail -n +2 curves)
# Student's interval of 0..7: 3.5 +- 2.365 * 2.449 / sqrt(8) = 1.45 .. 5.55; the percentiles are near it
expect_true "its interval" rows curves \
    'N == 1 { exit !($c["mean_lo"] > 1.2 && $c["mean_lo"] < 1.9 && $c["mean_hi"] > 5.1 && $c["mean_hi"] < 5.8) }'
expect_exit 0 induct-seeds base-seed* --each --at 0,100
expect_true "every seed, over both epochs" diff <(shown seed value) <(
    for seed in 0 1 2 3 4 5 6 7; do printf '%d\t%d\n' $seed $((seed + 5)); done)
expect_exit 0 induct-seeds base-seed* --at 100 --since 0
expect_true "changes" test "$(shown epoch seeds mean mean_lo mean_hi)" = $'nan\t8\t10\t10\t10'
expect_exit 0 induct-seeds base-seed0
expect_true "one seed has no interval" test "$(shown mean_lo mean_hi | sort -u)" = $'nan\tnan'
mkdir tables && for seed in 0 1; do cp base-seed$seed/metrics.tsv tables/base-seed$seed.tsv; done
expect_exit 0 induct-seeds tables/base-seed{0,1}.tsv --at 100
expect_true "tables that say it by their own names" test "$(shown arm seeds mean)" = $'base\t2\t10.5'

# ---- Pairs -------------------------------------------------------------------------------------
expect_exit 0 induct-seeds ./*-seed* --at 100 --against base
expect_true "differences, exact p, Holm, joint flips" diff <(shown arm seeds difference above p p_holm p_joint) <(
    printf 'mixed\t8\t0\t4\t1\t1\t1\nup\t8\t3\t8\t0.0078125\t0.015625\t0.015625\n')
expect_stderr ''
expect_exit 0 induct-seeds ./*-seed* --at 100 --against base --each
expect_true "every pair" test "$(shown arm seed value | grep -e up -e 'mixed.[01]' | tr '\n' ' ')" = \
    $'mixed\t0\t-1 mixed\t1\t1 '"$(printf 'up\t%d\t3 ' 0 1 2 3 4 5 6 7)"
expect_exit 0 induct-seeds base-seed* up-seed{0,1,2,3,4} --at 100 --against base
expect_true "those that have a partner: five cannot go below 1/16" test "$(shown arm seeds p)" = $'up\t5\t0.0625'

# What an arm keeps. The control falls from .8 to .2; kept falls to .75 and half to .5, lost to .25; none of a control
# that does not fall.
kept() { # kept ARM SEED BEFORE AFTER
    printf 'epoch\tp40\n0\t%s\n100\t%s%d\n' "$3" "$4" "$2" >"kept/$1-seed$2.tsv"
}
mkdir kept
for seed in 0 1 2 3 4 5 6 7; do
    kept control $seed .8 .20
    kept kept $seed .8 .75
    kept half $seed .8 .50
    kept lost $seed .8 .25
    kept steady $seed .8 .80
done
judged() { shown arm before against_before verdict | tr '\n' ' '; }
expect_exit 0 induct-seeds kept/{control,kept,half,lost}-* --at 100 --against control --keeps 0
expect_true "kept, lost or partly so" test "$(judged)" = \
    $'half\t0.8\t0.8\tpartial kept\t0.8\t0.8\tkeeps lost\t0.8\t0.8\tloses '
expect_exit 0 induct-seeds kept/{steady,kept}-* --at 100 --against steady --keeps 0
expect_true "nothing was lost: an open question" test "$(shown verdict)" = open
expect_exit 0 induct-seeds kept/{control,kept}-* --at 100 --against control --keeps 0 --tolerance .04
expect_true "of what is no loss" test "$(shown verdict)" = partial

# Of one arm at seven periods, which rises by as much in all of them: eight seeds are too few for Holm alone.
for seed in 0 1 2 3 4 5 6 7; do
    for arm in control risen; do
        printf 'epoch\tp1\tp2\tp3\tp4\tp5\tp6\tp7\n0%s\n100%s\n' "$(printf '\t.8%.0s' 1 2 3 4 5 6 7)" \
            "$(printf "\t.$([[ $arm = risen ]] && echo 8 || echo 2)$seed%.0s" 1 2 3 4 5 6 7)" >kept/$arm-seed$seed.tsv
    done
done
expect_exit 0 induct-seeds kept/{control,risen}-* --at 100 --against control --keeps 0
expect_stderr 'induct-seeds: 7 rows of at most 8 seeds: p_holm cannot go below 0.055 (9 seeds could reach .05), p_joint not below 0.0078'
expect_true "Holm's p and its verdict" test "$(shown p_holm p_joint verdict | sort -u)" = $'0.0546875\t0.0078125\tpartial'
expect_exit 0 induct-seeds kept/{control,risen}-* --at 100 --against control --keeps 0 --adjust joint
expect_true "that of joint flips" test "$(shown verdict | sort -u)" = keeps

# ---- Roles -------------------------------------------------------------------------------------
scores=(--table tables/scores.tsv --at 100)
expect_exit 0 induct-seeds base-seed* "${scores[@]}" --role prev --column prev_token
expect_true "the strongest head that has a layer above it" test "$(shown of seeds mean)" = $'role=prev\t8\t0.9'
expect_exit 0 induct-seeds base-seed* "${scores[@]}" --role induction --column induction
expect_true "by rank" test "$(shown of mean | head -1)" = $'role=induction.1\t0.85'
# The same answer as induct-roles', where the highest score is neither at the end nor the highest there.
{
    printf 'epoch\thead\tprev_token\tinduction\n'
    printf '0\tL0H0\t.8\t0\n0\tL0H1\t.1\t0\n0\tL1H0\t.9\t.7\n0\tL1H1\t.1\t.1\n'
    printf '100\tL0H0\t.3\t0\n100\tL0H1\t.6\t0\n100\tL1H0\t.9\t.4\n100\tL1H1\t.1\t.5\n'
} >role-seed0.tsv
expect_exit 0 induct-roles role-seed0.tsv
expect_true "by the highest of all" test "$(cells "$cli_out" role name rank | grep -e 'prev.*L0' -e 'ind.*[12]$' | sort | tr '\n' ' ')" = \
    $'induction\tL1H0\t1 induction\tL1H1\t2 previous\tL0H0\t2 previous\tL0H1\t3 '
expect_exit 0 induct-seeds role-seed0.tsv --role prev --column prev_token --at 100
expect_true "the same head" test "$(shown mean)" = 0.3
expect_exit 0 induct-seeds role-seed0.tsv --role prev --role-at 100 --column prev_token --at 100
expect_true "another at an epoch that is named" test "$(shown mean)" = 0.6
expect_exit 0 induct-seeds role-seed0.tsv --role induction --column induction --at 100
expect_true "ranks" test "$(shown of mean | head -2 | tr '\n' ' ')" = $'role=induction.1\t0.4 role=induction.2\t0.5 '
# the same of one table with a column run
{
    printf 'run\t' && sed -n 2p base-seed0/tables/scores.tsv
    for seed in 0 1; do tail -n +3 base-seed$seed/tables/scores.tsv | sed "s/^/base-seed$seed\t/"; done
} >all.tsv
expect_exit 0 induct-seeds all.tsv --at 100 --role prev --column prev_token
expect_true "from a column run" test "$(shown arm of seeds mean)" = $'base\trole=prev\t2\t0.9'

# ---- Heads by assignment -----------------------------------------------------------------------
# Three runs of two layers: the second has the heads of the first under other numbers; in the third, L0H0 and L0H1 do
# the same, so that either could be either.
offsets() { # offsets NAME, with rows HEAD A B on stdin
    { printf 'epoch\thead\tat_1\tat_2\n'; while read -r head a b; do printf '%s\t%s\t%s\t%s\n' 7 "$head" "$a" "$b"; done; } >"$1"
}
mkdir match
offsets match/a-seed0.tsv <<<$'L0H0 1 0\nL0H1 0 1\nL1H0 .5 .5\nL1H1 .5 -.5'
offsets match/a-seed1.tsv <<<$'L0H0 0 1\nL0H1 1 0\nL1H0 .5 .5\nL1H1 .5 -.5'
offsets match/a-seed2.tsv <<<$'L0H0 .7 .7\nL0H1 .7 .7\nL1H0 .5 -.4\nL1H1 .5 .4'
expect_exit 0 induct-seeds match/* --match a-seed0
expect_true "who is who" diff <(shown seed head like status | tail -n 8) - <<'END'
1	L0H0	L0H1	matched
1	L0H1	L0H0	matched
1	L1H0	L1H0	matched
1	L1H1	L1H1	matched
2	L0H0	L0H0	unmatched
2	L0H1	L0H1	unmatched
2	L1H0	L1H1	matched
2	L1H1	L1H0	matched
END
# one vector of two columns: L1H0 of seed 2 is like L1H1 by 2 (.25 + .2) / (.5 + .41), and like L1H0 by 2 (.25 - .2) / .91;
# so is the other pair, and the margin of each is both differences
expect_true "likeness and margins by hand" rows "$cli_out" '
    function near(a, b) { return a - b < 1e-5 && b - a < 1e-5 }
    $c["seed"] == 1 { bad += !near($c["likeness"], 1) || !near($c["margin"], 2) }
    $c["seed"] == 2 && $c["head"] == "L1H0" { bad += !near($c["likeness"], .989011) || !near($c["margin"], 1.75824) }
    $c["seed"] == 2 && $c["head"] ~ /L0/ { bad += !near($c["margin"], 0) || !near($c["second"], 0) }
    END { exit bad || N != 12 }'
expect_exit 0 induct-seeds match/* --match a-seed0 --role like --at 7
expect_true "numbers by it, without the unmatched" diff <(shown column of seeds mean) - <<'END'
at_1	like=L0H0	2	1
at_1	like=L0H1	2	0
at_1	like=L1H0	3	0.5
at_1	like=L1H1	3	0.5
at_2	like=L0H0	2	0
at_2	like=L0H1	2	1
at_2	like=L1H0	3	0.466667
at_2	like=L1H1	3	-0.466667
END
printf 'epoch\theads\tperiod\taccuracy_delta\n7\tL0H0+L0H1\t5\t9\n7\tL0H0\t5\t.3\n7\tL0H1\t5\t-.3\n7\tL0H0\t6\t.1\n7\tL0H1\t6\t0\n' |
    tee match/b-seed0.tsv >match/b-seed1.tsv
expect_exit 0 induct-seeds match/b-* --match b-seed0@7 --role-at 7
expect_true "by periods of induct-ablate, sets of heads passed over" test "$(shown head like | sort -u | tr '\n' ' ')" = \
    $'L0H0\tL0H0 L0H1\tL0H1 '
expect_exit 1 induct-seeds match/* --match a-seed0
expect_stderr_has 'other heads than those of arm a, seed 0'
expect_exit 1 induct-seeds match/a-* --match a-seed9
expect_stderr 'induct-seeds: no run is a-seed9'
expect_exit 1 induct-seeds match/a-* --match a-seed0 --role-at 8
expect_stderr_has 'no head has a value at that epoch'
expect_exit 64 induct-seeds match/a-* --role like
expect_exit 64 induct-seeds match/a-* --match a-seed0 --at 7

# ---- Events ------------------------------------------------------------------------------------
onset() { printf 'base-seed%d/metrics.tsv\t-\ty\t%s\t%s\t%s\n' "$@"; }
{
    printf 'table\tof\tcolumn\tevent\tepoch\tstatus\n'
    onset 0 crossing 300 seen
    onset 1 crossing nan censored
    onset 2 crossing 100 seen
    onset 3 crossing nan censored
} >onset.tsv
expect_exit 0 induct-seeds --events onset.tsv
expect_true "censored ones are counted" test "$(shown seeds seen share median first last)" = $'4\t2\t0.5\t300\t100\t300'
expect_exit 0 induct-seeds --events onset.tsv --each
expect_true "every seed" diff <(shown seed epoch status until) <(
    printf '0\t300\tseen\tnan\n1\tnan\tcensored\tnan\n2\t100\tseen\tnan\n3\tnan\tcensored\tnan\n')
{
    cat onset.tsv
    onset 0 break 200 seen
    onset 1 break 200 seen
    onset 2 break 200 unsettled
    onset 3 break nan not_yet
} >both.tsv
expect_exit 0 induct-seeds --events both.tsv --order
expect_true "pairs: 200 to 300 and 200 to 100; one alone, none" diff \
    <(shown event other seeds both earlier later same only only_other neither difference p) \
    <(printf 'y break\ty crossing\t4\t2\t1\t1\t0\t1\t0\t1\t0\t1\n')
expect_exit 0 induct-seeds --events both.tsv --event crossing
expect_true "of one kind" test "$(shown event)" = crossing
expect_exit 1 induct-seeds --events both.tsv --event crosing
expect_stderr 'induct-seeds: no event is called crosing'
sed -i 's/300\tseen/nan\tcensored/' onset.tsv
expect_exit 0 induct-seeds --events onset.tsv
expect_true "the median is not reached" test "$(shown seen median)" = $'1\tinf'

# ---- Events by criteria ------------------------------------------------------------------------
# Of a run whose p rises at 200 and falls at 600, but for one checkpoint at 400; m is above 0 from 200 to 700; the
# head a is the highest at 300, and b is above it from 500 on.
run_of() { # run_of NAME LATER
    {
        printf 'epoch\tp\tm\ta\tb\n'
        for epoch in 0 100 200 300 400 500 600 700 800 900; do
            at=$((epoch - $2))
            printf '%d\t%s\t%s\t%s\t%s\n' $epoch "$( ((at < 200 || at >= 600 || at == 400)) && echo .1 || echo .9)" \
                "$( ((at < 200 || at >= 700)) && echo -1 || echo 1)" \
                "$( ((at < 500)) && echo .6 || echo .2)" "$( ((at < 500)) && echo .1 || echo .5)"
        done
    } >"criteria/$1.tsv"
}
mkdir criteria
for seed in 0 1 2 3 4 5 6 7; do
    run_of base-seed$seed 0
    run_of late-seed$seed $((seed < 6 ? 100 : 500))
done
cat >events <<'END'
# what is looked for
rise:     p above .5
fall:     p drop .2 once above .5
wins:     m below 0 once above 0
first:    m below 0               # without once: two at the beginning are too few, three are not
fade:     share([ab]@300) below .5 from 300
takeover: rival([ab]@300) above 0 from 300
sum:      mean([ab]) below .352
END
expect_exit 0 induct-seeds criteria/base-seed0.tsv --criteria events --each
expect_true "the first of three checkpoints in a row" diff <(shown event epoch status until) - <<END
fade	500	seen	900
fall	600	seen	900
first	700	seen	900
rise	nan	censored	900
sum	0	seen	900
takeover	500	seen	900
wins	700	seen	900
END
expect_exit 0 induct-seeds criteria/late-seed0.tsv --criteria events --each
expect_true "once: not at the beginning; two at the end are too few" test \
    "$(shown event epoch | grep -E 'first|wins')" = $'first\t0\nwins\tnan'
expect_exit 0 induct-seeds criteria/* --criteria events
expect_true "over seeds" diff <(shown arm event seeds seen median | grep -E 'fall|wins') - <<END
base	fall	8	8	600
base	wins	8	8	700
late	fall	8	6	700
late	wins	8	0	inf
END
expect_exit 0 induct-seeds criteria/* --criteria <(grep -E 'fall|fade' events) --order
expect_true "order: fade before fall, by 100 epochs" diff \
    <(shown arm event other both earlier only difference p p_holm verdict) - <<END
base	fade	fall	8	8	0	100	0.0078125	0.015625	leads
late	fade	fall	6	6	0	100	0.03125	0.03125	leads
END
expect_exit 0 induct-seeds criteria/* --criteria <(grep -E 'fall|wins' events) --against base
expect_true "arms: how many more, and how much later" diff \
    <(shown event seeds seen seen_against only only_against p both delay) - <<END
fall	8	6	8	0	2	0.5	6	100
wins	8	0	8	0	8	0.0078125	0	nan
END
sed -i '/^[78]00/d;/^900/d' criteria/base-seed0.tsv
expect_exit 0 induct-seeds criteria/*-seed0.tsv --criteria <(grep -E 'rival' events) --against late
expect_true "not beyond the shorter run's end" test "$(shown seeds seen seen_against)" = $'1\t0\t0'

refused() { # refused CRITERION WHY
    printf '\n%s\n' "$1" >wrong
    expect_exit 1 induct-seeds criteria/base-seed1.tsv --criteria wrong
    expect_stderr "induct-seeds: $2"
}
refused 'p above .5' 'wrong: line 2: a criterion is NAME: CURVE TEST [once TEST] [from EPOCH]'
refused 'x: p over .5' "wrong: line 2: 'over' is none of above, below and drop"
refused 'x: p above high' "wrong: line 2: above 'high' is not a number"
refused 'x: p above' "wrong: line 2: above what number?"
refused 'x: sum(p) above 1' "wrong: line 2: 'sum' is none of mean, max, min, share and rival"
refused 'x: share(p) above 1' 'wrong: line 2: share of the highest at which epoch? share(p@EPOCH)'
refused 'x: p above .5 until 300' "wrong: line 2: 'until' is neither once nor from"
refused 'x: q above .5' 'arm base, seed 1: x: q is no column of its tables'
refused 'x: [ab] above .5' 'arm base, seed 1: x: [ab] is several curves: mean() of them?'
refused 'x: share([ab]@350) above .5' 'arm base, seed 1: x: [ab] has no epoch 350'
refused '# nothing' 'wrong: there is no criterion in it'
expect_exit 64 induct-seeds criteria/base-seed1.tsv --order
expect_exit 64 induct-seeds criteria/base-seed1.tsv --criteria events --events

# ---- The plan of the study: what it asks, of its own tables and of all its arms ------------------
fading=$INDUCT_SOURCE/plots/fading
expect_exit 0 induct-onset "$fading"/results/base-seed*.tsv --column p40 --falls --level .2
rows "$cli_out" '$c["event"] == "crossing" { print $c["table"], $c["epoch"] }' | sed 's/.*-seed//; s/\.tsv//' |
    sort -n >falls
expect_exit 0 induct-seeds "$fading"/results/base-seed*.tsv --criteria "$fading/study.events" --each
expect_true "falls are those of induct-onset" diff falls \
    <(rows "$cli_out" '$c["event"] == "fall" { print $c["seed"], $c["epoch"] }' | sort -n)
mkdir judged
for arm in base control forbid-pp clamp-prev decay-embed-0 decay-0 rate-to-0 period-each wide learned offset; do
    for seed in 0 1 2; do
        {
            printf 'epoch\tp10\tp15\tp25\tp35\tp40\tmargin_40\tbump_L1H0\tbump_L1H1\tprev_L0H0\tprev_L0H1\n'
            for epoch in 0 20000 32000 32500 33000 44000 44500 45000 60000; do
                printf '%d\t.9\t.9\t.9\t.9\t.%d\t1\t0\t0\t.5\t.4\n' $epoch "$((epoch > 30000 ? 1 + seed : 8))"
            done
        } >judged/$arm-seed$seed.tsv
    done
done
expect_exit 0 bash "$fading/judge.sh" judged
expect_stdout "$(for name in base-{events,events-each,order,curves,peaks} arms{,-joint,-price,-change,-each,-curves,-falls,-clock} scratch{,-falls,-price,-events,-curves}; do
    echo "$PWD/judged/judged/$name.tsv"
done)"
expect_true "the family has 7 arms x 4 periods" test "$(cells judged/judged/arms.tsv arm | wc -l)" = 28

# ---- Refused -----------------------------------------------------------------------------------
cp base-seed0/metrics.tsv nobody.tsv
expect_exit 1 induct-seeds nobody.tsv
expect_stderr 'induct-seeds: nobody.tsv: whose arm and seed? No part of the path is ARM-seedN'
expect_exit 1 induct-seeds base-seed0 base-seed0/metrics.tsv
expect_stderr 'induct-seeds: arm base, seed 0: y (-) is there twice'
expect_exit 1 induct-seeds base-seed0 --at 0,50
expect_stderr 'induct-seeds: arm base, seed 0: y (-) has 1 of the 2 epochs of --at'
expect_exit 1 induct-seeds base-seed0 up-seed1 --at 0 --against base
expect_stderr 'induct-seeds: arms up and base have no seed in common for y (-)'
expect_exit 1 induct-seeds base-seed0 --at 0 --against control
expect_stderr 'induct-seeds: no run is of the arm control'
expect_exit 1 induct-seeds base-seed0 --role prev
expect_stderr_has "no head has a prev_token at that epoch"
expect_exit 64 induct-seeds base-seed0 --against base
expect_exit 64 induct-seeds base-seed0 --events --at 100

#!/bin/bash
# induct-sweep on a Slurm of one node, begun and ended here: submit, USR1, a killed task, requeue, the same
# bytes as locally; scancel leaves nothing that waits.       ctest: slow ctest: serial ctest: timeout 300
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
needs parallel slurmctld slurmd munged sbatch scontrol dd ss flock
[[ $(id -u) -eq 0 ]] || skip "a Slurm of one's own wants root"

# ---- A cluster of one node ---------------------------------------------------------------------
host=$(hostname -s)
dir=$(mktemp -d /tmp/induct-slurm-XXXXXX) # sockets: a short path
mkdir "$dir"/run "$dir"/state "$dir"/spool "$dir"/log
chmod 755 "$dir" "$dir/run"
# Ports that nobody listens on, of a block that another such test holds not: two may run side by side.
taken() { ss -Hltn "sport = :$1" | grep -q .; }
for ((port = 20000 + $$ % 6000 * 4; ; port += 4)); do
    exec {hold}>"${TMPDIR:-/tmp}/induct-slurm-port-$port"
    ! flock --nonblock "$hold" || taken $port || taken $((port + 1)) || break
    exec {hold}>&-
done
sed "s|@HOST@|$host|g; s|@DIR@|$dir|g; s|@PORT@|$port|; s|@PORT1@|$((port + 1))|" "$INDUCT_SOURCE/tests/cli/lib/slurm.conf.in" >"$dir/slurm.conf"
export SLURM_CONF=$dir/slurm.conf
dd if=/dev/urandom of="$dir/munge.key" bs=1024 count=1 2>/dev/null
chmod 400 "$dir/munge.key"
daemons=()
daemon() { # daemon CMD...: in the background, ended with the test
    "$@" >>"$dir/log/out" 2>&1 &
    daemons+=($!)
}
end_cluster() {
    local status=$? pid
    scancel --full --user root 2>/dev/null
    for ((i = ${#daemons[@]} - 1; i >= 0; i--)); do kill "${daemons[i]}" 2>/dev/null; done
    for pid in "${daemons[@]}"; do wait "$pid" 2>/dev/null; done
    rm -rf "$dir" "${TMPDIR:-/tmp}/induct-slurm-port-$port"
    (exit "$status")
    cli_end
}
trap end_cluster EXIT
daemon munged --force --foreground --key-file="$dir/munge.key" --socket="$dir/run/munge.sock" \
    --pid-file="$dir/run/munged.pid" --log-file="$dir/log/munged" --seed-file="$dir/run/seed"
for _ in {1..100}; do [[ ! -S $dir/run/munge.sock ]] || break; sleep 0.1; done
daemon slurmctld -D
daemon slurmd -D -N "$host"
up() { [[ $(sinfo --noheader --format=%t 2>/dev/null) == idle ]]; }
for _ in {1..150}; do ! up || break; sleep 0.2; done
up || skip "Slurm does not start here: $(tail -n 1 "$dir/log/out")"

# ---- The sweep ---------------------------------------------------------------------------------
small='--layers 2 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 --period 4:6 --ood 3,8
 --ood-sequences 8 --batch 8 --checkpoint-every 500 --log-every 50'
cat >cluster.sweep <<END
name    {arm}-seed{seed}
seeds   0:3
epochs  6000
options ${small//$'\n'/} --states 3000
arm base
arm branch
from base@3000
seeds 0
options --lr 1e-4
END
column() { awk -F'\t' -v name="$1" '/^#/ { next } !at { for (i = 1; i <= NF; i++) if ($i == name) at = i; next } { print $at }'; }
expect_exit 0 induct-sweep cluster.sweep --folder runs --slurm --pack 2 -j 2 --dry-run
expect_stdout_has '#SBATCH --array=0-1%2'
expect_stdout_has '#SBATCH --signal=B:USR1@60'
expect_no_file runs
expect_exit 0 induct-sweep cluster.sweep --folder runs --slurm --pack 2
expect_true "two jobs, of four runs and of one" test "$(cut -f2 "$cli_out" | tr '\n' ' ')" = '4 1 '
job=$(head -n 1 "$cli_out" | cut -f1)

# a task whose time is nearly up; another is killed outright
# (awk, not [[ ... -ge ... ]]: a table of its heading alone would name a variable that is not set, which ends the shell)
logged() { awk -F'\t' -v least="$2" '{ last = $1 } END { exit !(last + 0 >= least) }' "$1" 2>/dev/null; }
state() { scontrol show job "$1" --oneliner | tr ' ' '\n' | sed -n 's/^JobState=//p'; }
is() { [[ $(state "$1") == "$2" ]]; }
wait_for 60 logged runs/base-seed0/metrics.tsv 300
scancel --signal=USR1 --batch "${job}_0"
wait_for 60 is "${job}_0" PENDING
expect_true "requeued, not failed" test ! -e runs/base-seed0/sweep.failed
wait_for 60 logged runs/base-seed2/metrics.tsv 300
scontrol requeue "${job}_1"
wait_for 60 is "${job}_1" PENDING
expect_exit 0 induct-sweep status cluster.sweep --folder runs
expect_true "nothing failed, something is to do" test "$(column status <"$cli_out" | sort -u | grep -c -e to_do -e failed)" = 1

# Slurm lets a requeued job wait for two minutes: not here
again() { scontrol update "JobId=${job}_$1" StartTime=now 2>/dev/null || true; }
finished() {
    again 0
    again 1
    sleep 0.5
    ! induct-sweep status cluster.sweep --folder runs -q | column status | grep -qv done
}
wait_for 120 finished
expect_exit 0 induct-sweep cluster.sweep --folder runs --slurm
expect_stdout ''

# ---- Stopped ---------------------------------------------------------------------------------------
# What sbatch reads of its environment is heeded; scancel of the first job saves its runs, and leaves neither
# them nor the branches, which begin when it has ended, in the queue.
export SBATCH_TIMELIMIT=7
expect_exit 0 induct-sweep cluster.sweep --folder stopped --slurm -j 2
unset SBATCH_TIMELIMIT
job=$(head -n 1 "$cli_out" | cut -f1)
expect_true "seven minutes" grep -q 'TimeLimit=00:07:00' <(scontrol show job "$job")
wait_for 60 logged stopped/base-seed0/metrics.tsv 300
scancel "$job"
empty() { [[ -z $(squeue --noheader) ]]; }
wait_for 60 empty
expect_true "nothing came back" empty
expect_exit 0 induct-sweep status cluster.sweep --folder stopped
expect_true "to do, not failed" test "$(column status <"$cli_out" | grep -cx to_do)" -ge 3
expect_true "nothing failed" test "$(column status <"$cli_out" | grep -cx failed)" = 0

# ---- The same bytes as locally -----------------------------------------------------------------
expect_exit 0 induct-sweep cluster.sweep --folder local
for run in base-seed0 base-seed1 base-seed2 base-seed3 branch-seed0; do
    for file in local/$run/epoch-*; do expect_same "$file" "runs/$run/${file##*/}"; done
    expect_true "metrics of $run" cmp <(cut -f1-6 local/$run/metrics.tsv) <(cut -f1-6 runs/$run/metrics.tsv)
done

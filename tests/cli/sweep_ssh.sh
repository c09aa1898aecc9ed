#!/bin/bash
# induct-sweep --sshlogin: runs by ssh, from an sshd of this test's own on the loopback interface, have the bytes of
# local ones.                                                                          ctest: slow
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
PATH=$PATH:/usr/sbin:/sbin
needs parallel sshd ssh ssh-keygen
if [[ $(id -u) -eq 0 ]]; then # sshd wants it, of whoever starts it as root
    mkdir -p /run/sshd 2>/dev/null || skip "no folder /run/sshd can be made"
fi

# ---- A server and a client of our own ----------------------------------------------------------
mkdir -m 700 ssh
ssh-keygen -q -t ed25519 -N '' -f ssh/host
ssh-keygen -q -t ed25519 -N '' -f ssh/user
cp ssh/user.pub ssh/authorized
port=$(free_port)
cat >ssh/server <<END
Port $port
ListenAddress 127.0.0.1
HostKey $PWD/ssh/host
AuthorizedKeysFile $PWD/ssh/authorized
PidFile $PWD/ssh/pid
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
LogLevel VERBOSE
END
cat >ssh/client <<END
Host elsewhere
    HostName 127.0.0.1
    Port $port
    IdentityFile $PWD/ssh/user
    IdentitiesOnly yes
    UserKnownHostsFile $PWD/ssh/known
    StrictHostKeyChecking accept-new
END
"$(command -v sshd)" -D -f "$PWD/ssh/server" -E "$PWD/ssh/log" &
server=$!
end_server() {
    local status=$?
    kill "$server" 2>/dev/null
    wait "$server" 2>/dev/null
    (exit "$status")
    cli_end
}
trap end_server EXIT
reached() { ssh -F ssh/client elsewhere true 2>ssh/words; }
for _ in {1..100}; do ! reached || break; kill -0 "$server" 2>/dev/null || break; sleep 0.1; done
reached || skip "no sshd on the loopback interface here: $(tail -n 1 ssh/words ssh/log | tr '\n' ' ')"

# ---- The sweep ---------------------------------------------------------------------------------
cat >two.sweep <<'END'
name    {arm}-seed{seed}
seeds   0:3
epochs  200
options --layers 2 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 --period 4:6 --batch 8 --checkpoint-every 50 --states 100
arm base
arm branch
from base@100
options --lr 1e-4
END
logins() { grep -c '^Accepted publickey' ssh/log; }
before=$(logins)
expect_exit 0 induct-sweep two.sweep --folder far --sshlogin "2/ssh -F $PWD/ssh/client elsewhere" -q
expect_true "it went by ssh" test "$(logins)" -gt "$before"
expect_exit 0 induct-sweep status two.sweep --folder far
expect_true "all are done" test "$(cells "$cli_out" status | sort | uniq -c | tr -s ' ')" = ' 8 done'
expect_exit 0 induct-sweep two.sweep --folder near -q
for run in {base,branch}-seed{0,1,2,3}; do
    for file in near/$run/epoch-*; do expect_same "$file" "far/$run/${file##*/}"; done
done
expect_true "there are files" test "$(ls near/*/epoch-* | wc -l)" -eq 32
before=$(logins)
expect_exit 0 induct-sweep two.sweep --folder far --sshlogin "2/ssh -F $PWD/ssh/client elsewhere" -q
expect_true "what is done is left alone" test "$(logins)" = "$before"

"""Measurements that take turns, one process at a time.

A peer is a process that builds and compiles what is to be measured, and then waits for a line on
stdin: `turn SECONDS` or `train EPOCHS`. Between its turns it is stopped (SIGSTOP): its threads
cannot spin while another is measured.
"""
import ctypes
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import time


PR_SET_PDEATHSIG = 1     # <sys/prctl.h>


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def serve(arm, began):
    """In the peer's process, which ends with the one that drives, even when it is stopped.

    arm.run() trains arm.epochs epochs of arm.seeds models at once and returns their mean losses;
    arm.restart(seed) begins anew. `began`: when building did."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    arm.restart(0)
    for _ in range(3):
        arm.run()
    print(json.dumps({"ready": time.perf_counter() - began}), flush=True)
    for line in sys.stdin:
        what, value = line.split()
        answer = turn(arm, float(value)) if what == "turn" else train(arm, int(value))
        print(json.dumps(answer), flush=True)


def turn(arm, seconds):
    """Milliseconds an epoch of one model: median, fastest, and of processor time."""
    times, worked = [], processor_seconds()
    began = before = time.perf_counter()
    while len(times) < 3 or before - began < seconds:
        arm.run()
        now = time.perf_counter()
        times.append(now - before)
        before = now
    scale = 1e3 / arm.epochs / arm.seeds
    return {"median": scale * statistics.median(times), "fastest": scale * min(times),
            "processor": scale * (processor_seconds() - worked) / len(times)}


def train(arm, epochs):
    """The mean loss of each model's last 100 epochs or so."""
    arm.restart(1)
    losses = [arm.run() for _ in range(-(-epochs // arm.epochs))]
    last = losses[-max(1, 100 // arm.epochs):]
    return {"losses": [statistics.fmean(of_seed) for of_seed in zip(*last)]}


class Peer:
    """The other end, in the process that drives."""

    def __init__(self, python, script, kind, threads, **options):
        self.kind, self.threads, self.options = kind, threads, options
        command = [python, os.path.join(os.path.dirname(__file__), script), "--kind", kind, "--threads", str(threads)]
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        stderr=None if os.environ.get("PEER_ERRORS") else subprocess.DEVNULL)
        answer = self.answer()
        self.works, self.compiling = answer is not None, (answer or {}).get("ready")
        self.turns = []
        self.stop()

    def answer(self):
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGSTOP)

    def ask(self, what, value):
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.write(f"{what} {value}\n")
        self.process.stdin.flush()

    def turn(self, seconds):
        self.ask("turn", seconds)
        self.turns.append(self.answer())
        self.stop()
        return self.turns[-1]

    def train(self, epochs):
        self.ask("train", epochs)
        answer = self.answer()["losses"]
        self.stop()
        return answer

    def end(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.close()
        self.process.wait()

    def name(self):
        more = "".join(f", {value}" for name, value in self.options.items() if name != "layers")
        return f"{self.kind}, {self.threads} thread{'s' * (self.threads > 1)}{more}"

    def fastest(self, key="fastest"):
        return min(turn[key] for turn in self.turns)

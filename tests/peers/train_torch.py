#!/usr/bin/env python3
"""Training of the study's model in PyTorch, the ways its users make it fast; a peer of turns.py.

    eager      torch_model.py as it is, AdamW fused or foreach
    compiled   the same model through torch.compile, AdamW fused
    whole      forward, backward and AdamW in one graph: max-autotune, calls in C++ (cpp wrapper)
    vmap       eight seeds at once by torch.func.vmap, eager
    vmap-whole the same in one graph, without max-autotune (which fails on vmapped products)

Data, initial weights and optimizer are distributed as induct's. What induct does besides (counting
right predictions, refusing a loss that is not finite) is not asked of PyTorch.
"""
import argparse
import random
import time
import warnings

warnings.filterwarnings("ignore")

import torch  # noqa: E402

from torch_model import Model  # noqa: E402
from turns import serve  # noqa: E402

VOCAB, WIDTH, HEADS, CONTEXT, BATCH = 256, 64, 4, 80, 32
PERIODS = (20, 29)
SEEDS = 8
RATE, BETAS, EPS, DECAY = 1e-3, (0.9, 0.98), 1e-8, 0.01


def model_of(layers, fused):
    return Model(VOCAB, WIDTH, HEADS, CONTEXT, layers, fused)


def batch():
    period = random.randint(*PERIODS)
    copies = -(-CONTEXT // period)
    # of one layout whatever the period, which compiled code would else be made for one by one
    return torch.randint(1, VOCAB, (BATCH, period)).repeat(1, copies)[:, :CONTEXT].contiguous()


class Modules:
    """nn.Module, backward() and torch.optim: one model."""

    epochs, seeds = 1, 1

    def __init__(self, options):
        self.options = options
        self.loss_of = None

    def restart(self, seed):
        random.seed(seed)
        torch.manual_seed(seed)
        model = model_of(self.options.layers, self.options.attention == "fused")
        if self.loss_of is None:
            self.model = model
            self.loss_of = torch.compile(model, dynamic=False) if self.options.kind == "compiled" else model
        self.model.load_state_dict(model.state_dict())
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=RATE, betas=BETAS, eps=EPS,
                                           weight_decay=DECAY, **{self.options.adam: True})

    def run(self):
        loss = self.loss_of(batch())
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return [loss.item()]


class Functions:
    """torch.func: weights, moments and gradients as dictionaries, one model or eight stacked."""

    epochs = 1

    def __init__(self, options):
        self.options = options
        self.seeds = SEEDS if options.kind.startswith("vmap") else 1
        self.model = model_of(options.layers, options.attention == "fused")
        if options.kind.endswith("whole"):
            import torch._inductor.config as inductor
            inductor.cpp_wrapper = True
            # of vmapped products PyTorch 2.13's templates fail to compile
            inductor.max_autotune = self.seeds == 1
        self.step = torch.compile(self.plain_step, dynamic=False, fullgraph=True) \
            if options.kind.endswith("whole") else self.plain_step

    def restart(self, seed):
        random.seed(seed)
        torch.manual_seed(seed)
        states = [model_of(self.options.layers, True).state_dict() for _ in range(self.seeds)]
        stack = (lambda tensors: torch.stack(tensors)) if self.seeds > 1 else (lambda tensors: tensors[0])
        self.weights = {name: stack([state[name] for state in states]).clone() for name in states[0]}
        self.first = {name: torch.zeros_like(w) for name, w in self.weights.items()}
        self.second = {name: torch.zeros_like(w) for name, w in self.weights.items()}
        self.count = torch.zeros(())

    def plain_step(self, weights, first, second, count, tokens):
        def loss_of(weights, tokens):
            return torch.func.functional_call(self.model, weights, (tokens,))

        gradient = torch.func.grad_and_value(loss_of)
        gradients, loss = (torch.func.vmap(gradient) if self.seeds > 1 else gradient)(weights, tokens)
        count.add_(1)
        rate, root = RATE / (1 - BETAS[0] ** count), (1 - BETAS[1] ** count).sqrt()
        with torch.no_grad():
            for name, g in gradients.items():
                first[name].lerp_(g, 1 - BETAS[0])
                second[name].mul_(BETAS[1]).addcmul_(g, g, value=1 - BETAS[1])
                weights[name].mul_(1 - RATE * DECAY)
                weights[name].sub_(rate * first[name] / (second[name].sqrt() / root + EPS))
        return loss

    def run(self):
        tokens = torch.stack([batch() for _ in range(self.seeds)]) if self.seeds > 1 else batch()
        loss = self.step(self.weights, self.first, self.second, self.count, tokens)
        return loss.reshape(-1).tolist()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kind", choices=("eager", "compiled", "whole", "vmap", "vmap-whole"), required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--attention", choices=("fused", "matmul"), default="matmul")
    parser.add_argument("--adam", choices=("fused", "foreach"), default="fused")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    began = time.perf_counter()
    serve((Modules if options.kind in ("eager", "compiled") else Functions)(options), began)


main()

#!/usr/bin/env python3
"""Training of the study's model in JAX, the way its users make it fast; a peer of turns.py.

    scan       EPOCHS epochs in one jitted lax.scan, data made inside
    vmap       eight seeds at once by jax.vmap, inside the scan

Data, initial weights and optimizer are distributed as induct's.
"""
import argparse
import os
import time

VOCAB, WIDTH, HEADS, D_HEAD, CONTEXT, BATCH = 256, 64, 4, 16, 80, 32
PERIODS = (20, 29)
SEEDS = 8
RATE, BETAS, EPS, DECAY = 1e-3, (0.9, 0.98), 1e-8, 0.01


def build(options):
    import jax
    import jax.numpy as jnp

    angle = jnp.arange(CONTEXT - 1)[:, None] / 10000 ** (jnp.arange(0, WIDTH, 2) / WIDTH)
    table = jnp.stack((jnp.sin(angle), jnp.cos(angle)), axis=2).reshape(CONTEXT - 1, WIDTH)
    mask = jnp.where(jnp.tril(jnp.ones((CONTEXT - 1, CONTEXT - 1), bool)), 0.0, -jnp.inf)

    def initial(key):
        def uniform(key, *shape):
            return jax.random.uniform(key, shape, minval=-WIDTH**-0.5, maxval=WIDTH**-0.5)

        keys = jax.random.split(key, 2 + 2 * options.layers)
        return {"embed": jax.random.normal(keys[0], (VOCAB, WIDTH)), "unembed": uniform(keys[1], WIDTH, VOCAB),
                "qkv": [uniform(k, WIDTH, 3, HEADS, D_HEAD) for k in keys[2::2]],
                "out": [uniform(k, HEADS, D_HEAD, WIDTH) for k in keys[3::2]]}

    def attention(x, qkv, out):
        q, k, v = jnp.einsum("btd,dchk->cbhtk", x, qkv)
        pattern = jax.nn.softmax(jnp.einsum("bhtk,bhsk->bhts", q, k) * D_HEAD**-0.5 + mask, axis=-1)
        return jnp.einsum("bhtk,hkd->btd", jnp.einsum("bhts,bhsk->bhtk", pattern, v), out)

    def loss_of(weights, tokens):
        x = weights["embed"][tokens[:, :-1]] + table
        for qkv, out in zip(weights["qkv"], weights["out"]):
            x = x + attention(x, qkv, out)
        logits = x @ weights["unembed"]
        right = jnp.take_along_axis(logits, tokens[:, 1:, None], axis=-1)[..., 0]
        return jnp.mean(jax.nn.logsumexp(logits, axis=-1) - right)

    def batch(key):
        lengths, words = jax.random.split(key)
        period = jax.random.randint(lengths, (), PERIODS[0], PERIODS[1] + 1)
        return jax.random.randint(words, (BATCH, PERIODS[1]), 1, VOCAB)[:, jnp.arange(CONTEXT) % period]

    def step(state, _):
        weights, first, second, count, key = state
        key, data = jax.random.split(key)
        loss, g = jax.value_and_grad(loss_of)(weights, batch(data))
        count = count + 1
        tree = jax.tree_util.tree_map
        first = tree(lambda m, g: BETAS[0] * m + (1 - BETAS[0]) * g, first, g)
        second = tree(lambda v, g: BETAS[1] * v + (1 - BETAS[1]) * g * g, second, g)
        rate, root = RATE / (1 - BETAS[0] ** count), jnp.sqrt(1 - BETAS[1] ** count)
        weights = tree(lambda w, m, v: w * (1 - RATE * DECAY) - rate * m / (jnp.sqrt(v) / root + EPS),
                       weights, first, second)
        return (weights, first, second, count, key), loss

    def begin(key):
        weights = initial(key)
        zeros = jax.tree_util.tree_map(jnp.zeros_like, weights)
        return weights, zeros, zeros, jnp.float32(0), jax.random.fold_in(key, 1)

    class Arm:
        epochs = options.epochs
        seeds = SEEDS if options.kind == "vmap" else 1

        def __init__(self):
            one, first = step, begin
            if self.seeds > 1:
                one = jax.vmap(step, in_axes=(0, None))
                first = jax.vmap(begin)
            self.begin = jax.jit(first)
            self.many = jax.jit(lambda state: jax.lax.scan(one, state, None, length=self.epochs), donate_argnums=0)

        def restart(self, seed):
            key = jax.random.PRNGKey(seed)
            # copied: zeros that are one buffer twice could not both be given away
            self.state = jax.tree_util.tree_map(
                jnp.array, self.begin(jax.random.split(key, self.seeds) if self.seeds > 1 else key))

        def run(self):
            self.state, losses = self.many(self.state)
            return losses.reshape(self.epochs, self.seeds).mean(axis=0).tolist()

    return Arm()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kind", choices=("scan", "vmap"), required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--epochs", type=int, help="in one scan (50; 10 of eight seeds)")
    options = parser.parse_args()
    options.epochs = options.epochs or (50 if options.kind == "scan" else 10)
    # XLA makes as many threads as it is allowed processors when it starts
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(everywhere)[:options.threads])
    import jax
    from turns import serve
    jax.devices()
    began = time.perf_counter()
    arm = build(options)
    arm.restart(0)
    arm.run()
    for task in os.listdir("/proc/self/task"):
        os.sched_setaffinity(int(task), everywhere)
    serve(arm, began)


main()

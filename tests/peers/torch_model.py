"""induct's model in PyTorch, of any size, as its users make it fast: q, k and v in one product, heads
batched. Imported by the peers that train it."""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F


def sinusoids(length, width):
    angle = torch.arange(length).unsqueeze(1) / 10000 ** (torch.arange(0, width, 2) / width)
    return torch.stack((angle.sin(), angle.cos()), dim=2).reshape(length, width)


class Attention(nn.Module):
    """With a fused kernel, or (fused false) as two products and a softmax."""

    def __init__(self, width, heads, length, fused):
        super().__init__()
        self.width, self.heads, self.fused = width, heads, fused
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        if not fused:
            mask = torch.full((length, length), -math.inf).triu(1)
            self.register_buffer("mask", mask, persistent=False)

    def forward(self, x):
        batch, length, _ = x.shape
        d_head = self.width // self.heads
        q, k, v = self.qkv(x).view(batch, length, 3, self.heads, d_head).permute(2, 0, 3, 1, 4)
        if self.fused:
            z = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            scores = q @ k.transpose(-2, -1) * d_head**-0.5 + self.mask
            z = scores.softmax(dim=-1) @ v
        return self.out(z.transpose(1, 2).reshape(batch, length, self.width))


class Model(nn.Module):
    """The mean loss of tokens [batch, context]."""

    def __init__(self, vocab, width, heads, context, layers, fused):
        super().__init__()
        self.embed = nn.Embedding(vocab, width)
        self.register_buffer("pos", sinusoids(context - 1, width), persistent=False)
        self.layers = nn.ModuleList([Attention(width, heads, context - 1, fused) for _ in range(layers)])
        self.unembed = nn.Linear(width, vocab, bias=False)

    def forward(self, tokens):
        x = self.embed(tokens[:, :-1]) + self.pos
        for layer in self.layers:
            x = x + layer(x)
        return F.cross_entropy(self.unembed(x).flatten(0, 1), tokens[:, 1:].reshape(-1))

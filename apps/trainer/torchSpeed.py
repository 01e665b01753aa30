"""Times the training steps of src/speed.ts in PyTorch and prints them as JSON."""

import json
import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F

ROUNDS = 40
WARM = 5
CHARACTERS = 89


def dense():
    return nn.Sequential(
        nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10)
    )


class Lstm(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.lstm = nn.LSTM(CHARACTERS, hidden)
        self.head = nn.Linear(hidden, CHARACTERS)

    def forward(self, codes):
        states, _ = self.lstm(F.one_hot(codes, CHARACTERS).float())
        return self.head(states).flatten(0, 1)


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.attention = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.dense = nn.Linear(width, 4 * width)
        self.dense_output = nn.Linear(4 * width, width)

    def forward(self, signal):
        batch, time_, width = signal.shape
        parts = self.attention(self.norm1(signal)).split(width, dim=2)
        queries, keys, values = (
            part.view(batch, time_, self.heads, width // self.heads).transpose(1, 2) for part in parts
        )
        mixed = F.scaled_dot_product_attention(queries, keys, values, is_causal=True)
        signal = signal + self.output(mixed.transpose(1, 2).reshape(batch, time_, width))
        bent = F.gelu(self.dense(self.norm2(signal)), approximate="tanh")
        return signal + self.dense_output(bent)


class Transformer(nn.Module):
    def __init__(self, width, layers, heads, length):
        super().__init__()
        self.characters = nn.Embedding(CHARACTERS, width)
        self.places = nn.Parameter(0.02 * torch.randn(length, width))
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(layers)))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, CHARACTERS, bias=False)

    def forward(self, codes):
        signal = self.characters(codes.t()) + self.places
        return self.head(self.norm(self.blocks(signal))).transpose(0, 1).flatten(0, 1)


def codes(length, batch):
    return torch.randint(CHARACTERS, (length, batch))


MODELS = {
    "mnist": (dense, lambda: (torch.rand(64, 784), torch.randint(10, (64,)))),
    "char-lstm": (lambda: Lstm(64), lambda: (codes(20, 8), codes(20, 8).flatten())),
    "char-transformer": (
        lambda: Transformer(32, 2, 2, 32),
        lambda: (codes(32, 4), codes(32, 4).flatten()),
    ),
}


def measure(make, draw):
    torch.manual_seed(0)
    model = make()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    steps, updates = [], []
    for _ in range(ROUNDS):
        inputs, wanted = draw()
        start = time.perf_counter()
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs), wanted)
        loss.backward()
        loss.item()
        between = time.perf_counter()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        end = time.perf_counter()
        steps.append(end - start)
        updates.append(end - between)
    return {
        "steps": 1 / statistics.median(steps[WARM:]),
        "update": 1000 * statistics.median(updates[WARM:]),
    }


print(
    json.dumps(
        {
            "version": torch.__version__,
            "threads": torch.get_num_threads(),
            "tasks": {task: measure(make, draw) for task, (make, draw) in MODELS.items()},
        }
    )
)

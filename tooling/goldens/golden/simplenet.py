"""The training loop that all this began with: PyTorch's SimpleNet, five epochs of one batch of 32, SGD at 0.01."""

import torch
from torch import nn

from golden.bits import to_bits
from golden.book import chain, transform
from golden.pytorch import LIBRARY

BATCH, EPOCHS, RATE = 32, 5, 0.01


class SimpleNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(10, 5)
        self.relu = nn.ReLU()
        self.fc2 = nn.Linear(5, 2)

    def forward(self, inputs):
        return self.fc2(self.relu(self.fc1(inputs)))


CLIPS = [
    ("no clip", "", None, lambda params: None),
    (
        "clip_grad_norm_(max_norm=1.0)",
        "torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0); ",
        transform("clipByGlobalNorm", maxNorm=1.0, epsilon=1e-6),
        lambda params: nn.utils.clip_grad_norm_(params, max_norm=1.0),
    ),
    (
        "clip_grad_value_(1.0)",
        "torch.nn.utils.clip_grad_value_(model.parameters(), 1.0); ",
        transform("clipByValue", limit=1.0),
        lambda params: nn.utils.clip_grad_value_(params, 1.0),
    ),
    (
        "clip_grad_value_(0.05)",
        "torch.nn.utils.clip_grad_value_(model.parameters(), 0.05); ",
        transform("clipByValue", limit=0.05),
        lambda params: nn.utils.clip_grad_value_(params, 0.05),
    ),
]
ACTIVE = {"clip_grad_norm_(max_norm=1.0)", "clip_grad_value_(0.05)"}


def add_all(book):
    torch.manual_seed(0)
    initial = SimpleNet().state_dict()
    inputs, targets = torch.randn(BATCH, 10), 3 * torch.randn(BATCH, 2)
    runs = []
    for label, call, clip, apply in CLIPS:
        model = SimpleNet()
        model.load_state_dict(initial)
        optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
        start = {name: p.detach().numpy().copy() for name, p in model.named_parameters()}
        losses, gradients, params, norms, active = [], [], [], [], 0
        for _ in range(EPOCHS):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(inputs), targets)
            loss.backward()
            losses.append(loss.item())
            gradients.append({name: p.grad.numpy().copy() for name, p in model.named_parameters()})
            norms.append(nn.utils.get_total_norm([p.grad for p in model.parameters()]).item())
            apply(model.parameters())
            active += any((p.grad.numpy() != gradients[-1][name]).any() for name, p in model.named_parameters())
            optimizer.step()
            params.append({name: p.detach().numpy().copy() for name, p in model.named_parameters()})
        assert active == (EPOCHS if label in ACTIVE else 0), f"{label} was active in {active} steps"
        sgd = transform("sgd", learningRate=RATE)
        name = f"SimpleNet, five epochs, {label}"
        book.add(
            "simplenet",
            name,
            library=LIBRARY,
            call=f"{call}torch.optim.SGD(model.parameters(), lr={RATE}).step()",
            does=sgd if clip is None else chain(clip, sgd),
            params=start,
            gradients=gradients,
            what="params",
            expected=params,
            tolerance=1e-6,
            measure="leaf",
        )
        runs.append({"case": name, "losses": to_bits(losses), "gradientNorms": to_bits(norms)})
    book.files["simplenet"] = {
        "kind": "simplenet",
        "batch": BATCH,
        "inputs": to_bits(inputs),
        "targets": to_bits(targets),
        "runs": runs,
        "cases": book.files["simplenet"]["cases"],
    }

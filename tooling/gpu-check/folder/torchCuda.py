"""PyTorch's side of the check: one JSON request a line on stdin, one JSON answer a line on stdout.

A lap is so many steps of clip_grad_norm_(foreach) and Adam(fused) between two CUDA events. With the argument `cpu` the processor takes
the steps and there are no events, to try the script where there is no card.
"""

import json
import sys
import time

DEVICE = sys.argv[1] if len(sys.argv) > 1 else "cuda"

try:
    import torch
except Exception as error:
    print(json.dumps({"error": f"python3 cannot import torch ({type(error).__name__}: {error})"}), flush=True)
    sys.exit(0)

if DEVICE == "cuda" and not torch.cuda.is_available():
    print(json.dumps({"error": f"torch {torch.__version__} of python3 sees no CUDA card"}), flush=True)
    sys.exit(0)


def synchronize():
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def uniform_values(length, start):
    """The numbers of uniformValues.ts, in pieces, because int64 takes twice the room."""
    values = torch.empty(length, device=DEVICE)
    piece = 1 << 24
    for first in range(0, length, piece):
        last = min(length, first + piece)
        index = torch.arange(start + first, start + last, dtype=torch.int64, device=DEVICE)
        values[first:last] = (((index * 2_654_435_761) & 0xFFFF_FFFF).double() / 2**31 - 1).float()
    return values


def start_of(shapes, start):
    values = []
    for shape in shapes:
        length = torch.Size(shape).numel()
        values.append(uniform_values(length, start).reshape(shape))
        start += length
    return values


class Session:
    def __init__(self, task):
        shapes, settings, start = task["shapes"], task["settings"], task["start"]
        count = sum(torch.Size(shape).numel() for shape in shapes)
        self.parameters = [torch.nn.Parameter(values) for values in start_of(shapes, start)]
        self.gradients = start_of(shapes, start + count)
        self.max_norm = settings["maxNorm"]
        self.optimizer = torch.optim.Adam(
            self.parameters,
            lr=settings["learningRate"],
            betas=(settings["beta1"], settings["beta2"]),
            eps=settings["epsilon"],
            fused=True,
        )
        for parameter, gradient in zip(self.parameters, self.gradients):
            parameter.grad = gradient

    def step(self):
        torch.nn.utils.clip_grad_norm_(self.parameters, self.max_norm, foreach=True)
        self.optimizer.step()

    def lap(self, steps):
        synchronize()
        start = time.perf_counter()
        if DEVICE != "cuda":
            for _ in range(steps):
                self.step()
            return {"wall": (time.perf_counter() - start) * 1000}
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        for _ in range(steps):
            self.step()
        end.record()
        torch.cuda.synchronize()
        return {"gpu": begin.elapsed_time(end), "wall": (time.perf_counter() - start) * 1000}

    def some(self, places):
        flat = [parameter.detach().flatten() for parameter in self.parameters]
        return [
            values[torch.tensor(indices, dtype=torch.int64, device=DEVICE)].tolist()
            for values, indices in zip(flat, places)
        ]


session = None


def answer(request):
    global session
    match request["op"]:
        case "version":
            card = torch.cuda.get_device_name() if DEVICE == "cuda" else "the processor"
            return f"PyTorch {torch.__version__} on {card}"
        case "open":
            session = None
            session = Session(request["task"])
            synchronize()
            return None
        case "lap":
            return session.lap(request["steps"])
        case "some":
            return session.some(request["places"])
        case "close":
            session = None
            if DEVICE == "cuda":
                torch.cuda.empty_cache()
            return None


for line in sys.stdin:
    try:
        reply = {"value": answer(json.loads(line))}
    except Exception as error:
        reply = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(reply), flush=True)

"""PyTorch's side of the benchmark: one JSON request a line on stdin, one JSON answer a line on stdout.

The number of threads is the only argument; 0 stands for all of the machine's.
"""

import json
import os
import sys
import time

import torch

torch.set_num_threads(int(sys.argv[1]) or os.cpu_count())


def uniform_values(length, start):
    """The numbers of uniformValues.ts."""
    index = torch.arange(start, start + length, dtype=torch.int64)
    return (((index * 2_654_435_761) & 0xFFFF_FFFF).double() / 2**31 - 1).float()


def start_of(shapes, start):
    values = []
    for shape in shapes:
        length = torch.Size(shape).numel()
        values.append(uniform_values(length, start).reshape(shape))
        start += length
    return values


def adam(parameters, settings):
    return torch.optim.Adam(
        parameters,
        lr=settings["learningRate"],
        betas=(settings["beta1"], settings["beta2"]),
        eps=settings["epsilon"],
        fused=True,
    )


def open_update(task):
    shapes = task["shapes"]
    first = task.get("start", 0)
    parameters = [torch.nn.Parameter(values) for values in start_of(shapes, first)]
    count = sum(parameter.numel() for parameter in parameters)
    for parameter, gradient in zip(parameters, start_of(shapes, first + count)):
        parameter.grad = gradient
    optimizer = adam(parameters, task["settings"])
    max_norm = task["settings"]["maxNorm"]

    def step():
        torch.nn.utils.clip_grad_norm_(parameters, max_norm)
        optimizer.step()

    return step, parameters


def open_training(task):
    net = torch.nn.Sequential(torch.nn.Linear(10, 5), torch.nn.ReLU(), torch.nn.Linear(5, 2))
    values = start_of(task["shapes"], 0)
    with torch.no_grad():
        # TensorFlow.js keeps a layer's weights as [inputs, outputs], PyTorch as [outputs, inputs].
        net[0].weight.copy_(values[0].T)
        net[0].bias.copy_(values[1])
        net[2].weight.copy_(values[2].T)
        net[2].bias.copy_(values[3])
    inputs, targets = (uniform_values(at["length"], at["start"]).reshape(at["shape"]) for at in task["batch"])
    parameters = list(net.parameters())
    optimizer = adam(parameters, task["settings"])
    max_norm = task["settings"]["maxNorm"]
    loss_of = torch.nn.MSELoss()

    def step():
        optimizer.zero_grad()
        loss_of(net(inputs), targets).backward()
        torch.nn.utils.clip_grad_norm_(parameters, max_norm)
        optimizer.step()

    return step, [net[0].weight.T, net[0].bias, net[2].weight.T, net[2].bias]


def open_transformer(task):
    functional = torch.nn.functional
    parameters = [torch.nn.Parameter(values * task["scale"]) for values in start_of(task["shapes"], 0)]
    of = dict(zip(task["leaves"], parameters))
    rows, context, width, heads = (task[name] for name in ("rows", "context", "width", "heads"))
    inputs = torch.tensor(task["inputs"]).reshape(rows, context)
    targets = torch.tensor(task["targets"])
    optimizer = adam(parameters, task["settings"])
    max_norm = task["settings"]["maxNorm"]

    def norm(x, name):
        return functional.layer_norm(x, (width,), of[f"{name}.gain"] + 1, of[f"{name}.bias"], 1e-5)

    def dense(x, name):
        return x @ of[f"{name}.kernel"] + of[f"{name}.bias"]

    def attend(x, name):
        joined = dense(x, f"{name}.attention").reshape(rows, context, 3, heads, width // heads)
        queries, keys, values = joined.permute(2, 0, 3, 1, 4).unbind()
        seen = functional.scaled_dot_product_attention(queries, keys, values, is_causal=True)
        return dense(seen.transpose(1, 2).reshape(rows, context, width), f"{name}.projection")

    def loss():
        x = of["characters"][inputs] + of["positions"]
        for block in range(task["blocks"]):
            x = x + attend(norm(x, f"block{block}.norm1"), f"block{block}")
            hidden = torch.relu(dense(norm(x, f"block{block}.norm2"), f"block{block}.expand"))
            x = x + dense(hidden, f"block{block}.contract")
        logits = norm(x, "norm") @ of["characters"].T
        return functional.cross_entropy(logits.reshape(rows * context, -1), targets)

    def step():
        optimizer.zero_grad()
        loss().backward()
        torch.nn.utils.clip_grad_norm_(parameters, max_norm)
        optimizer.step()

    return step, parameters


openers = {"update": open_update, "training": open_training, "transformer": open_transformer}
sessions = {}


def run(step, steps):
    start = time.perf_counter()
    for _ in range(steps):
        step()
    return (time.perf_counter() - start) * 1000


def answer(request):
    session = request.get("session")
    match request["op"]:
        case "version":
            threads = torch.get_num_threads()
            return f"PyTorch {torch.__version__}, {threads} {'thread' if threads == 1 else 'threads'}"
        case "open":
            sessions[session] = openers[request["task"]["kind"]](request["task"])
            return None
        case "run":
            return run(sessions[session][0], request["steps"])
        case "parameters":
            return [parameter.detach().flatten().tolist() for parameter in sessions[session][1]]
        case "close":
            del sessions[session]
            return None


for line in sys.stdin:
    try:
        reply = {"value": answer(json.loads(line))}
    except Exception as error:
        reply = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(reply), flush=True)

"""
Our own transforms, as the design specifies them, over numpy arrays: what `ours` in a case that differs on purpose is computed
with (in float64), and what every other case is held against before it is written (in float64 and in float32, rounding
after each operation). It is written from the specification alone and shares no code with the libraries or the packages.
"""

import math

import numpy as np

from golden.bits import float32


class InvalidOption(Exception):
    """The options are ones that the packages refuse with an InvalidOptionError."""


def run(transform, params, gradients, number, moves):
    """
    Runs `transform` over `gradients`, one dictionary for each step, and returns for each step the updates and the parameters after it.
    `number` is numpy's float32 or float64; `moves` says whether the updates are added to the parameters. A leaf whose gradient is
    None is absent from the updates of that step.
    """
    with np.errstate(all="ignore"):
        params = {name: np.asarray(values).astype(number) for name, values in params.items()}
        node = make(transform, number)
        node.init(params)
        history = []
        for step, gradient in enumerate(gradients):
            tree = {name: np.asarray(values).astype(number) for name, values in gradient.items() if values is not None}
            updates = node.update(tree, params, step)
            if moves and updates is not None:
                params = {name: params[name] + updates[name] if name in updates else params[name] for name in params}
            history.append((updates, params))
        return history, node


def make(transform, number):
    node = TRANSFORMS[transform["transform"]]()
    node.number = number
    node.read(transform["options"])
    return node


def number_of(json):
    return float(json["number"]) if isinstance(json, dict) else float(json)


def tree_map(call, *trees):
    return {name: call(*(tree[name] for tree in trees)) for name in trees[0]}


def norm(arrays, order):
    """The norm of all entries together in float64, right whenever it is a float32, rounded to float32."""
    values = np.concatenate(
        [np.zeros(0)] + [np.abs(np.asarray(array, dtype=np.float64)).reshape(-1) for array in arrays]
    )
    if values.size == 0:
        return 0.0
    if np.isnan(values).any():
        return math.nan
    largest = values.max()
    if largest == 0 or math.isinf(largest) or math.isinf(order):
        return float(float32(largest))
    return float(float32(largest * ((values / largest) ** order).sum() ** (1 / order)))


class Transform:
    """A transform that remembers nothing."""

    def read(self, options):
        self.options = options

    def init(self, params):
        pass

    def update(self, updates, params, step):
        """The new updates; None where the step does not happen."""
        raise NotImplementedError

    def at(self, name, step=0, default=None):
        """The option of that name at that step, as a number."""
        option = self.options.get(name, default)
        if isinstance(option, dict) and "schedule" in option:
            return self.number(schedule_value(option, step))
        return self.number(number_of(option))

    def limit(self, name):
        """Refuses a threshold that is not above zero."""
        option = self.options[name]
        if isinstance(option, dict) and "schedule" in option:
            return
        if not number_of(option) > 0:
            raise InvalidOption(name)


class ClipByGlobalNorm(Transform):
    def read(self, options):
        super().read(options)
        self.limit("maxNorm")
        self.order = number_of(options.get("normType", 2))
        if not self.order > 0:
            raise InvalidOption("normType")

    def clip(self, updates, size, step):
        bound = self.number(size) + self.at("epsilon", default=0)
        limit = self.at("maxNorm", step)
        if bound <= limit:
            return updates
        return tree_map(lambda u: u * (limit / bound), updates)

    def update(self, updates, params, step):
        self.norm = norm(updates.values(), self.order)
        return self.clip(updates, self.norm, step)


class ClipByNorm(ClipByGlobalNorm):
    def update(self, updates, params, step):
        clipped = {}
        for name, u in updates.items():
            clipped.update(self.clip({name: u}, norm([u], self.order), step))
        return clipped


class ClipByBlockRms(Transform):
    def read(self, options):
        super().read(options)
        self.limit("threshold")

    def update(self, updates, params, step):
        threshold = self.at("threshold", step)

        def clip(u):
            rms = self.number(norm([u], 2) / math.sqrt(max(u.size, 1)))
            return u if rms <= threshold else u * (threshold / rms)

        return tree_map(clip, updates)


class AdaptiveGradientClip(Transform):
    def read(self, options):
        super().read(options)
        self.limit("clipping")

    def update(self, updates, params, step):
        clipping, epsilon = self.at("clipping", step), self.at("epsilon", default=1e-3)

        def clip(u, p):
            units = u.shape[-1] if sum(axis != 1 for axis in u.shape) >= 2 else 1
            rows, weights = u.reshape(-1, units), p.reshape(-1, units)
            result = rows.copy()
            for unit in range(units):
                size = self.number(norm([rows[:, unit]], 2))
                limit = clipping * np.maximum(self.number(norm([weights[:, unit]], 2)), epsilon)
                if not size <= limit:
                    result[:, unit] = rows[:, unit] * (limit / size)
            return result.reshape(u.shape)

        return tree_map(clip, updates, {name: params[name] for name in updates})


class ClipByValue(Transform):
    def read(self, options):
        super().read(options)
        if "limit" in options:
            self.limit("limit")

    def update(self, updates, params, step):
        if "limit" in self.options:
            high = self.at("limit", step)
            low = -high
        else:
            low, high = self.at("min", step), self.at("max", step)
        return tree_map(lambda u: np.where(u < low, low, np.where(u > high, high, u)), updates)


class SoftClip(Transform):
    def update(self, updates, params, step):
        limit = self.at("limit", step)
        return tree_map(lambda u: limit * np.tanh(u / limit), updates)


class ZeroNans(Transform):
    def update(self, updates, params, step):
        return tree_map(lambda u: np.where(np.isnan(u), self.number(0), u), updates)


class Identity(Transform):
    def update(self, updates, params, step):
        return updates


class Chain(Transform):
    def read(self, options):
        self.parts = [make(part, self.number) for part in options["transforms"]]

    def init(self, params):
        for part in self.parts:
            part.init(params)

    def update(self, updates, params, step):
        for part in self.parts:
            updates = part.update(updates, params, step)
            if updates is None:
                return None
        return updates


class Wrapper(Transform):
    def read(self, options):
        super().read(options)
        self.inner = make(options["inner"], self.number)

    def init(self, params):
        self.inner.init(params)


class Masked(Wrapper):
    def chosen(self, tree):
        return {name: leaf for name, leaf in tree.items() if matches(self.options["leaves"], name, leaf)}

    def init(self, params):
        self.inner.init(self.chosen(params))

    def update(self, updates, params, step):
        return {**updates, **self.inner.update(self.chosen(updates), params, step)}


class Partition(Transform):
    def read(self, options):
        self.parts = {label: make(part, self.number) for label, part in options["transforms"].items()}
        self.rules = options["labels"]

    def group(self, tree, label):
        return {name: leaf for name, leaf in tree.items() if label_of(self.rules, name, leaf) == label}

    def init(self, params):
        for label, part in self.parts.items():
            part.init(self.group(params, label))

    def update(self, updates, params, step):
        result = {}
        for label, part in self.parts.items():
            result.update(part.update(self.group(updates, label), params, step))
        return result


class Freeze(Transform):
    def update(self, updates, params, step):
        return {name: u for name, u in updates.items() if not matches(self.options["leaves"], name, u)}


class SkipNonFinite(Wrapper):
    def init(self, params):
        super().init(params)
        self.rejected = 0

    def update(self, updates, params, step):
        finite = all(np.isfinite(u).all() for u in updates.values())
        self.rejected = 0 if finite else self.rejected + 1
        if finite or self.rejected > number_of(self.options.get("maxConsecutive", math.inf)):
            return self.inner.update(updates, params, step)
        return None


class Accumulate(Wrapper):
    def init(self, params):
        super().init(params)
        self.gathered, self.count, self.taken = None, 0, 0

    def update(self, updates, params, step):
        self.gathered = updates if self.gathered is None else tree_map(np.add, self.gathered, updates)
        self.count += 1
        if self.count < self.options["every"]:
            return None
        mean = tree_map(lambda u: u / self.number(self.count), self.gathered)
        self.gathered, self.count = None, 0
        self.taken += 1
        return self.inner.update(mean, params, self.taken - 1)


class Lookahead(Wrapper):
    def init(self, params):
        super().init(params)
        self.slow, self.count = dict(params), 0

    def update(self, updates, params, step):
        updates = self.inner.update(updates, params, step)
        self.count += 1
        if self.count % self.options["every"] != 0:
            return updates
        step_size = self.at("slowStepSize")
        fast = tree_map(lambda p, u: p + u, {name: params[name] for name in updates}, updates)
        self.slow = tree_map(lambda f, s: s + step_size * (f - s), fast, self.slow)
        return tree_map(lambda s, p: s - p, self.slow, {name: params[name] for name in self.slow})


class Conditionally(Wrapper):
    def update(self, updates, params, step):
        return self.inner.update(updates, params, step) if holds(self.options["when"], step) else updates


class Optimizer(Transform):
    """State for each leaf; a leaf without a gradient keeps it, its own count of steps included."""

    def init(self, params):
        self.state = {name: self.start(p) for name, p in params.items()}

    def start(self, p):
        return {}

    def update(self, updates, params, step):
        return {name: self.one(u, params[name], self.state[name], step) for name, u in updates.items()}

    def one(self, g, p, state, step):
        raise NotImplementedError

    def average(self, state, slot, decay, value):
        state[slot] = decay * state.get(slot, self.number(0)) + (self.number(1) - decay) * value
        return state[slot]

    def root(self, squares):
        epsilon = self.at("epsilon", default=1e-8)
        return np.sqrt(squares + epsilon) if self.options.get("epsilonInRoot") else np.sqrt(squares) + epsilon

    def average_square(self, state, slot, decay, value):
        state[slot] = decay * state.get(slot, self.number(0)) + (self.number(1) - decay) * value * value
        return state[slot]


class ScaleByLearningRate(Optimizer):
    def one(self, g, p, state, step):
        return -self.at("learningRate", step) * g


class Sgd(Optimizer):
    def one(self, g, p, state, step):
        decay, momentum = self.at("weightDecay", default=0), self.at("momentum", default=0)
        if decay != 0:
            g = g + decay * p
        if momentum != 0:
            kept = self.number(1) - self.at("dampening", default=0)
            state["buffer"] = momentum * state["buffer"] + kept * g if "buffer" in state else g
            g = g + momentum * state["buffer"] if self.options.get("nesterov") else state["buffer"]
        return -self.at("learningRate", step) * g


class Adam(Optimizer):
    decay = 0

    def one(self, g, p, state, step):
        beta1, beta2 = self.at("beta1", default=0.9), self.at("beta2", default=0.999)
        first = self.average(state, "first", beta1, g) / self.average(state, "ones1", beta1, self.number(1))
        root = np.sqrt(self.average_square(state, "second", beta2, g))
        root = root / np.sqrt(self.average(state, "ones2", beta2, self.number(1)))
        scaled = first / (root + self.at("epsilon", default=1e-8))
        decay = self.at("weightDecay", default=self.decay)
        if decay != 0:
            scaled = scaled + decay * p
        return -self.at("learningRate", step) * scaled


class AdamW(Adam):
    decay = 0.01


class RmsProp(Optimizer):
    def one(self, g, p, state, step):
        decay, momentum = self.at("decay", default=0.9), self.at("momentum", default=0)
        second = self.average_square(state, "second", decay, g)
        if self.options.get("centered"):
            mean = self.average(state, "mean", decay, g)
            second = second - mean * mean
        scaled = g / self.root(second)
        if momentum != 0:
            state["buffer"] = momentum * state["buffer"] + scaled if "buffer" in state else scaled
            scaled = state["buffer"]
        return -self.at("learningRate", step) * scaled


class Adagrad(Optimizer):
    def start(self, p):
        return {"sum": np.full_like(p, self.at("initialAccumulatorValue", default=0.1))}

    def one(self, g, p, state, step):
        state["sum"] = state["sum"] + g * g
        return -self.at("learningRate", step) * (g / self.root(state["sum"]))


class Lion(Optimizer):
    def one(self, g, p, state, step):
        beta1, beta2 = self.at("beta1", default=0.9), self.at("beta2", default=0.99)
        one = self.number(1)
        momentum = state.get("momentum", np.zeros_like(g))
        direction = np.sign(beta1 * momentum + (one - beta1) * g)
        state["momentum"] = beta2 * momentum + (one - beta2) * g
        decay = self.at("weightDecay", default=0)
        if decay != 0:
            direction = direction + decay * p
        return -self.at("learningRate", step) * direction


TRANSFORMS = {
    "accumulate": Accumulate,
    "adagrad": Adagrad,
    "adam": Adam,
    "adamw": AdamW,
    "adaptiveGradientClip": AdaptiveGradientClip,
    "chain": Chain,
    "clipByBlockRms": ClipByBlockRms,
    "clipByGlobalNorm": ClipByGlobalNorm,
    "clipByNorm": ClipByNorm,
    "clipByValue": ClipByValue,
    "conditionally": Conditionally,
    "freeze": Freeze,
    "identity": Identity,
    "lion": Lion,
    "lookahead": Lookahead,
    "masked": Masked,
    "partition": Partition,
    "rmsprop": RmsProp,
    "scaleByLearningRate": ScaleByLearningRate,
    "sgd": Sgd,
    "skipNonFinite": SkipNonFinite,
    "softClip": SoftClip,
    "zeroNans": ZeroNans,
}


def schedule_value(schedule, step):
    """The value of a schedule at a step, in float64."""
    return SCHEDULES[schedule["schedule"]](schedule["options"], step)


def fraction(options, step):
    return min(max((step - options.get("transitionBegin", 0)) / options["transitionSteps"], 0), 1)


def polynomial(options, step):
    start, end = options["initialValue"], options["finalValue"]
    return end + (start - end) * (1 - fraction(options, step)) ** options.get("power", 1)


def cosine_decay(options, step):
    cosine = (1 + math.cos(math.pi * min(step / options["decaySteps"], 1))) / 2
    end = options.get("finalValue", 0)
    return end + (options["initialValue"] - end) * cosine ** options.get("exponent", 1)


def exponential_decay(options, step):
    power = max(step - options.get("transitionBegin", 0), 0) / options["transitionSteps"]
    rate, end = options["decayRate"], options.get("finalValue")
    value = options["initialValue"] * rate ** (math.floor(power) if options.get("staircase") else power)
    if end is None:
        return value
    return max(value, end) if rate < 1 else min(value, end)


def piecewise_constant(options, step):
    return options["values"][sum(step >= boundary for boundary in options["boundaries"])]


def piecewise_interpolate(options, step):
    boundaries, values = [0, *options["boundaries"]], options["values"]
    piece = sum(step >= boundary for boundary in boundaries) - 1
    if piece == len(boundaries) - 1:
        return values[-1]
    share = (step - boundaries[piece]) / (boundaries[piece + 1] - boundaries[piece])
    if options.get("interpolation") == "cosine":
        share = (1 - math.cos(math.pi * share)) / 2
    return values[piece] + (values[piece + 1] - values[piece]) * share


def one_cycle_ends(options):
    start = options.get("initialValue", options["peakValue"] / 25)
    return start, options["peakValue"], options.get("finalValue", start / 1e4)


def one_cycle(options, step):
    steps = options["transitionSteps"]
    boundaries = [math.floor(options.get("warmupFraction", 0.3) * steps), steps]
    curve = {"boundaries": boundaries, "values": one_cycle_ends(options), "interpolation": "cosine"}
    return piecewise_interpolate(curve, step)


def linear_one_cycle(options, step):
    steps = options["transitionSteps"]
    start, peak, end = one_cycle_ends(options)
    cooldown = math.floor((1 - options.get("cooldownFraction", 0.15)) * steps)
    boundaries = [math.floor(options.get("warmupFraction", 0.3) * steps), cooldown, steps]
    return piecewise_interpolate({"boundaries": boundaries, "values": [start, peak, start, end]}, step)


def warmup(options, step):
    steps, start = options["warmupSteps"], options.get("initialValue", 0)
    if step >= steps:
        return schedule_value(options["schedule"], step - steps)
    return start + (schedule_value(options["schedule"], 0) - start) * step / steps


def warmup_cosine_decay(options, step):
    decay = {
        "initialValue": options["peakValue"],
        "decaySteps": options["decaySteps"] - options["warmupSteps"],
        "finalValue": options.get("finalValue", 0),
        "exponent": options.get("exponent", 1),
    }
    return warmup({**options, "schedule": {"schedule": "cosineDecay", "options": decay}}, step)


def join(options, step):
    piece = sum(step >= boundary for boundary in options["boundaries"])
    return schedule_value(options["schedules"][piece], step - [0, *options["boundaries"]][piece])


SCHEDULES = {
    "constant": lambda options, step: number_of(options["value"]),
    "cosineDecay": cosine_decay,
    "exponentialDecay": exponential_decay,
    "join": join,
    "linear": polynomial,
    "linearOneCycle": linear_one_cycle,
    "oneCycle": one_cycle,
    "piecewiseConstant": piecewise_constant,
    "piecewiseInterpolate": piecewise_interpolate,
    "polynomial": polynomial,
    "warmup": warmup,
    "warmupCosineDecay": warmup_cosine_decay,
}


def matches(pattern, name, leaf):
    """Whether a pattern, as data, holds for a leaf."""
    return name in pattern["name"]


def label_of(rules, name, leaf):
    """The label that `partition` gives a leaf: that of the first rule that matches."""
    return next(rule["label"] for rule in rules if matches(rule["leaves"], name, leaf))


def holds(when, step):
    """Whether a range of `conditionally`, as data, holds at a step."""
    return step % when["every"] == 0

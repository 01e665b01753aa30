"""Cases from Keras on its JAX backend: the clips that its optimizers take as arguments, and its optimizers."""

import math

import keras
import numpy as np

from golden.bits import float32
from golden.book import chain, transform
from golden.data import normals, run_of, zeros

LIBRARY = f"keras {keras.__version__}"
SHAPES = {"bias": (3,), "kernel": (2, 3)}
BITS = {"tolerance": 0, "measure": "bits"}
OFF = "Keras takes 0 and negative thresholds for no clipping; ours refuses them when the transform is made."
OVERFLOW = "Keras's float32 sum of squares overflows; ours is right whenever the norm is a float32."
# Small enough that it makes no difference where a library adds it.
NO_EPSILON = 1e-14


def clipped(gradients, **arguments):
    optimizer = keras.optimizers.SGD(1.0, **arguments)
    values = optimizer._clip_gradients([keras.ops.convert_to_tensor(float32(g)) for g in gradients.values()])
    return {leaf: np.asarray(value) for leaf, value in zip(gradients, values, strict=True)}


def clips(book):
    def case(name, gradients, does, **arguments):
        extra = arguments.pop("extra", {})
        ((option, limit),) = arguments.items()
        book.add(
            "keras",
            name,
            library=LIBRARY,
            call=f"keras.optimizers.SGD(1.0, {option}={limit})._clip_gradients(grads)",
            does=does,
            params=zeros(gradients),
            gradients=[gradients],
            what="updates",
            expected=[clipped(gradients, **arguments)],
            **extra,
        )

    norm = lambda limit: transform("clipByNorm", maxNorm=limit)
    whole = lambda limit: transform("clipByGlobalNorm", maxNorm=limit)
    value = lambda limit: transform("clipByValue", limit=limit)
    refused = {"our_error": "InvalidOptionError", "differs": OFF}
    shapes = SHAPES | {"scale": (), "convolution": (2, 2, 1, 2)}

    case("test_clip_norm of Keras: (100, 100) is clipped to 1", {"g": [100, 100]}, norm(1), clipnorm=1.0)
    case("Keras: each leaf has its own norm", normals("keras norm", shapes), norm(0.5), clipnorm=0.5)
    case("Keras keeps a leaf of zeros", {"a": [0, 0], "b": [3, 4]}, norm(1), clipnorm=1.0)
    case("Keras keeps (3, 4) at its own norm", {"g": [3, 4]}, norm(5), clipnorm=5.0, extra=BITS)
    case(
        "Keras multiplies and divides a leaf below the threshold, and loses a bit",
        normals("keras below", {"g": (20,)}, 0.1),
        norm(41),
        clipnorm=41.0,
        extra=BITS | {"differs": "Ours leaves the bits alone below the threshold."},
    )
    case(
        "Keras: a leaf below the threshold keeps its value to 1e-6",
        normals("keras below", {"g": (20,)}, 0.1),
        norm(41),
        clipnorm=41.0,
    )
    case("Keras: an infinity stays within its leaf", {"a": [np.inf, 1], "b": [3, 4]}, norm(1), clipnorm=1.0)
    case("Keras: a NaN stays within its leaf", {"a": [np.nan, 1], "b": [3, 4]}, norm(1), clipnorm=1.0)
    case("Keras makes zeros of a leaf of 1e20", {"g": [1e20, 1e20]}, norm(1), clipnorm=1.0, extra={"differs": OVERFLOW})
    for limit in (0.0, -1.0):
        case(f"Keras does not clip at clipnorm={limit:g}", {"g": [3, 4]}, norm(limit), clipnorm=limit, extra=refused)

    case(
        "test_clip_value of Keras: (100, 100) is clipped to (1, 1)",
        {"g": [100, 100]},
        value(1),
        clipvalue=1.0,
        extra=BITS,
    )
    edges = {"g": [np.nan, np.inf, -np.inf, -0.0, 0.0, 2, -2, 0.5]}
    case("Keras: NaN stays, infinities are clamped and -0 stays", edges, value(1), clipvalue=1.0, extra=BITS)
    case("Keras clamps values of every size", normals("keras value", shapes, 3), value(1), clipvalue=1.0, extra=BITS)
    for limit in (0.0, -1.0):
        case(f"Keras does not clip at clipvalue={limit:g}", {"g": [3, 4]}, value(limit), clipvalue=limit, extra=refused)

    both = {"a": [3, 4], "b": [12]}
    case(
        "test_global_clip_norm of Keras: (50, 0) and (0, 50) share a norm",
        {"a": [50, 0], "b": [0, 50]},
        whole(1),
        global_clipnorm=1.0,
    )
    case("Keras: (3, 4) and (12) of norm 13 are clipped to 1", both, whole(1), global_clipnorm=1.0)
    case(
        "Keras: leaves of rank 0, 1, 2 and 4 share one norm",
        normals("keras global", shapes),
        whole(0.5),
        global_clipnorm=0.5,
    )
    case("Keras keeps (3, 4) and (12) at their own norm", both, whole(13), global_clipnorm=13.0)
    for limit in (41.0, 47.0):
        case(
            f"Keras multiplies by {limit:g} * (1 / {limit:g}) below that threshold, which is not 1",
            both,
            whole(limit),
            global_clipnorm=limit,
            extra=BITS | {"differs": "Ours leaves the bits alone below the threshold."},
        )
    case("Keras keeps zeros under a global norm", {"a": [0, 0]}, whole(1), global_clipnorm=1.0)
    case(
        "Keras makes every entry NaN when one is infinite",
        {"a": [np.inf, 1], "b": [2]},
        whole(1),
        global_clipnorm=1.0,
        extra={"differs": "Ours makes NaN of the infinite entry and 0 of the finite ones, as PyTorch and Optax do."},
    )
    case("Keras: a NaN entry makes every entry NaN", {"a": [np.nan, 1], "b": [2]}, whole(1), global_clipnorm=1.0)
    case(
        "Keras makes every entry NaN when the sum of squares overflows",
        {"g": [1e20, 1e20]},
        whole(1),
        global_clipnorm=1.0,
        extra={"differs": OVERFLOW},
    )
    for limit in (0.0, -1.0):
        case(
            f"Keras does not clip at global_clipnorm={limit:g}",
            {"g": [3, 4]},
            whole(limit),
            global_clipnorm=limit,
            extra=refused,
        )


def history_of(optimizer, params, gradients):
    variables = {leaf: keras.Variable(float32(p), name=leaf) for leaf, p in params.items()}
    optimizer.build(list(variables.values()))
    history = []
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient[leaf]) for leaf in variables], list(variables.values()))
        history.append({leaf: np.asarray(variable.value) for leaf, variable in variables.items()})
    return history


def run_case(book, name, kind, arguments, does, params, gradients, steps=None, **extra):
    history = history_of(kind(**arguments), params, gradients)
    steps = steps or list(range(1, len(gradients) + 1))
    book.add(
        "keras",
        name,
        library=LIBRARY,
        call=f"keras.optimizers.{kind.__name__}({', '.join(f'{key}={value}' for key, value in arguments.items())}).apply(grads, variables)",
        does=does,
        params=params,
        gradients=gradients,
        what="params",
        steps=steps,
        expected=[history[step - 1] for step in steps],
        **{"tolerance": 5e-6, "measure": "leaf"} | extra,
    )


OPTIMIZERS = [
    ("sgd", keras.optimizers.SGD, "plain", {"learningRate": 0.1}, {"learning_rate": 0.1}),
    (
        "sgd",
        keras.optimizers.SGD,
        "momentum",
        {"learningRate": 0.05, "momentum": 0.9},
        {"learning_rate": 0.05, "momentum": 0.9},
    ),
    (
        "sgd",
        keras.optimizers.SGD,
        "nesterov",
        {"learningRate": 0.05, "momentum": 0.9, "nesterov": True},
        {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True},
    ),
    (
        "sgd",
        keras.optimizers.SGD,
        "weight decay",
        {"learningRate": 0.1, "weightDecay": 0.1},
        {"learning_rate": 0.1, "weight_decay": 0.1},
    ),
    (
        "adam",
        keras.optimizers.Adam,
        "no epsilon to speak of",
        {"learningRate": 0.05, "epsilon": NO_EPSILON},
        {"learning_rate": 0.05, "epsilon": NO_EPSILON},
    ),
    (
        "adamw",
        keras.optimizers.AdamW,
        "no epsilon to speak of",
        {"learningRate": 0.05, "weightDecay": 0.1, "epsilon": NO_EPSILON},
        {"learning_rate": 0.05, "weight_decay": 0.1, "epsilon": NO_EPSILON},
    ),
    (
        "rmsprop",
        keras.optimizers.RMSprop,
        "plain",
        {"learningRate": 0.05, "epsilon": NO_EPSILON},
        {"learning_rate": 0.05, "epsilon": NO_EPSILON},
    ),
    (
        "rmsprop",
        keras.optimizers.RMSprop,
        "momentum",
        {"learningRate": 0.02, "momentum": 0.9, "epsilon": NO_EPSILON},
        {"learning_rate": 0.02, "momentum": 0.9, "epsilon": NO_EPSILON},
    ),
    (
        "rmsprop",
        keras.optimizers.RMSprop,
        "centered",
        {"learningRate": 0.05, "centered": True, "epsilon": NO_EPSILON},
        {"learning_rate": 0.05, "centered": True, "epsilon": NO_EPSILON},
    ),
    (
        "adagrad",
        keras.optimizers.Adagrad,
        "no epsilon to speak of",
        {"learningRate": 0.2, "epsilon": NO_EPSILON},
        {"learning_rate": 0.2, "epsilon": NO_EPSILON},
    ),
    ("lion", keras.optimizers.Lion, "its defaults", {"learningRate": 0.05}, {"learning_rate": 0.05}),
    (
        "lion",
        keras.optimizers.Lion,
        "weight decay",
        {"learningRate": 0.05, "weightDecay": 0.1},
        {"learning_rate": 0.05, "weight_decay": 0.1},
    ),
]


def optimizers(book):
    lengths = (
        (3, {"bias": (4,), "kernel": (3, 4), "scale": ()}, [1, 2, 3]),
        (50, SHAPES, [1, 2, 3, 10, 50]),
    )
    for name, kind, label, options, arguments in OPTIMIZERS:
        for length, shapes, steps in lengths:
            run_case(
                book,
                f"Keras's {kind.__name__}, {label}, after {length} steps",
                kind,
                arguments,
                transform(name, **options),
                normals(f"keras {name} params {length}", shapes),
                run_of(f"keras {name} {label} {length}", shapes, length),
                steps,
                tolerance=2e-5 if name.startswith("adam") else 5e-6,
            )
    run = run_of("keras epsilon", SHAPES, 3)
    params = normals("keras epsilon params", SHAPES)
    cases = [
        (
            "adam",
            keras.optimizers.Adam,
            {"learningRate": 0.1, "epsilon": 0.01},
            {"learning_rate": 0.1, "epsilon": 0.01},
            "Keras adds epsilon before the bias correction; ours adds it after, as PyTorch and Optax do.",
        ),
        (
            "rmsprop",
            keras.optimizers.RMSprop,
            {"learningRate": 0.05, "epsilon": 0.01},
            {"learning_rate": 0.05, "epsilon": 0.01},
            "Keras adds epsilon under the root; ours adds it to the root, as PyTorch does.",
        ),
        (
            "adagrad",
            keras.optimizers.Adagrad,
            {"learningRate": 0.2, "epsilon": 0.1},
            {"learning_rate": 0.2, "epsilon": 0.1},
            "Keras adds epsilon under the root; ours adds it to the root, as PyTorch does.",
        ),
        (
            "sgd",
            keras.optimizers.SGD,
            {"learningRate": 0.1, "momentum": 0.9, "weightDecay": 0.1},
            {"learning_rate": 0.1, "momentum": 0.9, "weight_decay": 0.1},
            "Keras decays the parameters beside the momentum; ours adds the decay to the gradient, as PyTorch does.",
        ),
    ]
    for name, kind, options, arguments, differs in cases:
        run_case(
            book,
            f"Keras's {kind.__name__}: {', '.join(f'{key}={value}' for key, value in arguments.items())}",
            kind,
            arguments,
            transform(name, **options),
            params,
            run,
            differs=differs,
        )
    run, params = run_of("keras clip", SHAPES, 6), normals("keras clip params", SHAPES)
    clip = {
        "clipnorm": transform("clipByNorm", maxNorm=0.5),
        "global_clipnorm": transform("clipByGlobalNorm", maxNorm=0.5),
        "clipvalue": transform("clipByValue", limit=0.5),
    }
    for option, does in clip.items():
        run_case(
            book,
            f"Keras's SGD with {option}",
            keras.optimizers.SGD,
            {"learning_rate": 0.1, "momentum": 0.9, option: 0.5},
            chain(does, transform("sgd", learningRate=0.1, momentum=0.9)),
            params,
            run,
        )
        run_case(
            book,
            f"Keras's AdamW with {option} decays after the clip",
            keras.optimizers.AdamW,
            {"learning_rate": 0.05, "weight_decay": 0.1, "epsilon": NO_EPSILON, option: 0.5},
            chain(does, transform("adamw", learningRate=0.05, weightDecay=0.1, epsilon=NO_EPSILON)),
            params,
            run,
            tolerance=2e-5,
        )
    for every in (2, 3):
        run_case(
            book,
            f"Keras: gradient_accumulation_steps={every} is the mean of {every} gradients, then one step",
            keras.optimizers.SGD,
            {"learning_rate": 0.5, "gradient_accumulation_steps": every},
            transform("accumulate", inner=transform("sgd", learningRate=0.5), every=every),
            params,
            run,
        )
    run_case(
        book,
        "Keras: the mean of 2 gradients is clipped, not its parts",
        keras.optimizers.SGD,
        {"learning_rate": 0.5, "gradient_accumulation_steps": 2, "global_clipnorm": 0.5},
        transform("accumulate", inner=chain(clip["global_clipnorm"], transform("sgd", learningRate=0.5)), every=2),
        params,
        run,
    )


def schedules(book):
    steps = [0, 1, 2, 5, 9, 10, 11, 25, 30, 50, 84, 85, 99, 100, 101, 150]
    rates = keras.optimizers.schedules
    cases = [
        (
            "ExponentialDecay(1.0, 10, 0.9)",
            rates.ExponentialDecay(1.0, 10, 0.9),
            {"schedule": "exponentialDecay", "options": {"initialValue": 1, "transitionSteps": 10, "decayRate": 0.9}},
        ),
        (
            "ExponentialDecay(1.0, 10, 0.5, staircase=True)",
            rates.ExponentialDecay(1.0, 10, 0.5, staircase=True),
            {
                "schedule": "exponentialDecay",
                "options": {"initialValue": 1, "transitionSteps": 10, "decayRate": 0.5, "staircase": True},
            },
        ),
        (
            "PolynomialDecay(1.0, 100, 0.01, power=2.0)",
            rates.PolynomialDecay(1.0, 100, 0.01, power=2.0),
            {
                "schedule": "polynomial",
                "options": {"initialValue": 1, "finalValue": 0.01, "power": 2, "transitionSteps": 100},
            },
        ),
        (
            "CosineDecay(0.5, 100, alpha=0.1)",
            rates.CosineDecay(0.5, 100, alpha=0.1),
            {"schedule": "cosineDecay", "options": {"initialValue": 0.5, "decaySteps": 100, "finalValue": 0.05}},
        ),
        (
            "CosineDecay(0.0, 75, warmup_target=1.0, warmup_steps=10)",
            rates.CosineDecay(0.0, 75, warmup_target=1.0, warmup_steps=10),
            {"schedule": "warmupCosineDecay", "options": {"peakValue": 1, "warmupSteps": 10, "decaySteps": 85}},
        ),
    ]
    for call, theirs, does in cases:
        book.add_schedule(
            f"Keras: {call}",
            library=LIBRARY,
            call=f"keras.optimizers.schedules.{call}",
            does=does,
            steps=steps,
            values=[theirs(step) for step in steps],
        )
    late = rates.PiecewiseConstantDecay([10, 85], [1.0, 0.1, 0.01])
    book.add_schedule(
        "Keras: PiecewiseConstantDecay changes one step later",
        library=LIBRARY,
        call="keras.optimizers.schedules.PiecewiseConstantDecay([10, 85], [1.0, 0.1, 0.01])",
        does={"schedule": "piecewiseConstant", "options": {"boundaries": [10, 85], "values": [1, 0.1, 0.01]}},
        steps=steps,
        values=[late(step) for step in steps],
        differs="Ours takes the next value from the boundary on, as Optax and PyTorch do; Keras keeps the old one at the boundary itself.",
    )


def add_all(book):
    assert keras.backend.backend() == "jax" and math.isclose(keras.config.epsilon(), 1e-7)
    clips(book)
    optimizers(book)
    schedules(book)

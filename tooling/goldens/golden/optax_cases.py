"""Cases from Optax: its clips and their tests, its wrappers, its optimizers, its schedules."""

import json
import math
from importlib.metadata import version

import jax
import jax.numpy as jnp
import numpy as np
import optax

from golden.bits import float32
from golden.book import chain, schedule, transform
from golden.data import normals, run_of, zeros

LIBRARY = f"optax {version('optax')}"
REFUSED = "Ours refuses a threshold that is not above zero when the transform is made."
OVERFLOW = "Optax's float32 sum of squares overflows and gives zeros; ours is right whenever the norm is a float32."
SHAPES = {"bias": (3,), "kernel": (2, 3)}
BITS = {"tolerance": 0, "measure": "bits"}


def arrays(tree):
    return {leaf: jnp.asarray(float32(values)) for leaf, values in tree.items()}


def numbers(tree):
    return {leaf: np.asarray(values) for leaf, values in tree.items()}


def updates_of(optimizer, params, gradients):
    """The updates of each step, with the parameters held where they are."""
    state = optimizer.init(arrays(params))
    history = []
    for gradient in gradients:
        updates, state = optimizer.update(arrays(gradient), state, arrays(params))
        history.append(numbers(updates))
    return history


def params_of(optimizer, params, gradients):
    """The parameters after each step."""
    current, history = arrays(params), []
    state = optimizer.init(current)
    for gradient in gradients:
        updates, state = optimizer.update(arrays(gradient), state, current)
        current = optax.apply_updates(current, updates)
        history.append(numbers(current))
    return history


def clip_case(book, file, name, optimizer, call, does, gradients, params=None, **extra):
    """One call of a transform."""
    params = params or zeros(gradients)
    if "expected" not in extra:
        extra["expected"] = updates_of(optimizer, params, [gradients])
    book.add(
        file, name, library=LIBRARY, call=call, does=does, params=params, gradients=[gradients], what="updates", **extra
    )


def step_case(book, file, name, optimizer, call, does, params, gradients, steps=None, **extra):
    """Several steps of an optimizer."""
    history = params_of(optimizer, params, gradients)
    steps = steps or list(range(1, len(gradients) + 1))
    book.add(
        file,
        name,
        library=LIBRARY,
        call=call,
        does=does,
        params=params,
        gradients=gradients,
        what="params",
        steps=steps,
        expected=[history[step - 1] for step in steps],
        **{"tolerance": tolerance_of(does), "measure": "leaf"} | extra,
    )


def tolerance_of(does):
    """Optax's bias correction, in float32, is itself off by 1e-5."""
    return 2e-5 if '"adam' in json.dumps(does) else 5e-6


def global_norm(book):
    def case(name, gradients, max_norm, **extra):
        if "our_error" not in extra:
            extra["norm"] = float(optax.tree.norm(arrays(gradients)))
        clip_case(
            book,
            "optax-clips",
            name,
            optax.clip_by_global_norm(max_norm),
            f"optax.clip_by_global_norm({max_norm})",
            transform("clipByGlobalNorm", maxNorm=max_norm),
            gradients,
            **extra,
        )

    case("Optax clips (3, 4) of norm 5 to 1", {"g": [3, 4]}, 1.0)
    case("Optax keeps (3, 4) at its own norm", {"g": [3, 4]}, 5.0, **BITS)
    case("Optax keeps zeros at a threshold of 1", {"g": [0, 0]}, 1.0, **BITS)
    case(
        "Optax makes NaN of zeros at a threshold of 0",
        {"g": [0, 0]},
        0.0,
        our_error="InvalidOptionError",
        differs=REFUSED,
    )
    case(
        "Optax makes zeros of (3, 4) at a threshold of 0",
        {"g": [3, 4]},
        0.0,
        our_error="InvalidOptionError",
        differs=REFUSED,
    )
    case(
        "Optax reverses (3, 4) at a threshold of -1",
        {"g": [3, 4]},
        -1.0,
        our_error="InvalidOptionError",
        differs=REFUSED,
    )
    case(
        "Optax takes a threshold of NaN",
        {"g": [3, 4]},
        math.nan,
        our_error="InvalidOptionError",
        differs="Ours refuses a threshold of NaN when the transform is made.",
    )
    case("Optax: an infinite entry becomes NaN and all others 0", {"a": [np.inf, 1], "b": [2]}, 1.0)
    case("Optax: a NaN entry makes every entry NaN", {"a": [np.nan, 1], "b": [2]}, 1.0)
    case("Optax keeps finite entries at a threshold of infinity", {"g": [3, 4]}, math.inf, **BITS)
    case(
        "Optax makes NaN of an infinite entry and of its neighbours at a threshold of infinity",
        {"g": [np.inf, 4]},
        math.inf,
        differs="Ours leaves every bit alone when the norm is not above the threshold.",
        **BITS,
    )
    case("Optax makes zeros of (1e20, 1e20)", {"g": [1e20, 1e20]}, 1.0, differs=OVERFLOW)
    case(
        "Optax keeps (3e-30, 4e-30) at a threshold of 1e-30",
        {"g": [3e-30, 4e-30]},
        1e-30,
        differs="Optax's float32 norm underflows to 0 and nothing is clipped; ours is right down to 1e-30.",
    )
    case("Optax keeps negative zero below the threshold", {"g": [-0.0, 0.5]}, 1.0, **BITS)
    case(
        "Optax: leaves of rank 0, 1, 2 and 4 share one norm",
        normals("optax norm", SHAPES | {"c": (), "d": (2, 1, 2, 2)}),
        0.5,
    )
    case("Optax: no entries at all have norm 0", {"g": np.zeros((0, 3))}, 1.0, **BITS)

    for index, bound in enumerate((1, 2, 5, 10, 50)):
        for step, gradient in enumerate(([500.0, 5.0], [300.0, 3.0])):
            limit = 1 / bound
            clip = optax.clip_by_global_norm(limit)
            case(f"test_clip_by_global_norm of Optax, gradient {step + 1}, bound 1/{bound}", {"p": gradient}, limit)
            if index % 2 == 0:
                once = updates_of(clip, {"p": [0.0, 0.0]}, [{"p": gradient}])[0]
                case(
                    f"test_clip_by_global_norm of Optax, clipped gradient {step + 1} again, bound 1/{bound}",
                    once,
                    limit,
                )


def block_rms(book):
    def case(name, gradients, threshold, **extra):
        clip_case(
            book,
            "optax-clips",
            name,
            optax.clip_by_block_rms(threshold),
            f"optax.clip_by_block_rms({threshold})",
            transform("clipByBlockRms", threshold=threshold),
            gradients,
            **extra,
        )

    case("Optax clips (3, 4) of root mean square 3.54 to 1", {"g": [3, 4]}, 1.0)
    case("Optax keeps (2, -2) at its own root mean square", {"g": [2, -2]}, 2.0, **BITS)
    case("Optax keeps what is below the root mean square", normals("rms below", SHAPES, 0.1), 1.0, **BITS)
    case("Optax keeps a leaf of zeros", {"a": [0, 0], "b": [3, 4]}, 1.0)
    case(
        "Optax: each leaf has its own root mean square",
        normals("rms", SHAPES | {"scale": (), "deep": (2, 1, 2, 2)}, 3),
        0.5,
    )
    case("Optax: an infinity makes NaN of itself and zeros of its leaf", {"a": [np.inf, 1], "b": [3, 4]}, 1.0)
    case("Optax: a NaN makes NaN of its leaf only", {"a": [np.nan, 1], "b": [3, 4]}, 1.0)
    case("Optax makes zeros of a leaf of 1e20", {"a": [1e20, 1e20], "b": [3, 4]}, 1.0, differs=OVERFLOW)
    case(
        "Optax keeps a leaf of 3e-30 at a threshold of 1e-30",
        {"a": [3e-30, 4e-30]},
        1e-30,
        differs="Optax's float32 squares underflow to 0 and nothing is clipped; ours is right down to 1e-30.",
    )
    for label, values in (("zeros", [0, 0]), ("(3, 4)", [3, 4])):
        case(
            f"Optax takes a threshold of 0 for the root mean square of {label}",
            {"g": values},
            0.0,
            our_error="InvalidOptionError",
            differs=REFUSED,
        )
    for step, gradient in enumerate(([500.0, 5.0], [300.0, 3.0])):
        for bound in (1, 7):
            case(f"test_clip_by_block_rms of Optax, gradient {step + 1}, bound 1/{bound}", {"p": gradient}, 1 / bound)


def value(book):
    def case(name, gradients, limit, **extra):
        clip_case(
            book,
            "optax-clips",
            name,
            optax.clip(limit),
            f"optax.clip({limit})",
            transform("clipByValue", limit=limit),
            gradients,
            **extra,
        )

    case(
        "Optax: NaN stays, infinities are clamped and -0 stays",
        {"g": [np.nan, np.inf, -np.inf, -0.0, 0.0, 2, -2, 0.5]},
        1.0,
        **BITS,
    )
    case("Optax clamps values of every size", normals("optax value", SHAPES | {"scale": ()}, 3), 1.0, **BITS)
    case(
        "Optax makes every value -1 at a limit of -1",
        {"g": [3, -4]},
        -1.0,
        our_error="InvalidOptionError",
        differs=REFUSED,
    )
    case("Optax takes a limit of 0", {"g": [3, -4]}, 0.0, our_error="InvalidOptionError", differs=REFUSED)
    case("Optax clamps nothing at a limit of infinity", {"g": [np.inf, -np.inf, np.nan, 1]}, math.inf, **BITS)
    for step, gradient in enumerate(([500.0, 5.0], [300.0, 3.0])):
        for bound in (1, 50):
            case(f"test_clip of Optax, gradient {step + 1}, bound 1/{bound}", {"p": gradient}, 1 / bound, **BITS)


def adaptive(book):
    def case(name, gradients, params, clipping, epsilon=1e-3, **extra):
        options = {"clipping": clipping} | ({} if epsilon == 1e-3 else {"epsilon": epsilon})
        clip_case(
            book,
            "optax-clips",
            name,
            optax.adaptive_grad_clip(clipping, eps=epsilon),
            f"optax.adaptive_grad_clip({clipping}, eps={epsilon})",
            transform("adaptiveGradientClip", **options),
            gradients,
            params,
            **extra,
        )

    def random(name, shape, clipping, **extra):
        case(name, normals(f"{name} g", {"p": shape}), normals(f"{name} p", {"p": shape}), clipping, **extra)

    random("Optax: a scalar is one unit", (), 0.1)
    random("Optax: a vector is one unit", (6,), 0.1)
    random("Optax: each column of a matrix is a unit", (4, 3), 0.1)
    random("Optax: each output channel of a convolution is a unit", (2, 2, 3, 4), 0.1)
    random("Optax: each output channel of a 3-D convolution is a unit", (2, 1, 2, 2, 3), 0.1)
    random("Optax: only some units of a matrix are above their limit", (4, 6), 0.9)
    random(
        "Optax reduces the first axis only of a tensor of rank 3",
        (2, 3, 4),
        0.1,
        differs="Ours reduces all axes but the last at every rank; Optax reduces the first one at rank 3.",
    )
    random("Optax: a matrix of one row is one unit, as a vector is", (1, 5), 0.1)
    random("A matrix of one column is one unit in both", (5, 1), 0.1)
    case("Optax: parameters of zero allow clipping * 1e-3", {"p": [3, 4]}, {"p": [0, 0]}, 0.01)
    case("Optax: another epsilon", {"p": [3, 4]}, {"p": [0, 0]}, 0.01, epsilon=0.5)
    case("Optax: a zero gradient stays zero", {"p": [0, 0]}, {"p": [1, 2]}, 0.01)
    case("Optax keeps what is below its limit", {"p": [0.003, 0.004]}, {"p": [3, 4]}, 0.01, **BITS)
    case("Optax keeps a unit at exactly its limit", {"p": [3, 4]}, {"p": [6, 8]}, 0.5, **BITS)
    case("Optax: a NaN makes NaN of its unit only", {"p": [[np.nan, 1], [2, 3]]}, {"p": [[1, 1], [1, 1]]}, 0.5)
    case(
        "Optax: an infinity makes NaN of itself and zeros of its unit",
        {"p": [[np.inf, 1], [2, 3]]},
        {"p": [[1, 1], [1, 1]]},
        0.5,
    )
    case(
        "Optax makes zeros of a unit of 1e20",
        {"p": [1e20, 1e20]},
        {"p": [3, 4]},
        0.1,
        differs=OVERFLOW,
    )
    case(
        "Optax divides a norm below 1e-6 by 1e-6",
        {"p": [3e-7, 4e-7]},
        {"p": [0, 0]},
        1e-4,
        differs="Ours divides by the norm itself, so the clipped unit has exactly the norm allowed.",
    )
    case("Optax: a clipping of 0", {"p": [3, 4]}, {"p": [3, 4]}, 0.0, our_error="InvalidOptionError", differs=REFUSED)


def non_finite(book):
    case = lambda name, gradients, **extra: clip_case(
        book,
        "optax-wrappers",
        name,
        optax.zero_nans(),
        "optax.zero_nans()",
        transform("zeroNans"),
        gradients,
        **BITS | extra,
    )
    case("Optax: NaN becomes 0 and infinities stay", {"g": [np.nan, np.inf, -np.inf, -0.0, 1]})
    case("Optax: NaN becomes 0 in every leaf", {"a": [[np.nan, 1], [2, np.nan]], "b": np.nan})
    case("Optax: without NaN every bit stays", normals("no nan", SHAPES))

    def skip(name, inner, does, params, gradients, limit, call, **extra):
        step_case(
            book,
            "optax-wrappers",
            name,
            optax.apply_if_finite(inner, limit),
            f"optax.apply_if_finite({call}, {limit})",
            transform("skipNonFinite", inner=does, maxConsecutive=limit),
            params,
            gradients,
            **extra,
        )

    sgd = (optax.sgd(0.1), transform("sgd", learningRate=0.1))
    nan, good = {"p": [np.nan, 1.0]}, {"p": [1.0, 2.0]}
    start = {"p": [1.0, -1.0]}
    skip(
        "Optax rejects two NaN steps and accepts the third",
        *sgd,
        start,
        [nan, nan, nan, good],
        2,
        "optax.sgd(0.1)",
        **BITS,
    )
    skip(
        "Optax keeps accepting until a finite step",
        *sgd,
        start,
        [nan, nan, nan, good, nan],
        1,
        "optax.sgd(0.1)",
        **BITS,
    )
    skip(
        "Optax: a finite step resets the count",
        *sgd,
        start,
        [nan, nan, good, nan, nan, good],
        2,
        "optax.sgd(0.1)",
        **BITS,
    )
    skip(
        "Optax: an infinity is rejected like NaN",
        *sgd,
        start,
        [{"p": [np.inf, 1.0]}, good, {"p": [-np.inf, 1.0]}, good],
        2,
        "optax.sgd(0.1)",
        **BITS,
    )
    two = [{"a": [1.0], "b": [np.nan]}, {"a": [1.0], "b": [1.0]}]
    skip("Optax: a NaN in one leaf holds all leaves", *sgd, {"a": [1.0], "b": [2.0]}, two, 5, "optax.sgd(0.1)", **BITS)
    bad = normals("bad", SHAPES) | {"bias": float32([1, np.nan, np.inf])}
    run = run_of("skip", SHAPES, 6)
    run[1], run[3], run[4] = bad, bad, bad
    params = normals("skip params", SHAPES)
    skip(
        "Optax: a rejected step leaves Adam's moments and step count alone",
        optax.adam(0.1),
        transform("adam", learningRate=0.1),
        params,
        run,
        5,
        "optax.adam(0.1)",
    )
    skip(
        "Optax: a rejected step leaves the momentum alone",
        optax.sgd(0.1, momentum=0.9),
        transform("sgd", learningRate=0.1, momentum=0.9),
        params,
        run,
        5,
        "optax.sgd(0.1, momentum=0.9)",
        **BITS,
    )
    skip(
        "Optax: a clip and Adam within are both left alone",
        optax.chain(optax.clip_by_global_norm(0.5), optax.adam(0.1)),
        chain(transform("clipByGlobalNorm", maxNorm=0.5), transform("adam", learningRate=0.1)),
        params,
        run,
        5,
        "optax.chain(optax.clip_by_global_norm(0.5), optax.adam(0.1))",
    )
    skip(
        "Optax adds 0 to a parameter of -0 in a rejected step",
        *sgd,
        {"p": [-0.0, 1.0]},
        [nan],
        2,
        "optax.sgd(0.1)",
        differs="Ours skips the step, so that -0 keeps its sign; Optax adds an update of 0, and -0 + 0 is 0.",
        **BITS,
    )
    rate = {"initialValue": 0.5, "finalValue": 0.1, "transitionSteps": 4}
    skip(
        "Optax's learning rate stands still in a rejected step",
        optax.sgd(optax.linear_schedule(0.5, 0.1, 4)),
        transform("sgd", learningRate=schedule("linear", **rate)),
        {"p": [0.0, 0.0]},
        [good, nan, good, good],
        5,
        "optax.sgd(optax.linear_schedule(0.5, 0.1, 4))",
        differs="Ours counts the host's steps, so a step skipped on data advances the schedule; Optax freezes its count.",
        tolerance=1e-6,
    )


def accumulation(book):
    def case(name, inner, does, params, gradients, every, call, **extra):
        step_case(
            book,
            "optax-wrappers",
            name,
            optax.MultiSteps(inner, every).gradient_transformation(),
            f"optax.MultiSteps({call}, {every})",
            transform("accumulate", inner=does, every=every),
            params,
            gradients,
            **extra,
        )

    params = normals("accumulate params", SHAPES)
    run = run_of("accumulate", SHAPES, 8)
    sgd, adam = transform("sgd", learningRate=0.5), transform("adam", learningRate=0.1)
    momentum = transform("sgd", learningRate=0.5, momentum=0.9)
    for every in (1, 2, 3, 4):
        case(
            f"Optax: the mean of {every} gradients, then one step of SGD",
            optax.sgd(0.5),
            sgd,
            params,
            run,
            every,
            "optax.sgd(0.5)",
            tolerance=5e-6,
        )
    case(
        "Optax: the mean of 2 gradients, then one step of Adam",
        optax.adam(0.1),
        adam,
        params,
        run,
        2,
        "optax.adam(0.1)",
    )
    case(
        "Optax: the mean of 4 gradients, then one step with momentum",
        optax.sgd(0.5, momentum=0.9),
        momentum,
        params,
        run,
        4,
        "optax.sgd(0.5, momentum=0.9)",
        tolerance=5e-6,
    )
    clip = chain(transform("clipByGlobalNorm", maxNorm=0.5), sgd)
    case(
        "Optax: the mean is clipped, not its parts",
        optax.chain(optax.clip_by_global_norm(0.5), optax.sgd(0.5)),
        clip,
        params,
        run,
        2,
        "optax.chain(optax.clip_by_global_norm(0.5), optax.sgd(0.5))",
        tolerance=5e-6,
    )
    step_case(
        book,
        "optax-wrappers",
        "Optax: a clip before the accumulation clips every part",
        optax.chain(optax.clip_by_global_norm(0.5), optax.MultiSteps(optax.sgd(0.5), 2).gradient_transformation()),
        "optax.chain(optax.clip_by_global_norm(0.5), optax.MultiSteps(optax.sgd(0.5), 2))",
        chain(transform("clipByGlobalNorm", maxNorm=0.5), transform("accumulate", inner=sgd, every=2)),
        params,
        run,
        tolerance=5e-6,
    )
    rate = schedule("linear", initialValue=0.5, finalValue=0.1, transitionSteps=4)
    case(
        "Optax: a schedule within counts the steps that were taken",
        optax.sgd(optax.linear_schedule(0.5, 0.1, 4)),
        transform("sgd", learningRate=rate),
        params,
        run,
        2,
        "optax.sgd(optax.linear_schedule(0.5, 0.1, 4))",
        tolerance=5e-6,
    )
    nan, good = {"p": [np.nan, 1.0]}, {"p": [1.0, 2.0]}
    select = (
        "Optax multiplies by 0 and 1, and 0 * NaN is NaN; ours selects, so a step that is not taken changes nothing"
    )
    case(
        "Optax: a NaN gradient spoils the steps that are not taken too",
        optax.sgd(0.5),
        sgd,
        {"p": [1.0, -1.0]},
        [good, good, nan, good],
        2,
        "optax.sgd(0.5)",
        differs=f"{select}.",
        tolerance=5e-6,
    )
    case(
        "Optax: a NaN gradient stays in the accumulator for ever",
        optax.apply_if_finite(optax.sgd(0.5), 9),
        transform("skipNonFinite", inner=sgd, maxConsecutive=9),
        {"p": [1.0, -1.0]},
        [good, nan, good, good],
        2,
        "optax.apply_if_finite(optax.sgd(0.5), 9)",
        differs=f"{select}, and the next mean starts anew.",
        tolerance=5e-6,
    )


def lookaheads(book):
    params = normals("lookahead params", SHAPES)
    run = run_of("lookahead", SHAPES, 14)
    cases = [
        ("SGD", optax.sgd(0.2), transform("sgd", learningRate=0.2), 6, 0.5, "optax.sgd(0.2)"),
        (
            "momentum",
            optax.sgd(0.1, momentum=0.9),
            transform("sgd", learningRate=0.1, momentum=0.9),
            3,
            0.8,
            "optax.sgd(0.1, momentum=0.9)",
        ),
        ("Adam", optax.adam(0.1), transform("adam", learningRate=0.1), 5, 0.5, "optax.adam(0.1)"),
        ("SGD at every step", optax.sgd(0.2), transform("sgd", learningRate=0.2), 1, 0.3, "optax.sgd(0.2)"),
    ]
    for label, inner, does, every, alpha, call in cases:
        optimizer = optax.lookahead(inner, every, alpha)
        current = optax.LookaheadParams.init_synced(arrays(params))
        state, history = optimizer.init(current), []
        for gradient in run:
            updates, state = optimizer.update(arrays(gradient), state, current)
            current = optax.apply_updates(current, updates)
            history.append(numbers(current.fast))
        book.add(
            "optax-wrappers",
            f"Optax's lookahead over {label}, {every} steps at alpha {alpha}: the fast parameters",
            library=LIBRARY,
            call=f"optax.lookahead({call}, {every}, {alpha}), params.fast",
            does=transform("lookahead", inner=does, every=every, slowStepSize=alpha),
            params=params,
            gradients=run,
            what="params",
            expected=history,
            tolerance=tolerance_of(does),
            measure="leaf",
        )


def groups(book):
    some = {"a": [3, 4], "b": [100]}
    clip = transform("clipByGlobalNorm", maxNorm=1)
    only = lambda *names: {"name": list(names)}
    clip_case(
        book,
        "optax-wrappers",
        "Optax: a masked clip passes the other leaves through",
        optax.masked(optax.clip_by_global_norm(1), {"a": True, "b": False}),
        "optax.masked(optax.clip_by_global_norm(1), {'a': True, 'b': False})",
        transform("masked", inner=clip, leaves=only("a")),
        some,
    )
    clip_case(
        book,
        "optax-wrappers",
        "Optax: a NaN in a masked-out leaf does not reach the clip",
        optax.masked(optax.clip_by_global_norm(1), {"a": True, "b": False}),
        "optax.masked(optax.clip_by_global_norm(1), {'a': True, 'b': False})",
        transform("masked", inner=clip, leaves=only("a")),
        {"a": [3, 4], "b": [np.nan]},
    )
    clip_case(
        book,
        "optax-wrappers",
        "Optax: a mask without leaves changes nothing",
        optax.masked(optax.clip_by_global_norm(1), {"a": False, "b": False}),
        "optax.masked(optax.clip_by_global_norm(1), {'a': False, 'b': False})",
        transform("masked", inner=clip, leaves=only(), allowEmpty=True),
        some,
        **BITS,
    )
    clip_case(
        book,
        "optax-wrappers",
        "Optax: each group of a partition has its own global norm",
        optax.partition(
            {"x": optax.clip_by_global_norm(1), "y": optax.clip_by_global_norm(2)}, {"a": "x", "b": "y", "c": "x"}
        ),
        "optax.partition({'x': optax.clip_by_global_norm(1), 'y': optax.clip_by_global_norm(2)}, {'a': 'x', 'b': 'y', 'c': 'x'})",
        transform(
            "partition",
            transforms={"x": clip, "y": transform("clipByGlobalNorm", maxNorm=2)},
            labels=[{"label": "x", "leaves": only("a", "c")}, {"label": "y", "leaves": only("b")}],
        ),
        {"a": [3, 4], "b": [100], "c": [12]},
    )
    params, run = normals("group params", SHAPES), run_of("group", SHAPES, 5)
    step_case(
        book,
        "optax-wrappers",
        "Optax: a partition with Adam for the kernel and momentum for the bias",
        optax.partition(
            {"slow": optax.adam(0.1), "fast": optax.sgd(0.2, momentum=0.9)}, {"bias": "fast", "kernel": "slow"}
        ),
        "optax.partition({'slow': optax.adam(0.1), 'fast': optax.sgd(0.2, momentum=0.9)}, {'bias': 'fast', 'kernel': 'slow'})",
        transform(
            "partition",
            transforms={
                "slow": transform("adam", learningRate=0.1),
                "fast": transform("sgd", learningRate=0.2, momentum=0.9),
            },
            labels=[{"label": "fast", "leaves": only("bias")}, {"label": "slow", "leaves": only("kernel")}],
        ),
        params,
        run,
    )
    step_case(
        book,
        "optax-wrappers",
        "Optax: a frozen leaf keeps its parameter after SGD",
        optax.chain(optax.sgd(0.2), optax.transforms.freeze({"bias": True, "kernel": False})),
        "optax.chain(optax.sgd(0.2), optax.transforms.freeze({'bias': True, 'kernel': False}))",
        chain(transform("sgd", learningRate=0.2), transform("freeze", leaves=only("bias"))),
        params,
        run,
        **BITS,
    )
    frozen = [step | {"bias": float32([np.nan, 1, 2])} for step in run]
    step_case(
        book,
        "optax-wrappers",
        "Optax: a NaN in a frozen leaf goes nowhere",
        optax.chain(
            optax.transforms.freeze({"bias": True, "kernel": False}), optax.clip_by_global_norm(0.5), optax.sgd(0.2)
        ),
        "optax.chain(optax.transforms.freeze({'bias': True, 'kernel': False}), optax.clip_by_global_norm(0.5), optax.sgd(0.2))",
        chain(
            transform("freeze", leaves=only("bias")),
            transform("clipByGlobalNorm", maxNorm=0.5),
            transform("sgd", learningRate=0.2),
        ),
        params,
        frozen,
        tolerance=5e-6,
    )
    step_case(
        book,
        "optax-wrappers",
        "Optax adds 0 to a frozen parameter of -0",
        optax.chain(optax.sgd(0.2), optax.transforms.freeze({"p": True})),
        "optax.chain(optax.sgd(0.2), optax.transforms.freeze({'p': True}))",
        chain(transform("sgd", learningRate=0.2), transform("freeze", leaves=only("p"))),
        {"p": [-0.0, 1.0]},
        [{"p": [1.0, 1.0]}],
        differs="Ours gives a frozen leaf no update, so that -0 keeps its sign; Optax adds an update of 0, and -0 + 0 is 0.",
        **BITS,
    )
    for every in (2, 3):
        step_case(
            book,
            "optax-wrappers",
            f"Optax clips at one step of every {every} only",
            optax.chain(
                optax.conditionally_transform(
                    optax.clip_by_global_norm(0.5), lambda step, every=every: step % every == 0
                ),
                optax.sgd(0.2),
            ),
            f"optax.chain(optax.conditionally_transform(optax.clip_by_global_norm(0.5), lambda step: step % {every} == 0), optax.sgd(0.2))",
            chain(
                transform("conditionally", inner=transform("clipByGlobalNorm", maxNorm=0.5), when={"every": every}),
                transform("sgd", learningRate=0.2),
            ),
            params,
            run,
            tolerance=5e-6,
        )
    params, run = normals("order params", SHAPES), run_of("order", SHAPES, 6)
    adam, limit = transform("adam", learningRate=0.1), transform("clipByGlobalNorm", maxNorm=0.05)
    orders = [
        (
            "A clip before Adam hardly changes its step",
            [limit, adam],
            [optax.clip_by_global_norm(0.05), optax.adam(0.1)],
            "optax.clip_by_global_norm(0.05), optax.adam(0.1)",
        ),
        (
            "A clip after Adam bounds its step",
            [adam, limit],
            [optax.adam(0.1), optax.clip_by_global_norm(0.05)],
            "optax.adam(0.1), optax.clip_by_global_norm(0.05)",
        ),
        (
            "A norm clip, a value clip and AdamW",
            [
                transform("clipByGlobalNorm", maxNorm=0.5),
                transform("clipByValue", limit=0.2),
                transform("adamw", learningRate=0.1, weightDecay=0.1),
            ],
            [optax.clip_by_global_norm(0.5), optax.clip(0.2), optax.adamw(0.1, weight_decay=0.1)],
            "optax.clip_by_global_norm(0.5), optax.clip(0.2), optax.adamw(0.1, weight_decay=0.1)",
        ),
        (
            "An adaptive clip and SGD with momentum",
            [transform("adaptiveGradientClip", clipping=0.1), transform("sgd", learningRate=0.2, momentum=0.9)],
            [optax.adaptive_grad_clip(0.1), optax.sgd(0.2, momentum=0.9)],
            "optax.adaptive_grad_clip(0.1), optax.sgd(0.2, momentum=0.9)",
        ),
        (
            "A clip by root mean square and RMSProp",
            [transform("clipByBlockRms", threshold=0.5), transform("rmsprop", learningRate=0.05)],
            [optax.clip_by_block_rms(0.5), optax.rmsprop(0.05, eps_in_sqrt=False)],
            "optax.clip_by_block_rms(0.5), optax.rmsprop(0.05, eps_in_sqrt=False)",
        ),
    ]
    for name, does, parts, call in orders:
        step_case(
            book,
            "optax-wrappers",
            f"Optax: {name[0].lower()}{name[1:]}",
            optax.chain(*parts),
            f"optax.chain({call})",
            chain(*does),
            params,
            run,
        )


SGD = [
    ("plain", {"learningRate": 0.1}, "optax.sgd(0.1)", optax.sgd(0.1)),
    (
        "momentum",
        {"learningRate": 0.05, "momentum": 0.9},
        "optax.sgd(0.05, momentum=0.9)",
        optax.sgd(0.05, momentum=0.9),
    ),
    (
        "nesterov",
        {"learningRate": 0.05, "momentum": 0.9, "nesterov": True},
        "optax.sgd(0.05, momentum=0.9, nesterov=True)",
        optax.sgd(0.05, momentum=0.9, nesterov=True),
    ),
    (
        "weight decay",
        {"learningRate": 0.05, "momentum": 0.9, "weightDecay": 0.1},
        "optax.chain(optax.add_decayed_weights(0.1), optax.sgd(0.05, momentum=0.9))",
        optax.chain(optax.add_decayed_weights(0.1), optax.sgd(0.05, momentum=0.9)),
    ),
]
OPTIMIZERS = {
    "sgd": SGD,
    "adam": [
        ("its defaults", {"learningRate": 0.05}, "optax.adam(0.05)", optax.adam(0.05)),
        (
            "other betas and a large epsilon",
            {"learningRate": 0.1, "beta1": 0.8, "beta2": 0.99, "epsilon": 1e-3},
            "optax.adam(0.1, b1=0.8, b2=0.99, eps=1e-3)",
            optax.adam(0.1, b1=0.8, b2=0.99, eps=1e-3),
        ),
    ],
    "adamw": [
        (
            "a weight decay of 0.01",
            {"learningRate": 0.05},
            "optax.adamw(0.05, weight_decay=0.01)",
            optax.adamw(0.05, weight_decay=0.01),
        ),
        (
            "a weight decay of 0.5",
            {"learningRate": 0.05, "weightDecay": 0.5},
            "optax.adamw(0.05, weight_decay=0.5)",
            optax.adamw(0.05, weight_decay=0.5),
        ),
    ],
    "rmsprop": [
        (
            "plain",
            {"learningRate": 0.05},
            "optax.rmsprop(0.05, eps_in_sqrt=False)",
            optax.rmsprop(0.05, eps_in_sqrt=False),
        ),
        (
            "momentum",
            {"learningRate": 0.02, "momentum": 0.9},
            "optax.rmsprop(0.02, momentum=0.9, eps_in_sqrt=False)",
            optax.rmsprop(0.02, momentum=0.9, eps_in_sqrt=False),
        ),
        (
            "centered",
            {"learningRate": 0.05, "centered": True},
            "optax.rmsprop(0.05, centered=True, eps_in_sqrt=False)",
            optax.rmsprop(0.05, centered=True, eps_in_sqrt=False),
        ),
    ],
    "adagrad": [
        (
            "an epsilon too small to tell where it stands",
            {"learningRate": 0.2, "epsilon": 1e-12},
            "optax.adagrad(0.2, eps=1e-12)",
            optax.adagrad(0.2, eps=1e-12),
        ),
    ],
    "lion": [
        (
            "no weight decay",
            {"learningRate": 0.05},
            "optax.lion(0.05, weight_decay=0)",
            optax.lion(0.05, weight_decay=0.0),
        ),
        (
            "other betas and a weight decay of 0.1",
            {"learningRate": 0.05, "beta1": 0.95, "beta2": 0.98, "weightDecay": 0.1},
            "optax.lion(0.05, b1=0.95, b2=0.98, weight_decay=0.1)",
            optax.lion(0.05, b1=0.95, b2=0.98, weight_decay=0.1),
        ),
    ],
}
LENGTHS = (
    (3, {"bias": (4,), "kernel": (3, 4)}, [1, 2, 3]),
    (50, {"bias": (3,), "kernel": (2, 3)}, [1, 2, 3, 10, 50]),
)
ONE = {"bias": (3,), "convolution": (2, 2, 1, 2), "kernel": (2, 3), "scale": ()}


def optimizers(book):
    for name, variants in OPTIMIZERS.items():
        for label, options, call, optimizer in variants:
            does = transform(name, **options)
            limits = BITS if name in ("sgd", "lion") else {}
            params, gradient = normals(f"optax {name} one", ONE), normals(f"optax {name} {label} one", ONE)
            clip_case(
                book,
                "optax-optimizers",
                f"Optax's {name}, {label}: the updates of the first step",
                optimizer,
                call,
                does,
                gradient,
                params,
                **{
                    "tolerance": 2e-5 if name.startswith("adam") else 1e-6,
                    "measure": "leaf" if name == "adamw" else "entry",
                }
                | limits,
            )
            for length, shapes, steps in LENGTHS:
                step_case(
                    book,
                    "optax-optimizers",
                    f"Optax's {name}, {label}, after {length} steps",
                    optimizer,
                    call,
                    does,
                    normals(f"optax {name} params {length}", shapes),
                    run_of(f"optax {name} {label} {length}", shapes, length),
                    steps,
                    **limits,
                )
    epsilon = [
        (
            "rmsprop",
            {"learningRate": 0.05, "epsilon": 0.01},
            "optax.rmsprop(0.05, eps=0.01)",
            optax.rmsprop(0.05, eps=0.01),
        ),
        ("adagrad", {"learningRate": 0.2, "epsilon": 0.1}, "optax.adagrad(0.2, eps=0.1)", optax.adagrad(0.2, eps=0.1)),
    ]
    for name, options, call, optimizer in epsilon:
        step_case(
            book,
            "optax-optimizers",
            f"Optax's {name} adds a large epsilon within the root",
            optimizer,
            call,
            transform(name, **options),
            normals(f"optax {name} epsilon", SHAPES),
            run_of(f"optax {name} epsilon", SHAPES, 3),
            differs="Ours adds epsilon to the root, as PyTorch does; Optax adds it under the root.",
            tolerance=5e-6,
        )
    scheduled(book)


def scheduled(book):
    """A schedule as a learning rate and as a threshold."""
    params, run = normals("scheduled params", SHAPES), run_of("scheduled", SHAPES, 12)
    cosine = schedule("warmupCosineDecay", peakValue=0.2, warmupSteps=3, decaySteps=10, finalValue=0.01)
    cases = [
        (
            "sgd",
            {},
            schedule("linear", initialValue=0.5, finalValue=0.1, transitionSteps=8),
            lambda rate: optax.sgd(rate),
            optax.linear_schedule(0.5, 0.1, 8),
            "optax.sgd(optax.linear_schedule(0.5, 0.1, 8))",
        ),
        (
            "adam",
            {},
            cosine,
            lambda rate: optax.adam(rate),
            optax.warmup_cosine_decay_schedule(0, 0.2, 3, 10, 0.01),
            "optax.adam(optax.warmup_cosine_decay_schedule(0, 0.2, 3, 10, 0.01))",
        ),
        (
            "adamw",
            {"weightDecay": 0.1},
            schedule("piecewiseConstant", boundaries=[4, 8], values=[0.2, 0.1, 0.01]),
            lambda rate: optax.adamw(rate, weight_decay=0.1),
            optax.piecewise_constant_schedule(0.2, {4: 0.5, 8: 0.1}),
            "optax.adamw(optax.piecewise_constant_schedule(0.2, {4: 0.5, 8: 0.1}), weight_decay=0.1)",
        ),
    ]
    for name, options, rate, make, theirs, call in cases:
        step_case(
            book,
            "optax-optimizers",
            f"Optax's {name} with a learning rate that is a schedule ({rate['schedule']})",
            make(theirs),
            call,
            transform(name, learningRate=rate, **options),
            params,
            run,
        )
    step_case(
        book,
        "optax-optimizers",
        "Optax's sgd, momentum, with a learning rate that is a schedule (exponentialDecay)",
        optax.sgd(optax.exponential_decay(0.2, 3, 0.5), momentum=0.9),
        "optax.sgd(optax.exponential_decay(0.2, 3, 0.5), momentum=0.9)",
        transform(
            "sgd",
            learningRate=schedule("exponentialDecay", initialValue=0.2, transitionSteps=3, decayRate=0.5),
            momentum=0.9,
        ),
        params,
        run,
    )
    clip = optax.inject_hyperparams(optax.clip_by_global_norm)(max_norm=optax.linear_schedule(1.0, 0.1, 10))
    limit = schedule("linear", initialValue=1.0, finalValue=0.1, transitionSteps=10)
    step_case(
        book,
        "optax-optimizers",
        "Optax's clip_by_global_norm with a threshold that is a schedule",
        optax.chain(clip, optax.sgd(0.2)),
        "optax.chain(optax.inject_hyperparams(optax.clip_by_global_norm)(max_norm=optax.linear_schedule(1, 0.1, 10)), optax.sgd(0.2))",
        chain(transform("clipByGlobalNorm", maxNorm=limit), transform("sgd", learningRate=0.2)),
        params,
        run,
        tolerance=5e-6,
    )


def schedules(book):
    steps = [0, 1, 2, 5, 9, 10, 11, 25, 29, 30, 31, 50, 84, 85, 86, 99, 100, 101, 150]
    linear = optax.linear_schedule
    cases = [
        ("constant", "optax.constant_schedule(0.3)", optax.constant_schedule(0.3), schedule("constant", value=0.3)),
        (
            "linear",
            "optax.linear_schedule(1, 0.1, 100)",
            linear(1, 0.1, 100),
            schedule("linear", initialValue=1, finalValue=0.1, transitionSteps=100),
        ),
        (
            "linear, beginning late",
            "optax.linear_schedule(0, 1, 50, 30)",
            linear(0.0, 1.0, 50, 30),
            schedule("linear", initialValue=0, finalValue=1, transitionSteps=50, transitionBegin=30),
        ),
        (
            "polynomial of power 2",
            "optax.polynomial_schedule(1, 0.01, 2, 100)",
            optax.polynomial_schedule(1.0, 0.01, 2, 100),
            schedule("polynomial", initialValue=1, finalValue=0.01, power=2, transitionSteps=100),
        ),
        (
            "polynomial of power 0.5, beginning late",
            "optax.polynomial_schedule(0.1, 1, 0.5, 80, 10)",
            optax.polynomial_schedule(0.1, 1.0, 0.5, 80, 10),
            schedule("polynomial", initialValue=0.1, finalValue=1, power=0.5, transitionSteps=80, transitionBegin=10),
        ),
        (
            "cosine decay",
            "optax.cosine_decay_schedule(1, 100)",
            optax.cosine_decay_schedule(1.0, 100),
            schedule("cosineDecay", initialValue=1, decaySteps=100),
        ),
        (
            "cosine decay to a tenth, squared",
            "optax.cosine_decay_schedule(0.5, 100, alpha=0.1, exponent=2)",
            optax.cosine_decay_schedule(0.5, 100, 0.1, 2.0),
            schedule("cosineDecay", initialValue=0.5, decaySteps=100, finalValue=0.05, exponent=2),
        ),
        (
            "exponential decay",
            "optax.exponential_decay(1, 10, 0.9)",
            optax.exponential_decay(1.0, 10, 0.9),
            schedule("exponentialDecay", initialValue=1, transitionSteps=10, decayRate=0.9),
        ),
        (
            "exponential decay as a staircase, late and with an end",
            "optax.exponential_decay(1, 10, 0.5, transition_begin=5, staircase=True, end_value=0.01)",
            optax.exponential_decay(1.0, 10, 0.5, 5, True, 0.01),
            schedule(
                "exponentialDecay",
                initialValue=1,
                transitionSteps=10,
                decayRate=0.5,
                transitionBegin=5,
                staircase=True,
                finalValue=0.01,
            ),
        ),
        (
            "exponential growth with an end",
            "optax.exponential_decay(0.1, 10, 1.5, end_value=2)",
            optax.exponential_decay(0.1, 10, 1.5, end_value=2.0),
            schedule("exponentialDecay", initialValue=0.1, transitionSteps=10, decayRate=1.5, finalValue=2),
        ),
        *(
            (
                f"exponential decay of rate {rate:g} from {start:g} with an end of {end:g}" + (", late" if begin else ""),
                f"optax.exponential_decay({start}, 2, {rate}, transition_begin={begin}, end_value={end})",
                optax.exponential_decay(start, 2, rate, begin, False, end),
                schedule(
                    "exponentialDecay",
                    initialValue=start,
                    transitionSteps=2,
                    decayRate=rate,
                    **({"transitionBegin": begin} if begin else {}),
                    finalValue=end,
                ),
            )
            for rate, start, end, begin in (
                (1.0, 1.0, 0.1, 0),
                (1.0, 1.0, 2.0, 0),
                (0.5, 1.0, 2.0, 0),
                (2.0, 1.0, 0.1, 0),
                (1.0, 1.0, 0.1, 5),
                (0.5, 1.0, 2.0, 5),
                (2.0, 1.0, 0.1, 5),
            )
        ),
        (
            "piecewise constant",
            "optax.piecewise_constant_schedule(1, {10: 0.1, 85: 0.5})",
            optax.piecewise_constant_schedule(1.0, {10: 0.1, 85: 0.5}),
            schedule("piecewiseConstant", boundaries=[10, 85], values=[1, 0.1, 0.05]),
        ),
        (
            "piecewise linear",
            "optax.piecewise_interpolate_schedule('linear', 1, {10: 0.1, 85: 0.5})",
            optax.piecewise_interpolate_schedule("linear", 1.0, {10: 0.1, 85: 0.5}),
            schedule("piecewiseInterpolate", boundaries=[10, 85], values=[1, 0.1, 0.05], interpolation="linear"),
        ),
        (
            "piecewise cosine",
            "optax.piecewise_interpolate_schedule('cosine', 0.1, {30: 5, 100: 0.1})",
            optax.piecewise_interpolate_schedule("cosine", 0.1, {30: 5.0, 100: 0.1}),
            schedule("piecewiseInterpolate", boundaries=[30, 100], values=[0.1, 0.5, 0.05], interpolation="cosine"),
        ),
        (
            "warm-up to a constant",
            "optax.warmup_constant_schedule(0, 1, 30)",
            optax.warmup_constant_schedule(0.0, 1.0, 30),
            schedule("warmup", warmupSteps=30, schedule=schedule("constant", value=1)),
        ),
        (
            "warm-up and cosine decay",
            "optax.warmup_cosine_decay_schedule(0, 1, 10, 100)",
            optax.warmup_cosine_decay_schedule(0.0, 1.0, 10, 100),
            schedule("warmupCosineDecay", peakValue=1, warmupSteps=10, decaySteps=100),
        ),
        (
            "warm-up and cosine decay between other values",
            "optax.warmup_cosine_decay_schedule(0.1, 0.5, 30, 100, 0.05, 2)",
            optax.warmup_cosine_decay_schedule(0.1, 0.5, 30, 100, 0.05, 2.0),
            schedule(
                "warmupCosineDecay",
                initialValue=0.1,
                peakValue=0.5,
                warmupSteps=30,
                decaySteps=100,
                finalValue=0.05,
                exponent=2,
            ),
        ),
        (
            "warm-up and exponential decay",
            "optax.warmup_exponential_decay_schedule(0, 1, 10, 20, 0.5)",
            optax.warmup_exponential_decay_schedule(0.0, 1.0, 10, 20, 0.5),
            schedule(
                "warmup",
                warmupSteps=10,
                schedule=schedule("exponentialDecay", initialValue=1, transitionSteps=20, decayRate=0.5),
            ),
        ),
        (
            "cosine one-cycle",
            "optax.cosine_onecycle_schedule(100, 1)",
            optax.cosine_onecycle_schedule(100, 1.0),
            schedule("oneCycle", peakValue=1, transitionSteps=100),
        ),
        (
            "cosine one-cycle with other ends",
            "optax.cosine_onecycle_schedule(101, 0.5, 0.25, 10, 100)",
            optax.cosine_onecycle_schedule(101, 0.5, 0.25, 10.0, 100.0),
            schedule(
                "oneCycle",
                peakValue=0.5,
                transitionSteps=101,
                warmupFraction=0.25,
                initialValue=0.05,
                finalValue=0.0005,
            ),
        ),
        (
            "linear one-cycle",
            "optax.linear_onecycle_schedule(100, 1)",
            optax.linear_onecycle_schedule(100, 1.0),
            schedule("linearOneCycle", peakValue=1, transitionSteps=100),
        ),
        (
            "linear one-cycle with other ends",
            "optax.linear_onecycle_schedule(100, 0.5, 0.25, 0.75, 10, 100)",
            optax.linear_onecycle_schedule(100, 0.5, 0.25, 0.75, 10.0, 100.0),
            schedule(
                "linearOneCycle",
                peakValue=0.5,
                transitionSteps=100,
                warmupFraction=0.25,
                cooldownFraction=0.25,
                initialValue=0.05,
                finalValue=0.0005,
            ),
        ),
        (
            "two schedules joined",
            "optax.join_schedules([optax.constant_schedule(1), optax.linear_schedule(1, 0, 50)], [30])",
            optax.join_schedules([optax.constant_schedule(1.0), linear(1.0, 0.0, 50)], [30]),
            schedule(
                "join",
                schedules=[
                    schedule("constant", value=1),
                    schedule("linear", initialValue=1, finalValue=0, transitionSteps=50),
                ],
                boundaries=[30],
            ),
        ),
        (
            "three schedules joined",
            "optax.join_schedules([optax.linear_schedule(0, 1, 10), optax.constant_schedule(1), optax.exponential_decay(1, 10, 0.5)], [10, 85])",
            optax.join_schedules(
                [linear(0.0, 1.0, 10), optax.constant_schedule(1.0), optax.exponential_decay(1.0, 10, 0.5)], [10, 85]
            ),
            schedule(
                "join",
                schedules=[
                    schedule("linear", initialValue=0, finalValue=1, transitionSteps=10),
                    schedule("constant", value=1),
                    schedule("exponentialDecay", initialValue=1, transitionSteps=10, decayRate=0.5),
                ],
                boundaries=[10, 85],
            ),
        ),
        (
            "warm restarts",
            "optax.sgdr_schedule([{init_value: 0, peak_value: 1, warmup_steps: 5, decay_steps: 30}, {init_value: 0, peak_value: 0.5, warmup_steps: 5, decay_steps: 70}])",
            optax.sgdr_schedule(
                [
                    {"init_value": 0.0, "peak_value": 1.0, "warmup_steps": 5, "decay_steps": 30},
                    {"init_value": 0.0, "peak_value": 0.5, "warmup_steps": 5, "decay_steps": 70},
                ]
            ),
            schedule(
                "join",
                schedules=[
                    schedule("warmupCosineDecay", peakValue=1, warmupSteps=5, decaySteps=30),
                    schedule("warmupCosineDecay", peakValue=0.5, warmupSteps=5, decaySteps=70),
                ],
                boundaries=[30],
            ),
        ),
    ]
    for name, call, theirs, does in cases:
        book.add_schedule(
            f"Optax: {name}",
            library=LIBRARY,
            call=call,
            does=does,
            steps=steps,
            values=[theirs(step) for step in steps],
        )


def add_all(book):
    assert not jax.config.jax_enable_x64
    global_norm(book)
    block_rms(book)
    value(book)
    adaptive(book)
    non_finite(book)
    accumulation(book)
    lookaheads(book)
    groups(book)
    optimizers(book)
    schedules(book)

"""Cases from PyTorch: its clips, its own tests of them, its optimizers."""

import math

import numpy as np
import torch

from golden.bits import float32
from golden.book import chain, transform
from golden.data import normals, run_of, zeros

LIBRARY = f"pytorch {torch.__version__.split('+')[0]}"
IN_FLOAT64 = f"{LIBRARY} in float64"
EPSILON = 1e-6
INFINITY = math.inf
KEEPS_BITS = (
    "The norm is exactly the threshold, so ours leaves the bits alone; PyTorch adds 1e-6 to the norm and shrinks."
)
REFUSED = "Ours refuses a threshold that is not above zero when the transform is made."

torch.set_num_threads(1)


def tolerance_of(order):
    return 1e-6 if order in (1, 2, INFINITY) else 1e-5


def parameters_of(gradients, dtype=torch.float32):
    parameters = {}
    for leaf, gradient in gradients.items():
        values = np.zeros(1) if gradient is None else np.asarray(gradient)
        parameters[leaf] = torch.zeros(values.shape, dtype=dtype, requires_grad=True)
        if gradient is not None:
            parameters[leaf].grad = torch.tensor(values, dtype=dtype)
    return parameters


def gradients_of(parameters):
    return {leaf: p.grad.numpy().copy() for leaf, p in parameters.items() if p.grad is not None}


def clip_norm(gradients, max_norm, order=2.0, foreach=None, dtype=torch.float32, per_tensor=False):
    """What clip_grad_norm_ makes of the gradients, and the norm that it returns."""
    parameters = parameters_of(gradients, dtype)
    if per_tensor:
        for parameter in parameters.values():
            torch.nn.utils.clip_grad_norm_(parameter, max_norm, norm_type=order, foreach=foreach)
        return gradients_of(parameters), None
    norm = torch.nn.utils.clip_grad_norm_(parameters.values(), max_norm, norm_type=order, foreach=foreach)
    return gradients_of(parameters), float(norm)


def option_of(order):
    return int(order) if math.isfinite(order) and order == int(order) else order


def norm_case(
    book, name, gradients, max_norm, *, order=2.0, epsilon=EPSILON, call=None, foreach=None, shape_params=None, **extra
):
    expected, norm = clip_norm(gradients, max_norm, order, foreach)
    arguments = f"params, {max_norm}" + ("" if order == 2.0 else f", norm_type={order}")
    arguments += "" if foreach is None else f", foreach={foreach}"
    options = {"maxNorm": max_norm} | ({} if order == 2.0 else {"normType": option_of(order)})
    options |= {"epsilon": epsilon} if epsilon else {}
    known = {leaf: np.zeros((shape_params or {}).get(leaf, ())) if g is None else g for leaf, g in gradients.items()}
    book.add(
        "pytorch-clip-norm",
        name,
        library=LIBRARY,
        call=call or f"torch.nn.utils.clip_grad_norm_({arguments})",
        does=transform("clipByGlobalNorm", **options),
        params=zeros(known),
        gradients=[gradients],
        what="updates",
        expected=[expected],
        norm=norm,
        norm_tolerance=tolerance_of(order),
        **{"tolerance": tolerance_of(order)} | extra,
    )


def edge_table(book):
    """Every float32 row of the edge table, with PyTorch's epsilon and, where that decides, with ours."""
    wrong = (
        "PyTorch's float32 sum of squares overflows and gives all zeros; ours is right whenever the norm is a float32."
    )
    small = "PyTorch's 1e-6 is larger than the norm; ours adds nothing to it unless asked to."
    reads = "Ours leaves every bit alone when the norm is not above the threshold, so a threshold of infinity only measures."
    norm_case(book, "PyTorch clips (3, 4) of norm 5 to 1", {"g": [3, 4]}, 1.0)
    norm_case(book, "PyTorch's 1e-6 against our default of 0 on (3, 4) stays below 1e-6", {"g": [3, 4]}, 1.0, epsilon=0)
    norm_case(book, "PyTorch shrinks (3, 4) at its own norm", {"g": [3, 4]}, 5.0)
    norm_case(
        book,
        "PyTorch shrinks (3, 4) at its own norm where ours keeps the bits",
        {"g": [3, 4]},
        5.0,
        epsilon=0,
        measure="bits",
        tolerance=0,
        differs=KEEPS_BITS,
    )
    norm_case(
        book, "PyTorch keeps (3, 4) at a threshold of 5.000002", {"g": [3, 4]}, 5.000002, measure="bits", tolerance=0
    )
    norm_case(book, "PyTorch's 1e-6 dominates a norm of 5e-7 above its threshold", {"g": [3e-7, 4e-7]}, 1e-7)
    norm_case(
        book,
        "PyTorch clips a norm of 5e-7 too far where ours does not",
        {"g": [3e-7, 4e-7]},
        1e-7,
        epsilon=0,
        differs=small,
    )
    norm_case(book, "PyTorch's 1e-6 shrinks a norm of 5e-7 below its threshold of 1e-6", {"g": [3e-7, 4e-7]}, 1e-6)
    norm_case(
        book,
        "PyTorch shrinks a norm of 5e-7 below its threshold where ours does not",
        {"g": [3e-7, 4e-7]},
        1e-6,
        epsilon=0,
        measure="bits",
        tolerance=0,
        differs=small,
    )
    norm_case(book, "PyTorch keeps zeros at a threshold of 1", {"g": [0, 0]}, 1.0, measure="bits", tolerance=0)
    norm_case(
        book,
        "PyTorch takes a threshold of 0 for zeros",
        {"g": [0, 0]},
        0.0,
        our_error="InvalidOptionError",
        differs=REFUSED,
    )
    norm_case(
        book,
        "PyTorch takes a threshold of 0 for (3, 4)",
        {"g": [3, 4]},
        0.0,
        our_error="InvalidOptionError",
        differs=REFUSED,
    )
    norm_case(
        book,
        "PyTorch reverses (3, 4) at a threshold of -1",
        {"g": [3, 4]},
        -1.0,
        our_error="InvalidOptionError",
        differs=REFUSED,
    )
    norm_case(
        book,
        "PyTorch takes a threshold of NaN and makes NaN of (3, 4)",
        {"g": [3, 4]},
        math.nan,
        our_error="InvalidOptionError",
        differs="Ours refuses a threshold of NaN when the transform is made.",
    )
    norm_case(book, "An infinite entry becomes NaN and all others 0", {"a": [np.inf, 1], "b": [2]}, 1.0)
    norm_case(
        book, "A negative infinite entry becomes NaN and all others 0", {"a": [-np.inf, 1], "b": [2]}, 1.0, epsilon=0
    )
    norm_case(book, "A NaN entry makes every entry NaN", {"a": [np.nan, 1], "b": [2]}, 1.0)
    norm_case(book, "A NaN beside an infinity makes every entry NaN", {"a": [np.nan, np.inf], "b": [2]}, 1.0)
    norm_case(book, "A threshold of infinity keeps (3, 4)", {"g": [3, 4]}, INFINITY, measure="bits", tolerance=0)
    norm_case(
        book,
        "PyTorch makes NaN of (infinity, 4) at a threshold of infinity",
        {"g": [np.inf, 4]},
        INFINITY,
        epsilon=0,
        measure="bits",
        tolerance=0,
        differs=reads,
    )
    norm_case(
        book,
        "A NaN entry at a threshold of infinity makes every entry NaN",
        {"g": [np.nan, 4]},
        INFINITY,
        measure="bits",
        tolerance=0,
    )
    norm_case(book, "PyTorch makes zeros of 100 gradients of 1e20", {"g": [1e20] * 100}, 1.0, epsilon=0, differs=wrong)
    norm_case(
        book, "PyTorch makes zeros of 100 gradients of 1e20 for our 1e-6 too", {"g": [1e20] * 100}, 1.0, differs=wrong
    )
    norm_case(book, "A norm beyond float32 is infinity and finite entries become 0", {"g": [3e38, 3e38]}, 1.0)
    norm_case(
        book,
        "PyTorch's 1e-6 makes zeros of (3e-30, 4e-30)",
        {"g": [3e-30, 4e-30]},
        1e-30,
        differs=("PyTorch's float32 norm underflows to 0; ours is 5e-30, though the clipped values are 0 in both."),
    )
    norm_case(
        book,
        "PyTorch makes zeros of (3e-30, 4e-30) where ours clips it to 1e-30",
        {"g": [3e-30, 4e-30]},
        1e-30,
        epsilon=0,
        differs="PyTorch's float32 norm underflows and its 1e-6 is far larger; ours is right down to 1e-30.",
    )
    for order in (1.0, 0.5, 0.1, 3.0, INFINITY, 1.5, 4.0):
        norm_case(
            book,
            f"The norm of order {order:g} of (3, 4) and (12) is clipped to 2",
            {"a": [3, 4], "b": [12]},
            2.0,
            order=order,
        )
    for order in (0.0, -1.0, -2.0, -INFINITY):
        reason = (
            "Ours takes an order above zero only; PyTorch's order 0 counts tensors, not entries."
            if order == 0
            else ("Ours takes an order above zero only.")
        )
        norm_case(
            book,
            f"PyTorch takes a norm of order {order:g}",
            {"a": [3, 4], "b": [12]},
            2.0,
            order=order,
            our_error="InvalidOptionError",
            differs=reason,
        )


def shapes_and_orders(book):
    shapes = {"kernel": (3, 4), "bias": (4,), "scale": (), "convolution": (2, 3, 2, 2)}
    for order in (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, INFINITY):
        gradients = normals(f"shapes {order}", shapes)
        norm_case(book, f"Leaves of rank 0, 1, 2 and 4 share one norm of order {order:g}", gradients, 0.5, order=order)
        tight = normals(f"below {order}", {"kernel": (3, 4), "bias": (4,)}, 1e-4)
        norm_case(
            book,
            f"A norm of order {order:g} below the threshold keeps every bit",
            tight,
            5.0,
            order=order,
            measure="bits",
            tolerance=0,
        )
    norm_case(
        book,
        "A leaf without a gradient is left alone and does not count",
        {"a": [3, 4], "b": None, "c": [12]},
        1.0,
        shape_params={"b": (2,)},
    )
    norm_case(book, "A leaf without entries does not count", {"a": [3, 4], "empty": np.zeros((0,))}, 1.0)
    norm_case(book, "Fifty leaves share one norm", normals("fifty", {f"leaf{i}": (3,) for i in range(50)}), 1.0)
    norm_case(book, "A leaf of 2000 entries", normals("large", {"large": (40, 50)}), 1.0)
    norm_case(
        book,
        "Negative zero stays negative zero below the threshold",
        {"g": [-0.0, 0.0, 0.5]},
        1.0,
        measure="bits",
        tolerance=0,
    )
    norm_case(book, "One leaf of one entry", {"g": [-7.0]}, 2.0)
    for foreach in (False, True):
        gradients = normals("foreach", {"kernel": (5, 3), "bias": (3,)}, 2.0)
        norm_case(book, f"PyTorch's foreach={foreach} path clips alike", gradients, 1.0, foreach=foreach)


def own_norm_tests(book):
    """test_clip_grad_norm: a Linear(10, 10) and a threshold of 2, for each order and both code paths."""
    large = {
        "weight": np.arange(1, 101, dtype=np.float32).reshape(10, 10),
        "bias": np.ones(10, np.float32) / np.float32(1000),
    }
    torch.manual_seed(0)
    small = {"weight": (torch.rand(10, 10) / 10000).numpy(), "bias": (torch.ones(10) / 500).numpy()}
    for order in (0.5, 1.5, 2.0, 4.0, INFINITY):
        for foreach in (False, True):
            where = f"order {order:g}, foreach={foreach}"
            arguments = {"order": order, "foreach": foreach}
            norm_case(book, f"test_clip_grad_norm, large gradients ({where})", large, 2.0, **arguments)
            parameters = parameters_of(large)
            total = torch.nn.utils.get_total_norm(
                [p.grad for p in parameters.values()], norm_type=order, foreach=foreach
            )
            torch.nn.utils.clip_grads_with_norm_(parameters.values(), 2.0, total, foreach=foreach)
            after = torch.nn.utils.get_total_norm(
                [p.grad for p in parameters.values()], norm_type=order, foreach=foreach
            )
            assert abs(float(after) - 2) < 1e-4
            book.add(
                "pytorch-clip-norm",
                f"test_clip_grad_norm, get_total_norm and clip_grads_with_norm_ ({where})",
                library=LIBRARY,
                call=f"torch.nn.utils.clip_grads_with_norm_(params, 2.0, torch.nn.utils.get_total_norm(grads, {order}), foreach={foreach})",
                does=transform("clipByGlobalNorm", maxNorm=2.0, normType=option_of(order), epsilon=EPSILON),
                params=zeros(large),
                gradients=[large],
                what="updates",
                expected=[gradients_of(parameters)],
                norm=float(total),
                norm_tolerance=tolerance_of(order),
                tolerance=tolerance_of(order),
            )
            norm_case(
                book,
                f"test_clip_grad_norm, small gradients ({where})",
                small,
                2.0,
                measure="bits",
                tolerance=0,
                **arguments,
            )
            single = torch.zeros(10, 10, requires_grad=True)
            single.grad = torch.tensor(large["weight"])
            torch.nn.utils.clip_grad_norm_(single, 2.0, norm_type=order, foreach=foreach)
            expected, _ = clip_norm({"p": large["weight"]}, 2.0, order, foreach)
            assert np.array_equal(single.grad.numpy(), expected["p"])
            norm_case(book, f"test_clip_grad_norm, a single tensor ({where})", {"p": large["weight"]}, 2.0, **arguments)


def own_non_finite_tests(book):
    """test_clip_grad_norm_error_if_nonfinite: float64 in PyTorch, and so the truth for ours."""
    scalars = {"infinity": np.inf, "-infinity": -np.inf, "NaN": np.nan, "2e22": 2e22, "-2e22": -2e22}
    for only_one in (False, True):
        for prefix in (False, True):
            for label, scalar in scalars.items():
                gradient = np.full(10, scalar)
                if only_one:
                    gradient = np.zeros(10)
                    gradient[1] = scalar
                leaves = ({"prefix": [1.0]} if prefix else {}) | {"param": float32(gradient)}
                where = f"{label} in {'one entry' if only_one else 'every entry'}{', beside a finite leaf' if prefix else ''}"
                for order in (0.1, 1.0, 2.0, 3.5, INFINITY):
                    expected, norm = clip_norm(leaves, 1.0, order, dtype=torch.float64)
                    book.add(
                        "pytorch-non-finite",
                        f"test_clip_grad_norm_error_if_nonfinite off: {where}, order {order:g}",
                        library=IN_FLOAT64,
                        call=f"torch.nn.utils.clip_grad_norm_(params, 1, norm_type={order}, error_if_nonfinite=False)",
                        does=transform("clipByGlobalNorm", maxNorm=1, normType=option_of(order), epsilon=EPSILON),
                        params=zeros(leaves),
                        gradients=[leaves],
                        what="updates",
                        expected=[expected],
                        norm=norm,
                        norm_tolerance=tolerance_of(order),
                        tolerance=tolerance_of(order),
                    )
                if math.isfinite(scalar):
                    continue
                parameters = parameters_of(leaves, torch.float64)
                try:
                    torch.nn.utils.clip_grad_norm_(parameters.values(), 1, norm_type=2.0, error_if_nonfinite=True)
                    raise AssertionError("PyTorch did not raise")
                except RuntimeError as raised:
                    assert "The total norm of order 2.0 for gradients" in str(raised)
                book.add(
                    "pytorch-non-finite",
                    f"test_clip_grad_norm_error_if_nonfinite on: {where}",
                    library=IN_FLOAT64,
                    call="torch.nn.utils.clip_grad_norm_(params, 1, norm_type=2.0, error_if_nonfinite=True)",
                    does=transform("clipByGlobalNorm", maxNorm=1, epsilon=EPSILON),
                    on_non_finite="throw",
                    params=zeros(leaves),
                    gradients=[leaves],
                    what="updates",
                    throws="RuntimeError",
                    our_error="NonFiniteGradientError",
                    differs="The same refusal under our own error class, which names the leaves.",
                )
    for order in (0.0, -0.1, -1.0, -2.0, -3.5):
        leaves = {"param": np.full(10, 2e22)}
        expected, norm = clip_norm(leaves, 1.0, order, dtype=torch.float64)
        book.add(
            "pytorch-non-finite",
            f"test_clip_grad_norm_error_if_nonfinite off: order {order:g} is refused",
            library=IN_FLOAT64,
            call=f"torch.nn.utils.clip_grad_norm_(params, 1, norm_type={order}, error_if_nonfinite=False)",
            does=transform("clipByGlobalNorm", maxNorm=1, normType=option_of(order), epsilon=EPSILON),
            params=zeros(leaves),
            gradients=[leaves],
            what="updates",
            expected=[expected],
            our_error="InvalidOptionError",
            differs="Ours takes an order above zero only.",
        )


def own_device_tests(book):
    """test_clip_grad_norm_multi_device, on one device: two Linear(10, 10) whose gradients are ones."""
    ones = {
        f"{layer}.{leaf}": np.ones(shape)
        for layer in ("l1", "l2")
        for leaf, shape in (("weight", (10, 10)), ("bias", (10,)))
    }
    for order in (2.0, INFINITY):
        norm_case(book, f"test_clip_grad_norm_multi_device on one device, order {order:g}", ones, 0.5, order=order)


def clip_by_norm(book):
    def case(name, gradients, max_norm, order=2.0, epsilon=EPSILON, **extra):
        expected, _ = clip_norm(gradients, max_norm, order, per_tensor=True)
        options = {"maxNorm": max_norm} | ({} if order == 2.0 else {"normType": option_of(order)})
        options |= {"epsilon": epsilon} if epsilon else {}
        book.add(
            "pytorch-clip-norm",
            name,
            library=LIBRARY,
            call=f"for p in params: torch.nn.utils.clip_grad_norm_(p, {max_norm}, norm_type={order})",
            does=transform("clipByNorm", **options),
            params=zeros(gradients),
            gradients=[gradients],
            what="updates",
            expected=[expected],
            **{"tolerance": tolerance_of(order)} | extra,
        )

    shapes = {"kernel": (3, 4), "bias": (4,), "scale": (), "convolution": (2, 3, 2, 2)}
    for order in (0.5, 1.0, 2.0, 3.0, INFINITY):
        case(f"Each leaf has its own norm of order {order:g}", normals(f"each {order}", shapes), 0.25, order)
    case("Only the leaf above the threshold is clipped", {"a": [3, 4], "b": [0.3, 0.4]}, 1.0)
    case(
        "A leaf at its own norm keeps its bits where PyTorch shrinks",
        {"a": [3, 4]},
        5.0,
        epsilon=0,
        measure="bits",
        tolerance=0,
        differs=KEEPS_BITS,
    )
    case("An infinity stays within its leaf", {"a": [np.inf, 1], "b": [3, 4]}, 1.0)
    case("A NaN stays within its leaf", {"a": [np.nan, 1], "b": [3, 4]}, 1.0)
    case("A leaf of zeros stays zero beside one that is clipped", {"a": [0, 0], "b": [3, 4]}, 1.0)
    case("A leaf without entries is left alone by a norm for each leaf", {"a": np.zeros((0, 3)), "b": [3, 4]}, 1.0)
    case(
        "PyTorch makes zeros of one leaf of 1e20",
        {"a": [1e20, 1e20], "b": [3, 4]},
        1.0,
        epsilon=0,
        differs="PyTorch's float32 sum of squares overflows; ours is right whenever the norm is a float32.",
    )


def clip_by_value(book):
    def case(name, gradients, limit, foreach=None, **extra):
        parameters = parameters_of(gradients)
        torch.nn.utils.clip_grad_value_(parameters.values(), limit, foreach=foreach)
        known = {leaf: np.zeros(10) if g is None else g for leaf, g in gradients.items()}
        book.add(
            "pytorch-clip-value",
            name,
            library=LIBRARY,
            call=f"torch.nn.utils.clip_grad_value_(params, {limit}"
            + ("" if foreach is None else f", foreach={foreach}")
            + ")",
            does=transform("clipByValue", limit=limit),
            params=zeros(known),
            gradients=[gradients],
            what="updates",
            expected=[gradients_of(parameters)],
            tolerance=0,
            measure="bits",
            **extra,
        )

    weight = (torch.arange(-50, 50).view(10, 10).float() / 5).numpy()
    edges = {"g": [np.nan, np.inf, -np.inf, -0.0, 0.0, 2.5, -2.5, 2.5000002, -2.5000002, 1e-45]}
    for foreach in (False, True):
        where = f"foreach={foreach}"
        case(
            f"test_clip_grad_value, weight and bias ({where})",
            {"weight": weight, "bias": np.full(10, 2.0)},
            2.5,
            foreach,
        )
        case(f"test_clip_grad_value, bias without a gradient ({where})", {"weight": weight, "bias": None}, 2.5, foreach)
        case(f"test_clip_grad_value, a single tensor ({where})", {"p": weight}, 2.5, foreach)
        case(f"NaN stays, infinities are clamped and -0 stays ({where})", edges, 2.5, foreach)
    case("A limit above every value keeps every bit", normals("value", {"a": (3, 4), "b": ()}, 0.1), 2.5)
    case("Values of every size are clamped", normals("value sizes", {"a": (3, 4), "b": (), "c": (2, 2, 2)}, 3), 1.0)
    case("An infinite limit keeps infinities", {"g": [np.inf, -np.inf, np.nan, 1]}, INFINITY)
    case(
        "PyTorch makes every value -1 at a limit of -1",
        {"g": [3, -4]},
        -1.0,
        our_error="InvalidOptionError",
        differs=REFUSED,
    )
    case(
        "PyTorch makes every value NaN at a limit of NaN",
        {"g": [3, -4]},
        math.nan,
        our_error="InvalidOptionError",
        differs="Ours refuses a limit of NaN.",
    )
    case("PyTorch takes a limit of 0", {"g": [3, -4]}, 0.0, our_error="InvalidOptionError", differs=REFUSED)
    for low, high in ((-1.0, 2.0), (0.25, 0.75), (-math.inf, 0.5)):
        gradients = normals(f"between {low} {high}", {"a": (3, 4), "b": (5,)}) | {
            "edges": float32([np.nan, np.inf, -np.inf])
        }
        book.add(
            "pytorch-clip-value",
            f"Every value lies between {low:g} and {high:g}",
            library=LIBRARY,
            call=f"torch.clamp(g, {low}, {high})",
            does=transform("clipByValue", min=low, max=high),
            params=zeros(gradients),
            gradients=[gradients],
            what="updates",
            expected=[{leaf: torch.clamp(torch.tensor(g), low, high).numpy() for leaf, g in gradients.items()}],
            tolerance=0,
            measure="bits",
        )


OPTIMIZERS = {
    "sgd": (
        torch.optim.SGD,
        [
            ("plain", {"learningRate": 0.1}, {"lr": 0.1}),
            ("momentum", {"learningRate": 0.05, "momentum": 0.9}, {"lr": 0.05, "momentum": 0.9}),
            (
                "dampening",
                {"learningRate": 0.1, "momentum": 0.8, "dampening": 0.5},
                {"lr": 0.1, "momentum": 0.8, "dampening": 0.5},
            ),
            (
                "nesterov",
                {"learningRate": 0.05, "momentum": 0.9, "nesterov": True},
                {"lr": 0.05, "momentum": 0.9, "nesterov": True},
            ),
            ("weight decay", {"learningRate": 0.1, "weightDecay": 0.1}, {"lr": 0.1, "weight_decay": 0.1}),
            (
                "weight decay and nesterov",
                {"learningRate": 0.05, "momentum": 0.9, "nesterov": True, "weightDecay": 0.05},
                {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.05},
            ),
        ],
    ),
    "adam": (
        torch.optim.Adam,
        [
            ("its defaults", {"learningRate": 0.05}, {"lr": 0.05}),
            (
                "other betas and a large epsilon",
                {"learningRate": 0.1, "beta1": 0.8, "beta2": 0.99, "epsilon": 1e-3},
                {"lr": 0.1, "betas": (0.8, 0.99), "eps": 1e-3},
            ),
        ],
    ),
    "adamw": (
        torch.optim.AdamW,
        [
            ("its defaults", {"learningRate": 0.05}, {"lr": 0.05}),
            ("a weight decay of 0.5", {"learningRate": 0.05, "weightDecay": 0.5}, {"lr": 0.05, "weight_decay": 0.5}),
        ],
    ),
    "rmsprop": (
        torch.optim.RMSprop,
        [
            ("plain", {"learningRate": 0.05, "decay": 0.9}, {"lr": 0.05, "alpha": 0.9}),
            ("a decay of 0.99", {"learningRate": 0.05, "decay": 0.99}, {"lr": 0.05, "alpha": 0.99}),
            ("momentum", {"learningRate": 0.02, "momentum": 0.9}, {"lr": 0.02, "alpha": 0.9, "momentum": 0.9}),
            ("centered", {"learningRate": 0.05, "centered": True}, {"lr": 0.05, "alpha": 0.9, "centered": True}),
            (
                "centered, momentum and a large epsilon",
                {"learningRate": 0.02, "momentum": 0.5, "centered": True, "epsilon": 1e-2},
                {"lr": 0.02, "alpha": 0.9, "momentum": 0.5, "centered": True, "eps": 1e-2},
            ),
        ],
    ),
    "adagrad": (
        torch.optim.Adagrad,
        [
            ("our accumulator", {"learningRate": 0.2}, {"lr": 0.2, "initial_accumulator_value": 0.1, "eps": 1e-8}),
            (
                "its own accumulator of 0",
                {"learningRate": 0.2, "initialAccumulatorValue": 0, "epsilon": 1e-10},
                {"lr": 0.2, "initial_accumulator_value": 0, "eps": 1e-10},
            ),
        ],
    ),
}


def run_optimizer(kind, arguments, params, gradients, dtype=torch.float32, before=None):
    """The parameters after each step; `before` is called with the parameters before each one."""
    tensors = {leaf: torch.tensor(p, dtype=dtype, requires_grad=True) for leaf, p in params.items()}
    optimizer = kind(list(tensors.values()), **arguments)
    history = []
    for gradient in gradients:
        for leaf, tensor in tensors.items():
            tensor.grad = None if gradient[leaf] is None else torch.tensor(gradient[leaf], dtype=dtype)
        if before is not None:
            before(tensors.values())
        optimizer.step()
        history.append({leaf: tensor.detach().numpy().copy() for leaf, tensor in tensors.items()})
    return history


LENGTHS = (
    (1, {"kernel": (2, 3), "bias": (3,), "scale": (), "convolution": (2, 2, 1, 2)}, [1]),
    (3, {"kernel": (3, 4), "bias": (4,)}, [1, 2, 3]),
    (50, {"kernel": (2, 3), "bias": (3,)}, [1, 2, 3, 10, 50]),
)


def optimizers(book):
    for name, (kind, variants) in OPTIMIZERS.items():
        for label, options, arguments in variants:
            call = f"torch.optim.{kind.__name__}(params, {', '.join(f'{k}={v}' for k, v in arguments.items())}).step()"
            for length, shapes, steps in LENGTHS:
                params = normals(f"{name} params {length}", shapes)
                gradients = run_of(f"{name} {label} {length}", shapes, length)
                history = run_optimizer(kind, arguments, params, gradients)
                book.add(
                    "pytorch-optimizers",
                    f"PyTorch's {kind.__name__}, {label}, after {length} step{'s' if length > 1 else ''}",
                    library=LIBRARY,
                    call=call,
                    does=transform(name, **options),
                    params=params,
                    gradients=gradients,
                    what="params",
                    steps=steps,
                    expected=[history[step - 1] for step in steps],
                    tolerance=1e-6 if length == 1 else 5e-6,
                    measure="leaf",
                )
            length, shapes, steps = LENGTHS[2]
            params = normals(f"{name} params float64", shapes)
            gradients = run_of(f"{name} {label} float64", shapes, length)
            history = run_optimizer(kind, arguments, params, gradients, torch.float64)
            book.add(
                "float64-optimizers",
                f"PyTorch's {kind.__name__}, {label}, in float64 after 50 steps",
                library=IN_FLOAT64,
                call=call,
                does=transform(name, **options),
                params=params,
                gradients=gradients,
                what="params",
                steps=steps,
                expected=[history[step - 1] for step in steps],
                tolerance=5e-6,
                measure="leaf",
            )


def optimizer_edges(book):
    def case(name, kind, does, arguments, params, gradients, call=None, before=None, **extra):
        history = run_optimizer(kind, arguments, {k: float32(v) for k, v in params.items()}, gradients, before=before)
        book.add(
            "pytorch-optimizers",
            name,
            library=LIBRARY,
            call=call
            or f"torch.optim.{kind.__name__}(params, {', '.join(f'{k}={v}' for k, v in arguments.items())}).step()",
            does=does,
            params=params,
            gradients=gradients,
            what="params",
            expected=history,
            **{"tolerance": 5e-6, "measure": "leaf"} | extra,
        )

    shapes = {"kernel": (2, 3), "bias": (3,)}
    for name, (kind, variants) in OPTIMIZERS.items():
        _, options, arguments = variants[1] if name in ("sgd", "rmsprop") else variants[0]
        gradients = run_of(f"{name} without", shapes, 6)
        for step in (1, 2, 4):
            gradients[step] = gradients[step] | {"bias": None}
        params = normals(f"{name} without params", shapes)
        case(
            f"PyTorch's {kind.__name__} keeps a leaf's state and step count while it has no gradient",
            kind,
            transform(name, **options),
            arguments,
            params,
            gradients,
        )
    late = run_of("late", shapes, 4)
    late[0] = late[0] | {"bias": None}
    case(
        "PyTorch's SGD takes a leaf's first gradient undampened even when it comes late",
        torch.optim.SGD,
        transform("sgd", learningRate=0.1, momentum=0.8, dampening=0.5),
        {"lr": 0.1, "momentum": 0.8, "dampening": 0.5},
        normals("late params", shapes),
        late,
    )
    case(
        "PyTorch's Adam on gradients of zero moves nothing",
        torch.optim.Adam,
        transform("adam", learningRate=0.1),
        {"lr": 0.1},
        {"p": [1.0, -2.0]},
        [{"p": [0.0, 0.0]}] * 3,
        measure="bits",
        tolerance=0,
    )
    case(
        "PyTorch's Adam keeps a NaN to its entry",
        torch.optim.Adam,
        transform("adam", learningRate=0.1),
        {"lr": 0.1},
        {"p": [1.0, -2.0]},
        [{"p": [np.nan, 1.0]}, {"p": [1.0, 1.0]}],
    )
    case(
        "PyTorch's Adam makes NaN of an infinite entry",
        torch.optim.Adam,
        transform("adam", learningRate=0.1),
        {"lr": 0.1},
        {"p": [1.0, -2.0]},
        [{"p": [np.inf, 1.0]}, {"p": [1.0, 1.0]}],
    )
    case(
        "PyTorch's AdamW decays a leaf whose gradient is zero",
        torch.optim.AdamW,
        transform("adamw", learningRate=0.1, weightDecay=0.5),
        {"lr": 0.1, "weight_decay": 0.5},
        {"p": [1.0, -2.0]},
        [{"p": [0.0, 0.0]}] * 3,
    )
    for clip, option in (
        (torch.nn.utils.clip_grad_norm_, "clipByGlobalNorm"),
        (torch.nn.utils.clip_grad_value_, "clipByValue"),
    ):
        for name in ("sgd", "adam", "adamw", "rmsprop"):
            kind, variants = OPTIMIZERS[name]
            _, options, arguments = variants[1]
            limit = (
                transform(option, maxNorm=0.5, epsilon=EPSILON)
                if option == "clipByGlobalNorm"
                else transform(option, limit=0.5)
            )
            case(
                f"PyTorch's {clip.__name__} before {kind.__name__}",
                kind,
                chain(limit, transform(name, **options)),
                arguments,
                normals(f"clipped {name} params", shapes),
                run_of(f"clipped {name} {option}", shapes, 8),
                call=f"torch.nn.utils.{clip.__name__}(params, 0.5); torch.optim.{kind.__name__}(params, ...).step()",
                before=lambda params, clip=clip: clip(list(params), 0.5),
            )

    spikes = (
        ("adam", torch.optim.Adam, {"learningRate": 0.1}, {"lr": 0.1}, 5e20),
        ("adamw", torch.optim.AdamW, {"learningRate": 0.1}, {"lr": 0.1}, 5e20),
        ("rmsprop", torch.optim.RMSprop, {"learningRate": 0.1}, {"lr": 0.1, "alpha": 0.9}, 5e19),
        (
            "rmsprop",
            torch.optim.RMSprop,
            {"learningRate": 0.1, "decay": 0.99},
            {"lr": 0.1, "alpha": 0.99},
            1e20,
        ),
        (
            "rmsprop",
            torch.optim.RMSprop,
            {"learningRate": 0.1, "centered": True},
            {"lr": 0.1, "alpha": 0.9, "centered": True},
            5e19,
        ),
        (
            "adagrad",
            torch.optim.Adagrad,
            {"learningRate": 0.1},
            {"lr": 0.1, "initial_accumulator_value": 0.1, "eps": 1e-8},
            1.8e19,
        ),
    )
    for name, kind, options, arguments, most in spikes:
        for spike in (most, most / 5, -1e18):
            label = ", ".join(f"{key}={value}" for key, value in arguments.items())
            case(
                f"PyTorch's {kind.__name__}({label}) goes on after one gradient of {spike:g}",
                kind,
                transform(name, **options),
                arguments,
                {"p": [1.0, -2.0]},
                [{"p": [spike, 1.0]}, *[{"p": [1.0, -1.0]}] * 5],
            )
    case(
        "PyTorch's SGD with a momentum of 1 adds up all gradients",
        torch.optim.SGD,
        transform("sgd", learningRate=0.1, momentum=1),
        {"lr": 0.1, "momentum": 1},
        normals("momentum of 1 params", shapes),
        run_of("momentum of 1", shapes, 8),
    )
    case(
        "PyTorch's RMSprop with a momentum of 1 adds up all its steps",
        torch.optim.RMSprop,
        transform("rmsprop", learningRate=0.1, momentum=1),
        {"lr": 0.1, "alpha": 0.9, "momentum": 1},
        normals("momentum of 1 params", shapes),
        run_of("momentum of 1", shapes, 8),
    )

    every, gradients, params = 3, run_of("loop", shapes, 9), normals("loop params", shapes)
    for name in ("sgd", "adam"):
        kind, variants = OPTIMIZERS[name]
        _, options, arguments = variants[1]
        tensors = {leaf: torch.tensor(p, requires_grad=True) for leaf, p in params.items()}
        optimizer, history = kind(list(tensors.values()), **arguments), []
        for index, gradient in enumerate(gradients):
            for leaf, tensor in tensors.items():
                share = torch.tensor(gradient[leaf]) / every
                tensor.grad = share if tensor.grad is None else tensor.grad + share
            if (index + 1) % every == 0:
                optimizer.step()
                optimizer.zero_grad()
            history.append({leaf: tensor.detach().numpy().copy() for leaf, tensor in tensors.items()})
        book.add(
            "pytorch-optimizers",
            f"PyTorch's loop that accumulates {every} gradients before {kind.__name__}",
            library=LIBRARY,
            call=f"(loss / {every}).backward(), and every {every} times torch.optim.{kind.__name__}(params, ...).step()",
            does=transform("accumulate", inner=transform(name, **options), every=every),
            params=params,
            gradients=gradients,
            what="params",
            expected=history,
            tolerance=5e-6,
            measure="leaf",
        )


def schedules(book):
    def values(make, rate, steps):
        parameter = torch.zeros(1, requires_grad=True)
        optimizer = torch.optim.SGD([parameter], lr=rate)
        scheduler = make(optimizer)
        found = []
        for _ in range(max(steps) + 1):
            found.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        return [found[step] for step in steps]

    rates = torch.optim.lr_scheduler
    steps = [0, 1, 2, 5, 9, 10, 11, 15, 20, 25, 30]
    cases = [
        (
            "MultiStepLR",
            "milestones=[10, 20], gamma=0.1",
            lambda o: rates.MultiStepLR(o, [10, 20], gamma=0.1),
            "piecewiseConstant",
            {"boundaries": [10, 20], "values": [0.5, 0.05, 0.005]},
        ),
        (
            "ExponentialLR",
            "gamma=0.9",
            lambda o: rates.ExponentialLR(o, gamma=0.9),
            "exponentialDecay",
            {"initialValue": 0.5, "decayRate": 0.9, "transitionSteps": 1},
        ),
        (
            "StepLR",
            "step_size=10, gamma=0.5",
            lambda o: rates.StepLR(o, 10, gamma=0.5),
            "exponentialDecay",
            {"initialValue": 0.5, "decayRate": 0.5, "transitionSteps": 10, "staircase": True},
        ),
        (
            "LinearLR",
            "start_factor=0.2, end_factor=1, total_iters=20",
            lambda o: rates.LinearLR(o, 0.2, 1.0, 20),
            "linear",
            {"initialValue": 0.1, "finalValue": 0.5, "transitionSteps": 20},
        ),
        (
            "PolynomialLR",
            "total_iters=20, power=2",
            lambda o: rates.PolynomialLR(o, 20, 2.0),
            "polynomial",
            {"initialValue": 0.5, "finalValue": 0, "transitionSteps": 20, "power": 2},
        ),
    ]
    for name, arguments, make, ours, options in cases:
        book.add_schedule(
            f"PyTorch's {name} is our {ours}",
            library=LIBRARY,
            call=f"torch.optim.lr_scheduler.{name}(optimizer of lr 0.5, {arguments})",
            does={"schedule": ours, "options": options},
            steps=steps,
            values=values(make, 0.5, steps),
        )
    until = [0, 1, 5, 10, 15, 20]
    book.add_schedule(
        "PyTorch's CosineAnnealingLR is our cosineDecay up to its end",
        library=LIBRARY,
        call="torch.optim.lr_scheduler.CosineAnnealingLR(optimizer of lr 0.5, T_max=20, eta_min=0.05)",
        does={"schedule": "cosineDecay", "options": {"initialValue": 0.5, "decaySteps": 20, "finalValue": 0.05}},
        steps=until,
        values=values(lambda o: rates.CosineAnnealingLR(o, 20, eta_min=0.05), 0.5, until),
    )
    after = [0, 10, 20, 25, 30, 40]
    book.add_schedule(
        "PyTorch's CosineAnnealingLR rises again after its end",
        library=LIBRARY,
        call="torch.optim.lr_scheduler.CosineAnnealingLR(optimizer of lr 0.5, T_max=20)",
        does={"schedule": "cosineDecay", "options": {"initialValue": 0.5, "decaySteps": 20}},
        steps=after,
        values=values(lambda o: rates.CosineAnnealingLR(o, 20), 0.5, after),
        differs="Ours stays at its final value, as Optax's and Keras's do; PyTorch's follows the cosine back up.",
    )


def add_all(book):
    edge_table(book)
    shapes_and_orders(book)
    own_norm_tests(book)
    own_non_finite_tests(book)
    own_device_tests(book)
    clip_by_norm(book)
    clip_by_value(book)
    optimizers(book)
    optimizer_edges(book)
    schedules(book)

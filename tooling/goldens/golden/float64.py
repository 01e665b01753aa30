"""The truth in float64 by numpy's own norm, where no library is right: from 1e-30 to 1e30, and mixed."""

import math

import numpy as np

from golden.bits import float32
from golden.book import transform
from golden.data import normals, zeros

LIBRARY = f"numpy {np.__version__} in float64"
BITS = {"tolerance": 0, "measure": "bits"}


def norm_of(arrays, order):
    return float(np.linalg.norm(np.concatenate([np.asarray(a, np.float64).reshape(-1) for a in arrays]), order))


def global_norm(book, name, gradients, max_norm, order=2, **extra):
    gradients = {leaf: float32(g) for leaf, g in gradients.items()}
    max_norm = float(np.float32(max_norm))
    norm = norm_of(gradients.values(), order)
    scale = min(1.0, max_norm / norm) if norm > 0 else 1.0
    limit = 1e-6 if order in (1, 2, math.inf) else 1e-5
    book.add(
        "float64-norms",
        name,
        library=LIBRARY,
        call=f"numpy.linalg.norm(concatenated, {order}); g * min(1, {max_norm:g} / norm)",
        does=transform("clipByGlobalNorm", maxNorm=max_norm, **({} if order == 2 else {"normType": order})),
        params=zeros(gradients),
        gradients=[gradients],
        what="updates",
        expected=[{leaf: g.astype(np.float64) * scale for leaf, g in gradients.items()}],
        norm=norm,
        norm_tolerance=limit,
        **{"tolerance": limit} | extra,
    )


def add_all(book):
    shapes = {"kernel": (3, 4), "bias": (4,)}
    for power in range(-30, 31, 5):
        unit = normals(f"1e{power}", shapes)
        gradients = {leaf: g.astype(np.float64) * 10.0**power for leaf, g in unit.items()}
        for order in (1, 2, 3, math.inf):
            norm = norm_of(gradients.values(), order)
            global_norm(
                book, f"Gradients near 1e{power}, order {order}: a tenth of the norm", gradients, norm / 10, order
            )
        global_norm(
            book,
            f"Gradients near 1e{power}, order 0.5: a tenth of the norm",
            gradients,
            norm_of(gradients.values(), 0.5) / 10,
            0.5,
        )
        global_norm(
            book,
            f"Gradients near 1e{power}: twice the norm keeps every bit",
            gradients,
            norm_of(gradients.values(), 2) * 2,
            **BITS,
        )
        leaf = {leaf: g * (3 if leaf == "bias" else 1) for leaf, g in gradients.items()}
        leaf = {name: float32(g) for name, g in leaf.items()}
        limit = float(np.float32(norm_of([leaf["kernel"]], 2) / 4))
        book.add(
            "float64-norms",
            f"Gradients near 1e{power}: each leaf has its own norm",
            library=LIBRARY,
            call=f"g * min(1, {limit:g} / numpy.linalg.norm(g))",
            does=transform("clipByNorm", maxNorm=limit),
            params=zeros(leaf),
            gradients=[leaf],
            what="updates",
            expected=[{name: g.astype(np.float64) * min(1.0, limit / norm_of([g], 2)) for name, g in leaf.items()}],
        )
        rms = {name: math.sqrt(float(np.mean(np.square(g.astype(np.float64))))) for name, g in leaf.items()}
        threshold = float(np.float32(min(rms.values()) / 2))
        book.add(
            "float64-norms",
            f"Gradients near 1e{power}: each leaf has its own root mean square",
            library=LIBRARY,
            call=f"g * min(1, {threshold:g} / sqrt(mean(square(g))))",
            does=transform("clipByBlockRms", threshold=threshold),
            params=zeros(leaf),
            gradients=[leaf],
            what="updates",
            expected=[{name: g.astype(np.float64) * min(1.0, threshold / rms[name]) for name, g in leaf.items()}],
        )

    global_norm(book, "(3, 4) of norm 5 is clipped to (0.6, 0.8)", {"g": [3, 4]}, 1)
    global_norm(book, "100 gradients of 1e20 are clipped to 0.1 each", {"g": [1e20] * 100}, 1)
    global_norm(book, "1e-30 and 1e30 in one tree", {"a": [1e-30, 2e-30], "b": [1e30, 3e30]}, 1e30)
    global_norm(book, "1e-30 beside 1 does not change the norm", {"a": [1e-30] * 50, "b": [3, 4]}, 1)
    global_norm(book, "One entry of 1e30", {"g": [1e30]}, 1)
    global_norm(book, "One entry of 1e-30", {"g": [1e-30]}, 1e-31)
    global_norm(book, "The largest float32 numbers whose norm is one", {"g": [2e38, 2e38]}, 1)
    global_norm(book, "Denormal gradients below the threshold keep every bit", {"g": [1e-40, -3e-42, 1e-45]}, 1, **BITS)
    global_norm(book, "Many small entries beside one large one", {"large": [1.0], "small": np.full(1000, 1e-4)}, 0.5)
    global_norm(book, "5000 entries that float32 would sum up badly, order 1", {"g": np.full(5000, 0.1)}, 1, 1)
    global_norm(book, "5000 entries that float32 would sum up badly, order 2", {"g": np.full(5000, 0.1)}, 1, 2)
    for order in (0.1, 0.5, 1.5, 4, 10, 100):
        global_norm(book, f"A norm of order {order} over two leaves", normals(f"order {order}", shapes), 0.5, order)
    for limit in (0.5, 1.0, 10.0):
        gradients = normals(f"soft {limit}", shapes, 3) | {
            "edges": float32([0.0, 100, -100, 1e-6, np.nan, np.inf, -np.inf])
        }
        book.add(
            "float64-norms",
            f"The soft clip at {limit:g}",
            library=LIBRARY,
            call=f"{limit} * numpy.tanh(g / {limit})",
            does=transform("softClip", limit=limit),
            params=zeros(gradients),
            gradients=[gradients],
            what="updates",
            expected=[{leaf: limit * np.tanh(g.astype(np.float64) / limit) for leaf, g in gradients.items()}],
        )
    book.add(
        "float64-norms",
        "The soft clip keeps the sign of zero",
        library=LIBRARY,
        call="1 * numpy.tanh(g / 1)",
        does=transform("softClip", limit=1),
        params={"g": [0, 0]},
        gradients=[{"g": [0.0, -0.0]}],
        what="updates",
        expected=[{"g": np.tanh(np.array([0.0, -0.0]))}],
        **BITS,
    )

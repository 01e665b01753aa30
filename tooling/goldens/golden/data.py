"""Seeded numbers: the same name gives the same numbers on every machine."""

import zlib

import numpy as np

from golden.bits import float32


def normals(seed, shapes, scale=1.0):
    """A tree of normally distributed float32 numbers."""
    generator = np.random.default_rng(zlib.crc32(seed.encode()))
    return {leaf: float32(generator.standard_normal(shape) * scale) for leaf, shape in shapes.items()}


def run_of(seed, shapes, length, scale=1.0):
    """Gradients for `length` steps."""
    return [normals(f"{seed} step {step}", shapes, scale) for step in range(1, length + 1)]


def zeros(tree):
    """Parameters for a transform that does not read them."""
    return {leaf: np.zeros_like(float32(values)) for leaf, values in tree.items()}

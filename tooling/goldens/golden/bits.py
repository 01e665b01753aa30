"""Float32 arrays as text that keeps every bit: 8 hexadecimal digits a number, big-endian, one after the other."""

import numpy as np

NAN = 0x7FC00000


def to_bits(array) -> str:
    """The bits of an array, rounded to float32; every NaN becomes 7fc00000, since its payload is nobody's promise."""
    with np.errstate(over="ignore"):
        values = np.asarray(array).astype(np.float32).reshape(-1)
    words = values.view(np.uint32).copy()
    words[np.isnan(values)] = NAN
    return words.astype(">u4").tobytes().hex()


def float32(values) -> np.ndarray:
    """An array of float32."""
    with np.errstate(over="ignore"):
        return np.asarray(values).astype(np.float32)

"""How far one array is from another. `src/goldenError.ts` is the same in TypeScript."""

import numpy as np

FLOOR = 1e-38


def error(measure: str, actual, expected) -> float:
    """
    The error of `actual` against `expected`, one leaf each:

    - `bits`: 0 if every bit is the same (any NaN equals any NaN), else infinity;
    - `entry`: the largest |a - b| / max(|b|, 1e-38) of all entries;
    - `leaf`: the largest |a - b| of all entries / max(the largest finite |b|, 1e-38).

    NaN meets NaN and an infinity meets the same infinity, or the error is infinity.
    """
    a = np.asarray(actual, dtype=np.float64).reshape(-1)
    b = np.asarray(expected, dtype=np.float64).reshape(-1)
    if a.shape != b.shape:
        return np.inf
    if measure == "bits":
        same = ((a == b) & (np.signbit(a) == np.signbit(b))) | (np.isnan(a) & np.isnan(b))
        return 0.0 if same.all() else np.inf
    finite = np.isfinite(a) & np.isfinite(b)
    matched = finite | (np.isnan(a) & np.isnan(b)) | (np.isinf(a) & (a == b))
    if not matched.all():
        return np.inf
    if not finite.any():
        return 0.0
    distance = np.abs(a[finite] - b[finite])
    size = np.abs(b[finite])
    if measure == "leaf":
        return float(distance.max() / max(size.max(), FLOOR))
    return float((distance / np.maximum(size, FLOOR)).max())

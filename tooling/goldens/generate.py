"""Writes cases/*.json: see README.md. `python tooling/goldens/generate.py`; the output is the same, byte for byte, each time."""

import os
import sys
from pathlib import Path

os.environ.update(KERAS_BACKEND="jax", JAX_PLATFORMS="cpu", OMP_NUM_THREADS="1")
sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

from golden import float64, keras_cases, optax_cases, pytorch, simplenet
from golden.book import CASES, Book

book = Book()
pytorch.add_all(book)
optax_cases.add_all(book)
keras_cases.add_all(book)
float64.add_all(book)
simplenet.add_all(book)
book.write()

for (library, verdict), count in sorted(book.counts.items()):
    print(f"{count:5} {library} {verdict}")
print(f"{sum(book.counts.values()):5} cases, {sum(file.stat().st_size for file in CASES.glob('*.json')):,} bytes")
print("largest error of the specification, by library, transform, measure, tolerance and precision:")
for key, found in sorted(book.worst.items()):
    print(f"  {found:.1e}  {', '.join(str(part) for part in key)}")

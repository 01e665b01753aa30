"""Collects cases, holds each against the specification, and writes the files."""

import json
import math
from collections import Counter
from pathlib import Path

import numpy as np

from golden import specification
from golden.bits import float32, to_bits
from golden.measure import error

CASES = Path(__file__).resolve().parent.parent / "cases"


def plain(number):
    """A number as JSON writes it: an infinity, NaN or -0 has a tag."""
    if isinstance(number, float) and (not math.isfinite(number) or (number == 0 and math.copysign(1, number) < 0)):
        return {"number": {math.inf: "Infinity", -math.inf: "-Infinity", 0.0: "-0"}.get(number, "NaN")}
    return number


def tagged(value):
    """A transform with every number as JSON writes it."""
    if isinstance(value, dict):
        return {key: tagged(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [tagged(entry) for entry in value]
    return plain(value)


def transform(name, **options):
    return {"transform": name, "options": options}


def chain(*transforms):
    return transform("chain", transforms=list(transforms))


def schedule(name, **options):
    return {"schedule": name, "options": options}


class Book:
    def __init__(self):
        self.files = {}
        self.names = set()
        self.worst = {}
        self.counts = Counter()

    def claim(self, name, library, verdict):
        assert name not in self.names, f"two cases are named: {name}"
        self.names.add(name)
        self.counts[library.split(" ")[0], "differs" if "differs" in verdict else "same"] += 1

    def add(
        self,
        file,
        name,
        *,
        library,
        call,
        does,
        params,
        gradients,
        what,
        expected=None,
        steps=None,
        norm=None,
        norm_tolerance=1e-6,
        tolerance=1e-6,
        measure="entry",
        differs=None,
        throws=None,
        our_error=None,
        on_non_finite=None,
    ):
        """
        Adds a case: `library` ran `call` on `gradients` (one dictionary for each step, None for no gradient), and `expected` is what
        came out at `steps` (all of them if not given), one dictionary each; `throws` is the error it raised instead. `does` is our
        transform. `differs` is the reason why ours is another on purpose; `our_error` the class that ours throws.
        """
        params = {leaf: float32(values) for leaf, values in params.items()}
        gradients = [{leaf: None if g is None else float32(g) for leaf, g in step.items()} for step in gradients]
        assert all(list(step) == list(params) for step in gradients), f"{name}: leaves do not match"
        steps = steps or list(range(1, len(gradients) + 1))
        does = tagged(does)
        library_result = self.outcome(what, steps, expected, norm, throws)
        limits = {"tolerance": tolerance, "measure": measure} | (
            {} if norm is None else {"normTolerance": norm_tolerance}
        )

        if our_error is None:
            mine = self.ours(does, params, gradients, what, steps, norm is not None)
        verdict = {"same": True} | limits
        if our_error is not None:
            verdict = {"differs": differs, "ours": {"throws": our_error}}
            assert differs
            if our_error == "InvalidOptionError":
                try:
                    specification.make(does, np.float64)
                except specification.InvalidOption:
                    pass
                else:
                    raise AssertionError(f"{name}: the specification accepts these options")
        elif differs is None:
            numbers = ["float32"] if measure == "bits" else ["float32", "float64"]
            for number in numbers:
                value, our_norm = mine[number]
                found = self.distance(value, expected, measure)
                assert found <= tolerance, f"{name}: our {number} is off by {found}, more than {tolerance}"
                if norm is not None:
                    off = error("entry", [our_norm], [float(float32(norm))])
                    assert off <= norm_tolerance, f"{name}: our norm {our_norm} is off by {off} from {norm}"
                key = (library, does["transform"], measure, tolerance, number)
                self.worst[key] = max(self.worst.get(key, 0), found)
        else:
            number = "float32" if measure == "bits" else "float64"
            value, our_norm = mine[number]
            ours = self.outcome(what, steps, value, our_norm, None)
            verdict = {"differs": differs, "ours": ours} | limits
            if throws is None:
                found = self.distance(value, expected, measure)
                off = 0 if norm is None else error("entry", [our_norm], [float(float32(norm))])
                assert found > tolerance or off > norm_tolerance, f"{name}: ours does not differ ({found}, {off})"
            if measure != "bits":
                found = self.distance(mine["float32"][0], value, measure)
                assert found <= tolerance, f"{name}: ours in float32 is off by {found} from float64"

        self.claim(name, library, verdict)
        case = {
            "name": name,
            "source": {"library": library, "call": call},
            "transform": does,
            **({"onNonFinite": on_non_finite} if on_non_finite else {}),
            "leaves": {leaf: {"shape": list(p.shape), "params": to_bits(p)} for leaf, p in params.items()},
            "steps": [
                {"gradients": {leaf: None if g is None else to_bits(g) for leaf, g in step.items()}}
                for step in gradients
            ],
            "expected": library_result,
            "verdict": verdict,
        }
        self.file(file, "transforms")["cases"].append(case)
        return case

    def add_schedule(self, name, *, library, call, does, steps, values, tolerance=1e-6, differs=None):
        """Adds a schedule: `values` is what the library gives at `steps`; the error is relative to the largest of them."""
        does = tagged(does)
        values = np.array([float(value) for value in values])
        ours = np.array([float(specification.schedule_value(does, step)) for step in steps])
        found = error("leaf", ours, values)
        verdict = {"same": True, "tolerance": tolerance, "measure": "leaf"}
        if differs is None:
            assert found <= tolerance, f"{name}: ours is off by {found}: {ours} {values}"
            key = (library, does["schedule"], "leaf", tolerance, "float64")
            self.worst[key] = max(self.worst.get(key, 0), found)
        else:
            assert found > tolerance, f"{name}: ours does not differ ({found})"
            verdict = {"differs": differs, "ours": {"values": to_bits(ours)}, "tolerance": tolerance, "measure": "leaf"}
        self.claim(name, library, verdict)
        self.file("schedules", "schedules")["cases"].append(
            {
                "name": name,
                "source": {"library": library, "call": call},
                "schedule": does,
                "steps": list(steps),
                "expected": {"values": to_bits(values)},
                "verdict": verdict,
            }
        )

    def file(self, name, kind):
        return self.files.setdefault(name, {"kind": kind, "cases": []})

    def outcome(self, what, steps, values, norm, throws):
        if throws is not None:
            return {"throws": throws}
        return {
            "what": what,
            "perStep": [
                {"step": step, "leaves": {leaf: to_bits(array) for leaf, array in tree.items()}}
                for step, tree in zip(steps, values, strict=True)
            ],
            **({} if norm is None else {"norm": to_bits(norm)}),
        }

    def ours(self, does, params, gradients, what, steps, with_norm):
        """What the specification says, in both precisions: the trees at `steps`, and the norm if one is wanted."""
        results = {}
        for key, number in (("float32", np.float32), ("float64", np.float64)):
            history, node = specification.run(does, params, gradients, number, moves=what == "params")
            values = [history[step - 1][0 if what == "updates" else 1] for step in steps]
            results[key] = (
                [{k: float32(v) for k, v in tree.items()} for tree in values],
                node.norm if with_norm else None,
            )
        return results

    def distance(self, values, expected, measure):
        found = 0.0
        for tree, wanted in zip(values, expected, strict=True):
            assert set(tree) == set(wanted), f"{set(tree)} {set(wanted)}"
            for leaf, array in wanted.items():
                found = max(found, error(measure, tree[leaf], float32(array)))
        return found

    def write(self):
        CASES.mkdir(exist_ok=True)
        # tfjs.json is generateTfjs.ts's.
        for old in CASES.glob("*.json"):
            if old.stem not in self.files and old.stem != "tfjs":
                old.unlink()
        for name, content in sorted(self.files.items()):
            lines = ",\n".join("  " + json.dumps(case, allow_nan=False) for case in content["cases"])
            head = {key: value for key, value in content.items() if key != "cases"}
            opening = "".join(
                f" {json.dumps(key)}: {json.dumps(value, allow_nan=False)},\n" for key, value in head.items()
            )
            (CASES / f"{name}.json").write_text("{\n" + opening + ' "cases": [\n' + lines + "\n ]\n}\n")

"""Golden vectors: what torch computes for each case, in small files, to test npnn where there is no torch.

There is one .npz for each class, with plain arrays only. The entry `cases` is a text, JSON: a list with, for
each case, its name, the arguments of the constructor, the inputs, the mode and the seed; an array in these is
written as {"array": key}, and found in the file under that key; a module among the arguments as its class and
its own arguments, {"module", "args", "kwargs"}; a PackedSequence as {"packed": its parts}. What cannot be
called, as a ModuleList, has its parameters alone. The other entries begin with the number of the case:

    3/state/weight        a parameter or buffer before the call
    3/output/0            an output
    3/cotangent/0         the dL/dY of that output which went into backward
    3/grad_input/0        the dL/dX that came out, for each array of floating-point numbers among the inputs
    3/grad_param/weight   the same for a parameter
    3/after/running_mean  a parameter or buffer that the call has changed

All is in float64 and in npnn's layout.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from npnn.utils.rnn import PackedSequence
from torch_ref.calls import Call, argument_names, has_forward, random_like
from torch_ref.case import Case
from torch_ref.cases import CASES
from torch_ref.layouts import Array
from torch_ref.report import measure
from torch_ref.values import TORCH, map_nested

DIRECTORY = Path("tests") / "golden"
SEED = 0


def vectors(cases: Iterable[Case]) -> dict[str, Array]:
    """The contents of one file: the given cases, as torch computes them.

    Args:
        cases: the cases of one class.
    """
    described, arrays = [], {}
    for number, case in enumerate(cases):
        entry, own = _vector(case, number)
        described.append(entry)
        arrays.update({f"{number}/{key}": array for key, array in own.items()})
    return {"cases": np.array(json.dumps(described, indent=1)), **arrays}


def _vector(case: Case, number: int) -> tuple[dict[str, Any], dict[str, Array]]:
    """One case: what is to be written as JSON, and the arrays, by key without the case's number."""
    arrays: dict[str, Array] = {}

    def kept(value: Any) -> Any:
        if isinstance(value, Case):
            nest = map_nested(kept, {"args": value.args, "kwargs": value.kwargs})
            return {"module": value.module, **nest}
        if not isinstance(value, np.ndarray):
            return value
        key = f"given/{len(arrays)}"
        arrays[key] = value
        return {"array": f"{number}/{key}"}

    args, kwargs, inputs = case.drawn()
    entry = {
        "name": str(case),
        "module": case.module,
        "args": map_nested(kept, args),
        "kwargs": map_nested(kept, kwargs),
        "inputs": [
            (
                {"packed": list(map_nested(kept, tuple(value)))}
                if isinstance(value, PackedSequence)
                else map_nested(kept, value)
            )
            for value in inputs
        ],
        "training": case.training,
        "seed": SEED,
    }
    sample = case.sample()
    call = Call(TORCH, sample.torch, sample.layouts)
    before = call.state_arrays()
    entry["called"] = has_forward(sample.torch)
    if entry["called"]:
        call.run(argument_names(sample.npnn, len(inputs)), inputs, {}, SEED)
    outputs = call.output_arrays()
    random = np.random.default_rng(SEED)
    cotangents = {number: random_like(outputs[number], random) for number in call.differentiable()}
    gradients = call.gradients(list(cotangents.values()), keep_graph=False)
    after = call.state_arrays()
    arrays.update({f"state/{name}": array for name, array in before.items()})
    arrays.update({f"output/{number}": array for number, array in enumerate(outputs)})
    arrays.update({f"cotangent/{number}": array for number, array in cotangents.items()})
    by_input = [array for (kind, _), array in gradients.items() if kind == "grad_input"]
    by_parameter = {name: array for (kind, name), array in gradients.items() if kind == "grad_param"}
    arrays.update({f"grad_input/{n}": array for n, array in enumerate(by_input) if array is not None})
    arrays.update({f"grad_param/{name}": array for name, array in by_parameter.items() if array is not None})
    arrays.update(
        {f"after/{n}": a for n, a in after.items() if not np.array_equal(a, before[n], equal_nan=True)}
    )
    return entry, arrays


def files() -> dict[str, list[Case]]:
    """The cases of each file, by its name."""
    found: dict[str, list[Case]] = {}
    for case in CASES:
        found.setdefault(f"{case.module}.npz", []).append(case)
    return found


def write(directory: Path = DIRECTORY) -> list[Path]:
    """Writes all files anew and removes those of classes that have no cases.

    Args:
        directory: where to.

    Returns:
        The files that were written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    wanted = files()
    for path in directory.glob("*.npz"):
        if path.name not in wanted:
            path.unlink()
    for name, cases in wanted.items():
        contents: dict[str, Any] = dict(vectors(cases))
        np.savez_compressed(directory / name, **contents)
    return [directory / name for name in wanted]


def stale(directory: Path = DIRECTORY) -> dict[str, str]:
    """Compares the files with what torch computes now.

    Args:
        directory: where they are.

    Returns:
        For each file that is not current, what is wrong with it.
    """
    wanted = files()
    problems = {
        path.name: "no case is of this class" for path in directory.glob("*.npz") if path.name not in wanted
    }
    for name, cases in wanted.items():
        problem = difference(directory / name, vectors(cases))
        if problem:
            problems[name] = problem
    return problems


def difference(path: Path, now: Mapping[str, Array]) -> str:
    """What is not the same in a file and in the arrays that it should hold; empty if nothing is.

    Args:
        path: the file.
        now: the arrays. Texts among them must be equal, numbers agree as those of a comparison do.
    """
    if not path.exists():
        return "there is no such file"
    try:
        with path.open("rb") as file, np.load(file) as archive:
            then = dict(archive)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        return f"it cannot be read: {error}"
    if set(then) != set(now) or then.get("cases") != now.get("cases"):
        return "it holds other cases"
    for key, array in now.items():
        if then[key].dtype.kind == "U":
            problem = "" if then[key] == array else f"it is {then[key]}, and should be {array}"
        else:
            problem = measure("output", key, then[key], array).problem
        if problem:
            return f"{key}: {problem}".replace("npnn", "the file")
    return ""

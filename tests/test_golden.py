"""npnn against the golden vectors: what torch computed, written by `python -m torch_ref golden`.

These files stand in for torch where it is not installed. torch_ref/golden.py says what is in them.
"""

import json
from pathlib import Path

import numpy as np
import pytest

import npnn
from npnn import nn
from npnn.parameter import is_lazy
from npnn.utils.rnn import PackedSequence

DIRECTORY = Path(__file__).parent / "golden"


def cases():
    for path in sorted(DIRECTORY.glob("*.npz")):
        with np.load(path) as file:
            for number, case in enumerate(json.loads(file["cases"].item())):
                yield pytest.param(path, number, case, id=case["name"])


def in_dtype(array, dtype):
    return array.astype(dtype) if array.dtype == np.float64 else array


def filled(value, arrays, dtype):
    """The value with each {"array": key} replaced by that array, as a tensor."""
    if isinstance(value, dict) and set(value) == {"array"}:
        return npnn.tensor(in_dtype(arrays[value["array"]], dtype))
    if isinstance(value, dict) and set(value) == {"packed"}:
        return PackedSequence(*filled(value["packed"], arrays, dtype))
    if isinstance(value, dict) and set(value) == {"module", "args", "kwargs"}:
        return made(value, arrays, dtype)
    if isinstance(value, dict):
        return {key: filled(entry, arrays, dtype) for key, entry in value.items()}
    if isinstance(value, list):
        return [filled(entry, arrays, dtype) for entry in value]
    return value


def made(case, arrays, dtype):
    """The module of a case."""
    args, kwargs = (filled(case[part], arrays, dtype) for part in ("args", "kwargs"))
    return getattr(nn, case["module"])(*args, **kwargs)


def tensors_in(value):
    """The tensors in a nest of lists and tuples, in order."""
    if isinstance(value, (list, tuple)):
        return [tensor for entry in value for tensor in tensors_in(entry)]
    return [value] if isinstance(value, npnn.Tensor) else []


# In float32 the inputs are rounded first, and what comes out may be off by that times the slope.
TOLERANCES = {"float64": (1e-9, 1e-11), "float32": (1e-5, 1e-5)}


@pytest.mark.parametrize(("path", "number", "case"), list(cases()))
@pytest.mark.filterwarnings("ignore:.(NLLLoss2d|nn.Container).:FutureWarning")
def test_golden(path, number, case):
    with np.load(path) as file:
        # A key at a time: the other cases of the file need not be unpacked.
        arrays = {key: file[key] for key in file.files if key.startswith(f"{number}/")}
    for dtype in TOLERANCES:
        compare(case, number, arrays, dtype)


def compare(case, number, arrays, dtype):
    rtol, atol = TOLERANCES[dtype]

    def part(name):
        prefix = f"{number}/{name}/"
        return {k.removeprefix(prefix): in_dtype(a, dtype) for k, a in arrays.items() if k.startswith(prefix)}

    def check(got, wanted, what):
        assert got.array.dtype == wanted.dtype, what
        # In float32 a sum is off by the rounding of its largest terms, whatever they cancel to.
        largest = np.abs(wanted, where=np.isfinite(wanted), out=np.zeros(wanted.shape)).max(initial=1.0)
        scale = largest if dtype == "float32" else 1.0
        np.testing.assert_allclose(got.array, wanted, rtol, atol * scale, err_msg=f"{what} in {dtype}")

    inputs = filled(case["inputs"], arrays, dtype)
    module = made(case, arrays, dtype).to(np.dtype(dtype)).train(case["training"])
    state = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    assert set(state) == set(part("state"))
    for name, array in part("state").items():
        if is_lazy(state[name]):
            state[name].materialize(array.shape)
        state[name].array[...] = array
    leaves = [tensor.requires_grad_() for tensor in tensors_in(inputs) if tensor.is_floating_point()]
    if case["kwargs"].get("inplace"):
        inputs = [leaf.clone() for leaf in inputs]  # a leaf itself may not be changed in place
    npnn.manual_seed(case["seed"])

    outputs = tensors_in([module(*inputs)] if case["called"] else [])
    assert len(outputs) == len(part("output"))
    for name, wanted in part("output").items():
        check(outputs[int(name)], wanted, f"output {name}")
    cotangents = part("cotangent")
    if cotangents:
        npnn.autograd.backward(
            [outputs[int(name)] for name in cotangents], list(map(npnn.tensor, cotangents.values()))
        )
    for given, gradients in (
        ({str(n): leaf for n, leaf in enumerate(leaves)}, part("grad_input")),
        (dict(module.named_parameters()), part("grad_param")),
    ):
        assert {name for name, tensor in given.items() if tensor.grad is not None} == set(gradients)
        for name, wanted in gradients.items():
            check(given[name].grad, wanted, f"dL/d {name}")
    for name, wanted in {**part("state"), **part("after")}.items():
        check(state[name], wanted, f"{name} after the call")


def test_there_are_golden_vectors():
    assert len(list(cases())) >= 70

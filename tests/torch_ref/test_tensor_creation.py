"""Tensors that are made rather than computed, and the ways out of a tensor, on torch and on npnn."""

import copy
import pickle

import numpy as np
import pytest
import torch

import npnn
from torch_ref.scripts import assert_same_log, outcome, values

EXPRESSIONS = """
    t.zeros(2, 3) ; t.zeros((2, 3)) ; t.zeros([2, 3]) ; t.zeros(()) ; t.zeros(0) ; t.zeros(2, dtype=t.int64)
    t.zeros(t.Size([2])) ; t.ones(2, 0, 3) ; t.ones(2, requires_grad=True).requires_grad
    t.empty(3, 2).shape ; t.full((2,), 1.5) ; t.full((2,), 3) ; t.full((2, 1), True) ; t.full((2,), 1j)
    t.full((), 2, dtype=t.float64) ; t.full([3], t.tensor(2.5)) ; t.eye(3) ; t.eye(2, 4) ; t.eye(0)
    t.eye(3, dtype=t.int32) ; t.arange(5) ; t.arange(2, 9, 3) ; t.arange(5.0) ; t.arange(1, 2, 0.1)
    t.arange(5, 1, -2) ; t.arange(0, 1, 0.1, dtype=t.float64) ; t.arange(3, dtype=t.uint8) ; t.arange(0)
    t.arange(1, 1) ; t.linspace(0, 1, 5) ; t.linspace(3, -2, 7, dtype=t.float64) ; t.linspace(0, 1, 1)
    t.linspace(0, 1, 0) ; t.zeros_like(x) ; t.ones_like(x, dtype=t.int64) ; t.full_like(x, 7)
    t.full_like(n, 7.9) ; t.empty_like(x.T).stride() ; t.zeros_like(x, requires_grad=True).requires_grad
    t.tensor(x) ; t.as_tensor(x) is x ; t.as_tensor(x, dtype=t.float32) ; t.tensor([x[0, 0], x[0, 1]])
    t.tensor([[1, 2], [3, 4.5]]) ; x.to(t.float32) ; x.to(t.float64) is x ; x.to("cpu") is x ; x.to(n)
    x.to(t.float64, copy=True) is x ; x.to(t.float64, False, True) is x ; x.to(dtype=t.int64)
    x.type(t.int32) ; x.type("torch.FloatTensor") ; x.type() ; n.type() ; x.type_as(n) ; x.float()
    x.half() ; x.int() ; x.long() ; x.bool() ; n.double() ; x.cpu() is x ; x.dtype ; x.itemsize
    x.element_size() ; x.nbytes ; x.is_floating_point() ; n.is_floating_point() ; x.is_complex() ; x.is_cuda
    str(x.device) ; x.get_device() ; x.device == t.device("cpu") ; t.device("cpu", 0).index
    repr(t.device("cpu:0")) ; x.shape ; repr(x.shape) ; x.size() ; x.size(-1) ; x.shape.numel() ; x.stride()
    x.T.stride(0) ; x.dim() ; x.ndim ; x.numel() ; x.nelement() ; x.is_contiguous() ; x.T.is_contiguous()
    x.T.contiguous().stride() ; x.contiguous() is x ; x.tolist() ; x[0, 0].item() ; n.sum().item()
    float(x[0, 0]) ; int(n[1]) ; complex(n[1]) ; bool(n[1]) ; [10, 20, 30][n[1]] ; x.numpy().shape
    x.requires_grad_().numpy(force=True) ; np.asarray(n) ; np.array(x) ; len(x) ; hash(x) == id(x)
    t.is_tensor(x) ; t.is_tensor(1) ; t.numel(x) ; t.is_floating_point(n) ; t.equal(x, x.clone())
    t.equal(x, n) ; t.allclose(x, x + 1e-9) ; t.get_default_dtype() ; x.clone().T.clone().stride()
    x.view(t.int64) ; x.flatten() ; x[0, 0].flatten() ; x.ravel() ; x.view_as(x.T.contiguous())
    x.reshape_as(x.T) ; x.expand_as(t.ones(2, 2, 3)) ; x.swapdims(0, 1) ; t.relu(n)
    t.zeros(size=(2, 3)) ; t.ones(size=[2]) ; t.empty(size=(2,)).shape ; x.reshape(shape=(3, 2))
    x.view(size=(3, 2)) ; x.view(dtype=t.int64) ; x.expand(size=(2, 2, 3)) ; x.repeat(repeats=(2, 1))
    t.tile(x, dims=(2, 1)) ; x.permute(dims=(1, 0)) ; x.flip(dims=(1,)) ; t.broadcast_to(x, size=(2, 2, 3))
    t.zeros_like(x, memory_format=t.preserve_format) ; x.dtype == t.bfloat16 ; t.bfloat16 in (x.dtype,)
    t.detach(x).requires_grad ; x.mT ; x.unflatten(1, (3, -1)) ; x.broadcast_to(2, 2, 3)
"""


def evaluated(t, expression):
    x = t.tensor(values((2, 3)))
    return eval(expression, {"t": t, "np": np, "x": x, "n": t.tensor([0, 2, 1])})


@pytest.mark.parametrize(
    "line", EXPRESSIONS.strip().split("\n"), ids=lambda line: line.split(" ; ")[0].strip()
)
def test_expressions(line):
    for expression in line.split(" ; "):
        assert_same_log(
            lambda t, expression=expression: [expression.strip(), evaluated(t, expression.strip())]
        )


def test_sizes_and_bounds_of_random_tensors_by_name():
    def script(t):
        t.manual_seed(3)
        refusals = (lambda: t.randint(9), lambda: t.randint(size=(2,)), lambda: t.randint(high=9))
        return [
            *(t.rand(size=(2, 3), dtype=t.float64), t.randn(size=(3,), dtype=t.float64)),
            *(t.randint(9, (5,)), t.randint(9, size=(5,)), t.randint(high=9, size=(5,))),
            *(t.randint(-4, 9, (5,)), t.randint(-4, 9, size=(5,)), t.randint(low=-4, high=9, size=(5,))),
            t.randint(3, 9, size=[2, 3], dtype=t.int32),
            *(outcome(refusal) for refusal in refusals),
        ]

    assert_same_log(script)


def test_shared_memory():
    def script(t):
        array = np.zeros(3)
        shared, also, copied = t.from_numpy(array), t.as_tensor(array), t.tensor(array)
        array[0] = 5.0
        shared[1] = 7.0
        shared.numpy()[2] = 9.0
        return [array, shared, also, copied]

    assert_same_log(script)


def test_copies():
    def script(t):
        x = t.tensor(values(3), requires_grad=True)
        (x * x).sum().backward()
        deep, memo = copy.deepcopy([x, x]), copy.deepcopy(x.detach())
        thawed = pickle.loads(pickle.dumps(x))
        x.grad.zero_()
        shallow = copy.copy(x)
        return [
            *(
                deep,
                deep[0] is deep[1],
                deep[0].grad,
                deep[0].requires_grad,
                memo.requires_grad,
                thawed,
                thawed.requires_grad,
            ),
            *(shallow.data_ptr() == x.data_ptr(), shallow.requires_grad),
        ]

    assert_same_log(script)


def test_what_cannot_be_copied():
    def script(t):
        y = t.tensor(values(3), requires_grad=True) * 2
        with pytest.raises(RuntimeError, match="Only Tensors created explicitly by the user"):
            copy.deepcopy(y)
        return [str(type(y))[:7]]

    assert_same_log(script)


HUGE = (2**70, [[1, -(2**70)]], [1.0, 2**70], [True, 2**64], [2**63], -(2**63) - 1, -(2**63), 2**63 - 1)


@pytest.mark.parametrize("dtype", [None, "float32", "float64", "float16", "int64", "int32", "bool"])
def test_integers_beyond_64_bits(dtype):
    """They become floats where these are wanted, and are refused where not."""
    assert_same_log(
        lambda t: [
            outcome(lambda number=number: t.tensor(number, dtype=dtype and getattr(t, dtype)))
            for number in HUGE
        ]
    )


def test_integers_of_uint64():
    for number, error in ((2**63, None), (2**64 - 1, None), (2**64, OverflowError)):
        for t in (npnn, torch):
            if error is None:
                assert t.tensor([number], dtype=t.uint64).tolist() == [number]
            else:
                with pytest.raises(error, match="int too big to convert"):
                    t.tensor([number], dtype=t.uint64)

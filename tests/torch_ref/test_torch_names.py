"""Names that scripts use at torch's root and on tensors, besides arithmetic: the same answers on both."""

import inspect

import numpy as np
import pytest
import torch

import npnn
from npnn.functional import root
from npnn.tensors.late import IN_PLACE
from torch_ref.scripts import assert_same, assert_same_error, plain

ANSWERS = [
    *(f"t.finfo(t.{dtype}).{name}"
      for dtype in ("float16", "float32", "float64")
      for name in ("bits", "eps", "max", "min", "tiny", "smallest_normal", "resolution", "dtype")),
    "repr(t.finfo(t.float32))",
    "t.finfo().bits",
    *(f"t.iinfo(t.{dtype}).{name}"
      for dtype in ("uint8", "int8", "int16", "int32", "int64")
      for name in ("bits", "max", "min", "dtype")),
    "repr(t.iinfo(t.int8))",
    "t.typename(x)",
    "t.typename(i)",
    "t.typename(3)",
    "t.numel(x)",
    "t.is_nonzero(t.tensor([3]))",
    "t.is_same_size(x, x.t())",
    "t.is_storage(x)",
    "t.is_tensor(3)",
    "t.is_inference(x)",
    "t.is_floating_point(i)",
    "t.is_complex(x)",
    "t.get_device(x)",
    "t.get_float32_matmul_precision()",
    "t.are_deterministic_algorithms_enabled()",
    "t.is_autocast_enabled()",
    "t.cuda.is_available()",
    "t.cuda.device_count()",
    "t.cuda.manual_seed_all(3)",
    "t.cuda.empty_cache()",
    "t.cuda.memory_allocated()",
    "t.backends.cudnn.benchmark",
    "t.backends.cudnn.deterministic",
    "t.backends.mps.is_available()",
    "t.accelerator.is_available()",
    "t.accelerator.device_count()",
    "(t.pi, t.e, t.inf, t.newaxis)",
    "repr(t.strided)",
    # of a tensor
    "x.type()",
    "i.type()",
    "x.type('torch.IntTensor')",
    "x.type('torch.DoubleTensor')",
    "x.type(t.float64)",
    "x.type_as(i)",
    *(f"x.{name}()"
      for name in ("float", "double", "half", "int", "long", "short", "bool", "byte", "char", "cpu",
                   "cfloat", "cdouble", "contiguous", "dim", "ndimension", "numel", "nelement", "is_signed",
                   "is_pinned", "is_shared", "is_conj", "is_neg", "is_inference")),
    *(f"x.{name}"
      for name in ("is_cuda", "is_sparse", "is_cpu", "is_leaf", "ndim", "itemsize", "nbytes",
                   "requires_grad")),
    *(f"{y}.{name}()"
      for y in ("x", "x.t()", "x[1:]", "x[:, 1]", "x[1:, 2:]", "i")
      for name in ("stride", "storage_offset", "element_size", "is_contiguous")),
    "repr(x.layout)",
    "str(x.device)",
    "x.get_device()",
    "x.tolist()",
    "x[0, 0].item()",
    "t.tensor(3).tolist()",
    "x.real",
    "z.real",
    "z.imag",
    "x.new([1, 2])",
    "x.new(2, 3).shape",
    "x.allclose(x + 1e-9)",
    "x.equal(x)",
    "x.data",
    "x.to(t.float64)",
    "x.to('cpu')",
    "x.to('cpu', t.int64)",
    "x.to(t.device('cpu'), dtype=t.float16)",
    "x.to(i)",
    "x.to(dtype=t.float64, copy=True)",
    "x.to(t.float32) is x",
    "x.to(t.float32, copy=True) is x",
    "x.to(t.float32, False, True) is x",
    "x.to('cpu', non_blocking=True) is x",
    "x.float() is x",
    "x.cpu() is x",
    # of complex numbers, and of a function of one's own
    "t.complex(x, 1 - x)",
    "t.complex(x.double(), x[:1].double()).dtype",
    "t.polar(x.double(), 2 - x[:, :1].double())",
    "x.apply_(lambda value: 2 * value - 1)",
    "i.apply_(lambda value: value / 2 + 0.75)",
    "(i > 1).apply_(lambda value: not value)",
    "(lambda seen: x.t().apply_(lambda value: seen.append(value) or len(seen)))([])",
    "x.map_(x[1:] + 1, lambda one, other: one * other)",
    "i.map_(i + 1, max)",
    # older constructors
    "t.FloatTensor([1, 2])",
    "t.LongTensor([[1], [2]])",
    "t.DoubleTensor(2, 3).shape",
    "t.BoolTensor([True])",
    "t.ByteTensor([1]).dtype",
    "t.asarray([1.5, 2])",
    "t.asarray(np.ones(2), dtype=t.float32)",
]  # fmt: skip


def answer(t, expression):
    names = {
        "t": t,
        "np": np,
        "x": t.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
        "i": t.tensor([1, 2]),
        "z": t.tensor([1 + 2j, -1j]),
    }
    return plain(eval(expression, names))


@pytest.mark.parametrize("expression", ANSWERS)
def test_answers(expression):
    assert_same(answer(npnn, expression), answer(torch, expression), expression)


@pytest.mark.parametrize(
    ("expression", "pattern"),
    [
        ("t.finfo(t.int8)", "floating point"),
        ("t.iinfo(t.float32)", "integer"),
        ("t.is_nonzero(x)", "ambiguous"),
        ("x.imag", "imag is not implemented for tensors with non-complex dtypes"),
        ("x.to('nowhere')", ""),
        ("x.type('torch.NoTensor')", "invalid type"),
        ("t.cuda.synchronize()", ""),
        ("t.cuda.get_device_name()", ""),
        ("x.cuda()", ""),
        ("x.item()", "cannot be converted to Scalar"),
        ("t.complex(x, x.double())", "Expected object of scalar type .* for second argument"),
        ("t.complex(i, i)", "Expected both inputs to be .*Float or Double tensors but got"),
        ("t.complex(x, t.ones(2))", r"The size of tensor a \(3\) must match the size of tensor b \(2\)"),
        ("t.complex(x, 1.0)", ""),
        ("t.polar(x.double(), x)", "Expected object of scalar type .* for second argument"),
        ("x.requires_grad_().apply_(float)", r"Can't call apply_\(\) on"),
        ("x.map_(x.clone().requires_grad_(), max)", r"Can't call map_\(\) on"),
        ("x.apply_(str)", "must .*real number, not str"),
        ("x.apply_(lambda value: None)", "must .*real number, not NoneType"),
        ("x.map_(i, max)", "map_: expected .* for 'other'"),
        ("x[:1].map_(x, max)", r"The expanded size of the tensor \(1\) must match the existing size \(2\)"),
    ],
)
def test_refusals(expression, pattern):
    assert_same_error(lambda t: answer(t, expression), pattern)


OF_NETWORKS = {
    "adaptive_avg_pool1d": lambda t, x: t.adaptive_avg_pool1d(swap(t, x), 2),
    "alpha_dropout": lambda t, x: t.alpha_dropout(x, 0.0, True),
    "celu": lambda t, x: t.celu(x),
    "cosine_similarity": lambda t, x: t.cosine_similarity(x, x + 1, 2),
    "dropout": lambda t, x: t.dropout(x, 0.5, False),
    "embedding": lambda t, x: t.embedding(x[0], t.tensor([[2, 0]])),
    "group_norm": lambda t, x: t.group_norm(swap(t, x), 2),
    "hardshrink": lambda t, x: t.hardshrink(x),
    "layer_norm": lambda t, x: t.layer_norm(x, (4,)),
    "max_pool1d": lambda t, x: t.max_pool1d(swap(t, x), 2),
    "pairwise_distance": lambda t, x: t.pairwise_distance(x[0], x[1]),
    "pdist": lambda t, x: t.pdist(x[0]),
    "prelu": lambda t, x: t.prelu(x, t.tensor([0.25], dtype=x.dtype)),
    "rms_norm": lambda t, x: t.rms_norm(x, (4,)),
    "selu": lambda t, x: t.selu(x),
    "threshold": lambda t, x: t.threshold(x, 0.1, -1),
}


def swap(t, x):
    """Channels from the last axis, where npnn has them, to where torch has them."""
    return x.transpose(1, 2) if t is torch else x


@pytest.mark.parametrize("name", OF_NETWORKS)
def test_functions_of_networks_at_the_root(name):
    values = np.random.default_rng(0).standard_normal((2, 3, 4))
    ours, theirs = (OF_NETWORKS[name](t, t.tensor(values)) for t in (npnn, torch))
    if name in ("adaptive_avg_pool1d", "group_norm", "max_pool1d"):
        theirs = theirs.transpose(1, 2)
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-9, atol=1e-11)


def test_normalisation_with_the_weights_first():
    x = np.random.default_rng(0).standard_normal((3, 5, 4))
    for name in ("batch_norm", "instance_norm"):
        results = []
        for t in (npnn, torch):
            mean, var = t.zeros(4).double(), t.ones(4).double()
            weight, bias = t.arange(4).double(), t.ones(4).double()
            y = getattr(t, name)(swap(t, t.tensor(x)), weight, bias, mean, var, True, 0.1, 1e-5, False)
            results.append((swap(t, y), mean, var))
        for ours, theirs in zip(*results, strict=True):
            np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-9, atol=1e-11)


def test_every_name_of_the_root_is_torchs():
    assert [name for name in root.__all__ if not callable(getattr(torch, name, None))] == []
    assert [name for name in root.__all__ if getattr(npnn, name) is not getattr(root, name)] == []


@pytest.mark.parametrize("name", IN_PLACE)
def test_functions_in_place(name):
    """Each is the method, and changes its first argument."""
    assert getattr(npnn, name) is getattr(npnn.Tensor, name)
    assert callable(getattr(torch, name))


def test_in_place_at_the_root():
    for name in ("relu_", "exp_", "clamp_min_", "zero_"):
        results = []
        for t in (npnn, torch):
            x = t.tensor([-1.0, 0.5])
            arguments = (0.0,) if name == "clamp_min_" else ()
            assert getattr(t, name)(x, *arguments) is x
            results.append(x)
        np.testing.assert_allclose(results[0], results[1].numpy(), rtol=1e-6)


def test_parameters_are_torchs():
    """What may be given by name, where both tell their parameters."""
    for name in ("einsum", "set_printoptions", "use_deterministic_algorithms", "cdist", "tensordot"):
        ours, theirs = (list(inspect.signature(getattr(t, name)).parameters) for t in (npnn, torch))
        assert [parameter for parameter in theirs if parameter not in ours] in ([], ["args"], ["out"]), name

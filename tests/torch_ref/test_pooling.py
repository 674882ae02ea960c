"""Pooling against torch where its databases have few samples: grids of options, ties, nan, dtypes, seeds."""

import itertools

import numpy as np
import pytest
import torch

import npnn
import npnn.functional as F
from torch_ref import compare_functions, database
from torch_ref.scripts import assert_same_log
from torch_ref.values import seeded

SIZES = {1: (11,), 2: (7, 9), 3: (5, 7, 6)}
KERNELS = {1: [(2,), (3,)], 2: [(2, 3), (3, 2), (4, 1)], 3: [(2, 3, 2), (3, 1, 3)]}
STRIDES = {1: [None, (1,), (4,)], 2: [None, (1, 2), (3, 1)], 3: [None, (1, 2, 3)]}
AXES = pytest.mark.parametrize("axes", [1, 2, 3])


def drawn(axes, batch=(2,), dtype=np.float64, seed=0):
    shape = (*batch, *SIZES[axes], 3)
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def check(name, x, second=True, **options):
    mine, theirs = getattr(F, name), getattr(torch.nn.functional, name)
    label = f"{name} {options}"
    compare_functions(mine, theirs, x, kwargs=options, second=second, name=label).raise_if_failed()


def options_of_max_pool(axes):
    for kernel, stride, ceil in itertools.product(KERNELS[axes], STRIDES[axes], (False, True)):
        half = tuple(k // 2 for k in kernel)
        for padding, dilation in ((0, 1), (half, 1), (0, (2, 1, 2)[:axes]), (half, (1, 2, 1)[:axes])):
            yield {
                "kernel_size": kernel,
                "stride": stride,
                "padding": padding,
                "dilation": dilation,
                "ceil_mode": ceil,
            }


@AXES
def test_max_pool(axes):
    x = drawn(axes)
    for number, options in enumerate(options_of_max_pool(axes)):
        check(f"max_pool{axes}d", x, return_indices=bool(number % 2), **options)


@AXES
@pytest.mark.parametrize("values", [[0.0, 1.0], [-np.inf, -np.inf, np.nan, 1.0], [np.inf, -np.inf]], ids=str)
def test_max_pool_with_ties_infinities_and_nan(axes, values):
    x = np.random.default_rng(1).choice(values, drawn(axes).shape)
    for options in options_of_max_pool(axes):
        check(f"max_pool{axes}d", x, return_indices=True, second=False, **options)
    for size in (2, 3, 4):
        check(f"adaptive_max_pool{axes}d", x, output_size=size, return_indices=True, second=False)
    if axes > 1:
        # Samples that are given, as each library would draw its own.
        samples = torch.rand(2, 3, axes, dtype=torch.float64)
        for size in (1, 2, 3):
            options = {"kernel_size": 2, "output_size": size, "_random_samples": npnn.tensor(samples.numpy())}
            check(f"fractional_max_pool{axes}d", x, return_indices=True, second=False, **options)


@pytest.mark.parametrize("dtype", ["int32", "uint8"])
def test_max_pool_of_integers(dtype):
    x = np.random.default_rng(2).integers(0, 50, (2, 7, 9, 3)).astype(dtype)
    check("max_pool2d", x, kernel_size=3, stride=2, padding=1, return_indices=True)


@AXES
def test_avg_pool(axes):
    x = drawn(axes)
    for kernel, stride, ceil, count in itertools.product(
        KERNELS[axes], STRIDES[axes], (False, True), (False, True)
    ):
        for padding in (0, tuple(k // 2 for k in kernel)):
            options = {"kernel_size": kernel, "stride": stride, "padding": padding, "ceil_mode": ceil}
            check(f"avg_pool{axes}d", x, count_include_pad=count, **options)


@pytest.mark.parametrize("axes", [2, 3])
@pytest.mark.parametrize("divisor", [1, 5, -3])
def test_avg_pool_with_a_divisor(axes, divisor):
    x, options = drawn(axes), {"kernel_size": 3, "stride": 2, "padding": 1}
    check(f"avg_pool{axes}d", x, divisor_override=divisor, ceil_mode=True, **options)


@pytest.mark.parametrize("divisor", [None, 4, -4])
def test_avg_pool_of_integers(divisor):
    x = np.random.default_rng(3).integers(-9, 9, (2, 7, 9, 3))
    check("avg_pool2d", x, kernel_size=3, padding=1, divisor_override=divisor)


@AXES
@pytest.mark.parametrize("p", [1, 2, 3, 0.5, 2.5, -2, np.inf, -np.inf])
def test_lp_pool(axes, p):
    x = np.abs(drawn(axes)) + 0.1
    for stride, ceil in itertools.product(STRIDES[axes], (False, True)):
        check(f"lp_pool{axes}d", x, norm_type=p, kernel_size=2, stride=stride, ceil_mode=ceil)


@pytest.mark.parametrize("p", [1, 2, 3, np.inf])
def test_lp_pool_of_negative_numbers(p):
    check("lp_pool2d", drawn(2), norm_type=p, kernel_size=(3, 2), second=False)


@pytest.mark.parametrize("p", [1, 2, 3, 2.5])
def test_lp_pool_of_zeros(p):
    x = np.abs(drawn(2))
    x[:, :4, :6] = 0
    check("lp_pool2d", x, norm_type=p, kernel_size=(3, 2), second=False)


@pytest.mark.parametrize("kind", ["max", "avg"])
def test_adaptive_pool_from_every_length_to_every_other(kind):
    for size, out in itertools.product(range(1, 9), range(1, 9)):
        x = np.random.default_rng(size).standard_normal((2, size, 3))
        check(f"adaptive_{kind}_pool1d", x, output_size=out)


@pytest.mark.parametrize("kind", ["max", "avg"])
@pytest.mark.parametrize("size", [(3, 4), (None, 5), (7, None), (1, 9), 10])
def test_adaptive_pool_of_images(kind, size):
    check(f"adaptive_{kind}_pool2d", drawn(2), output_size=size)


@pytest.mark.parametrize("kind", ["max", "avg"])
@pytest.mark.parametrize("size", [(3, 4, 2), (None, 5, 4), (5, 2, None), 1])
def test_adaptive_pool_of_volumes(kind, size):
    check(f"adaptive_{kind}_pool3d", drawn(3), output_size=size)


OPTIONS = {
    "max_pool": {"kernel_size": 3, "stride": 2, "padding": 1},
    "avg_pool": {"kernel_size": 3, "stride": 2, "padding": 1},
    "lp_pool": {"kernel_size": 2, "norm_type": 2},
    "adaptive_max_pool": {"output_size": 3},
    "adaptive_avg_pool": {"output_size": 3},
}


@AXES
@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("batch", [(), (0,), (1,)], ids=["alone", "empty batch", "one"])
def test_batches(name, axes, batch):
    check(f"{name}{axes}d", drawn(axes, batch), **OPTIONS[name])


@AXES
@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_dtypes(name, axes, dtype):
    if (name, axes, dtype) == ("avg_pool", 3, "float16") or (name, axes, dtype) == ("lp_pool", 3, "float16"):
        y = getattr(F, f"{name}3d")(drawn(3, dtype=dtype), **OPTIONS[name])
        wanted = getattr(F, f"{name}3d")(drawn(3, dtype=dtype).astype(np.float64), **OPTIONS[name])
        np.testing.assert_allclose(y, wanted, rtol=1e-3, atol=1e-3)  # torch has none of this dtype
        assert y.dtype == np.float16
    else:
        check(f"{name}{axes}d", drawn(axes, dtype=dtype), second=False, **OPTIONS[name])


@AXES
@pytest.mark.parametrize("batch", [(), (0,), (2,)], ids=["alone", "empty batch", "two"])
def test_max_unpool(axes, batch):
    def script(lib):
        functional = lib.nn.functional
        pool = getattr(functional, f"max_pool{axes}d")
        unpool = getattr(functional, f"max_unpool{axes}d")
        order = (*range(len(batch)), x.ndim - 1, *range(len(batch), x.ndim - 1))
        given = lib.tensor(x if lib is npnn else x.transpose(order).copy(), requires_grad=True)
        y, index = pool(given, 3, 2, 1, return_indices=True)
        back = unpool(y, index, 3, 2, 1, output_size=SIZES[axes])
        back.square().sum().backward()
        found = [back.detach().numpy(), given.grad.numpy()]
        return found if lib is npnn else [array.transpose(np.argsort(order)) for array in found]

    x = drawn(axes, batch)
    assert_same_log(script)


@pytest.mark.parametrize("axes", [2, 3])
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_fractional_max_pool_from_the_same_seed(axes, dtype):
    """The windows are torch's: two calls after one seed, on a batch, and on one sample."""
    x = drawn(axes, dtype=dtype)
    last = np.moveaxis(x, -1, 1)
    name = f"fractional_max_pool{axes}d"
    for seed, given in itertools.product(range(5), (slice(None), 0)):
        with seeded(seed):
            for options in ({"output_size": 3}, {"output_ratio": (0.6,) * axes}):
                mine = getattr(F, name)(x[given], 2, return_indices=True, **options)
                theirs = getattr(torch.nn.functional, name)(
                    torch.tensor(last[given]), 2, return_indices=True, **options
                )
                for ours, other in zip(mine, theirs, strict=True):
                    np.testing.assert_array_equal(ours.numpy(), np.moveaxis(other.numpy(), -axes - 1, -1))
                    assert ours.numpy().dtype == other.numpy().dtype


@pytest.mark.parametrize("axes", [2, 3])
def test_fractional_max_pool(axes):
    samples = npnn.tensor(np.random.default_rng(4).random((3, 3, axes)))
    for kernel, size in itertools.product((1, 2, (3, 2, 1)[:axes]), (1, 2, (2, 3, 3)[:axes])):
        for batch in ((), (2,)):
            options = {"kernel_size": kernel, "output_size": size, "_random_samples": samples}
            check(f"fractional_max_pool{axes}d", drawn(axes, batch), **options)


@AXES
@pytest.mark.parametrize("kind", ["max", "adaptive_max", "fractional_max"])
def test_with_indices(kind, axes):
    if (kind, axes) == ("fractional_max", 1):
        return
    name = f"{kind}_pool{axes}d"
    options = {
        "max": {"kernel_size": 2},
        "adaptive_max": {"output_size": 3},
        "fractional_max": {"kernel_size": 2, "output_size": 3},
    }[kind]
    x = drawn(axes)
    with seeded(0):
        wanted = getattr(F, name)(x, return_indices=True, **options)
    with seeded(0):
        found = getattr(F, f"{name}_with_indices")(x, **options)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


def test_forward_changes_nothing_and_takes_what_is_strided_and_read_only():
    x = drawn(2)
    strided = np.repeat(x.transpose(0, 3, 2, 1), 2, axis=2)[:, :, ::2].transpose(0, 3, 2, 1)
    strided.flags.writeable = False
    for name, options in OPTIONS.items():
        with np.errstate(invalid="ignore"):
            y, other = (getattr(F, f"{name}2d")(given, **options) for given in (x, strided))
        np.testing.assert_array_equal(y, other)


NAMES = [
    *(f"{kind}_pool{n}d" for kind in ("max", "avg", "adaptive_max", "adaptive_avg") for n in (1, 2, 3)),
    *(f"max_unpool{n}d" for n in (1, 2, 3)),
]


@pytest.mark.parametrize("name", NAMES)
def test_torchs_error_samples(name):
    samples = list(database.function_error_samples(name))
    assert samples
    for sample in samples:
        with pytest.raises(sample.error, match=sample.pattern) as caught:
            sample.attempt()
        assert type(caught.value) is sample.error, sample.name


IMAGE, INDEX = torch.zeros(2, 3, 6, 6), torch.zeros(2, 3, 6, 6, dtype=torch.int64)
CALLS = [
    # function, exception, arguments in torch's layout
    ("max_pool2d", RuntimeError, IMAGE, (2, 2, 2)),
    ("max_pool2d", RuntimeError, IMAGE, ()),
    ("max_pool2d", RuntimeError, IMAGE, 2, (1, 1, 1)),
    ("max_pool2d", RuntimeError, IMAGE, 2, 1, (1, 1, 1)),
    ("max_pool2d", RuntimeError, IMAGE, 2, 1, ()),
    ("max_pool2d", RuntimeError, IMAGE, 2, 1, 0, (1, 1, 1)),
    ("max_pool2d", TypeError, IMAGE, 2.5),
    ("max_pool2d", TypeError, IMAGE, "a"),
    ("max_pool2d", RuntimeError, IMAGE, 0),
    ("max_pool2d", RuntimeError, IMAGE, -1),
    ("max_pool2d", RuntimeError, IMAGE, 2, 0),
    ("max_pool2d", RuntimeError, IMAGE, 2, -1),
    ("max_pool2d", RuntimeError, IMAGE, 2, 1, 0, 0),
    ("max_pool2d", RuntimeError, IMAGE, 7),
    ("max_pool2d", NotImplementedError, IMAGE.bool(), 2),
    ("max_pool2d", NotImplementedError, IMAGE.cfloat(), 2),
    ("max_pool2d", RuntimeError, IMAGE[:, :0], 2),
    ("max_pool3d", RuntimeError, IMAGE[:0], 2),
    ("avg_pool2d", RuntimeError, IMAGE, 7),
    ("avg_pool2d", TypeError, IMAGE, 2.5),
    ("avg_pool2d", RuntimeError, IMAGE, 2, 1, 0, False, True, 0),
    ("avg_pool2d", NotImplementedError, IMAGE.int(), 2),
    ("lp_pool2d", ValueError, IMAGE, 0, 2),
    ("lp_pool2d", RuntimeError, IMAGE, 2, 7),
    ("adaptive_avg_pool2d", NotImplementedError, IMAGE.int(), 2),
    ("adaptive_max_pool2d", NotImplementedError, IMAGE.int(), 2),
    ("adaptive_avg_pool2d", TypeError, IMAGE, None),
    ("adaptive_avg_pool2d", TypeError, IMAGE, 2.5),
    ("adaptive_avg_pool2d", RuntimeError, IMAGE, (3,)),
    ("adaptive_max_pool2d", RuntimeError, IMAGE, (3, 3, 3)),
    ("adaptive_avg_pool1d", TypeError, IMAGE[0], None),
    ("adaptive_avg_pool2d", RuntimeError, IMAGE[:, :, :0], 2),
    ("adaptive_avg_pool2d", RuntimeError, IMAGE[None], 2),
    ("max_unpool2d", ValueError, IMAGE, INDEX, 2, 2, 0, (9,)),
    ("max_unpool2d", ValueError, IMAGE, INDEX, 2, 2, 0, (14, 12)),
    ("max_unpool2d", ValueError, IMAGE, INDEX, 2, 2, 9),
    ("max_unpool2d", RuntimeError, IMAGE, INDEX.int(), 2),
    ("max_unpool2d", RuntimeError, IMAGE, INDEX - 1, 2),
    ("max_unpool2d", RuntimeError, IMAGE, INDEX + 144, 2),
    ("max_unpool2d", RuntimeError, IMAGE[:, :0], INDEX[:, :0], 2),
    ("max_unpool2d", NotImplementedError, IMAGE.int(), INDEX, 2),
    ("fractional_max_pool2d", ValueError, IMAGE, 2),
    ("fractional_max_pool2d", ValueError, IMAGE, 2, None, (0.5, 0.5, 0.5)),
    ("fractional_max_pool2d", RuntimeError, IMAGE, 2, (3, 3, 3)),
    ("fractional_max_pool2d", RuntimeError, IMAGE, 2, -1),
    ("fractional_max_pool2d", RuntimeError, IMAGE, 0, 3),
    ("fractional_max_pool2d", RuntimeError, IMAGE, 5, 3),
    ("fractional_max_pool2d", RuntimeError, IMAGE, (2, 2, 2), 3),
    ("fractional_max_pool2d", RuntimeError, IMAGE, 2, 3, None, False, torch.rand(2, 3)),
    ("fractional_max_pool2d", RuntimeError, IMAGE, 2, 3, None, False, torch.rand(1, 3, 2)),
    ("fractional_max_pool2d", RuntimeError, IMAGE, 2, 3, None, False, torch.rand(2, 2, 2)),
    ("fractional_max_pool2d", RuntimeError, IMAGE, 2, 3, None, False, torch.rand(2, 3, 3)),
    ("fractional_max_pool2d", RuntimeError, IMAGE, 2, 3, None, False, torch.rand(2, 3, 2).double()),
    ("fractional_max_pool2d", NotImplementedError, IMAGE.int(), 2, 3, None, False, INDEX[..., 0, :2].int()),
    ("fractional_max_pool3d", RuntimeError, IMAGE, 2, (2, 5, 5)),
]


@pytest.mark.parametrize(("name", "error", "args"), [(name, error, args) for name, error, *args in CALLS])
def test_what_torch_refuses(name, error, args):
    with pytest.raises(error):
        getattr(torch.nn.functional, name)(*args)
    mine = [npnn.tensor(arg.numpy()) if isinstance(arg, torch.Tensor) else arg for arg in args]
    # Of the tensors the input and the indices have channels to move; these come first.
    mine[0] = mine[0].movedim(1, -1)
    if "unpool" in name:
        mine[1] = mine[1].movedim(1, -1)
    with pytest.raises(error) as caught:
        getattr(F, name)(*mine)
    assert type(caught.value) is error


REPRESENTED = [
    *((f"{kind}Pool{n}d", (3,), {}) for kind in ("Max", "Avg") for n in (1, 2, 3)),
    *(
        (f"{kind}Pool{n}d", ((3,) * n, 2, 1), {"ceil_mode": True})
        for kind in ("Max", "Avg")
        for n in (1, 2, 3)
    ),
    *((f"MaxUnpool{n}d", (3, 2), {"padding": 1}) for n in (1, 2, 3)),
    *((f"LPPool{n}d", (1.5, 3), {"stride": 2}) for n in (1, 2, 3)),
    *((f"LPPool{n}d", (2, 3), {}) for n in (1, 2, 3)),
    *((f"Adaptive{kind}Pool{n}d", ((None,) * n,), {}) for kind in ("Max", "Avg") for n in (2, 3)),
    *((f"FractionalMaxPool{n}d", (3,), {"output_ratio": 0.5}) for n in (2, 3)),
]


@pytest.mark.parametrize(("name", "args", "kwargs"), REPRESENTED)
def test_attributes_and_repr(name, args, kwargs):
    def script(lib):
        layer = getattr(lib.nn, name)(*args, **kwargs)
        public = {key: value for key, value in vars(layer).items() if not key.startswith("_")}
        return [repr(layer), layer.extra_repr(), sorted(public.items()), list(layer.state_dict())]

    assert_same_log(script)


@pytest.mark.parametrize(
    ("name", "kwargs"),
    [
        ("LPPool1d", {"norm_type": 0, "kernel_size": 2}),
        ("FractionalMaxPool2d", {"kernel_size": 2}),
        ("FractionalMaxPool2d", {"kernel_size": 2, "output_size": 3, "output_ratio": 0.5}),
        ("FractionalMaxPool3d", {"kernel_size": 2, "output_ratio": 1.5}),
        ("FractionalMaxPool3d", {"kernel_size": 0, "output_size": 3}),
    ],
)
def test_layers_that_torch_does_not_make(name, kwargs):
    for lib in (torch, npnn):
        with pytest.raises(ValueError, match=r"norm_type|output_size|output size|output_ratio|kernel_size"):
            getattr(lib.nn, name)(**kwargs)

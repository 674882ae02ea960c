"""Normalisation against torch, where its databases hold little: options, dtypes, memory, states, errors.

The databases themselves are run by test_layers.py, and the table of cases too.
"""

import copy
import inspect
import warnings

import numpy as np
import pytest
import torch

import npnn
from npnn import functional as F
from torch_ref import channels_last, compare_functions, layouts
from torch_ref.layouts import to_torch
from torch_ref.scripts import assert_same_log, outcome, values
from torch_ref.values import NPNN, TORCH

TOLERANCE = {
    "float16": 4e-3,  # both compute in float32 and round a few times
    "float32": 4e-6,
    "float64": 1e-9,
}


def normal(*shape, seed=0, dtype="float64"):
    return (np.random.default_rng(seed).standard_normal(shape) + 0.5).astype(dtype)


def statistics(channels, dtype="float64"):
    """Running statistics, which have no gradients, as a fresh dictionary for one call."""
    mean, var = normal(channels, seed=8, dtype=dtype), normal(channels, seed=9, dtype=dtype) ** 2
    return {"running_mean": npnn.tensor(mean), "running_var": npnn.tensor(var)}


def affine(shape, dtype="float64"):
    shape = (shape,) if isinstance(shape, int) else shape
    return {"weight": normal(*shape, seed=1, dtype=dtype), "bias": normal(*shape, seed=2, dtype=dtype)}


CALLS = [
    # function, shape of the input, options by the dtype of their arrays
    *[
        ("batch_norm", shape, options)
        for shape in ((6, 3), (4, 5, 3), (2, 4, 3, 3), (2, 2, 4, 3, 3), (1100, 2, 3))
        for options in (
            lambda d: {**statistics(3, d), **affine(3, d), "training": True},
            lambda d: {**statistics(3, d), **affine(3, d), "momentum": 0.5, "eps": 0.1},
            lambda d: {
                "running_mean": None,
                "running_var": None,
                "weight": affine(3, d)["weight"],
                "training": True,
            },
            lambda d: {**statistics(3, d), "bias": affine(3, d)["bias"], "training": True, "momentum": 0.9},
            lambda d: {**statistics(3, d), "bias": affine(3, d)["bias"]},
        )
    ],
    *[
        ("instance_norm", shape, options)
        for shape in ((4, 5, 3), (2, 4, 5, 3), (2, 2, 4, 5, 3))
        for options in (
            lambda d: {},
            lambda d: {**statistics(3, d), **affine(3, d), "momentum": 0.3},
            lambda d: {**statistics(3, d), **affine(3, d), "use_input_stats": False},
            lambda d: {"bias": affine(3, d)["bias"], "eps": 0.5},
        )
    ],
    *[
        ("group_norm", shape, options)
        for shape in ((4, 12), (2, 5, 12), (2, 3, 4, 12), (2, 2, 3, 4, 12))
        for options in (
            lambda d: {"num_groups": 1},
            lambda d: {"num_groups": 3, **affine(12, d)},
            lambda d: {"num_groups": 2, "weight": affine(12, d)["weight"], "eps": 0.1},
            lambda d: {"num_groups": 4, "bias": affine(12, d)["bias"]},
        )
    ],
    *[
        ("layer_norm", (4, 2, 3, 5), options)
        for options in (
            lambda d: {"normalized_shape": (5,)},
            lambda d: {"normalized_shape": [5], **affine(5, d)},
            lambda d: {"normalized_shape": (3, 5), "weight": affine((3, 5), d)["weight"], "eps": 0.1},
            lambda d: {"normalized_shape": (2, 3, 5), "bias": affine((2, 3, 5), d)["bias"]},
            lambda d: {"normalized_shape": (4, 2, 3, 5), **affine((4, 2, 3, 5), d)},
        )
    ],
    *[
        ("rms_norm", (4, 2, 3, 5), options)
        for options in (
            lambda d: {"normalized_shape": (5,)},
            lambda d: {"normalized_shape": [3, 5], "weight": affine((3, 5), d)["weight"]},
            lambda d: {"normalized_shape": (4, 2, 3, 5), "eps": 0.1},
        )
    ],
    *[
        (
            "local_response_norm",
            shape,
            lambda d, size=size, beta=beta: {"size": size, "alpha": 0.5, "beta": beta},
        )
        for shape in ((2, 3, 7), (2, 3, 4, 7), (1, 2, 2, 3, 7))
        for size, beta in ((1, 0.75), (2, 2.0), (5, -0.5), (6, 0.75), (20, 0.75))
    ],
    *[
        ("normalize", (4, 3, 5), lambda d, p=p, dim=dim: {"p": p, "dim": dim})
        for p in (1.0, 2.0, 3.0, 0.5, -1.5, 0.0, float("inf"), float("-inf"))
        for dim in (0, 1, -1, (0, 2), None)
    ],
    ("normalize", (4, 3), lambda d: {"eps": 2.0}),
    ("normalize", (4, 3), lambda d: {"eps": 100.0}),
]
IDS = [f"{name} of {shape} [{number}]" for number, (name, shape, _) in enumerate(CALLS)]


def compared(name, x, options, **how):
    twin = getattr(torch.nn.functional, name)
    return compare_functions(getattr(F, name), twin, x, kwargs=options, **how).raise_if_failed()


@pytest.mark.parametrize(("name", "shape", "options"), CALLS, ids=IDS)
def test_options(name, shape, options):
    given = options("float64")
    # torch has no second derivative with a bias and without a weight.
    second = name == "group_norm" or given.get("bias") is None or given.get("weight") is not None
    compared(name, normal(*shape), given, second=second)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize(("name", "shape", "options"), CALLS, ids=IDS)
def test_narrow_dtypes(name, shape, options, dtype):
    if dtype == "float16" and name == "local_response_norm" and len(shape) > 3:
        return  # which torch does not have
    given = options(dtype)
    # A negative power of a small number overflows float16 on the way, in one library or the other.
    if dtype == "float16" and name == "normalize" and given.get("p") in (0.5, -1.5):
        return
    tolerance = TOLERANCE[dtype]
    x = normal(*shape, dtype=dtype)
    compared(name, x, given, rtol=tolerance, atol=tolerance * 5)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("batch_norm", {**statistics(4, "float32"), **affine(4, "float32"), "training": True}),
        ("batch_norm", {**statistics(4, "float32"), **affine(4, "float32")}),
        ("instance_norm", {**statistics(4, "float32"), **affine(4, "float32")}),
        ("group_norm", {"num_groups": 2, **affine(4, "float32")}),
        ("layer_norm", {"normalized_shape": (4,), **affine(4, "float32")}),
        ("rms_norm", {"normalized_shape": (4,), "weight": normal(4, dtype="float32")}),
    ],
)
@pytest.mark.filterwarnings("ignore:Mismatch dtype between input and weight")
def test_float16_with_float32_parameters(name, options):
    # torch adds up the gradients of layer_norm's parameters in float16, and npnn in float32.
    tolerance = {"rtol": 2e-3, "atol": 5e-3} if name == "layer_norm" else {}
    compared(name, normal(3, 5, 4, dtype="float16"), options, **tolerance)


@pytest.mark.parametrize(("name", "shape", "options"), CALLS, ids=IDS)
def test_views(name, shape, options):
    """An input that is not contiguous, on both."""
    x = normal(*(2 * size for size in shape))
    compared(name, x[tuple(slice(None, None, 2) for _ in shape)], options("float64"))
    compared(name, normal(*shape[::-1]).transpose(), options("float64"))


def test_running_statistics_of_a_large_batch():
    """In float32 as good as torch's, which adds up in float64."""
    x = normal(32, 60, 70, 3, dtype="float32")
    mine, theirs = npnn.nn.BatchNorm2d(3), torch.nn.BatchNorm2d(3)
    mine(npnn.tensor(x))
    theirs(torch.from_numpy(to_torch(x, channels_last(2))))
    for name in ("running_mean", "running_var"):
        got, wanted = getattr(mine, name).array, getattr(theirs, name).numpy()
        np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_arrays_serve_as_running_statistics():
    """And are changed in place."""
    x, mean, var = normal(4, 3), np.zeros(3), np.ones(3)
    F.batch_norm(x, mean, var, training=True)
    wanted_mean, wanted_var = torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64)
    torch.nn.functional.batch_norm(torch.from_numpy(x), wanted_mean, wanted_var, training=True)
    np.testing.assert_allclose(mean, wanted_mean.numpy(), rtol=1e-12)
    np.testing.assert_allclose(var, wanted_var.numpy(), rtol=1e-12)


def test_without_instances_the_statistics_are_nan():
    """As on torch: the mean over no instances. A batch without samples leaves batch norm's as they were."""
    for name, wanted in (("instance_norm", True), ("batch_norm", False)):
        options = {"training": True} if name == "batch_norm" else {}
        mean, var = np.zeros(3), np.ones(3)
        getattr(F, name)(np.zeros((0, 4, 3)), mean, var, **options)
        assert np.isnan(mean).all() == wanted
        assert np.isnan(var).all() == wanted


@pytest.mark.parametrize("momentum", [0.1, 0.7, 1.0, None])
@pytest.mark.parametrize("kind", ["BatchNorm1d", "SyncBatchNorm"])
def test_training_and_evaluation_in_turn(kind, momentum):
    def script(lib):
        norm = getattr(lib.nn, kind)(3, momentum=momentum).double()
        log = [list(norm.state_dict())]
        for seed in range(4):
            norm.train(seed != 2)
            log += [norm(lib.tensor(values((5, 3), seed))), norm.running_mean, norm.running_var]
            log += [norm.num_batches_tracked.item(), norm.num_batches_tracked.dtype]
        norm.reset_running_stats()
        log += [norm.running_mean, norm.running_var, norm.num_batches_tracked]
        norm.reset_parameters()
        return [*log, repr(norm), norm.weight, norm.bias]

    assert_same_log(script)


@pytest.mark.parametrize("kind", ["BatchNorm2d", "InstanceNorm2d"])
def test_states_of_older_versions(kind):
    """Those without a count of batches, and those with statistics that an InstanceNorm has no longer."""

    def script(lib):
        log = []
        for track in (True, False):
            norm = getattr(lib.nn, kind)(3, affine=True, track_running_stats=track)
            other = copy.deepcopy(norm)
            old = {name: lib.ones(3) for name in ("weight", "bias", "running_mean", "running_var")}
            log.append(outcome(lambda norm=norm, old=old: str(norm.load_state_dict(old))))
            log += [list(norm.state_dict().values())]
            state = other.state_dict()
            state.pop("num_batches_tracked", None)
            log.append(outcome(lambda other=other, state=state: str(other.load_state_dict(state))))
        return log

    assert_same_log(script)


def test_convert_sync_batchnorm():
    def script(lib):
        nn = lib.nn
        net = nn.Sequential(
            nn.Linear(3, 4),
            nn.Sequential(nn.BatchNorm1d(4, 1e-3, None, bias=False), nn.ReLU()),
            nn.BatchNorm1d(4),
        )
        net[2].eval()
        old = net[1][0]
        converted = nn.SyncBatchNorm.convert_sync_batchnorm(net, process_group="all")
        new = converted[1][0]
        log = [converted is net, repr(converted), list(converted.state_dict()), new.process_group]
        log += [new.weight is old.weight, new.running_var is old.running_var, new.bias, converted[2].training]
        log += [repr(nn.SyncBatchNorm.convert_sync_batchnorm(nn.BatchNorm3d(2, affine=False)))]
        log += [repr(nn.SyncBatchNorm.convert_sync_batchnorm(nn.InstanceNorm3d(2)))]
        return log

    assert_same_log(script)


def test_modules_without_batch_and_of_another_size():
    def script(lib):
        norm = lib.nn.InstanceNorm1d(3, track_running_stats=True).double()
        x = lib.tensor(values((5, 3)))
        y = norm(x if lib is npnn else x.T)
        log = [y if lib is npnn else y.T, norm.running_mean, norm.running_var, norm.num_batches_tracked]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            lib.nn.InstanceNorm1d(3)(lib.ones(2, 4, 4))
        return [*log, len(caught), "does not match num_features" in str(caught[0].message)]

    assert_same_log(script)


def test_options_of_constructors():
    def script(lib):
        nn = lib.nn
        layers = [
            nn.BatchNorm2d(3, affine=a, bias=b, track_running_stats=t, dtype=lib.float64)
            for a in (True, False)
            for b in (True, False)
            for t in (True, False)
        ]
        layers += [nn.LayerNorm(5), nn.LayerNorm([2, 5], 0.1, True, False)]
        layers += [
            nn.LayerNorm((2, 5), elementwise_affine=False),
            nn.RMSNorm(5),
            nn.RMSNorm((2, 5), 0.1, False),
        ]
        layers += [nn.GroupNorm(2, 4, 0.1), nn.GroupNorm(2, 4, affine=False)]
        layers += [nn.GroupNorm(2, 4, bias=False, dtype=lib.float16), nn.LocalResponseNorm(3)]
        layers += [nn.CrossMapLRN2d(3, 1, 2, 3), nn.InstanceNorm3d(4)]
        layers += [nn.InstanceNorm3d(4, 1e-3, None, True, True)]
        return [
            [
                repr(layer),
                list(layer.state_dict()),
                [(v.shape == (), v.dtype) for v in layer.state_dict().values()],
            ]
            for layer in layers
        ]

    assert_same_log(script)


X, IMAGES, INT = normal(3, 2), normal(3, 4, 2), np.ones((3, 4, 2), np.int64)
HALF, SINGLE = IMAGES.astype("float16"), IMAGES.astype("float32")
TWO = np.ones(2)
ERRORS = [
    # function, exception, what both messages match, arguments in npnn's layout
    ("batch_norm", RuntimeError, "running_mean must be defined in evaluation mode", X, None, None),
    ("batch_norm", RuntimeError, "running_var must be defined in evaluation mode", X, TWO, None),
    ("batch_norm", RuntimeError, "running_mean should contain 2 elements not 3", X, np.ones(3), TWO),
    ("batch_norm", RuntimeError, "running_var should contain 2 elements not 3", IMAGES, TWO, np.ones(3)),
    ("batch_norm", RuntimeError, "weight should contain 2 elements not 4", IMAGES, TWO, TWO, np.ones(4)),
    ("batch_norm", RuntimeError, "bias should contain 2 elements not 4", IMAGES, TWO, TWO, TWO, np.ones(4)),
    ("batch_norm", RuntimeError, None, np.ones(3), np.ones(3), np.ones(3)),
    ("batch_norm", ValueError, "must either both be None or neither be None", X, None, TWO, None, None, True),
    ("batch_norm", ValueError, "Expected more than 1 value per channel", X[:1], None, None, None, None, True),
    (
        "batch_norm",
        ValueError,
        "eps must be positive during training",
        X,
        None,
        None,
        None,
        None,
        True,
        0.1,
        0.0,
    ),
    ("batch_norm", ValueError, "eps must be non-negative", X, TWO, TWO, None, None, False, 0.1, -1.0),
    ("batch_norm", NotImplementedError, '"batch_norm" not implemented for', INT, TWO, TWO),
    ("batch_norm", RuntimeError, r"mixed dtype \(CPU\)", SINGLE, TWO, TWO),
    ("batch_norm", RuntimeError, r"mixed dtype \(CPU\)", IMAGES, TWO.astype("f4"), TWO.astype("f4")),
    ("batch_norm", RuntimeError, r"mixed dtype \(CPU\)", HALF, TWO, TWO),
    ("instance_norm", ValueError, "Expected more than 1 spatial element when training", X),
    ("instance_norm", ValueError, "Expected more than 1 spatial element when training", IMAGES[:, :1]),
    (
        "instance_norm",
        RuntimeError,
        "Expected running_mean and running_var",
        IMAGES,
        None,
        None,
        None,
        None,
        False,
    ),
    ("instance_norm", RuntimeError, "weight should contain", IMAGES, None, None, np.ones(3)),
    ("instance_norm", RuntimeError, r"mixed dtype \(CPU\)", SINGLE, None, None, TWO),
    ("group_norm", RuntimeError, "Expected at least 2 dimensions for input tensor but received 1", TWO, 1),
    ("group_norm", RuntimeError, "Expected number of channels in input to be divisible", IMAGES, 3),
    ("group_norm", RuntimeError, "Expected num groups to be greater than 0, got -2", IMAGES, -2),
    ("group_norm", ZeroDivisionError, None, IMAGES, 0),
    ("group_norm", RuntimeError, "Expected number of channels to be greater than 0", IMAGES[..., :0], 1),
    ("group_norm", RuntimeError, "Expected HxW to be greater than 0", IMAGES[:, :0], 1),
    ("group_norm", ValueError, "Expected more than 1 value per channel when training", X[:1], 2),
    ("group_norm", RuntimeError, "Expected weight to be a vector of size equal to", IMAGES, 2, np.ones(3)),
    (
        "group_norm",
        RuntimeError,
        "Expected weight to be a vector of size equal to",
        IMAGES,
        2,
        np.ones((2, 1)),
    ),
    ("group_norm", RuntimeError, "Expected bias to be a vector of size equal to", IMAGES, 2, TWO, np.ones(3)),
    ("group_norm", NotImplementedError, "not implemented for", INT, 2),
    ("group_norm", RuntimeError, r"mixed dtype \(CPU\)", SINGLE, 2, TWO),
    ("layer_norm", RuntimeError, "Expected normalized_shape to be at least 1-dimensional", X, ()),
    (
        "layer_norm",
        RuntimeError,
        r"Given normalized_shape=\[3\], expected input with shape \[\*, 3\]",
        X,
        (3,),
    ),
    ("layer_norm", RuntimeError, "Given normalized_shape=", X, (1, 3, 2)),
    (
        "layer_norm",
        RuntimeError,
        "Expected weight to be of same shape as normalized_shape",
        X,
        (2,),
        np.ones(3),
    ),
    ("layer_norm", RuntimeError, "Expected bias to be of same shape as normalized", X, (2,), TWO, np.ones(3)),
    ("layer_norm", TypeError, "argument 'normalized_shape'", X, 2),
    ("layer_norm", NotImplementedError, "not implemented for", INT, (2,)),
    ("layer_norm", RuntimeError, r"mixed dtype \(CPU\)", HALF, (2,), TWO.astype("f4"), TWO.astype("f2")),
    ("rms_norm", RuntimeError, "Expected normalized_shape to be at least 1-dimensional", X, ()),
    ("rms_norm", RuntimeError, "Given normalized_shape=", X, (3,)),
    (
        "rms_norm",
        RuntimeError,
        "Expected weight to be of same shape as normalized_shape",
        X,
        (2,),
        np.ones(3),
    ),
    ("rms_norm", TypeError, "argument 'normalized_shape'", X, 2),
    ("rms_norm", NotImplementedError, "not implemented for", INT, (2,)),
    ("local_response_norm", ValueError, "Expected 3D or higher dimensionality", X, 2),
    ("local_response_norm", RuntimeError, "kernel size should be greater than zero", IMAGES, 0),
    ("normalize", RuntimeError, "Expected a floating point or complex tensor as input", INT),
    ("normalize", IndexError, "Dimension out of range", X, 2.0, 2),
    ("normalize", IndexError, "Dimension out of range", TWO),
]


@pytest.mark.parametrize(
    ("name", "error", "pattern", "given"), [(n, e, p, given) for n, e, p, *given in ERRORS]
)
def test_errors(name, error, pattern, given):
    function, twin = getattr(F, name), getattr(torch.nn.functional, name)
    with pytest.raises(error, match=pattern) as mine:
        function(*given)
    names = inspect.signature(function).parameters
    with pytest.raises(error, match=pattern) as theirs:
        twin(*(for_torch(v, layouts.FUNCTIONS[name].of_input(n)) for n, v in zip(names, given, strict=False)))
    assert type(mine.value) is type(theirs.value) is error
    assert len(str(mine.value)) > 20


def for_torch(value, layout):
    return torch.from_numpy(to_torch(value, layout)) if isinstance(value, np.ndarray) else value


@pytest.mark.parametrize(
    ("kind", "arguments", "shape"),
    [
        ("BatchNorm1d", (3,), (3,)),
        ("BatchNorm1d", (3,), (2, 2, 2, 3)),
        ("BatchNorm1d", (3,), (2, 4)),
        ("BatchNorm2d", (3,), (2, 4, 3)),
        ("BatchNorm3d", (3,), (2, 4, 4, 3)),
        ("SyncBatchNorm", (3,), (3,)),
        ("SyncBatchNorm", (0,), (3, 0)),
        ("InstanceNorm1d", (3,), (3,)),
        ("InstanceNorm2d", (3, 1e-5, 0.1, True), (2, 5, 5, 4)),
        ("InstanceNorm2d", (3, 1e-5, 0.1, True), (5, 5, 4)),
        ("GroupNorm", (3, 7), (2, 7)),
        ("CrossMapLRN2d", (3,), (2, 4, 3)),
    ],
)
def test_errors_of_modules(kind, arguments, shape):
    """The same exceptions, and the same words up to the first number that depends on the layout."""
    raised = []
    for library in (NPNN, TORCH):
        x = np.ones(shape, np.float32)
        x = (
            x
            if library is NPNN or x.ndim < 3
            else np.moveaxis(x, -1, 1 if x.ndim > 3 or "2d" not in kind else 0)
        )
        x = np.moveaxis(np.ones(shape, np.float32), -1, 0) if library is TORCH and shape == (5, 5, 4) else x
        with pytest.raises((ValueError, RuntimeError)) as caught:
            getattr(library.nn, kind)(*arguments)(library.tensor(x))
        raised.append(caught.value)
    mine, theirs = raised
    assert type(mine) is type(theirs)
    assert str(mine).split(" (")[0].split("=")[0] == str(theirs).split(" (")[0].split("=")[0] or str(
        mine
    ).startswith(str(theirs))


def test_normalize_into_a_tensor():
    x, out = npnn.tensor(normal(4, 3)), npnn.empty(4, 3)
    assert F.normalize(x, out=out) is out
    wanted = torch.empty(4, 3)
    torch.nn.functional.normalize(torch.from_numpy(x.array), out=wanted)
    np.testing.assert_array_equal(out.array, wanted.numpy())
    with pytest.raises(RuntimeError, match="arguments don't support automatic differentiation"):
        F.normalize(x.requires_grad_(), out=out)
    with npnn.no_grad():
        F.normalize(x, out=out)

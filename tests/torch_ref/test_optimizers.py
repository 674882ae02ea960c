"""Every optimizer against torch's: all configurations of torch's own database, step by step in float64."""

from __future__ import annotations

import copy
import inspect

import numpy as np
import pytest
import torch
from torch.testing._internal.common_optimizers import OptimizerErrorEnum, optim_db

import npnn
from torch_ref.values import NPNN, map_nested

INFOS = {info.optim_cls.__name__: info for info in optim_db}
FIRST_ORDER = [name for name in INFOS if name != "LBFGS"]
STEPS = 50
RTOL, ATOL = 1e-9, 1e-11

# Muon takes matrices, and a sparse gradient on torch has rows.
SHAPES = {"Muon": [(3, 2), (5, 7), (1, 4)], "SparseAdam": [(6, 2), (5,), (4, 3, 2)]}
ANY_SHAPES = [(3, 2), (5,), (), (2, 3, 4)]


@pytest.fixture(autouse=True)
def torchs_own_bfloat16():
    """Where a processor multiplies bfloat16 itself, oneDNN lets it, and Muon rounds otherwise."""
    # torch.backends.mkldnn.flags would warn of a setting that it puts back as it was.
    enabled = torch._C._get_mkldnn_enabled()
    torch._C._set_mkldnn_enabled(False)
    yield
    torch._C._set_mkldnn_enabled(enabled)


def translated(value, library):
    """Tensors of the other library as this one's; the same tensor twice stays the same tensor."""
    seen = {}

    def one(entry):
        if not isinstance(entry, (npnn.Tensor, torch.Tensor)):
            return entry
        if id(entry) not in seen:
            array = entry.detach().numpy() if isinstance(entry, torch.Tensor) else entry.detach().array
            tensor = library.tensor(array).requires_grad_(entry.requires_grad)
            kinds = (npnn.Parameter, torch.nn.Parameter)
            seen[id(entry)] = library.nn.Parameter(tensor) if isinstance(entry, kinds) else tensor
        return seen[id(entry)]

    return map_nested(one, value)


def in_groups(params, groups):
    """Spreads the parameters over groups with the given options."""
    split = np.array_split(np.arange(len(params)), len(groups))
    return [
        {**group, "params": [params[i] for i in chosen]} for group, chosen in zip(groups, split, strict=True)
    ]


class Pair:
    """An optimizer of each library, on parameters of the same values, which get the same random gradients."""

    def __init__(self, name, options, groups=({},), seed=0, dtype=np.float64):
        self.name, self.dtype, self.rng = name, dtype, np.random.default_rng(seed)
        arrays = [self.draw(shape) for shape in SHAPES.get(name, ANY_SHAPES)]
        self.theirs = [torch.nn.Parameter(self.theirs_of(array)) for array in arrays]
        # npnn differentiates no complex numbers, but an optimizer asks for no more than a .grad.
        real = np.dtype(dtype).kind == "f"
        axes = (1, 0) if name == "Muon" else None
        self.ours = [
            npnn.Parameter(npnn.tensor(array), requires_grad=real, torch_axes=axes) for array in arrays
        ]
        self.torch_optimizer = getattr(torch.optim, name)(in_groups(self.theirs, groups), **options)
        self.optimizer = getattr(npnn.optim, name)(in_groups(self.ours, groups), **translated(options, NPNN))

    def draw(self, shape):
        array = self.rng.standard_normal(shape)
        if np.dtype(self.dtype).kind == "c":
            array = array + 1j * self.rng.standard_normal(shape)
        return np.asarray(array, self.dtype)

    def theirs_of(self, array):
        """An array in torch's layout: the weights of layers, which Muon is for, are (out, in) there."""
        return torch.tensor(array.T if self.name == "Muon" else array)

    def gradient(self, shape):
        array = self.draw(shape)
        if self.name == "SparseAdam":
            array[self.rng.random(shape[0]) < 0.4] = 0.0
        theirs = self.theirs_of(array)
        return theirs.to_sparse(1) if self.name == "SparseAdam" else theirs, npnn.tensor(array)

    def step(self, leave_out=()):
        for index, (theirs, ours) in enumerate(zip(self.theirs, self.ours, strict=True)):
            theirs.grad, ours.grad = (None, None) if index in leave_out else self.gradient(ours.shape)
        self.torch_optimizer.step()
        self.optimizer.step()

    def assert_equal(self, rtol=RTOL, atol=ATOL):
        for theirs, ours in zip(self.theirs, self.ours, strict=True):
            expected = theirs.detach().numpy()
            np.testing.assert_allclose(
                ours.array, expected.T if self.name == "Muon" else expected, rtol=rtol, atol=atol
            )
        transposed = self.name == "Muon"
        assert_same_state(
            self.optimizer.state_dict(), self.torch_optimizer.state_dict(), rtol, atol, transposed
        )


def assert_same_state(ours, theirs, rtol=RTOL, atol=ATOL, transposed=False):
    """Two state dicts have the same structure, and the values in it are equal."""
    if isinstance(theirs, torch.Tensor):
        assert isinstance(ours, npnn.Tensor)
        assert str(theirs.dtype).split(".")[1] == ours.dtype.name
        expected = theirs.detach().numpy()
        np.testing.assert_allclose(
            ours.detach().array, expected.T if transposed else expected, rtol=rtol, atol=atol
        )
    elif isinstance(theirs, dict):
        assert set(ours) == set(theirs)
        for key, value in theirs.items():
            assert_same_state(ours[key], value, rtol, atol, transposed)
    elif isinstance(theirs, list | tuple):
        assert len(ours) == len(theirs)
        for our_entry, their_entry in zip(ours, theirs, strict=True):
            assert_same_state(our_entry, their_entry, rtol, atol, transposed)
    else:
        assert type(ours) is type(theirs)
        assert ours == theirs


def configurations(names):
    """Every configuration of the database, alone and with each implementation that there is to choose."""
    for name in names:
        info = INFOS[name]
        for entry in info.optim_inputs_func("cpu"):
            for flag in ("", *(flag for flag in info.supported_impls if flag != "differentiable")):
                tensor_lr = isinstance(entry.kwargs.get("lr"), torch.Tensor)
                if flag == "foreach" and tensor_lr and name in ("Adam", "AdamW"):
                    continue  # which torch refuses
                options = {**entry.kwargs, **({flag: True} if flag else {})}
                yield pytest.param(name, options, id=f"{name}-{entry.desc}{flag and ' & '}{flag}")


@pytest.mark.parametrize(("name", "options"), list(configurations(FIRST_ORDER)))
def test_every_configuration(name, options):
    # Torch computes ASGD's η in float64 and rounds it to float32, or with foreach computes it in float32: its
    # two results lie an ulp apart, which 50 steps of at most 0.02 |g| add up.
    rounding = STEPS * 0.02 * 4 * np.finfo(np.float32).eps
    loose = (
        {"rtol": np.finfo(np.float32).eps, "atol": rounding}
        if name == "ASGD" and "foreach" in options
        else {}
    )
    pair = Pair(name, options)
    for count in range(1, STEPS + 1):
        pair.step()
        if count in (1, 2, 10, STEPS):
            pair.assert_equal(**loose)
    assert repr(pair.optimizer) == repr(pair.torch_optimizer)


@pytest.mark.parametrize("name", FIRST_ORDER)
def test_float32(name):
    """Both libraries round each of about ten operations of a step, some of them differently."""
    pair = Pair(name, {"lr": 0.01}, dtype=np.float32)
    for _ in range(STEPS):
        pair.step()
    assert all(param.dtype == np.float32 for param in pair.ours)
    pair.assert_equal(rtol=STEPS * 10 * np.finfo(np.float32).eps, atol=STEPS * np.finfo(np.float32).eps)


COMPLEX = [name for name in FIRST_ORDER if INFOS[name].supports_complex and name != "SparseAdam"]


@pytest.mark.parametrize("maximize", [False, True])
@pytest.mark.parametrize("name", COMPLEX)
def test_complex_parameters(name, maximize):
    variant = {"Adam": {"amsgrad": True}, "RMSprop": {"centered": True, "momentum": 0.5}}.get(name, {})
    pair = Pair(name, {"maximize": maximize, **variant}, dtype=np.complex128)
    for _ in range(20):
        pair.step()
    pair.assert_equal()


@pytest.mark.parametrize("name", FIRST_ORDER)
def test_groups_missing_gradients_and_options_that_change(name):
    variant = {"Rprop": {"etas": (0.4, 1.3)}, "SparseAdam": {"eps": 1e-3}}.get(name, {"weight_decay": 0.2})
    pair = Pair(name, {"lr": 0.05}, [{"lr": 0.02}, {}, variant])
    for count in range(STEPS):
        pair.step(leave_out={count % 5, count % 3})
        if count == 20:
            for optimizer in (pair.optimizer, pair.torch_optimizer):
                optimizer.param_groups[0]["lr"] = 0.03
                optimizer.param_groups[1].update({"maximize": True} if "maximize" in variant else variant)
    pair.assert_equal()
    assert repr(pair.optimizer) == repr(pair.torch_optimizer)


@pytest.mark.parametrize("name", FIRST_ORDER)
def test_chained_schedulers(name):
    pair = Pair(name, {"lr": 0.1})

    def schedulers(library, optimizer):
        rates = library.optim.lr_scheduler
        return [rates.StepLR(optimizer, 7, 0.5), rates.ExponentialLR(optimizer, 0.99)]

    theirs, ours = schedulers(torch, pair.torch_optimizer), schedulers(npnn, pair.optimizer)
    for _ in range(20):
        pair.step()
        for scheduler in (*theirs, *ours):
            scheduler.step()
        assert pair.optimizer.param_groups[0]["lr"] == pair.torch_optimizer.param_groups[0]["lr"]
    pair.assert_equal()


@pytest.mark.parametrize(
    "lr", [0.05, torch.tensor(0.05), torch.tensor([0.05], dtype=torch.float64)], ids=repr
)
@pytest.mark.parametrize("name", FIRST_ORDER)
def test_learning_rates_that_are_tensors(name, lr):
    pair = Pair(name, {"lr": lr})
    for _ in range(20):
        pair.step()
    pair.assert_equal()


@pytest.mark.parametrize("name", ["Adam", "AdamW"])
def test_betas_that_are_tensors(name):
    """Torch computes β's powers in float32 then; npnn in float64, from the same β."""
    pair = Pair(name, {"betas": (torch.tensor(0.9), torch.tensor([0.99])), "lr": 0.01})
    for _ in range(STEPS):
        pair.step()
    for theirs, ours in zip(pair.theirs, pair.ours, strict=True):
        np.testing.assert_allclose(ours.array, theirs.detach().numpy(), atol=0.01 * STEPS * 2e-6, rtol=0)


# ---- state from elsewhere


@pytest.mark.parametrize("name", [name for name in FIRST_ORDER if name not in ("Muon", "SparseAdam")])
def test_checkpoints_of_older_releases(name):
    """Counts that are plain numbers, and options that are missing."""
    pair = Pair(name, {})
    for _ in range(3):
        pair.step()

    def aged(state_dict):
        state_dict = copy.deepcopy(state_dict)
        for group in state_dict["param_groups"]:
            for option in INFOS[name].not_og_supported_flags:
                group.pop(option, None)
        for kept in state_dict["state"].values():
            for key in ("step", "eta", "mu", "mu_product"):
                if key in kept:
                    kept[key] = float(kept[key])
        return state_dict

    for optimizer in (pair.optimizer, pair.torch_optimizer):
        optimizer.load_state_dict(aged(optimizer.state_dict()))
    if name == "Adafactor":
        for optimizer in (pair.optimizer, pair.torch_optimizer):
            optimizer.param_groups[0]["maximize"] = False
    for _ in range(3):
        pair.step()
    pair.assert_equal()


def test_swapped_in_parameters_and_state():
    pair, other = Pair("Adam", {"lr": 0.1}), Pair("Adam", {"lr": 0.3}, seed=1)
    for one in (pair, other):
        one.step()
    for _ in range(3):
        for library, optimizer, params, source in (
            (torch, pair.torch_optimizer, other.theirs, other.torch_optimizer),
            (npnn, pair.optimizer, other.ours, other.optimizer),
        ):
            swapped = {str(index): param for index, param in enumerate(params)}
            state = source.state_dict()
            with library.optim.swap_in_optimizer_params_and_state(optimizer, swapped, state):
                optimizer.step()
        other.assert_equal()
        pair.step()
        pair.assert_equal()


# ---- steps on the tape


# Adamax, Rprop and centered RMSprop raise on torch: there they write over what their own backward needs.
# tests/optim/test_differentiable.py holds them against finite differences.
RECORDED = ["Adadelta", "Adagrad", "Adam", "AdamW", "ASGD", "NAdam", "RAdam", "RMSprop"]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        (name, entry.kwargs)
        for name in RECORDED
        for entry in INFOS[name].optim_inputs_func("cpu")
        if not {"amsgrad", "centered"} & set(entry.kwargs)
    ],
    ids=str,
)
def test_gradients_through_differentiable_steps(name, options):
    """d loss / d(start, data) through three steps on gradients that are themselves on the tape.

    A recorded Adam computes 1 - βᵗ in float32 on torch: 0.001 to 6e-8.
    """
    rng = np.random.default_rng(4)
    start, data, cotangent = rng.standard_normal((3, 2, 3))

    def run(library, options):
        theta0 = library.tensor(start, requires_grad=True)
        x = library.tensor(data, requires_grad=True)
        theta = theta0.clone()
        optimizer = getattr(library.optim, name)([theta], differentiable=True, **options)
        for _ in range(3):
            now = theta.clone()  # theta itself is about to change in place
            theta.grad = x * (now * now + 1.0)
            optimizer.step()
        (theta * library.tensor(cotangent)).sum().backward()
        return [np.asarray(tensor.detach()) for tensor in (theta, theta0.grad, x.grad)]

    for ours, theirs in zip(run(npnn, translated(options, NPNN)), run(torch, options), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4 if "Adam" in name else RTOL, atol=ATOL)


@pytest.mark.parametrize("name", ["Adam", "AdamW"])
def test_gradients_of_options_that_are_tensors(name):
    rng = np.random.default_rng(5)
    start, gradient, cotangent = rng.standard_normal((3, 4))

    def run(library):
        def option(value):
            return library.tensor(value, dtype=library.float64, requires_grad=True)

        lr, beta1, beta2 = option(0.1), option(0.8), option(0.9)
        theta = library.tensor(start, requires_grad=True).clone()
        optimizer = getattr(library.optim, name)(
            [theta], lr=lr, betas=(beta1, beta2), weight_decay=0.1, differentiable=True
        )
        for factor in (1.0, -0.5):
            theta.grad = library.tensor(gradient) * factor
            optimizer.step()
        (theta * library.tensor(cotangent)).sum().backward()
        return [np.asarray(tensor.detach()) for tensor in (theta, lr.grad, beta1.grad, beta2.grad)]

    for ours, theirs in zip(run(npnn), run(torch), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=RTOL, atol=ATOL)


# ---- what both refuse

ERRORS = [
    pytest.param(name, case, id=f"{name}-{case.optimizer_error_input.desc}")
    for name, info in INFOS.items()
    for case in info.optim_error_inputs_func("cpu", torch.float64)
    # npnn has no sparse layout that a parameter could have.
    if "dense params required" not in case.optimizer_error_input.desc
]


@pytest.mark.parametrize(("name", "case"), ERRORS)
def test_every_error_input(name, case):
    entry = case.optimizer_error_input
    params = entry.params if entry.params is not None else [torch.nn.Parameter(torch.zeros(1, 1))]
    params, options = translated((params, entry.kwargs), NPNN)

    def provoke():
        optimizer = getattr(npnn.optim, name)(params, **options)
        if case.error_on is OptimizerErrorEnum.STEP_ERROR:
            params[0].grad = npnn.ones_like(params[0])
            optimizer.step()

    context = pytest.warns if issubclass(case.error_type, Warning) else pytest.raises
    with context(case.error_type, match=case.error_regex):
        provoke()


REFUSED_AT_STEP = [{"capturable": True}, {"foreach": True, "differentiable": True}]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        (name, options)
        for name in FIRST_ORDER
        for options in REFUSED_AT_STEP
        if name != "SGD" and set(options) <= set(inspect.signature(getattr(torch.optim, name)).parameters)
    ],
    ids=str,
)
def test_options_that_a_step_refuses(name, options):
    for library, optimizer_class in ((torch, getattr(torch.optim, name)), (npnn, getattr(npnn.optim, name))):
        param = library.ones(2, 2)
        param.grad = library.ones(2, 2)
        optimizer = optimizer_class([param], **options)
        with pytest.raises(AssertionError, match=r"capturable=True|_foreach ops don't support autograd"):
            optimizer.step()


# ---- the surface


def test_every_public_name_of_torch_is_there():
    assert set(torch.optim.__all__) <= set(npnn.optim.__all__)
    assert set(torch.optim.swa_utils.__all__) == set(npnn.optim.swa_utils.__all__)


@pytest.mark.parametrize("name", [name for name in torch.optim.__all__ if name[0].isupper()])
def test_signatures_are_torchs(name):
    def options(library):
        return [
            (one.name, one.kind, one.default)
            for one in inspect.signature(getattr(library.optim, name)).parameters.values()
        ]

    assert options(npnn) == options(torch)

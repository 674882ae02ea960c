"""register_parametrization and functional_call against torch's."""

import copy
import pickle

import numpy as np
import pytest
import torch

import npnn
from npnn import nn
from npnn.utils import parametrize

RANDOM = np.random.default_rng(0)
LIBRARIES = (npnn, torch)


def modules(library):
    """Parametrizations of all kinds, which are the same for a matrix and for its transpose."""
    module = library.nn.Module

    class Symmetric(module):
        def forward(self, x):
            return (x + x.T) / 2

    class Exponential(module):
        def forward(self, x):
            return x.exp()

        def right_inverse(self, y):
            return y.abs().log()

    class Sum(module):
        def forward(self, x, y):
            return x + 2 * y

        def right_inverse(self, z):
            return z / 3, z / 3

    class Doubled(module):
        def forward(self, x):
            return library.cat([x, x], 0)

        def right_inverse(self, x):
            return x[: len(x) // 2]

    class Longer(module):
        def forward(self, x):
            return library.cat([x, x], 0)

    class Halves(module):
        def forward(self, x):
            return x.half()

    class Number(module):
        def forward(self, x):
            return 3.0

    class NoInverse(module):
        def forward(self, x):
            return x * 2

        def right_inverse(self, x):
            raise NotImplementedError

    class BadInverse(module):
        def __init__(self, inverse):
            super().__init__()
            self.right_inverse = inverse

        def forward(self, *x):
            return x[0]

    return {cls.__name__: cls for cls in locals().values() if isinstance(cls, type)}


def twins(outs=4):
    """A square Linear in both libraries, with the same numbers, which come from the same seed."""
    made = []
    for library in LIBRARIES:
        library.manual_seed(0)
        made.append(library.nn.Linear(4, outs, dtype=library.float64))
    return made


def registered(*names, tensor="weight", **options):
    made = twins()
    for library, layer in zip(LIBRARIES, made, strict=True):
        for name in names:
            register = library.nn.utils.parametrize.register_parametrization
            assert register(layer, tensor, modules(library)[name](), **options) is layer
    return made


def assert_same(mine, theirs):
    assert repr(mine) == repr(theirs)
    assert [name for name, _ in mine.named_parameters()] == [name for name, _ in theirs.named_parameters()]
    one, two = mine.state_dict(), theirs.state_dict()
    assert list(one) == list(two)
    for name, tensor in one.items():
        np.testing.assert_allclose(tensor.numpy().T, two[name], rtol=1e-12, atol=1e-14, err_msg=name)
    for name in ("weight", "bias"):
        value, wanted = getattr(mine, name).detach(), getattr(theirs, name).detach()
        np.testing.assert_allclose(value.numpy().T, wanted, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    "names",
    [
        ["Symmetric"],
        ["Exponential"],
        ["Sum"],
        ["NoInverse"],
        ["Symmetric", "Exponential", "NoInverse"],
        ["Sum", "Exponential", "Symmetric"],
    ],
    ids=str,
)
def test_parametrized_weights(names):
    mine, theirs = registered(*names)
    assert_same(mine, theirs)
    x = RANDOM.standard_normal((3, 4))
    for _ in range(2):
        cotangent = RANDOM.standard_normal((3, 4))
        mine(npnn.tensor(x)).backward(npnn.tensor(cotangent))
        theirs(torch.tensor(x)).backward(torch.tensor(cotangent))
        for one, two in zip(mine.parameters(), theirs.parameters(), strict=True):
            np.testing.assert_allclose(one.grad.numpy().T, two.grad, rtol=1e-9, atol=1e-11)
        for library, module in zip(LIBRARIES, (mine, theirs), strict=True):
            library.optim.SGD(module.parameters(), lr=0.1).step()
        assert_same(mine, theirs)
    twin, their_twin = copy.deepcopy(mine), copy.deepcopy(theirs)
    assert_same(twin, their_twin)
    twin.load_state_dict(mine.state_dict())
    for module, library in zip((twin, their_twin), LIBRARIES, strict=True):
        original = module.parametrizations.weight
        kept = getattr(original, "original", None)
        library.nn.utils.parametrize.remove_parametrizations(module, "weight")
        assert kept is None or module.weight is kept
        assert isinstance(module.weight, library.nn.Parameter)
        assert type(module) is library.nn.Linear
    assert_same(twin, their_twin)
    # torch's copies share a class, so that there theirs has lost its weight now.
    np.testing.assert_array_equal(mine.weight.detach(), twin.weight.detach())


@pytest.mark.parametrize("names", [["Exponential"], ["Sum"], ["Sum", "Exponential"]], ids=str)
def test_assignment_goes_through_the_inverses(names):
    mine, theirs = registered(*names)
    before = dict(mine.named_parameters())
    value = RANDOM.uniform(0.5, 2.0, (4, 4))
    mine.weight, theirs.weight = npnn.tensor(value.T), torch.tensor(value)
    assert_same(mine, theirs)
    np.testing.assert_allclose(mine.weight.detach().numpy().T, value)
    assert all(before[name] is parameter for name, parameter in mine.named_parameters())


def test_removing_can_restore_the_original():
    mine, theirs = registered("Symmetric", "NoInverse")
    originals = [module.parametrizations.weight.original for module in (mine, theirs)]
    for library, module, original in zip(LIBRARIES, (mine, theirs), originals, strict=True):
        library.nn.utils.parametrize.remove_parametrizations(module, "weight", leave_parametrized=False)
        assert module.weight is original
    assert_same(mine, theirs)


def test_two_tensors_and_a_buffer():
    made = twins()
    for library, layer in zip(LIBRARIES, made, strict=True):
        parametrized = library.nn.utils.parametrize
        layer.register_buffer("scale", library.ones(2, dtype=library.float64))
        for name in ("bias", "scale", "weight"):
            parametrized.register_parametrization(layer, name, library.nn.Tanh())
        assert layer.scale.detach().numpy().tolist() == [np.tanh(1.0)] * 2
        assert [parametrized.is_parametrized(layer, name) for name in ("bias", "wait")] == [True, False]
        assert parametrized.type_before_parametrizations(layer) is library.nn.Linear
    assert_same(*made)
    for library, layer in zip(LIBRARIES, made, strict=True):
        for name in ("scale", "weight", "bias"):
            assert library.nn.utils.parametrize.is_parametrized(layer)
            library.nn.utils.parametrize.remove_parametrizations(layer, name)
        assert "scale" in layer._buffers
        assert not library.nn.utils.parametrize.is_parametrized(layer)
    assert_same(*made)


def test_unsafe_parametrizations_may_change_shape_and_dtype():
    for library, layer in zip(LIBRARIES, twins(), strict=True):
        kinds = modules(library)
        register = library.nn.utils.parametrize.register_parametrization
        register(layer, "bias", kinds["Doubled"](), unsafe=True)
        assert layer.bias.shape == (4,)
        assert layer.parametrizations.bias.original.shape == (2,)
        register(layer, "bias", kinds["Halves"](), unsafe=True)
        assert layer.bias.dtype == library.float16
        assert layer.parametrizations.bias.unsafe


def test_the_mode_of_the_module_becomes_that_of_the_parametrization():
    for library, layer in zip(LIBRARIES, twins(), strict=True):
        dropout = library.nn.Dropout(0.5)
        library.nn.utils.parametrize.register_parametrization(layer.eval(), "weight", dropout)
        assert not dropout.training
        assert layer.train().parametrizations.weight[0].training


@pytest.mark.parametrize("names", [["Symmetric", "Exponential"], ["Sum"]], ids=str)
@pytest.mark.parametrize("name", ["weight", None])
def test_transfer(names, name):
    mine, theirs = registered(*names)
    made = []
    for library, source in zip(LIBRARIES, (mine, theirs), strict=True):
        library.manual_seed(5)
        target = library.nn.Linear(4, 4, dtype=library.float64)
        transfer = library.nn.utils.parametrize.transfer_parametrizations_and_params
        assert transfer(source, target, name) is target
        assert transfer(library.nn.Linear(2, 3), target) is target
        bare = library.nn.Module()
        transfer(source, bare)
        assert bare.weight.shape == (4, 4)
        made.append(target)
    assert_same(*made)
    for one, two in zip(
        made[0].parametrizations.parameters(), mine.parametrizations.parameters(), strict=True
    ):
        assert one is two


def test_caching_computes_once():
    for library in LIBRARIES:
        calls = []

        class Counted(library.nn.Module):
            def forward(self, x, calls=calls):
                calls.append(1)
                return x * 2

        layer = library.nn.utils.parametrize.register_parametrization(
            library.nn.Linear(2, 3), "weight", Counted()
        )
        calls.clear()
        with library.nn.utils.parametrize.cached():
            first = layer.weight
            with library.nn.utils.parametrize.cached():
                assert layer.weight is first
            assert layer.weight is first
            assert len(calls) == 1
        assert layer.weight is not first
        assert len(calls) == 2


def bad(result):
    return lambda library: modules(library)["BadInverse"](lambda x: result(library, x))


def registering(*makers, tensor="weight", **options):
    def attempt(library, layer):
        for make in makers:
            parametrization = make(library) if callable(make) else modules(library)[make]()
            library.nn.utils.parametrize.register_parametrization(layer, tensor, parametrization, **options)

    return attempt


ERRORS = {
    "no such tensor": registering("Symmetric", tensor="wait"),
    "another shape": registering("Longer", tensor="bias"),
    "another dtype": registering("Halves"),
    "no tensor": registering("Number"),
    "another shape, second": registering("NoInverse", "Doubled", tensor="bias"),
    "another dtype, second": registering("NoInverse", "Halves"),
    "no tensor, second": registering("NoInverse", "Number"),
    "an inverse of another dtype": registering(bad(lambda library, x: x.half())),
    "an inverse of another dtype, second": registering("NoInverse", bad(lambda library, x: x.half())),
    "an inverse of another shape, second": registering("NoInverse", bad(lambda library, x: x[:2])),
    "an inverse of no tensor": registering(bad(lambda library, x: 3.0)),
    "an inverse of no tensor, second": registering("NoInverse", bad(lambda library, x: 3.0)),
    "an inverse of no tensors": registering(bad(lambda library, x: (x, 3.0))),
    "no inverse to assign through": lambda library, layer: (
        registering("Symmetric")(library, layer),
        setattr(layer, "weight", layer.bias),
    ),
    "a parameter assigned": lambda library, layer: (
        registering("Symmetric")(library, layer),
        setattr(layer, "weight", library.nn.Parameter(library.ones(4, 4))),
    ),
    "assigned in another dtype": lambda library, layer: (
        registering("Exponential")(library, layer),
        setattr(layer, "weight", layer.weight.half()),
    ),
    "assigned in another dtype, several": lambda library, layer: (
        registering("Sum")(library, layer),
        setattr(layer, "weight", layer.weight.half()),
    ),
    "nothing to remove": lambda library, layer: library.nn.utils.parametrize.remove_parametrizations(
        layer, "weight"
    ),
    "no one original": lambda library, layer: (
        registering("Sum")(library, layer),
        library.nn.utils.parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False),
    ),
    "no parametrizations": lambda library, layer: library.nn.utils.parametrize.ParametrizationList(
        [], layer.weight
    ),
    "pickled": lambda library, layer: (registering("Symmetric")(library, layer), pickle.dumps(layer)),
}


@pytest.mark.parametrize("case", ERRORS)
def test_what_torch_refuses(case):
    raised = []
    for library, layer in zip(LIBRARIES, twins(), strict=True):
        with pytest.raises((ValueError, RuntimeError, KeyError)) as error:
            ERRORS[case](library, layer)
        raised.append(error.type)
    assert raised[0] is raised[1]


# ---- functional_call


def call(library, *args, **options):
    if library is npnn:
        return nn.utils.stateless.functional_call(*args, **options)
    return torch.func.functional_call(*args, **options)


def networks(library):
    """A network with a parametrized layer, tied weights, and batch norm, which changes its buffers."""
    library.manual_seed(0)
    options = {"dtype": library.float64}
    first, second = (library.nn.Linear(4, 4, **options) for _ in "12")
    second.weight = first.weight
    last = library.nn.utils.parametrize.register_parametrization(
        library.nn.Linear(4, 4, **options), "weight", modules(library)["Exponential"]()
    )
    return library.nn.Sequential(first, library.nn.BatchNorm1d(4, **options), second, last)


def test_functional_call():
    nets = [networks(library) for library in LIBRARIES]
    x = RANDOM.standard_normal((5, 4))
    given = {name: RANDOM.standard_normal(t.shape) for name, t in nets[1].named_parameters()}
    given["1.running_mean"] = RANDOM.standard_normal(4)
    results = []
    for library, net in zip(LIBRARIES, nets, strict=True):
        tensors = {
            name: library.tensor(
                value.T.copy() if library is npnn else value, requires_grad="mean" not in name
            )
            for name, value in given.items()
        }
        before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
        y = call(library, net, tensors, library.tensor(x))
        y.sum().backward()
        after = net.state_dict()
        assert all(
            (after[name] == tensor).all() for name, tensor in before.items() if not name.startswith("1.")
        )
        assert all(parameter.grad is None for parameter in net.parameters())
        found = {name: tensor.grad for name, tensor in tensors.items() if "mean" not in name}
        found.update({"y": y, "mean": tensors["1.running_mean"], "own mean": net[1].running_mean})
        found["variance"] = net[1].running_var
        results.append({name: tensor.detach().numpy() for name, tensor in found.items()})
    for name, value in results[1].items():
        mine = results[0][name]
        np.testing.assert_allclose(
            mine.T if name.endswith(("weight", "original")) else mine,
            value,
            rtol=1e-9,
            atol=1e-11,
            err_msg=name,
        )


def test_functional_call_of_tied_weights():
    """One given weight stands in for both, unless that is not wanted."""
    value = RANDOM.standard_normal((4, 4))
    x = RANDOM.standard_normal((5, 4))
    for options in ({}, {"tie_weights": False}):
        found = []
        for library in LIBRARIES:
            net = networks(library)
            weight = library.tensor(value.T.copy() if library is npnn else value)
            found.append(
                call(library, net, {"2.weight": weight}, library.tensor(x), **options).detach().numpy()
            )
        np.testing.assert_allclose(*found, rtol=1e-9, atol=1e-11)


def test_functional_call_gives_all_back_when_the_module_raises():
    layer = nn.Linear(2, 3)
    weight = layer.weight
    with pytest.raises(RuntimeError):
        nn.utils.stateless.functional_call(
            layer, {"weight": npnn.ones(3, 3), "extra": npnn.ones(1)}, npnn.ones(1, 2)
        )
    assert layer.weight is weight
    assert not hasattr(layer, "extra")
    assert list(layer.state_dict()) == ["weight", "bias"]


def summing(library):
    class Sum(library.nn.Module):
        def __init__(self):
            super().__init__()
            self.a = library.nn.Parameter(library.zeros(1))

        def forward(self, x=1.0, *, y=0.0):
            return self.a + x + y

    return Sum()


def test_functional_call_takes_arguments_of_all_kinds():
    for library in LIBRARIES:
        module, given = summing(library), {"a": library.tensor([5.0])}
        assert call(library, module, given).item() == 6.0
        assert call(library, module, given, (2.0,), {"y": 10.0}).item() == 17.0
        assert call(library, module, given, 2.0).item() == 7.0


FUNCTIONAL_ERRORS = {
    "missing": ({"bias"}, {"strict": True}),
    "unexpected": ({"weight", "bias", "wait"}, {"strict": True}),
    "no such submodule": ({"deep.weight"}, {}),
    "no tensor": ({"weight"}, {}),
}


@pytest.mark.parametrize("case", FUNCTIONAL_ERRORS)
def test_functional_calls_that_torch_refuses(case):
    names, options = FUNCTIONAL_ERRORS[case]
    raised = []
    for library in LIBRARIES:
        values = {name: 3.0 if case == "no tensor" else library.ones(4, 4) for name in names}
        with pytest.raises((RuntimeError, AttributeError, TypeError)) as error:
            call(library, library.nn.Linear(4, 4), values, library.ones(1, 4), **options)
        raised.append(error.type)
    assert raised[0] is raised[1]


def test_two_values_for_tied_weights():
    for library in LIBRARIES:
        net = networks(library)
        values = {name: library.ones(4, 4, dtype=library.float64) for name in ("0.weight", "2.weight")}
        with pytest.raises(ValueError, match="tie_weights=False"):
            call(library, net, values, library.ones(2, 4, dtype=library.float64))


def test_names():
    assert set(torch.nn.utils.__all__) <= set(npnn.utils.__all__)
    for name in ("parametrize", "parametrizations", "prune", "stateless"):
        mine, theirs = getattr(npnn.utils, name), getattr(torch.nn.utils, name)
        public = getattr(theirs, "__all__", None) or [
            n
            for n, v in vars(theirs).items()
            if getattr(v, "__module__", "") == theirs.__name__ and n[0] != "_"
        ]
        assert set(public) <= set(mine.__all__)
    assert parametrize is npnn.utils.parametrize

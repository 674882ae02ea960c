"""Jacobians, Hessians and their products with vectors, on torch and on npnn."""

import pytest
import torch

import npnn
from torch_ref.scripts import assert_same_error, assert_same_log, leaf, values


def cubic(x):
    """Of one input, several outputs."""
    return (x**3).sum(0)


def twice(x, y):
    """Of two inputs, a tuple of outputs, one of which does not depend on y."""
    return x.exp() @ y, x.sin()


def energy(x, y):
    """Of two inputs, one number."""
    return ((x @ y) ** 3).sum() + (x**2).sum()


def inputs_of(lib, requires_grad=False):
    x, y = (lib.tensor(values(shape, seed)) for seed, shape in enumerate([(2, 3), (3, 4)]))
    return x.requires_grad_(requires_grad), y.requires_grad_(requires_grad)


def vector(lib, *shapes):
    vectors = tuple(lib.tensor(values(shape, 7 + seed)) for seed, shape in enumerate(shapes))
    return vectors if len(vectors) > 1 else vectors[0]


PRODUCTS = {
    "vjp": lambda f, lib, **k: [
        f.vjp(cubic, inputs_of(lib)[0], vector(lib, 3), **k),
        f.vjp(twice, inputs_of(lib), vector(lib, (2, 4), (2, 3)), **k),
        f.vjp(lambda x: x.sum() ** 2, inputs_of(lib)[0], **k),
    ],
    "jvp": lambda f, lib, **k: [
        f.jvp(cubic, inputs_of(lib)[0], vector(lib, (2, 3)), **k),
        f.jvp(twice, inputs_of(lib), vector(lib, (2, 3), (3, 4)), **k),
        f.jvp(lambda x: x**2 * inputs_of(lib)[1], lib.tensor(1.5), **k),
    ],
    "jacobian": lambda f, lib, **k: [
        f.jacobian(cubic, inputs_of(lib)[0], **k),
        f.jacobian(twice, inputs_of(lib), **k),
        f.jacobian(lambda x: (x.sum(),), (inputs_of(lib)[0],), **k),
    ],
    "hessian": lambda f, lib, **k: [
        f.hessian(energy, inputs_of(lib), **k),
        f.hessian(lambda x: cubic(x).prod().reshape(1, 1), inputs_of(lib)[0], **k),
    ],
    "hvp": lambda f, lib, **k: [
        f.hvp(energy, inputs_of(lib), vector(lib, (2, 3), (3, 4)), **k),
        f.hvp(lambda x: x**4, lib.tensor(1.5), **k),
    ],
    "vhp": lambda f, lib, **k: [
        f.vhp(energy, inputs_of(lib), vector(lib, (2, 3), (3, 4)), **k),
        f.vhp(lambda x: x**4, lib.tensor(1.5), **k),
    ],
}


def flat(results):
    """The tensors of nested tuples."""
    return [x for result in results for x in (flat(result) if isinstance(result, tuple) else [result])]


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("name", PRODUCTS)
def test_values(name, create_graph):
    def script(lib):
        results = PRODUCTS[name](lib.autograd.functional, lib, create_graph=create_graph)
        return [results, [x.requires_grad for x in flat(results)]]

    assert_same_log(script)


def test_jacobians_with_vectorize():
    for name in ("jacobian", "hessian"):
        assert_same_log(lambda lib, name=name: PRODUCTS[name](lib.autograd.functional, lib, vectorize=True))
    assert_same_log(
        lambda lib: PRODUCTS["jacobian"](
            lib.autograd.functional, lib, vectorize=True, strategy="forward-mode"
        )
    )


@pytest.mark.parametrize("name", ["vjp", "jvp", "jacobian", "hessian", "hvp", "vhp"])
def test_results_can_be_differentiated_further(name):
    def script(lib):
        x, y = inputs_of(lib, requires_grad=True)
        v = vector(lib, (2, 3), (3, 4))
        options = {} if name in ("jacobian", "hessian") else {"v": v}
        if name == "vjp":
            options = {"v": vector(lib, (2, 4), (2, 3))}
        func = twice if name in ("vjp", "jvp", "jacobian") else energy
        results = getattr(lib.autograd.functional, name)(func, (x, y), create_graph=True, **options)
        total = sum((result**2).sum() for result in flat([results]))
        return lib.autograd.grad(total, (x, y))

    assert_same_log(script)


def test_what_is_captured_is_a_constant():
    def script(lib):
        x = leaf(lib, 3)
        return [lib.autograd.functional.jacobian(lambda a: a * x, x), x.grad]

    assert_same_log(script)


def test_no_grad_around_makes_no_difference():
    def script(lib):
        with lib.no_grad():
            return [PRODUCTS[name](lib.autograd.functional, lib) for name in PRODUCTS]

    assert_same_log(script)


def first(lib):
    return inputs_of(lib)[0]


REFUSALS = [
    (lambda f, lib: f.vjp(cubic, first(lib)), "v can only be None if the user-provided function"),
    (lambda f, lib: f.jvp(cubic, first(lib)), "v can only be None if the input"),
    (lambda f, lib: f.hvp(energy, inputs_of(lib)), "v can only be None if the input"),
    (lambda f, lib: f.vjp(cubic, first(lib), vector(lib, 2)), "v has invalid size"),
    (lambda f, lib: f.jvp(twice, inputs_of(lib), vector(lib, 3, 2)), "Entry 0 in v has invalid size"),
    (lambda f, lib: f.jvp(twice, inputs_of(lib), (first(lib),)), "v is a tuple of invalid length"),
    (lambda f, lib: f.vhp(cubic, first(lib), first(lib)), "should contain a single element"),
    (lambda f, lib: f.hvp(lambda x: (x.sum(),), first(lib), first(lib)), "should return a single Tensor"),
    (lambda f, lib: f.hessian(cubic, first(lib)), "should contain a single element"),
    (lambda f, lib: f.hessian(lambda x: (x.sum(),), first(lib)), "should return a single Tensor"),
    (lambda f, lib: f.jacobian(cubic, [1.0]), "inputs given to jacobian must be either a Tensor"),
    (lambda f, lib: f.jacobian(twice, (first(lib), 2.0)), "value at index 1"),
    (lambda f, lib: f.jacobian(lambda x: 2.0, first(lib)), "outputs of the user-provided function given to"),
    (lambda f, lib: f.jacobian(cubic, first(lib), strategy="forward-mode"), "vectorize=True"),
    (lambda f, lib: f.jacobian(cubic, first(lib), strict=True, vectorize=True), "not supported together"),
    (lambda f, lib: f.jacobian(cubic, first(lib), strategy="sideways"), "forward-mode"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "pattern"), REFUSALS)
def test_refusals(call, pattern):
    assert_same_error(lambda lib: call(lib.autograd.functional, lib), pattern)


def partly(x, y):
    return (x**2).sum()


STRICT = [
    (lambda f, lib: f.vjp(partly, inputs_of(lib), strict=True), "independent of input 1"),
    (lambda f, lib: f.jacobian(partly, inputs_of(lib), strict=True), "independent of input 1"),
    (lambda f, lib: f.vjp(lambda x: x.detach().sum(), first(lib), strict=True), "Output 0 .* does not req"),
    (lambda f, lib: f.jvp(partly, inputs_of(lib), inputs_of(lib), strict=True), "independent of input 1"),
    (lambda f, lib: f.hvp(lambda x: x.sum(), first(lib), first(lib), strict=True), "jacobian .* independent"),
    (lambda f, lib: f.vhp(lambda x: x.sum(), first(lib), first(lib), strict=True), "jacobian .* independent"),
    (lambda f, lib: f.hessian(lambda x: x.sum(), first(lib), strict=True), "jacobian .* independent"),
    (lambda f, lib: f.vjp(lambda x: x.sum(), first(lib), strict=True, create_graph=True), "create_graph"),
    (lambda f, lib: f.jacobian(lambda x: 2 * x, first(lib), strict=True, create_graph=True), "create_graph"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "pattern"), STRICT)
def test_strict_mode(call, pattern):
    assert_same_error(lambda lib: call(lib.autograd.functional, lib), pattern)


def test_through_layers():
    """The Hessian of a network's loss is torch's."""
    net = npnn.Sequential(npnn.Linear(3, 4), npnn.Tanh(), npnn.Linear(4, 2)).double()
    target = npnn.tensor([1, 0])

    def loss(x):
        return npnn.functional.cross_entropy(net(x), target)

    ours = npnn.autograd.functional.hessian(loss, npnn.tensor(values((2, 3)))).numpy()
    weights = [param.detach().numpy() for param in net.parameters()]

    def torchs(x):
        hidden = (x @ torch.tensor(weights[0]) + torch.tensor(weights[1])).tanh()
        logits = hidden @ torch.tensor(weights[2]) + torch.tensor(weights[3])
        return torch.nn.functional.cross_entropy(logits, torch.tensor([1, 0]))

    theirs = torch.autograd.functional.hessian(torchs, torch.tensor(values((2, 3)))).numpy()
    assert abs(ours - theirs).max() < 1e-12

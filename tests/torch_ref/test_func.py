"""torch.func on torch and on npnn: the same derivatives, batches and refusals."""

import pytest
import torch

import npnn
from torch_ref.scripts import affine, assert_same_error, assert_same_log, leaf, values


def tensors(lib, *shapes):
    return [lib.tensor(values(shape, seed)) for seed, shape in enumerate(shapes)]


def flags(*results):
    return [x.requires_grad for x in results]


def energy(x, w):
    return ((x @ w).tanh() ** 2).sum()


def test_gradients():
    def script(lib):
        func = lib.func
        x, w = tensors(lib, (2, 3), (3, 4))
        named = {"x": x, "rest": [w, (x * 2,)]}
        of_named = func.grad(lambda t: energy(t["x"], t["rest"][0]) + t["rest"][1][0].sum())
        return [
            func.grad(energy)(x, w),
            func.grad(energy, argnums=1)(x, w),
            func.grad(energy, argnums=(1, 0))(x, w),
            func.grad_and_value(energy)(x, w),
            func.grad(lambda x: (energy(x, w), x * 2), has_aux=True)(x),
            func.grad_and_value(lambda x: (energy(x, w), [x * 2]), has_aux=True)(x),
            of_named(named),
            func.grad(lambda x, w: x.sum(), argnums=1)(x, w),
            func.grad(func.grad(func.grad(lambda x: x.exp() * x)))(x[0, 0]),
            func.grad(lambda x, *, power: (x**power).sum())(x, power=3),
        ]

    assert_same_log(script)


def test_what_stays_on_the_tape():
    def script(lib):
        x, w = leaf(lib, 3), leaf(lib, 3, 1)
        plain = x.detach()
        first = lib.func.grad(lambda x: (x**3).sum())(x)
        captured = lib.func.grad(lambda x: (x**3 * w).sum())(plain)
        alone = lib.func.grad(lambda x: (x**3).sum())(plain)
        with lib.no_grad():
            unrecorded = lib.func.grad(lambda x: (x**3).sum())(x)
        (first.sum() + (captured**2).sum()).backward()
        itself = lib.func.grad(lambda a: (a * plain).sum())(plain)
        return [flags(first, captured, alone, unrecorded), unrecorded, x.grad, w.grad, itself]

    assert_same_log(script)


def test_products():
    def script(lib):
        func = lib.func
        x, w, v, u = tensors(lib, (2, 3), (3, 4), (2, 3), (2, 4))
        output, pull = func.vjp(lambda x, w: x.exp() @ w, x, w)
        pair, pull_pair = func.vjp(lambda x: (x.sin(), [x**2]), x)
        _, pull_aux, aux = func.vjp(lambda x: (x.sin(), x), x, has_aux=True)
        return [
            output, pull(u), pull(2 * u),
            pair, pull_pair((v, [2 * v])),
            pull_aux(v), aux,
            func.jvp(lambda x: x.exp() @ w, (x,), (v,)),
            func.jvp(lambda x, w: (x.exp() @ w, x), (x, w), (v, w * 2)),
            func.jvp(lambda x: (x.exp(), x), (x,), (v,), has_aux=True),
            func.jvp(lambda x: w * 2, (x,), (v,)),
            func.grad(lambda x: func.jvp(lambda y: y**3, (x,), (v,))[1].sum())(x),
        ]  # fmt: skip

    assert_same_log(script)


def test_jacobians():
    def script(lib):
        func = lib.func
        x, w = tensors(lib, (2, 3), (3, 4))
        return [
            func.jacrev(lambda x: x.exp() @ w)(x),
            func.jacfwd(lambda x: x.exp() @ w)(x),
            func.jacrev(lambda x, w: x.exp() @ w, argnums=(0, 1))(x, w),
            func.jacrev(lambda t: {"y": t["x"].sin(), "z": w.sum(0)})({"x": x}),
            func.jacrev(lambda x: (x.sin(), x), has_aux=True)(x),
            func.hessian(energy)(x, w),
            func.hessian(energy, argnums=(0, 1))(x, w),
            func.jacfwd(func.jacrev(energy), argnums=1)(x, w),
        ]

    assert_same_log(script)


def test_vmap():
    def script(lib):
        vmap = lib.func.vmap
        x, y, w = tensors(lib, (5, 3), (3, 5), (3,))
        return [
            vmap(lib.dot)(x, x * 2),
            vmap(lib.dot, in_dims=(0, None))(x, w),
            vmap(lib.dot, in_dims=(0, 1))(x, y),
            vmap(lambda a: a.exp(), in_dims=-1, out_dims=1)(y),
            vmap(lambda a: (a, {"b": a.sum()}), out_dims=(1, 0))(x),
            vmap(lambda t, k: t["x"] * t["y"][0] * k, in_dims=({"x": 0, "y": [1]}, None))(
                {"x": x, "y": [y]}, 2
            ),
            vmap(vmap(lambda a: a * 2))(x),
            vmap(lambda a, *, scale: a * scale)(x, scale=w),
            vmap(lib.func.grad(lambda w, x: (w @ x).tanh(), argnums=0), in_dims=(None, 0))(w, x),
            lib.vmap(lib.func.jacrev(lambda a: a**2))(x),
        ]

    assert_same_log(script)


@pytest.mark.parametrize("randomness", ["same", "different"])
def test_vmap_with_random_numbers(randomness):
    def script(lib):
        lib.manual_seed(5)
        x = lib.tensor(values((5, 3)))
        drawn = lib.func.vmap(lambda a: a + lib.rand(3, dtype=lib.float64), randomness=randomness)(x)
        return [drawn, lib.rand(2)]

    assert_same_log(script)


def test_gradients_per_sample_of_a_module():
    def script(lib):
        net = lib.nn.Sequential(affine(lib)(4, 3), lib.nn.Tanh(), affine(lib)(3, 2))
        params = {name: param.detach() for name, param in net.named_parameters()}
        x, target = tensors(lib, (6, 4), (6, 2))

        def loss(params, x, target):
            return ((lib.func.functional_call(net, params, (x,)) - target) ** 2).sum()

        return [
            lib.func.vmap(lib.func.grad(loss), in_dims=(None, 0, 0))(params, x, target),
            lib.func.grad(loss)(params, x, target),
            [param.grad for param in net.parameters()],
            lib.func.functional_call(net, [{"0.weight": params["0.weight"] * 2}, {"2.bias": x[0, :2]}], x),
        ]

    assert_same_log(script)


def test_an_ensemble():
    def script(lib):
        make = affine(lib)
        models = [make(4, 3, seed=seed) for seed in range(5)]
        params, buffers = lib.func.stack_module_state(models)
        x = lib.tensor(values((2, 4)))
        call = lib.func.vmap(
            lambda p, b, x: lib.func.functional_call(models[0], (p, b), (x,)), in_dims=(0, 0, None)
        )
        y = call(params, buffers, x)
        (y**2).sum().backward()
        return [params, buffers, y, [[param.is_leaf, param.grad] for param in params.values()]]

    assert_same_log(script)


REFUSALS = [
    (lambda f, x: f.grad(lambda x: x)(x), RuntimeError, "to return a scalar Tensor"),
    (lambda f, x: f.grad(lambda x: 2.0)(x), RuntimeError, "to return"),
    (
        lambda f, x: f.grad(lambda x: x.sum(), argnums=2)(x),
        RuntimeError,
        "Got argnum=2, but only 1 positional",
    ),
    (lambda f, x: f.vmap(lambda a: a, in_dims=None)(x), ValueError, ""),
    (lambda f, x: f.vmap(lambda a, b: a)(x, x[:3]), ValueError, "same size in the mapped dimension"),
    (lambda f, x: f.vmap(lambda a: 2)(x), ValueError, "must only return Tensors"),
    (lambda f, x: f.vmap(lambda a, b: a, in_dims=(0,))(x, x), ValueError, "in_dim"),
    (lambda f, x: f.vmap(lambda a: (a, a), out_dims=(0, 0, 0))(x), ValueError, "out_dims"),
    (lambda f, x: f.vmap(lambda a: a, randomness="some")(x), RuntimeError, "randomness"),
    (lambda f, x: f.stack_module_state([]), RuntimeError, "at least one model"),
    (lambda f, x: f.functional_call(None, [{"a": x}, {"a": x}], ()), ValueError, "appear"),
]


@pytest.mark.parametrize(("call", "kind", "pattern"), REFUSALS)
def test_refusals(call, kind, pattern):
    with pytest.raises(kind):
        call(torch.func, torch.ones(5, 3))
    assert_same_error(lambda lib: call(lib.func, lib.ones(5, 3)), pattern)


def test_random_numbers_are_refused():
    assert_same_error(lambda lib: lib.func.vmap(lambda a: a + lib.rand(3))(lib.ones(5, 3)), "randomness")


def test_names():
    public = set(torch.func.__all__) if hasattr(torch.func, "__all__") else {*vars(torch.func)}
    assert {name for name in npnn.func.__all__ if name not in public} == set()

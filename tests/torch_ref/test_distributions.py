"""npnn.distributions against torch's: samples from the same seed, densities and the like with gradients."""

import numpy as np
import pytest
import torch

import npnn
from torch_ref.scripts import assert_same, assert_same_log

A = np.random.default_rng(0).uniform(0.1, 0.9, (2, 3))
B = np.random.default_rng(1).uniform(0.1, 0.9, (3,))

# Made of two parameters, x (2, 3) and y (3,).
MADE = {
    "Normal": lambda d, x, y: d.Normal(x, y),
    "Normal of a number": lambda d, x, y: d.Normal(0.25, y),
    "Uniform": lambda d, x, y: d.Uniform(-x, 1 + y),
    "Exponential": lambda d, x, y: d.Exponential(x * y),
    "Bernoulli of probabilities": lambda d, x, y: d.Bernoulli(x * y),
    "Bernoulli of logits": lambda d, x, y: d.Bernoulli(logits=x - 2 * y),
    "Categorical of probabilities": lambda d, x, y: d.Categorical(x * y),
    "Categorical of logits": lambda d, x, y: d.Categorical(logits=x - 2 * y),
    "Categorical without a batch": lambda d, x, y: d.Categorical(logits=y),
    "Independent": lambda d, x, y: d.Independent(d.Normal(x, y), 1),
    "expanded": lambda d, x, y: d.Normal(x, y).expand((4, 2, 3)),
    "Laplace": lambda d, x, y: d.Laplace(x, y),
    "Cauchy": lambda d, x, y: d.Cauchy(x, y),
    "StudentT": lambda d, x, y: d.StudentT(4 * x, y, x),
    "Gumbel": lambda d, x, y: d.Gumbel(x, y),
    "LogNormal": lambda d, x, y: d.LogNormal(x, y),
    "HalfNormal": lambda d, x, y: d.HalfNormal(x * y),
    "HalfCauchy": lambda d, x, y: d.HalfCauchy(x * y),
    "Pareto": lambda d, x, y: d.Pareto(x, y + 2),
    "Weibull": lambda d, x, y: d.Weibull(x, y + 1),
    "Gamma": lambda d, x, y: d.Gamma(3 * x, y),
    "Chi2": lambda d, x, y: d.Chi2(3 * x * y),
    "InverseGamma": lambda d, x, y: d.InverseGamma(4 * x, y),
    "Beta": lambda d, x, y: d.Beta(3 * x, 4 * y),
    "Dirichlet": lambda d, x, y: d.Dirichlet(3 * x * y),
    "Poisson": lambda d, x, y: d.Poisson(20 * x * y),
    "Geometric": lambda d, x, y: d.Geometric(x * y),
    "Geometric of logits": lambda d, x, y: d.Geometric(logits=x - y),
    "Binomial": lambda d, x, y: d.Binomial(7, x * y),
    "Binomial of logits": lambda d, x, y: d.Binomial(30, logits=x - y),
    "NegativeBinomial": lambda d, x, y: d.NegativeBinomial(3 * x, y),
    "NegativeBinomial of logits": lambda d, x, y: d.NegativeBinomial(4, logits=x - 2 * y),
    "Multinomial": lambda d, x, y: d.Multinomial(5, x * y),
    "Multinomial of logits": lambda d, x, y: d.Multinomial(5, logits=x - y),
    "OneHotCategorical": lambda d, x, y: d.OneHotCategorical(x * y),
    "OneHotCategoricalStraightThrough": lambda d, x, y: d.OneHotCategoricalStraightThrough(logits=x - y),
    "RelaxedBernoulli": lambda d, x, y: d.RelaxedBernoulli(y.sum(), x * y),
    "RelaxedBernoulli of logits": lambda d, x, y: d.RelaxedBernoulli(y.sum(), logits=x - y),
    "RelaxedOneHotCategorical": lambda d, x, y: d.RelaxedOneHotCategorical(y.sum(), x * y),
    "VonMises": lambda d, x, y: d.VonMises(x, 3 * y),
    "LogisticNormal": lambda d, x, y: d.LogisticNormal(x, y),
    "MultivariateNormal of covariances": lambda d, x, y: d.MultivariateNormal(x, x.mT @ x + y.diag()),
    "MultivariateNormal of precisions": lambda d, x, y: d.MultivariateNormal(
        y, precision_matrix=x[:, :, None] * x[:, None] + y.diag()
    ),
    "MultivariateNormal of factors": lambda d, x, y: d.MultivariateNormal(
        y, scale_tril=(x[:, :, None] * y).tril()
    ),
    "LowRankMultivariateNormal": lambda d, x, y: d.LowRankMultivariateNormal(x, x.mT - 0.5, y),
    "MixtureSameFamily": lambda d, x, y: d.MixtureSameFamily(d.Categorical(x), d.Normal(x, y)),
    "MixtureSameFamily of vectors": lambda d, x, y: d.MixtureSameFamily(
        d.Categorical(x[:, 0]), d.Independent(d.Normal(x, y), 1)
    ),
    "TransformedDistribution": lambda d, x, y: d.TransformedDistribution(
        d.Normal(x, y), [d.transforms.TanhTransform(cache_size=1), d.transforms.AffineTransform(y, -2.0)]
    ),
    "TransformedDistribution of vectors": lambda d, x, y: d.TransformedDistribution(
        d.Independent(d.Normal(x, y), 1), d.transforms.StickBreakingTransform()
    ),
    "expanded Gumbel": lambda d, x, y: d.Gumbel(x, y).expand((4, 2, 3)),
    "expanded Dirichlet": lambda d, x, y: d.Dirichlet(3 * y).expand((4, 2)),
}
ASKED = {
    "entropy": lambda p, value: p.entropy(),
    "log_prob": lambda p, value: p.log_prob(value),
    "mean": lambda p, value: p.mean,
    "stddev": lambda p, value: p.stddev,
    "mode": lambda p, value: p.mode,
    "cdf": lambda p, value: p.cdf(value),
    "icdf": lambda p, value: p.icdf(value * 0 + 0.375),
    "rsample": lambda p, value: p.rsample((2,)),
    "variance": lambda p, value: p.variance,
    "enumerated": lambda p, value: p.enumerate_support(),
}
# Where torch is right to fewer digits: name of the distribution, entry, and how far torch may be off.
ROUGH = {
    # torch approximates the implicit gradients of gamma and Dirichlet samples.
    **{
        (name, "rsample, gradient"): 5e-3
        for name in ("StudentT", "Gamma", "Chi2", "InverseGamma", "Beta", "Dirichlet", "expanded Dirichlet")
    },
    # torch's trigamma function.
    **{
        (name, "entropy, gradient"): 1e-7
        for name in ("StudentT", "Gamma", "Chi2", "InverseGamma", "Beta", "expanded Dirichlet")
    },
    # torch takes ln n! in float32.
    **{(name, "entropy"): 1e-7 for name in ("Multinomial", "Multinomial of logits")},
    # torch's polynomials for the Bessel functions.
    **{
        ("VonMises", entry + more): 1e-6
        for entry in ("log_prob", "stddev", "variance")
        for more in ("", ", gradient")
    },
}
# torch's cdf has no gradient, and its log of it raises what the others do where there is no cdf.
WITHOUT_CDF = ("Gamma", "Chi2", "InverseGamma")


def log(lib, name):
    """All that a distribution tells, with the gradients of each by its parameters."""
    lib.manual_seed(7)
    x, y = (lib.tensor(values, requires_grad=True) for values in (A, B))
    p = MADE[name](lib.distributions, x, y)
    value = p.sample((3,))
    entries = [
        ["sample", value.numpy()],
        ["shapes", [list(p.batch_shape), list(p.event_shape), list(p.sample().shape)]],
        ["repr", repr(p)],
        ["has_rsample", p.has_rsample],
        ["next", lib.rand(3).numpy()],
    ]
    for asked, function in ASKED.items():
        if asked == "cdf" and name in WITHOUT_CDF:
            continue
        try:
            answer = function(p, value)
        except NotImplementedError:
            entries.append([asked, "not implemented"])
            continue
        entries.append([asked, answer.detach().numpy()])
        if answer.requires_grad:
            weights = lib.tensor(np.random.default_rng(2).standard_normal(tuple(answer.shape)))
            grads = lib.autograd.grad((answer * weights).sum(), (x, y), allow_unused=True, retain_graph=True)
            entries += [[f"{asked}, gradient", None if g is None else g.numpy()] for g in grads]
    return entries


@pytest.mark.parametrize("name", MADE)
def test_all_that_they_tell(name):
    for ours, theirs in zip(log(npnn, name), log(torch, name), strict=True):
        rtol = ROUGH.get((name, theirs[0]))
        if rtol is None or theirs[1] is None:
            assert_same(ours, theirs)
        else:
            np.testing.assert_allclose(ours[1], theirs[1], rtol=rtol, err_msg=theirs[0])


DIVERGENCES = {
    "Normal": lambda d, x, y: (d.Normal(x, y), d.Normal(y, x)),
    "Uniform": lambda d, x, y: (d.Uniform(-x, y), d.Uniform(-x - 1, y + x - 0.2)),
    "Exponential": lambda d, x, y: (d.Exponential(x), d.Exponential(y)),
    "Bernoulli": lambda d, x, y: (d.Bernoulli(x), d.Bernoulli(logits=y.expand(2, 3))),
    "Categorical": lambda d, x, y: (d.Categorical(x), d.Categorical(logits=y.expand(2, 3))),
    "Independent": lambda d, x, y: (
        d.Independent(d.Normal(x, y), 1),
        d.Independent(d.Normal(y.expand(2, 3), x), 1),
    ),
    "Beta": lambda d, x, y: (d.Beta(x, y), d.Beta(2 * y, x)),
    "Binomial": lambda d, x, y: (d.Binomial(5, x), d.Binomial(5, logits=y.expand(2, 3))),
    "Cauchy": lambda d, x, y: (d.Cauchy(x, y), d.Cauchy(y, x)),
    "Dirichlet": lambda d, x, y: (d.Dirichlet(x), d.Dirichlet(3 * y)),
    "Gamma": lambda d, x, y: (d.Gamma(x, y), d.Gamma(2 * y, x)),
    "Chi2 and Gamma": lambda d, x, y: (d.Chi2(x), d.Gamma(2 * y, x)),
    "Geometric": lambda d, x, y: (d.Geometric(x), d.Geometric(logits=y.expand(2, 3))),
    "Gumbel": lambda d, x, y: (d.Gumbel(x, y), d.Gumbel(y, x)),
    "HalfNormal": lambda d, x, y: (d.HalfNormal(x), d.HalfNormal(y)),
    "Laplace": lambda d, x, y: (d.Laplace(x, y), d.Laplace(y, x)),
    "LogNormal": lambda d, x, y: (d.LogNormal(x, y), d.LogNormal(y, x)),
    "MultivariateNormal": lambda d, x, y: (
        d.MultivariateNormal(x, x.mT @ x + y.diag()),
        d.MultivariateNormal(y, scale_tril=(x[:, :, None] * y).tril()),
    ),
    "OneHotCategorical": lambda d, x, y: (
        d.OneHotCategorical(x),
        d.OneHotCategorical(logits=y.expand(2, 3)),
    ),
    "Pareto": lambda d, x, y: (d.Pareto(x + 1, y), d.Pareto(y, x)),
    "Poisson": lambda d, x, y: (d.Poisson(x), d.Poisson(2 * y)),
    "TransformedDistribution": lambda d, x, y: tuple(
        d.TransformedDistribution(d.Normal(a, b), [d.AffineTransform(2.0, 3.0), d.TanhTransform()])
        for a, b in ((x, y), (y, x))
    ),
}


@pytest.mark.parametrize("name", DIVERGENCES)
def test_divergences(name):
    logs = []
    for lib in (npnn, torch):
        x, y = (lib.tensor(values, requires_grad=True) for values in (A, B))
        divergence = lib.distributions.kl_divergence(*DIVERGENCES[name](lib.distributions, x, y))
        finite = divergence.masked_fill(divergence.isinf(), 0.0)
        grads = lib.autograd.grad((finite * finite).sum(), (x, y), allow_unused=True)
        logs.append([divergence.detach().numpy(), *(None if g is None else g.numpy() for g in grads)])
    assert_same(*logs)


def test_certain_events():
    logs = []
    for lib in (npnn, torch):
        d = lib.distributions
        p = d.Categorical(lib.tensor([0.0, 0.5, 0.5])), d.Categorical(lib.tensor([0.5, 0.0, 0.5]))
        q = d.Bernoulli(lib.tensor([0.0, 1.0, 0.3])), d.Bernoulli(lib.tensor([0.0, 0.5, 1.0]))
        logs.append(
            [
                *(d.kl_divergence(*pair).numpy() for pair in (p, p[::-1], q, q[::-1])),
                *(one.entropy().numpy() for one in (*p, *q)),
                *(one.logits.numpy() for one in (*p, *q)),
            ]
        )
    for ours, theirs in zip(*logs, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_policy_learns_the_same(dtype):
    """Actions drawn, their log-probabilities weighted: the step of REINFORCE."""
    losses = []
    for lib in (npnn, torch):
        lib.manual_seed(0)
        net = lib.nn.Linear(4, 3, dtype=getattr(lib, dtype))
        optimizer = lib.optim.SGD(net.parameters(), lr=0.5)
        log = []
        for _ in range(20):
            policy = lib.distributions.Categorical(logits=net(lib.randn(8, 4, dtype=getattr(lib, dtype))))
            action = policy.sample()
            loss = -(policy.log_prob(action) * (action - 1)).mean() - 0.01 * policy.entropy().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            log.append(loss.item())
        losses.append(log)
    np.testing.assert_allclose(*losses, rtol=1e-4 if dtype == "float32" else 1e-9)


REFUSED = [
    lambda d, t: d.Normal(0.0, -1.0),
    lambda d, t: d.Uniform(1.0, 0.0),
    lambda d, t: d.Exponential(-1.0),
    lambda d, t: d.Bernoulli(2.0),
    lambda d, t: d.Bernoulli(0.5, 0.5),
    lambda d, t: d.Categorical(t.tensor(0.5)),
    lambda d, t: d.Categorical(t.tensor([-1.0, 2.0])),
    lambda d, t: d.Categorical(logits=t.zeros(2)).log_prob(t.tensor(2)),
    lambda d, t: d.Bernoulli(0.5).log_prob(t.tensor(0.5)),
    lambda d, t: d.Exponential(1.0).log_prob(t.tensor(-1.0)),
    lambda d, t: d.Normal(t.zeros(2), 1.0).log_prob(t.zeros(3)),
    lambda d, t: d.Normal(0.0, 1.0).log_prob(0.0),
    lambda d, t: d.Independent(d.Normal(0.0, 1.0), 1),
    lambda d, t: d.Gamma(0.0, 1.0),
    lambda d, t: d.Beta(1.0, -1.0),
    lambda d, t: d.Dirichlet(t.tensor(1.0)),
    lambda d, t: d.Dirichlet(t.ones(2)).log_prob(t.ones(2)),
    lambda d, t: d.StudentT(-1.0),
    lambda d, t: d.HalfNormal(-1.0),
    lambda d, t: d.HalfNormal(1.0).log_prob(t.tensor(-1.0)),
    lambda d, t: d.LogNormal(0.0, 1.0).log_prob(t.tensor(-1.0)),
    lambda d, t: d.Geometric(0.0),
    lambda d, t: d.Geometric(),
    lambda d, t: d.Poisson(-1.0),
    lambda d, t: d.Poisson(1.0).log_prob(t.tensor(0.5)),
    lambda d, t: d.Binomial(3, 0.5).log_prob(t.tensor(4.0)),
    lambda d, t: d.Binomial(-1, t.tensor(0.5)),
    lambda d, t: d.NegativeBinomial(1.0, 1.0),
    lambda d, t: d.Multinomial(2, t.ones(2)).log_prob(t.tensor([2.0, 1.0])),
    lambda d, t: d.OneHotCategorical(t.ones(2)).log_prob(t.ones(2)),
    lambda d, t: d.RelaxedBernoulli(t.tensor(1.0)),
    lambda d, t: d.MultivariateNormal(t.tensor(0.0), t.eye(2)),
    lambda d, t: d.MultivariateNormal(t.zeros(2), t.ones(2)),
    lambda d, t: d.MultivariateNormal(t.zeros(2), t.eye(2), t.eye(2)),
    lambda d, t: d.MultivariateNormal(t.zeros(2), -t.eye(2)),
    lambda d, t: d.MultivariateNormal(t.zeros(2), scale_tril=t.ones(2, 2)),
    lambda d, t: d.LowRankMultivariateNormal(t.zeros(2), t.ones(3, 1), t.ones(2)),
    lambda d, t: d.MixtureSameFamily(d.Categorical(t.ones(2)), d.Normal(t.zeros(3), 1.0)),
    lambda d, t: d.MixtureSameFamily(d.Normal(0.0, 1.0), d.Normal(t.zeros(3), 1.0)),
    lambda d, t: d.TransformedDistribution(d.Normal(0.0, 1.0), 3),
    lambda d, t: d.TransformedDistribution(d.Normal(0.0, 1.0), d.StickBreakingTransform()),
    lambda d, t: d.ReshapeTransform((2,), (3,)),
    lambda d, t: d.ExpTransform(cache_size=2),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_refused(number):
    for lib in (npnn, torch):
        with pytest.raises(ValueError, match=r"."):
            REFUSED[number](lib.distributions, lib)


TRANSFORMS = {
    "Abs": lambda d, y: d.AbsTransform(),
    "Affine": lambda d, y: d.AffineTransform(y, -2.0, event_dim=1),
    "Affine of tensors": lambda d, y: d.AffineTransform(1.0, y),
    "Compose": lambda d, y: d.ComposeTransform([d.AffineTransform(y, 2.0), d.SigmoidTransform()]),
    "Compose of vectors": lambda d, y: d.ComposeTransform([d.ExpTransform().inv, d.StickBreakingTransform()]),
    "CumulativeDistribution": lambda d, y: d.CumulativeDistributionTransform(d.Normal(y, 2.0)),
    "Exp": lambda d, y: d.ExpTransform(),
    "identity": lambda d, y: d.identity_transform,
    "Independent": lambda d, y: d.IndependentTransform(d.ExpTransform(), 1),
    "inverse of Tanh": lambda d, y: d.TanhTransform().inv,
    "LowerCholesky": lambda d, y: d.LowerCholeskyTransform(),
    "PositiveDefinite": lambda d, y: d.PositiveDefiniteTransform(),
    "Power": lambda d, y: d.PowerTransform(y - 1),
    "Reshape": lambda d, y: d.ReshapeTransform((3, 3), (9,)),
    "Sigmoid": lambda d, y: d.SigmoidTransform(cache_size=1),
    "Softmax": lambda d, y: d.SoftmaxTransform(),
    "Softplus": lambda d, y: d.SoftplusTransform(),
    "StickBreaking": lambda d, y: d.StickBreakingTransform(),
    "Tanh": lambda d, y: d.TanhTransform(),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms(name):
    logs = []
    for lib in (npnn, torch):
        d = lib.distributions
        x = lib.tensor(np.random.default_rng(3).uniform(0.1, 0.9, (2, 3, 3)), requires_grad=True)
        y = lib.tensor(B, requires_grad=True)
        t = TRANSFORMS[name](d, y)
        z = t(x)
        back = t.inv(z.detach().clone())
        entries = [
            z.detach().numpy(),
            back.detach().numpy(),
            t.bijective,
            [list(t.forward_shape(x.shape)), list(t.inverse_shape(z.shape))],
            [t.domain.event_dim, t.codomain.event_dim],
            t.codomain.check(z).numpy(),
            t == TRANSFORMS[name](d, y),
        ]
        total = (z**2).sum()
        for asked in ("sign", "log_abs_det_jacobian"):
            try:
                answer = getattr(t, asked)
                answer = answer(x, z) if asked != "sign" else answer * lib.ones(1)
            except (NotImplementedError, AttributeError):
                answer = None
            entries.append(None if answer is None else answer.detach().numpy())
            total = total if answer is None else total + (answer**2).sum()
        grads = lib.autograd.grad(total, (x, y), allow_unused=True)
        logs.append([*entries, *(None if g is None else g.numpy() for g in grads)])
    assert_same(*logs)


CONSTRAINTS = {
    "boolean": lambda c: c.boolean,
    "greater_than": lambda c: c.greater_than(0.5),
    "greater_than_eq": lambda c: c.greater_than_eq(0.5),
    "half_open_interval": lambda c: c.half_open_interval(0.0, 0.5),
    "independent": lambda c: c.independent(c.positive, 2),
    "integer_interval": lambda c: c.integer_interval(1, 2),
    "interval": lambda c: c.interval(0.0, 0.5),
    "less_than": lambda c: c.less_than(0.5),
    "multinomial": lambda c: c.multinomial(2),
    **{
        name: lambda c, name=name: getattr(c, name)
        for name in (
            *(
                "lower_cholesky",
                "lower_triangular",
                "nonnegative",
                "nonnegative_integer",
                "one_hot",
                "positive",
            ),
            *("positive_definite", "positive_integer", "positive_semidefinite", "real", "real_vector"),
            *("simplex", "square", "symmetric", "unit_interval"),
        )
    },
}
MATRICES = [
    [[1.0, 0.0], [0.5, 2.0]],
    [[2.0, 1.0], [1.0, 0.25]],
    [[2.0, 1.0], [1.0, 3.0]],
    [[-1.0, 0.0], [0.25, 0.75]],
    [[np.nan, 1.0], [0.0, 1.0]],
    [[1.0, 0.0], [0.0, 1.0]],
]


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_constraints(name):
    answers = []
    for lib in (npnn, torch):
        constraint = CONSTRAINTS[name](lib.distributions.constraints)
        values = [
            lib.tensor(matrix)
            for matrix in MATRICES
            if name[:8] != "positive" or matrix[0][0] == matrix[0][0]
        ]
        answers.append(
            [
                [constraint.event_dim, constraint.is_discrete],
                *(constraint.check(value).tolist() for value in values),
            ]
        )
    assert_same(*answers)


@pytest.mark.parametrize("registry", ["biject_to", "transform_to"])
def test_registries(registry):
    """The transform for each constraint, and the constraints for which there is none."""

    def script(lib):
        d, x = lib.distributions, lib.tensor(np.random.default_rng(3).standard_normal((2, 3, 3)))
        entries = []
        for name in CONSTRAINTS:
            constraint = CONSTRAINTS[name](d.constraints)
            try:
                entries.append([name, getattr(d, registry)(constraint)(x)])
            except NotImplementedError:
                entries.append([name, "none"])
        return entries

    assert_same_log(script)


def test_a_constraint_of_ones_own():
    def script(lib):
        d = lib.distributions

        class Even(d.constraints.Constraint):
            def check(self, value):
                return value % 2 == 0

        d.transform_to.register(Even, lambda _: d.AffineTransform(0, 2))
        return [d.transform_to(Even())(lib.arange(3.0)), Even().check(lib.arange(3))]

    assert_same_log(script)
    with pytest.raises(TypeError, match="Expected constraint"):
        npnn.distributions.transform_to.register(3, lambda _: None)


def test_a_cache_returns_what_was_put_in():
    """Where tanh is rounded to 1, the inverse alone cannot know x; log_prob of a sample stays finite."""
    logs = []
    for lib in (npnn, torch):
        d = lib.distributions
        p = d.TransformedDistribution(d.Normal(lib.tensor([20.0, 0.0]), 1.0), [d.TanhTransform(cache_size=1)])
        lib.manual_seed(0)
        logs.append(p.log_prob(p.rsample()).numpy())
    np.testing.assert_allclose(*logs, rtol=1e-5)
    assert np.isfinite(logs[0]).all()


def test_a_distribution_of_ones_own():
    """A subclass as tutorials write them: arg_constraints, support, and a formula for its divergence."""
    answers = []
    for lib in (npnn, torch):
        d = lib.distributions

        class Shifted(d.Normal):
            arg_constraints = {  # noqa: RUF012 - as scripts write it
                "loc": d.constraints.real,
                "scale": d.constraints.greater_than(0.5),
            }

            @d.constraints.dependent_property(is_discrete=False, event_dim=0)
            def support(self):
                return lib.distributions.constraints.greater_than(-1.0)  # noqa: B023 - called in this turn

        @d.register_kl(Shifted, d.Normal)
        def _(p, q):
            return p.loc - q.scale

        p = Shifted(lib.tensor([1.0, 2.0]), 0.75)
        answers.append(d.kl_divergence(p, d.Normal(0.0, 2.0)).tolist())
        with pytest.raises(ValueError, match="scale"):
            Shifted(0.0, 0.25)
        with pytest.raises(ValueError, match="support"):
            p.log_prob(lib.tensor(-2.0))
    assert_same(*answers)

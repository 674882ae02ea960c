"""Distributions in closed form; tests/torch_ref/test_distributions.py compares them with torch."""

import math

import numpy as np
import pytest

import npnn
from npnn import distributions as d


def test_densities_are_normalised():
    """The sum over a fine grid, or over all values."""
    x = npnn.linspace(-12, 12, 4801, dtype=npnn.float64)
    step = 24 / 4800
    for distribution, values in (
        (d.Normal(npnn.tensor(0.3, dtype=npnn.float64), 1.7), x),
        (d.Exponential(npnn.tensor(0.9, dtype=npnn.float64)), x[x > 0] - step / 2),
        (d.Gamma(npnn.tensor(2.5, dtype=npnn.float64), 1.5), x[x > 0] - step / 2),
        (d.Beta(npnn.tensor(2.5, dtype=npnn.float64), 3.0), x[(x > 0) & (x < 1)] - step / 2),
        (d.Laplace(npnn.tensor(0.3, dtype=npnn.float64), 0.7), x),
        (d.Gumbel(npnn.tensor(-1.0, dtype=npnn.float64), 0.7), x),
        (d.StudentT(npnn.tensor(9.0, dtype=npnn.float64), 0.3, 0.7), x),
        (d.LogNormal(npnn.tensor(0.1, dtype=npnn.float64), 0.3), x[x > 0] - step / 2),
        (d.HalfNormal(npnn.tensor(1.1, dtype=npnn.float64)), x[x > 0] - step / 2),
        (d.Weibull(npnn.tensor(1.1, dtype=npnn.float64), 2.0), x[x > 0] - step / 2),
        (d.VonMises(npnn.tensor(0.5, dtype=npnn.float64), 2.0), x[(x > -math.pi) & (x < math.pi)]),
    ):
        assert (distribution.log_prob(values).exp().sum() * step).item() == pytest.approx(1, abs=1e-4)
    for distribution, count in (
        (d.Bernoulli(probs=npnn.tensor(0.3)), 2),
        (d.Categorical(logits=npnn.tensor([0.5, -1.0, 2.0])), 3),
        (d.Binomial(4, probs=npnn.tensor(0.3)), 5),
        (d.Geometric(probs=npnn.tensor(0.6)), 40),
        (d.NegativeBinomial(2.5, probs=npnn.tensor(0.3)), 60),
        (d.Poisson(npnn.tensor(2.5)), 40),
    ):
        values = npnn.arange(count, dtype=npnn.float32)
        assert distribution.log_prob(values).exp().sum().item() == pytest.approx(1, rel=1e-6)


def test_two_normal_values_are_a_vector_of_two():
    loc = npnn.tensor([0.5, -1.0], dtype=npnn.float64)
    scale = npnn.tensor([2.0, 0.5], dtype=npnn.float64)
    apart = d.Independent(d.Normal(loc, scale), 1)
    together = d.MultivariateNormal(loc, scale_tril=npnn.diag(scale))
    few = d.LowRankMultivariateNormal(loc, npnn.zeros(2, 1, dtype=npnn.float64), scale**2)
    x = npnn.tensor([[0.25, 3.0], [1.0, -1.5]], dtype=npnn.float64)
    for one in (together, few):
        np.testing.assert_allclose(one.log_prob(x), apart.log_prob(x), rtol=1e-12)
        np.testing.assert_allclose(one.entropy(), apart.entropy(), rtol=1e-12)
        np.testing.assert_allclose(one.precision_matrix, npnn.diag(scale**-2), rtol=1e-12)


def test_a_covariance_of_low_rank_is_one():
    rng = np.random.default_rng(0)
    loc, diagonal = npnn.tensor(rng.standard_normal(3)), npnn.tensor(rng.uniform(0.5, 2, (2, 3)))
    few = d.LowRankMultivariateNormal(loc, npnn.tensor(rng.standard_normal((3, 2))), diagonal)
    whole = d.MultivariateNormal(loc, few.covariance_matrix)
    x = npnn.tensor(rng.standard_normal((4, 2, 3)))
    np.testing.assert_allclose(few.log_prob(x), whole.log_prob(x), rtol=1e-12)
    np.testing.assert_allclose(few.entropy(), whole.entropy(), rtol=1e-12)
    np.testing.assert_allclose(few.precision_matrix, whole.precision_matrix, rtol=1e-11)
    np.testing.assert_allclose(few.scale_tril, whole.scale_tril, rtol=1e-12, atol=1e-14)


def test_a_mixture_of_one_is_that_one():
    x = npnn.tensor([0.25, 3.0], dtype=npnn.float64)
    one = d.Normal(npnn.tensor([0.5], dtype=npnn.float64), 2.0)
    mixture = d.MixtureSameFamily(d.Categorical(npnn.ones(1)), one)
    np.testing.assert_allclose(mixture.log_prob(x), one.log_prob(x), rtol=1e-12)


def test_entropy_is_the_mean_of_the_surprise():
    p = npnn.tensor([0.2, 0.5, 0.3], dtype=npnn.float64)
    surprise = -(p * p.log()).sum().item()
    assert d.Categorical(probs=p).entropy().item() == pytest.approx(surprise, rel=1e-12)
    assert d.Categorical(probs=p).perplexity().item() == pytest.approx(math.exp(surprise), rel=1e-12)


def test_the_divergence_of_a_distribution_from_itself_is_zero():
    for p in (
        d.Normal(0.5, 2.0),
        d.Uniform(-1.0, 2.0),
        d.Exponential(3.0),
        d.Bernoulli(probs=0.3),
        d.Categorical(probs=npnn.tensor([0.2, 0.8])),
        d.Independent(d.Normal(npnn.zeros(3), 1.0), 1),
        d.Gamma(2.0, 3.0),
        d.Beta(2.0, 0.5),
        d.Poisson(3.0),
        d.Laplace(0.5, 2.0),
        d.MultivariateNormal(npnn.ones(2), npnn.tensor([[2.0, 1.0], [1.0, 2.0]])),
        d.LogNormal(0.5, 2.0),
    ):
        assert d.kl_divergence(p, p).item() == pytest.approx(0, abs=1e-7)


def test_samples_with_and_without_gradients():
    scale = npnn.tensor([1.0, 2.0], requires_grad=True)
    normal = d.Normal(0.0, scale)
    assert not normal.sample((3,)).requires_grad
    y = normal.rsample((3,))
    y.sum().backward()
    np.testing.assert_allclose(scale.grad, (y.array / scale.array).sum(0), rtol=1e-6)
    with pytest.raises(NotImplementedError, match="no samples with gradients"):
        d.Bernoulli(probs=0.5).rsample()


def test_expand():
    for p in (
        d.Normal(npnn.zeros(2), 1.0),
        d.Categorical(logits=npnn.zeros(2, 4)),
        d.Independent(d.Normal(npnn.zeros(2, 3), 1.0), 1),
        d.Beta(npnn.ones(2), 2.0),
        d.Chi2(npnn.ones(2)),
        d.Dirichlet(npnn.ones(2, 3)),
        d.InverseGamma(npnn.ones(2), 1.0),
        d.LogisticNormal(npnn.zeros(2, 3), 1.0),
        d.LowRankMultivariateNormal(npnn.zeros(2, 3), npnn.ones(3, 2), npnn.ones(3)),
        d.MixtureSameFamily(d.Categorical(npnn.ones(2, 4)), d.Normal(npnn.zeros(2, 4), 1.0)),
        d.Multinomial(3, npnn.ones(2, 4)),
        d.MultivariateNormal(npnn.zeros(2, 3), npnn.eye(3)),
        d.NegativeBinomial(npnn.ones(2), 0.5),
        d.OneHotCategorical(npnn.ones(2, 4)),
        d.Pareto(npnn.ones(2), 1.0),
        d.RelaxedBernoulli(npnn.tensor(1.0), npnn.full((2,), 0.5)),
        d.RelaxedOneHotCategorical(npnn.tensor(1.0), npnn.ones(2, 4)),
        d.StudentT(npnn.ones(2)),
        d.VonMises(npnn.zeros(2), 1.0),
        d.Weibull(npnn.ones(2), 1.0),
    ):
        larger = p.expand((5, 2))
        assert larger.batch_shape == (5, 2)
        assert larger.event_shape == p.event_shape
        assert larger.sample().shape == (5, 2, *p.event_shape)


def test_switching_the_checks_off():
    assert d.Normal(0.0, -1.0, validate_args=False).scale.item() == -1
    d.Distribution.set_default_validate_args(False)
    try:
        assert d.Normal(0.0, -1.0).scale.item() == -1
    finally:
        d.Distribution.set_default_validate_args(True)


def test_refused():
    normal = d.Normal(npnn.zeros(2), 1.0)
    for call, error, message in (
        (lambda: d.Normal(0.0, -1.0), ValueError, "parameter scale .* to be positive"),
        (lambda: d.Uniform(1.0, 0.0), ValueError, "parameter high .* greater than 1"),
        (lambda: d.Exponential(0.0), ValueError, "parameter rate"),
        (lambda: d.Bernoulli(probs=1.5), ValueError, "parameter probs .* between 0 and 1"),
        (lambda: d.Bernoulli(), ValueError, "but not both"),
        (lambda: d.Categorical(), ValueError, "but not both"),
        (lambda: d.Categorical(probs=npnn.tensor(1.0)), ValueError, "at least one-dimensional"),
        (lambda: d.Categorical(probs=npnn.tensor([1.0, -0.5])), ValueError, "parameter probs"),
        (lambda: d.Categorical(logits=npnn.zeros(3)).log_prob(npnn.tensor(3)), ValueError, "from 0 to 2"),
        (lambda: d.Bernoulli(probs=0.5).log_prob(npnn.tensor(0.5)), ValueError, "0 or 1"),
        (lambda: normal.log_prob(0.0), ValueError, "must be a Tensor"),
        (lambda: normal.log_prob(npnn.zeros(3)), ValueError, "not broadcastable"),
        (lambda: d.Independent(normal, 2), ValueError, "reinterpreted_batch_ndims"),
        (lambda: d.kl_divergence(normal, d.Exponential(1.0)), NotImplementedError, "Normal .* Exponential"),
    ):
        with pytest.raises(error, match=message):
            call()

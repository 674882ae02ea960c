"""The divergence of Kullback and Leibler between two distributions, and the table of its formulas."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from npnn.distributions.bernoulli import Bernoulli
from npnn.distributions.beta import Beta
from npnn.distributions.binomial import Binomial
from npnn.distributions.categorical import Categorical
from npnn.distributions.cauchy import Cauchy
from npnn.distributions.dirichlet import Dirichlet
from npnn.distributions.distribution import EULER, Distribution, sum_rightmost
from npnn.distributions.exponential import Exponential
from npnn.distributions.gamma import Gamma
from npnn.distributions.geometric import Geometric
from npnn.distributions.gumbel import Gumbel
from npnn.distributions.half_normal import HalfNormal
from npnn.distributions.independent import Independent
from npnn.distributions.laplace import Laplace
from npnn.distributions.multivariate_normal import MultivariateNormal, apart
from npnn.distributions.normal import Normal
from npnn.distributions.one_hot_categorical import OneHotCategorical
from npnn.distributions.pareto import Pareto
from npnn.distributions.poisson import Poisson
from npnn.distributions.transformed_distribution import TransformedDistribution
from npnn.distributions.uniform import Uniform
from npnn.functional.activation import softplus
from npnn.tensors.linalg import solve_triangular

Formula = TypeVar("Formula", bound=Callable[[Any, Any], Any])

_FORMULAS: dict[tuple[type, type], Callable[[Any, Any], Any]] = {}


def register_kl(type_p: type, type_q: type) -> Callable[[Formula], Formula]:
    """A decorator that enters the formula for two kinds of distributions, and what derives from them.

    Args:
        type_p: the class of the first.
        type_q: the class of the second.

    Raises:
        TypeError: one is no class of distributions.

    Source: torch.distributions.register_kl.

    Examples:
        >>> from npnn.distributions import Normal, kl_divergence, register_kl
        >>> class Peaked(Normal):
        ...     pass
        >>> @register_kl(Peaked, Peaked)
        ... def _(p, q):
        ...     return p.loc - q.loc
        >>> kl_divergence(Peaked(3.0, 1.0), Peaked(1.0, 1.0))
        tensor(2.)
    """
    for name, kind in (("type_p", type_p), ("type_q", type_q)):
        if not (isinstance(kind, type) and issubclass(kind, Distribution)):
            raise TypeError(f"Expected {name} to be a Distribution subclass, but got {kind}")

    def enter(formula: Formula) -> Formula:
        _FORMULAS[type_p, type_q] = formula
        return formula

    return enter


def kl_divergence(p: Distribution, q: Distribution) -> Any:
    """∫ p(x) ln(p(x) / q(x)) dx, for each element of the batch.

    Args:
        p: a distribution.
        q: another one. Of several formulas that fit, that of the nearest classes is taken.

    Raises:
        NotImplementedError: there is no formula for their kinds.

    Source: torch.distributions.kl_divergence.

    Examples:
        >>> from npnn.distributions import Normal, kl_divergence
        >>> kl_divergence(Normal(1.0, 1.0), Normal(0.0, 1.0))
        tensor(0.5000)
    """
    fitting = [kinds for kinds in _FORMULAS if isinstance(p, kinds[0]) and isinstance(q, kinds[1])]
    if not fitting:
        raise NotImplementedError(
            f"No KL(p || q) is implemented for p type {type(p).__name__} and q type {type(q).__name__}"
        )
    above_p, above_q = type(p).__mro__, type(q).__mro__
    return _FORMULAS[min(fitting, key=lambda kinds: (above_p.index(kinds[0]), above_q.index(kinds[1])))](p, q)


@register_kl(Normal, Normal)
def _normal(p: Normal, q: Normal) -> Any:
    ratio = (p.scale / q.scale) ** 2
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale) ** 2 - 1 - ratio.log())


@register_kl(Uniform, Uniform)
def _uniform(p: Uniform, q: Uniform) -> Any:
    divergence = ((q.high - q.low) / (p.high - p.low)).log()
    return divergence.masked_fill((q.low > p.low) | (q.high < p.high), math.inf)


@register_kl(Exponential, Exponential)
def _exponential(p: Exponential, q: Exponential) -> Any:
    ratio = q.rate / p.rate
    return ratio - 1 - ratio.log()


@register_kl(Bernoulli, Bernoulli)
def _bernoulli(p: Bernoulli, q: Bernoulli) -> Any:
    ones = p.probs * (softplus(-q.logits) - softplus(-p.logits))
    zeros = (1 - p.probs) * (softplus(q.logits) - softplus(p.logits))
    ones = ones.masked_fill(q.probs == 0, math.inf).masked_fill(p.probs == 0, 0.0)
    return ones + zeros.masked_fill(q.probs == 1, math.inf).masked_fill(p.probs == 1, 0.0)


@register_kl(Categorical, Categorical)
def _categorical(p: Categorical, q: Categorical) -> Any:
    terms = p.probs * (p.logits - q.logits)
    shape = np.broadcast_shapes(p.probs.shape, q.probs.shape)
    terms = terms.masked_fill((q.probs == 0).expand(shape), math.inf)
    return terms.masked_fill((p.probs == 0).expand(shape), 0.0).sum(-1)


@register_kl(Independent, Independent)
def _independent(p: Independent, q: Independent) -> Any:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError("KL(p || q) of two Independent needs as many axes taken together in both")
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)


@register_kl(Beta, Beta)
def _beta(p: Beta, q: Beta) -> Any:
    return _dirichlet(p._dirichlet, q._dirichlet)


@register_kl(Binomial, Binomial)
def _binomial(p: Binomial, q: Binomial) -> Any:
    if (p.total_count < q.total_count).any():
        raise NotImplementedError("KL(p || q) of two Binomial needs no fewer trials in p than in q")
    each = p.probs * (p.logits - q.logits) + (-p.probs).log1p() - (-q.probs).log1p()
    return (p.total_count * each).masked_fill(p.total_count > q.total_count, math.inf)


@register_kl(Cauchy, Cauchy)
def _cauchy(p: Cauchy, q: Cauchy) -> Any:
    squares = (p.scale + q.scale) ** 2 + (p.loc - q.loc) ** 2
    return squares.log() - (4 * p.scale * q.scale).log()


@register_kl(Dirichlet, Dirichlet)
def _dirichlet(p: Dirichlet, q: Dirichlet) -> Any:
    a, b = p.concentration, q.concentration
    total = a.sum(-1)
    normalizers = total.lgamma() - b.sum(-1).lgamma() - (a.lgamma() - b.lgamma()).sum(-1)
    return normalizers + ((a - b) * (a.digamma() - total.digamma().unsqueeze(-1))).sum(-1)


@register_kl(Gamma, Gamma)
def _gamma(p: Gamma, q: Gamma) -> Any:
    a, b = p.concentration, q.concentration
    normalizers = b * (p.rate / q.rate).log() + b.lgamma() - a.lgamma()
    return normalizers + (a - b) * a.digamma() + (q.rate - p.rate) * (a / p.rate)


@register_kl(Geometric, Geometric)
def _geometric(p: Geometric, q: Geometric) -> Any:
    return -p.entropy() - (-q.probs).log1p() / p.probs - q.logits


@register_kl(Gumbel, Gumbel)
def _gumbel(p: Gumbel, q: Gumbel) -> Any:
    ratio, away = p.scale / q.scale, (p.loc - q.loc) / q.scale
    return away - ratio.log() + ratio * EULER + ((1 + ratio).lgamma() - away).exp() - (1 + EULER)


@register_kl(HalfNormal, HalfNormal)
def _half_normal(p: HalfNormal, q: HalfNormal) -> Any:
    return _normal(p.base_dist, q.base_dist)


@register_kl(Laplace, Laplace)
def _laplace(p: Laplace, q: Laplace) -> Any:
    ratio, away = p.scale / q.scale, (p.loc - q.loc).abs()
    return -ratio.log() + away / q.scale + ratio * (-away / p.scale).exp() - 1


@register_kl(MultivariateNormal, MultivariateNormal)
def _multivariate_normal(p: MultivariateNormal, q: MultivariateNormal) -> Any:
    if p.event_shape != q.event_shape:
        raise ValueError(
            "KL-divergence between two Multivariate Normals with different event shapes cannot be computed:"
            f" {p.event_shape} and {q.event_shape}"
        )
    spread = (solve_triangular(q.factor, p.factor, upper=False) ** 2).sum((-2, -1))
    away = (apart(q.factor, q.loc - p.loc) ** 2).sum(-1)
    return q.half_log_det() - p.half_log_det() + 0.5 * (spread + away - p.event_shape[0])


@register_kl(OneHotCategorical, OneHotCategorical)
def _one_hot(p: OneHotCategorical, q: OneHotCategorical) -> Any:
    return _categorical(p._categorical, q._categorical)


@register_kl(Pareto, Pareto)
def _pareto(p: Pareto, q: Pareto) -> Any:
    ratio = q.alpha / p.alpha
    divergence = q.alpha * (p.scale / q.scale).log() - ratio.log() + ratio - 1
    return divergence.masked_fill(p.scale < q.scale, math.inf)


@register_kl(Poisson, Poisson)
def _poisson(p: Poisson, q: Poisson) -> Any:
    return p.rate * (p.rate.log() - q.rate.log()) - (p.rate - q.rate)


@register_kl(TransformedDistribution, TransformedDistribution)
def _transformed(p: TransformedDistribution, q: TransformedDistribution) -> Any:
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError(
            "KL(p || q) of two TransformedDistribution needs the same transforms in both"
        )
    base = kl_divergence(p.base_dist, q.base_dist)
    return sum_rightmost(base, len(p.event_shape) - len(p.base_dist.event_shape))

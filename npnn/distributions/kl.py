"""The divergence of Kullback and Leibler between two distributions of one kind."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from npnn.distributions.bernoulli import Bernoulli
from npnn.distributions.categorical import Categorical
from npnn.distributions.distribution import Distribution, sum_rightmost
from npnn.distributions.exponential import Exponential
from npnn.distributions.independent import Independent
from npnn.distributions.normal import Normal
from npnn.distributions.uniform import Uniform
from npnn.functional.activation import softplus


def kl_divergence(p: Distribution, q: Distribution) -> Any:
    """∫ p(x) ln(p(x) / q(x)) dx, for each element of the batch.

    Args:
        p: a distribution.
        q: one of the same kind.

    Raises:
        NotImplementedError: they are of different kinds, or of one for which there is no formula here.

    Source: torch.distributions.kl_divergence.

    Examples:
        >>> from npnn.distributions import Normal, kl_divergence
        >>> kl_divergence(Normal(1.0, 1.0), Normal(0.0, 1.0))
        tensor(0.5000)
    """
    for kind, formula in _FORMULAS.items():
        if isinstance(p, kind) and isinstance(q, kind):
            return formula(p, q)
    raise NotImplementedError(
        f"No KL(p || q) is implemented for p type {type(p).__name__} and q type {type(q).__name__}"
    )


def _normal(p: Normal, q: Normal) -> Any:
    ratio = (p.scale / q.scale) ** 2
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale) ** 2 - 1 - ratio.log())


def _uniform(p: Uniform, q: Uniform) -> Any:
    divergence = ((q.high - q.low) / (p.high - p.low)).log()
    return divergence.masked_fill((q.low > p.low) | (q.high < p.high), math.inf)


def _exponential(p: Exponential, q: Exponential) -> Any:
    ratio = q.rate / p.rate
    return ratio - 1 - ratio.log()


def _bernoulli(p: Bernoulli, q: Bernoulli) -> Any:
    ones = p.probs * (softplus(-q.logits) - softplus(-p.logits))
    zeros = (1 - p.probs) * (softplus(q.logits) - softplus(p.logits))
    ones = ones.masked_fill(q.probs == 0, math.inf).masked_fill(p.probs == 0, 0.0)
    return ones + zeros.masked_fill(q.probs == 1, math.inf).masked_fill(p.probs == 1, 0.0)


def _categorical(p: Categorical, q: Categorical) -> Any:
    terms = p.probs * (p.logits - q.logits)
    shape = np.broadcast_shapes(p.probs.shape, q.probs.shape)
    terms = terms.masked_fill((q.probs == 0).expand(shape), math.inf)
    return terms.masked_fill((p.probs == 0).expand(shape), 0.0).sum(-1)


def _independent(p: Independent, q: Independent) -> Any:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError("KL(p || q) of two Independent needs as many axes taken together in both")
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)


_FORMULAS: dict[type[Distribution], Callable[[Any, Any], Any]] = {
    Normal: _normal,
    Uniform: _uniform,
    Exponential: _exponential,
    Bernoulli: _bernoulli,
    Categorical: _categorical,
    Independent: _independent,
}

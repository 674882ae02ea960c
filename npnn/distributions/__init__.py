"""torch.distributions: the distributions that policies and models of data are made of.

Samples are torch's from the same seed; densities, entropies and divergences have gradients.

Source: torch.distributions.

Examples:
    >>> import npnn
    >>> from npnn.distributions import Categorical
    >>> logits = npnn.zeros(2, 3, requires_grad=True)
    >>> policy = Categorical(logits=logits)
    >>> loss = -policy.log_prob(npnn.tensor([0, 2])).sum()
    >>> loss.backward()
    >>> logits.grad
    tensor([[-0.6667,  0.3333,  0.3333],
            [ 0.3333,  0.3333, -0.6667]])
"""

from npnn.distributions import constraints, transforms
from npnn.distributions.bernoulli import Bernoulli
from npnn.distributions.beta import Beta
from npnn.distributions.binomial import Binomial
from npnn.distributions.categorical import Categorical
from npnn.distributions.cauchy import Cauchy
from npnn.distributions.chi2 import Chi2
from npnn.distributions.constraint_registry import biject_to, transform_to
from npnn.distributions.dirichlet import Dirichlet
from npnn.distributions.distribution import Distribution
from npnn.distributions.exponential import Exponential
from npnn.distributions.gamma import Gamma
from npnn.distributions.geometric import Geometric
from npnn.distributions.gumbel import Gumbel
from npnn.distributions.half_cauchy import HalfCauchy
from npnn.distributions.half_normal import HalfNormal
from npnn.distributions.independent import Independent
from npnn.distributions.inverse_gamma import InverseGamma
from npnn.distributions.kl import kl_divergence, register_kl
from npnn.distributions.laplace import Laplace
from npnn.distributions.log_normal import LogNormal
from npnn.distributions.logistic_normal import LogisticNormal
from npnn.distributions.lowrank_multivariate_normal import LowRankMultivariateNormal
from npnn.distributions.mixture_same_family import MixtureSameFamily
from npnn.distributions.multinomial import Multinomial
from npnn.distributions.multivariate_normal import MultivariateNormal
from npnn.distributions.negative_binomial import NegativeBinomial
from npnn.distributions.normal import Normal
from npnn.distributions.one_hot_categorical import OneHotCategorical, OneHotCategoricalStraightThrough
from npnn.distributions.pareto import Pareto
from npnn.distributions.poisson import Poisson
from npnn.distributions.relaxed_bernoulli import RelaxedBernoulli
from npnn.distributions.relaxed_categorical import RelaxedOneHotCategorical
from npnn.distributions.studentT import StudentT
from npnn.distributions.transformed_distribution import TransformedDistribution
from npnn.distributions.transforms import (
    AbsTransform,
    AffineTransform,
    ComposeTransform,
    CumulativeDistributionTransform,
    ExpTransform,
    IndependentTransform,
    LowerCholeskyTransform,
    PositiveDefiniteTransform,
    PowerTransform,
    ReshapeTransform,
    SigmoidTransform,
    SoftmaxTransform,
    SoftplusTransform,
    StickBreakingTransform,
    TanhTransform,
    Transform,
    identity_transform,
)
from npnn.distributions.uniform import Uniform
from npnn.distributions.von_mises import VonMises
from npnn.distributions.weibull import Weibull

__all__ = [
    "AbsTransform",
    "AffineTransform",
    "Bernoulli",
    "Beta",
    "Binomial",
    "Categorical",
    "Cauchy",
    "Chi2",
    "ComposeTransform",
    "CumulativeDistributionTransform",
    "Dirichlet",
    "Distribution",
    "ExpTransform",
    "Exponential",
    "Gamma",
    "Geometric",
    "Gumbel",
    "HalfCauchy",
    "HalfNormal",
    "Independent",
    "IndependentTransform",
    "InverseGamma",
    "Laplace",
    "LogNormal",
    "LogisticNormal",
    "LowRankMultivariateNormal",
    "LowerCholeskyTransform",
    "MixtureSameFamily",
    "Multinomial",
    "MultivariateNormal",
    "NegativeBinomial",
    "Normal",
    "OneHotCategorical",
    "OneHotCategoricalStraightThrough",
    "Pareto",
    "Poisson",
    "PositiveDefiniteTransform",
    "PowerTransform",
    "RelaxedBernoulli",
    "RelaxedOneHotCategorical",
    "ReshapeTransform",
    "SigmoidTransform",
    "SoftmaxTransform",
    "SoftplusTransform",
    "StickBreakingTransform",
    "StudentT",
    "TanhTransform",
    "Transform",
    "TransformedDistribution",
    "Uniform",
    "VonMises",
    "Weibull",
    "biject_to",
    "constraints",
    "identity_transform",
    "kl_divergence",
    "register_kl",
    "transform_to",
    "transforms",
]

"""torch.distributions: the distributions that policies and variational models are made of.

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

from npnn.distributions.bernoulli import Bernoulli
from npnn.distributions.categorical import Categorical
from npnn.distributions.distribution import Distribution
from npnn.distributions.exponential import Exponential
from npnn.distributions.independent import Independent
from npnn.distributions.kl import kl_divergence
from npnn.distributions.normal import Normal
from npnn.distributions.uniform import Uniform

__all__ = [
    "Bernoulli",
    "Categorical",
    "Distribution",
    "Exponential",
    "Independent",
    "Normal",
    "Uniform",
    "kl_divergence",
]

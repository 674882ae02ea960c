"""The package of CS 189's homework on neural networks, whole, over npnn's own operations.

Code that was written for the homework's `neural_networks` runs after that name is replaced by `npnn.cs189`.
Here a network is driven by hand, without a tape: every layer keeps what its backward needs in its cache. What
is mended of the homework's package, and why, is in docs/cs189.md.

    activations, layers, losses      a forward beside a backward, each an operation of npnn.ops
    models                           NeuralNetwork: train, test, predict
    optimizers, schedulers, weights  SGD, its learning rate, and the first weights
    datasets, logs                   Iris in batches, and the folder of a run

Batches come first, examples in rows and images channels-last; matrices are (n_in, n_out), kernels (kh, kw,
n_in, n_out) and biases (1, n_out).
"""

from npnn.cs189 import activations, datasets, layers, logs, losses, models, optimizers, schedulers, weights

__all__ = [
    "activations",
    "datasets",
    "layers",
    "logs",
    "losses",
    "models",
    "optimizers",
    "schedulers",
    "weights",
]

"""torch.optim: optimizers, the schedulers of their learning rates, and averages of models.

An optimizer gets the parameters of a model, all alike or in groups with options of their own, and its `step`
moves each along its gradient:

    >>> import npnn
    >>> _ = npnn.manual_seed(0)
    >>> net = npnn.Sequential(npnn.Linear(4, 16), npnn.ReLU(), npnn.Linear(16, 3))
    >>> weights = [param for param in net.parameters() if param.ndim == 2]
    >>> biases = [param for param in net.parameters() if param.ndim == 1]
    >>> groups = [{"params": weights, "weight_decay": 0.1}, {"params": biases, "weight_decay": 0.0}]
    >>> optimizer = npnn.optim.AdamW(groups, lr=0.05)
    >>> scheduler = npnn.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=30)
    >>> x, labels = npnn.randn(16, 4), npnn.arange(16) % 3
    >>> for step in range(30):
    ...     optimizer.zero_grad()
    ...     loss = npnn.functional.cross_entropy(net(x), labels)
    ...     loss.backward()
    ...     optimizer.step()
    ...     scheduler.step()
    >>> bool(loss < 0.3)
    True

To read: sgd.py is the shortest whole one; adam.py and its like are formulas that _per_parameter.py applies to
each parameter in turn; lbfgs.py and muon.py go their own ways.
"""

from npnn.optim import lr_scheduler, swa_utils
from npnn.optim._stateless import swap_in_optimizer_params_and_state
from npnn.optim.adadelta import Adadelta
from npnn.optim.adafactor import Adafactor
from npnn.optim.adagrad import Adagrad
from npnn.optim.adam import Adam, AdamW
from npnn.optim.adamax import Adamax
from npnn.optim.asgd import ASGD
from npnn.optim.lbfgs import LBFGS
from npnn.optim.muon import Muon
from npnn.optim.nadam import NAdam
from npnn.optim.optimizer import Optimizer
from npnn.optim.radam import RAdam
from npnn.optim.rmsprop import RMSprop
from npnn.optim.rprop import Rprop
from npnn.optim.sgd import SGD
from npnn.optim.sparse_adam import SparseAdam

__all__ = [
    "ASGD",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Muon",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "SparseAdam",
    "lr_scheduler",
    "swa_utils",
    "swap_in_optimizer_params_and_state",
]

"""torch.optim: optimizers, and the schedulers of their learning rates."""

from npnn.optim import lr_scheduler
from npnn.optim.optimizer import Optimizer
from npnn.optim.sgd import SGD

__all__ = ["SGD", "Optimizer", "lr_scheduler"]

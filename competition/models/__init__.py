"""The networks: plain nn.Modules that take images (N, C, H, W) and give logits (N, 10).

Each is an nn.Sequential whose last weighted layer is called `head`; `competition.optim` goes by these names,
and `competition.parity` takes the layers one by one into NumPy.
"""

from competition.models.airbench import Airbench
from competition.models.layers import Residual, Scale
from competition.models.mlp import MLP
from competition.models.plain_cnn import PlainCNN

__all__ = ["MLP", "Airbench", "PlainCNN", "Residual", "Scale"]

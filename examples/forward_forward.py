"""The forward-forward algorithm (Hinton, 2022): each layer learns by itself, nothing is propagated back.

An image carries a label in front of its pixels. A layer learns to be active on images with their true labels
and quiet on those with false ones; the label of a new image is the one that makes the layers most active.
"""

import argparse
import itertools

from sklearn.datasets import load_digits

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--backend", choices=["torch", "npnn"], default="npnn")
parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
parser.add_argument("--steps", type=int, default=300, help="of each layer")
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()

if args.backend == "torch":
    import torch
    import torch.nn.functional as F
    from torch import nn
    from torch.optim import Adam
else:
    import npnn as torch
    import npnn.functional as F
    from npnn import nn
    from npnn.optim import Adam

torch.set_default_dtype(getattr(torch, args.dtype))
torch.manual_seed(args.seed)

CLASSES = 10
THRESHOLD = 0.5


def labelled(x, y):
    """The images with the ten pixels of their labels in front: one is bright, the others are dark."""
    return torch.cat((F.one_hot(y, CLASSES).to(x.dtype), x), dim=1)


class Layer(nn.Linear):
    """A linear layer on inputs of length 1, which has an optimizer of its own."""

    def __init__(self, in_features, out_features):
        super().__init__(in_features, out_features)
        self.optimizer = Adam(self.parameters(), lr=0.03)

    def forward(self, x):
        return F.relu(super().forward(x / (x.norm(2, dim=1, keepdim=True) + 1e-4)))

    def goodness(self, x):
        return self(x).pow(2).mean(dim=1)

    def train_alone(self, positive, negative, steps):
        for step in range(steps):
            good = self.goodness(positive) - THRESHOLD
            bad = self.goodness(negative) - THRESHOLD
            loss = F.softplus(torch.cat((-good, bad))).mean()
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            if step % 10 == 0:
                print(f"{step:5}  {loss.item():.12g}")


class Net(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.layers = nn.ModuleList(Layer(*pair) for pair in itertools.pairwise(sizes))

    def learn(self, positive, negative, steps):
        for number, layer in enumerate(self.layers):
            print(f"layer {number}")
            layer.train_alone(positive, negative, steps)
            positive, negative = layer(positive).detach(), layer(negative).detach()

    @torch.no_grad()
    def predict(self, x):
        goodness = []
        for label in range(CLASSES):
            h = labelled(x, torch.full((len(x),), label))
            total = torch.zeros(len(x))
            for layer in self.layers:
                total += layer.goodness(h)
                h = layer(h)
            goodness.append(total)
        return torch.stack(goodness, dim=1).argmax(dim=1)


digits = load_digits()
images = torch.tensor(digits.data / 16, dtype=torch.get_default_dtype())
labels = torch.tensor(digits.target)
x, y = images[:500], labels[:500]
false = (y + torch.randint(1, CLASSES, y.shape)) % CLASSES

net = Net(CLASSES + 64, 100, 80)
net.learn(labelled(x, y), labelled(x, false), args.steps)
for name, part in (("train", slice(500)), ("test", slice(1500, None))):
    correct = (net.predict(images[part]) == labels[part]).sum().item()
    print(f"{name}: {correct} of {len(labels[part])} right")

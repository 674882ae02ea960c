"""The fast gradient sign method (Goodfellow et al., 2015): small changes to its images make a network fail.

Each pixel is changed by epsilon, up or down as the sign of its gradient tells. Where a gradient is all but
zero, rounding decides its sign: in float32 the losses under attack may then differ in their fourth digit.
"""

import argparse

from sklearn.datasets import load_digits

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--backend", choices=["torch", "npnn"], default="npnn")
parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
parser.add_argument("--steps", type=int, default=200)
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()

if args.backend == "torch":
    import torch
    import torch.nn.functional as F
    from torch import nn, optim

    CHANNELS = 1  # the axis of an image's channels
else:
    import npnn as torch
    import npnn.functional as F
    from npnn import nn, optim

    CHANNELS = -1

torch.set_default_dtype(getattr(torch, args.dtype))
torch.manual_seed(args.seed)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3)
        self.conv2 = nn.Conv2d(8, 16, 3)
        self.fc1 = nn.Linear(16 * 2 * 2, 32)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x):
        x = F.silu(self.conv1(x))
        x = F.avg_pool2d(F.silu(self.conv2(x)), 2)
        x = torch.flatten(x.movedim(CHANNELS, 1), 1)  # fc1's weights are drawn for features in torch's order
        return self.fc2(F.silu(self.fc1(x)))


def fgsm_attack(images, epsilon, gradient):
    """Each pixel changed by epsilon, the way that raises the loss."""
    return torch.clamp(images + epsilon * gradient.sign(), 0, 1)


def test(model, images, labels, epsilon):
    images = images.clone().requires_grad_()
    loss = F.cross_entropy(model(images), labels)
    (gradient,) = torch.autograd.grad(loss, images)
    with torch.no_grad():
        output = model(fgsm_attack(images, epsilon, gradient))
    correct = (output.argmax(dim=1) == labels).sum().item()
    print(
        f"epsilon {epsilon}: loss {F.cross_entropy(output, labels).item():.12g}, {correct} of {len(labels)}"
        " right"
    )


digits = load_digits()
images = torch.tensor(digits.images / 16, dtype=torch.get_default_dtype()).unsqueeze(CHANNELS)
labels = torch.tensor(digits.target)

model = Net()
optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
for step in range(args.steps):
    batch = torch.randint(1500, (64,))
    loss = F.cross_entropy(model(images[batch]), labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 10 == 0:
        print(f"{step:5}  {loss.item():.12g}")

for epsilon in (0, 0.05, 0.1, 0.15, 0.2):
    test(model, images[1500:], labels[1500:], epsilon)

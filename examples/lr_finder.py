"""Finds a learning rate: raises it step by step until the loss rises, and takes that of the steepest descent.

Then the model starts again from its first weights and trains with that rate.
"""

import argparse
import copy
import math

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--backend", choices=["torch", "npnn"], default="npnn")
parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
parser.add_argument("--steps", type=int, default=300, help="of the training that follows")
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()

if args.backend == "torch":
    import torch
    import torch.nn.functional as F
    from torch import nn
else:
    import npnn.nn.functional as F

    import npnn as torch
    from npnn import nn

torch.set_default_dtype(getattr(torch, args.dtype))
torch.manual_seed(args.seed)

START, END, TRIALS = 1e-4, 10.0, 100


def spirals(points):
    """Three arms around the origin, and the number of the arm of each point."""
    label = torch.randint(0, 3, (points,))
    radius = torch.rand(points) ** 0.5
    angle = 4 * radius + 2 * math.pi / 3 * label + 0.1 * torch.randn(points)
    return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1), label


def step_on(batch, model, optimizer):
    x, label = batch
    loss = F.cross_entropy(model(x), label)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def find_learning_rate(model):
    """The rate at which the smoothed loss falls fastest in the logarithm of the rate."""
    initial = copy.deepcopy(model.state_dict())
    optimizer = torch.optim.SGD(model.parameters(), lr=START, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=(END / START) ** (1 / TRIALS))
    rates, losses, average = [], [], 0.0
    for trial in range(TRIALS):
        rates.append(scheduler.get_last_lr()[0])
        average = 0.9 * average + 0.1 * step_on(spirals(64), model, optimizer)
        losses.append(average / (1 - 0.9 ** (trial + 1)))
        scheduler.step()
        if trial % 5 == 0:
            print(f"{trial:5}  {losses[-1]:.12g}  at {rates[-1]:.6g}")
        if losses[-1] > 1.2 * min(losses):
            break
    model.load_state_dict(initial)
    slopes = torch.tensor(losses).diff()
    return rates[slopes.argmin().item()]


model = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 3))
rate = find_learning_rate(model)
print(f"training at {rate:.6g}")
optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9)
for step in range(args.steps):
    loss = step_on(spirals(64), model, optimizer)
    if step % 20 == 0 or step == args.steps - 1:
        print(f"{step:5}  {loss:.12g}")

x, label = spirals(500)
with torch.no_grad():
    right = (model(x).argmax(1) == label).sum().item()
print(f"{right} of {len(label)} right")

"""Regression on a table: eight features, some of which matter, a held-out part, and a small network.

The data are generated, standardised by the training part's mean and deviation, and drawn in shuffled batches.
"""

import argparse

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--backend", choices=["torch", "npnn"], default="npnn")
parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
parser.add_argument("--steps", type=int, default=1000)
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()

if args.backend == "torch":
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset, random_split
else:
    import npnn as torch
    from npnn import nn
    from npnn.utils.data import DataLoader, TensorDataset, random_split

torch.set_default_dtype(getattr(torch, args.dtype))
torch.manual_seed(args.seed)


def make_data(rows):
    """Prices of houses, say: products, thresholds and noise, in features of different scales."""
    x = torch.randn(rows, 8) * torch.tensor([1.0, 3.0, 0.5, 10.0, 1.0, 1.0, 2.0, 5.0]) + 4
    y = 0.5 * x[:, 0] * x[:, 2] + torch.where(x[:, 3] > 0, 2.0, -1.0) + torch.sin(x[:, 1]) - 0.1 * x[:, 7]
    return x, (y + 0.1 * torch.randn(rows)).unsqueeze(1)


train_set, test_set = random_split(TensorDataset(*make_data(1000)), [0.8, 0.2])
train_x, train_y = train_set[:]
test_x, test_y = test_set[:]

mean, std = train_x.mean(0), train_x.std(0)
model = nn.Sequential(nn.Linear(8, 64), nn.GELU(), nn.Linear(64, 32), nn.GELU(), nn.Linear(32, 1))
loss_fn = nn.SmoothL1Loss()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3, weight_decay=1e-4)
loader = DataLoader(train_set, batch_size=64, shuffle=True)


def standardise(x):
    return (x - mean) / std


def batches():
    """Those of one epoch after the other."""
    while True:
        yield from loader


def test():
    model.eval()
    with torch.no_grad():
        residuals = model(standardise(test_x)) - test_y
    model.train()
    r2 = 1 - residuals.square().sum() / (test_y - test_y.mean()).square().sum()
    print(f"test: mean absolute error {residuals.abs().mean().item():.6g}, R² {r2.item():.6g}")


for step, (x, y) in zip(range(args.steps), batches()):
    loss = loss_fn(model(standardise(x)), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 20 == 0 or step == args.steps - 1:
        print(f"{step:5}  {loss.item():.12g}")

test()

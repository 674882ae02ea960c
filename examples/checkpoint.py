"""Trains, saves a checkpoint half-way, and goes on from it in new objects as if nothing had been between.

The checkpoint holds all that the rest of the training depends on: the states of the model, the optimizer and
the scheduler, and that of the random numbers, of which batches and dropout are made.
"""

import argparse
import tempfile
from pathlib import Path

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--backend", choices=["torch", "npnn"], default="npnn")
parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
parser.add_argument("--steps", type=int, default=400)
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()

if args.backend == "torch":
    import torch
    from torch import nn
else:
    import npnn as torch
    from npnn import nn

torch.set_default_dtype(getattr(torch, args.dtype))
torch.manual_seed(args.seed)

centres = torch.randn(3, 8)
labels = torch.arange(600) % 3
points = centres[labels] + torch.randn(600, 8)


def build():
    model = nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 3))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-2, total_steps=max(args.steps, 2))
    return model, optimizer, scheduler


def train(model, optimizer, scheduler, steps):
    losses = []
    for step in steps:
        batch = torch.randint(len(points), (32,))
        loss = nn.functional.cross_entropy(model(points[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
        if step % 20 == 0 or step == args.steps - 1:
            print(f"{step:5}  {losses[-1]:.12g}")
    return losses


def save(path, step, model, optimizer, scheduler):
    checkpoint = {
        "step": step,
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "scheduler": scheduler.state_dict(),
        "random": torch.get_rng_state(),
    }
    torch.save(checkpoint, path)


def resume(path, model, optimizer, scheduler):
    checkpoint = torch.load(path, weights_only=True)
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    scheduler.load_state_dict(checkpoint["scheduler"])
    torch.set_rng_state(checkpoint["random"])
    return checkpoint["step"]


half = args.steps // 2
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "checkpoint.pt"
    objects = build()
    train(*objects, range(half))
    save(path, half, *objects)
    print("saved; on without a stop:")
    losses = train(*objects, range(half, args.steps))

    objects = build()
    step = resume(path, *objects)
    print("resumed:")
    resumed = train(*objects, range(step, args.steps))
print("the same losses to the bit:", resumed == losses)

model = objects[0].eval()
with torch.no_grad():
    right = (model(points).argmax(1) == labels).sum().item()
print(f"{right} of {len(points)} right")

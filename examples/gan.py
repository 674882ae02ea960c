"""A generative adversarial network (Goodfellow et al., 2014): one network makes up digits to deceive another.

Each has its own optimizer. They are those of DCGAN (Radford et al., 2015) at 8 by 8 pixels, but with SiLU: a
ReLU's slope jumps, and the game of two magnifies each rounding error that lands on the other side.
"""

import argparse
import math

from sklearn.datasets import load_digits

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--backend", choices=["torch", "npnn"], default="npnn")
parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
parser.add_argument("--steps", type=int, default=1120, help="rounded up to whole epochs")
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()

if args.backend == "torch":
    import torch
    from torch import nn
    from torch.optim import Adam
    from torch.utils.data import DataLoader

    CHANNELS = 1  # the axis of an image's channels
else:
    import npnn as torch
    from npnn import nn
    from npnn.optim import Adam
    from npnn.utils.data import DataLoader

    CHANNELS = -1

torch.set_default_dtype(getattr(torch, args.dtype))
torch.manual_seed(args.seed)

CODE = 20


def weights_init(module):
    """DCGAN's: convolutions from N(0, 0.02), the scales of batch normalisation from N(1, 0.02)."""
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)


generator = nn.Sequential(
    nn.ConvTranspose2d(CODE, 24, 2, bias=False),  # 2 by 2
    nn.BatchNorm2d(24),
    nn.SiLU(),
    nn.ConvTranspose2d(24, 8, 4, stride=2, padding=1, bias=False),  # 4 by 4
    nn.BatchNorm2d(8),
    nn.SiLU(),
    nn.ConvTranspose2d(8, 1, 4, stride=2, padding=1, bias=False),  # 8 by 8
    nn.Tanh(),
)
discriminator = nn.Sequential(
    nn.Conv2d(1, 8, 4, stride=2, padding=1, bias=False),  # 4 by 4
    nn.SiLU(),
    nn.Conv2d(8, 24, 4, stride=2, padding=1, bias=False),  # 2 by 2
    nn.BatchNorm2d(24),
    nn.SiLU(),
    nn.Conv2d(24, 1, 2, bias=False),  # 1 by 1
    nn.Flatten(0),
)
generator.apply(weights_init)
discriminator.apply(weights_init)


def noise(n):
    return torch.randn(n, CODE, 1, 1).movedim(1, CHANNELS)


digits = torch.tensor(load_digits().images / 8 - 1, dtype=torch.get_default_dtype()).unsqueeze(CHANNELS)
loader = DataLoader(digits, batch_size=32, shuffle=True, drop_last=True)
criterion = nn.BCEWithLogitsLoss()
optimizer_d = Adam(discriminator.parameters(), lr=1e-3, betas=(0.5, 0.999))
optimizer_g = Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.999))

for epoch in range(math.ceil(args.steps / len(loader))):
    for step, real in enumerate(loader, start=epoch * len(loader)):
        ones, zeros = torch.ones(len(real)), torch.zeros(len(real))

        optimizer_d.zero_grad()
        fake = generator(noise(len(real)))
        loss_d = criterion(discriminator(real), ones) + criterion(discriminator(fake.detach()), zeros)
        loss_d.backward()
        optimizer_d.step()

        optimizer_g.zero_grad()
        loss_g = criterion(discriminator(fake), ones)
        loss_g.backward()
        optimizer_g.step()

        if step % 10 == 0:
            print(f"{step:5}  {loss_d.item():.12g}  {loss_g.item():.12g}")

generator.eval()
with torch.no_grad():
    made_up = generator(noise(8)).view(8, 8, 8)
for rows in made_up.transpose(0, 1).add(1).mul(2.4999).long().tolist():
    print("  ".join("".join(" .+o#"[shade] * 2 for shade in row) for row in rows))

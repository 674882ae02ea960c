"""A variational autoencoder (Kingma and Welling, 2014) of handwritten digits, which then makes one up."""

import argparse
import math

from sklearn.datasets import load_digits

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--backend", choices=["torch", "npnn"], default="npnn")
parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
parser.add_argument("--steps", type=int, default=870, help="rounded up to whole epochs")
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()

if args.backend == "torch":
    import torch
    import torch.nn.functional as F
    from torch import nn
    from torch.optim import Adam
    from torch.utils.data import DataLoader
else:
    import npnn as torch
    import npnn.functional as F
    from npnn import nn
    from npnn.optim import Adam
    from npnn.utils.data import DataLoader

torch.set_default_dtype(getattr(torch, args.dtype))
torch.manual_seed(args.seed)


class VAE(nn.Module):
    """From 64 pixels to the mean and log variance of a code of 4 numbers, and from a drawn code to pixels."""

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 48)
        self.fc21 = nn.Linear(48, 4)
        self.fc22 = nn.Linear(48, 4)
        self.fc3 = nn.Linear(4, 48)
        self.fc4 = nn.Linear(48, 64)

    def encode(self, x):
        h = F.relu(self.fc1(x))
        return self.fc21(h), self.fc22(h)

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        eps = torch.randn_like(std)
        return mu + eps * std

    def decode(self, z):
        h = F.relu(self.fc3(z))
        return torch.sigmoid(self.fc4(h))

    def forward(self, x):
        mu, logvar = self.encode(x)
        return self.decode(self.reparameterize(mu, logvar)), mu, logvar


def loss_function(reconstruction, x, mu, logvar):
    """The negative evidence lower bound: cross entropy of pixels, and divergence of codes from N(0, 1)."""
    bce = F.binary_cross_entropy(reconstruction, x, reduction="sum")
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return (bce + kld) / len(x)


digits = torch.tensor(load_digits().data / 16, dtype=torch.get_default_dtype())
loader = DataLoader(digits, batch_size=64, shuffle=True)
model = VAE()
optimizer = Adam(model.parameters(), lr=3e-3)

for epoch in range(math.ceil(args.steps / len(loader))):
    for step, x in enumerate(loader, start=epoch * len(loader)):
        reconstruction, mu, logvar = model(x)
        loss = loss_function(reconstruction, x, mu, logvar)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 10 == 0:
            print(f"{step:5}  {loss.item():.12g}")

with torch.no_grad():
    digit = model.decode(torch.randn(1, 4)).view(8, 8)
for row in digit.mul(4.9999).long().tolist():
    print("".join(" .+o#"[shade] * 2 for shade in row))

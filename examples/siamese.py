"""A Siamese network tells whether two images show the same digit: both go through the same weights."""

import argparse
import math

from sklearn.datasets import load_digits

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--backend", choices=["torch", "npnn"], default="npnn")
parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
parser.add_argument("--steps", type=int, default=480, help="rounded up to whole epochs")
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()

if args.backend == "torch":
    import torch
    from torch import nn
    from torch.optim import Adam
    from torch.utils.data import DataLoader, Dataset

    CHANNELS = 1  # the axis of an image's channels
else:
    import npnn as torch
    from npnn import nn
    from npnn.optim import Adam
    from npnn.utils.data import DataLoader, Dataset

    CHANNELS = -1

torch.set_default_dtype(getattr(torch, args.dtype))
torch.manual_seed(args.seed)


class Pairs(Dataset):
    """Each image with a random other one, of the same digit (1) or of another (0) with equal chances."""

    def __init__(self, images, labels):
        self.images = images
        self.labels = labels

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        same = torch.randint(2, ()).item()
        alike = self.labels == self.labels[index]
        (candidates,) = torch.where(alike if same else ~alike)
        partner = candidates[torch.randint(len(candidates), ())]
        return self.images[index], self.images[partner], torch.tensor(float(same))


class SiameseNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.SiLU(),
            nn.AvgPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.SiLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )
        self.compare = nn.Sequential(nn.Linear(32, 16), nn.SiLU(), nn.Linear(16, 1))

    def forward(self, first, second):
        return self.compare((self.features(first) - self.features(second)).pow(2)).squeeze(1)


def test(model, loader):
    model.eval()
    correct = 0
    with torch.no_grad():
        for first, second, same in loader:
            correct += ((model(first, second) > 0) == same.bool()).sum().item()
    print(f"{correct} of {len(loader.dataset)} right")


digits = load_digits()
images = torch.tensor(digits.images / 16, dtype=torch.get_default_dtype()).unsqueeze(CHANNELS)
labels = torch.tensor(digits.target)
train_loader = DataLoader(Pairs(images[:1280], labels[:1280]), batch_size=32, shuffle=True)
test_loader = DataLoader(Pairs(images[1500:], labels[1500:]), batch_size=99)

model = SiameseNetwork()
criterion = nn.BCEWithLogitsLoss()
optimizer = Adam(model.parameters(), lr=5e-3)
for epoch in range(math.ceil(args.steps / len(train_loader))):
    model.train()
    for step, (first, second, same) in enumerate(train_loader, start=epoch * len(train_loader)):
        optimizer.zero_grad()
        loss = criterion(model(first, second), same)
        loss.backward()
        optimizer.step()
        if step % 10 == 0:
            print(f"{step:5}  {loss.item():.12g}")
    test(model, test_loader)

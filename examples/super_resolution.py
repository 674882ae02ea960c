"""Doubles the resolution of images (Shi et al., 2016): convolutions at the low one, then a pixel shuffle."""

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
    import torch.nn.functional as F
    from torch import nn
    from torch.nn import init
    from torch.optim import Adam
    from torch.utils.data import DataLoader

    CHANNELS = 1  # the axis of an image's channels
else:
    import npnn as torch
    import npnn.functional as F
    from npnn import init, nn
    from npnn.optim import Adam
    from npnn.utils.data import DataLoader

    CHANNELS = -1

torch.set_default_dtype(getattr(torch, args.dtype))
torch.manual_seed(args.seed)


class Net(nn.Module):
    def __init__(self, upscale_factor):
        super().__init__()
        self.relu = nn.ReLU()
        self.conv1 = nn.Conv2d(1, 16, 5, padding=2)
        self.conv2 = nn.Conv2d(16, 16, 3, padding=1)
        self.conv3 = nn.Conv2d(16, upscale_factor**2, 3, padding=1)
        self.pixel_shuffle = nn.PixelShuffle(upscale_factor)
        init.orthogonal_(self.conv1.weight, init.calculate_gain("relu"))
        init.orthogonal_(self.conv2.weight, init.calculate_gain("relu"))
        init.orthogonal_(self.conv3.weight)

    def forward(self, x):
        x = self.relu(self.conv1(x))
        x = self.relu(self.conv2(x))
        return self.pixel_shuffle(self.conv3(x))


def psnr(mse):
    """The peak signal-to-noise ratio in decibels."""
    return 10 * math.log10(1 / mse.item())


def shrink(images):
    return F.avg_pool2d(images, 2)


digits = torch.tensor(load_digits().images / 16, dtype=torch.get_default_dtype()).unsqueeze(CHANNELS)
train_loader = DataLoader(digits[:1500], batch_size=64, shuffle=True)
test_images = digits[1500:]
baseline = F.interpolate(shrink(test_images), scale_factor=2, mode="bicubic", align_corners=False)
print(f"bicubic interpolation: {psnr(F.mse_loss(baseline, test_images)):.12g} dB")

model = Net(upscale_factor=2)
criterion = nn.MSELoss()
optimizer = Adam(model.parameters(), lr=3e-3)
for epoch in range(math.ceil(args.steps / len(train_loader))):
    for step, images in enumerate(train_loader, start=epoch * len(train_loader)):
        optimizer.zero_grad()
        loss = criterion(model(shrink(images)), images)
        loss.backward()
        optimizer.step()
        if step % 10 == 0:
            print(f"{step:5}  {loss.item():.12g}")
    with torch.no_grad():
        print(f"test: {psnr(criterion(model(shrink(test_images)), test_images)):.12g} dB")

"""A convolutional network reads handwritten digits: dropout, Adadelta, a learning rate that falls by epochs.

It is PyTorch's MNIST example on scikit-learn's digits of 8 by 8 pixels. SiLU and means stand where that has
ReLU and maxima: the slopes of these jump, and a rounding error on the wrong side would show in the losses.
"""

import argparse
import math

from sklearn.datasets import load_digits

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--backend", choices=["torch", "npnn"], default="npnn")
parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
parser.add_argument("--steps", type=int, default=240, help="rounded up to whole epochs")
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()

if args.backend == "torch":
    import torch
    import torch.nn.functional as F
    from torch import nn
    from torch.optim import Adadelta
    from torch.optim.lr_scheduler import StepLR
    from torch.utils.data import DataLoader, TensorDataset, random_split

    CHANNELS = 1  # the axis of an image's channels
else:
    import npnn as torch
    import npnn.functional as F
    from npnn import nn
    from npnn.optim import Adadelta
    from npnn.optim.lr_scheduler import StepLR
    from npnn.utils.data import DataLoader, TensorDataset, random_split

    CHANNELS = -1

torch.set_default_dtype(getattr(torch, args.dtype))
torch.manual_seed(args.seed)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3)
        self.conv2 = nn.Conv2d(8, 16, 3)
        self.dropout1 = nn.Dropout2d(0.25)
        self.dropout2 = nn.Dropout(0.5)
        self.fc1 = nn.Linear(16 * 2 * 2, 32)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x):
        x = F.silu(self.conv1(x))
        x = F.silu(self.conv2(x))
        x = self.dropout1(F.avg_pool2d(x, 2))
        x = x.movedim(CHANNELS, 1)  # fc1's weights are drawn for features in torch's order
        x = F.silu(self.fc1(torch.flatten(x, 1)))
        return F.log_softmax(self.fc2(self.dropout2(x)), dim=1)


def train(model, loader, optimizer, epoch):
    model.train()
    for step, (images, labels) in enumerate(loader, start=epoch * len(loader)):
        optimizer.zero_grad()
        loss = F.nll_loss(model(images), labels)
        loss.backward()
        optimizer.step()
        if step % 10 == 0:
            print(f"{step:5}  {loss.item():.12g}")


def test(model, loader):
    model.eval()
    test_loss, correct = 0.0, 0
    with torch.no_grad():
        for images, labels in loader:
            output = model(images)
            test_loss += F.nll_loss(output, labels, reduction="sum").item()
            correct += output.argmax(dim=1).eq(labels).sum().item()
    total = len(loader.dataset)
    print(f"test loss {test_loss / total:.12g}, {correct} of {total} right")


digits = load_digits()
images = torch.tensor(digits.images / 16, dtype=torch.get_default_dtype()).unsqueeze(CHANNELS)
dataset = TensorDataset(images, torch.tensor(digits.target))
train_set, test_set = random_split(dataset, [1500, 297])
train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
test_loader = DataLoader(test_set, batch_size=99)

model = Net()
optimizer = Adadelta(model.parameters(), lr=2.0)
scheduler = StepLR(optimizer, step_size=1, gamma=0.9)
for epoch in range(math.ceil(args.steps / len(train_loader))):
    train(model, train_loader, optimizer, epoch)
    test(model, test_loader)
    scheduler.step()

"""Knowledge distillation (Hinton et al., 2015): a small network learns from a large one's scores.

The teacher learns from the labels. So does a student, for comparison; its twin learns from the teacher's
softened scores as well.
"""

import argparse
import math

from sklearn.datasets import load_digits

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--backend", choices=["torch", "npnn"], default="npnn")
parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
parser.add_argument("--steps", type=int, default=200, help="of each network, rounded up to whole epochs")
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()

if args.backend == "torch":
    import torch
    import torch.nn.functional as F
    from torch import nn, optim
    from torch.utils.data import DataLoader, TensorDataset
else:
    import npnn as torch
    import npnn.functional as F
    from npnn import nn, optim
    from npnn.utils.data import DataLoader, TensorDataset

torch.set_default_dtype(getattr(torch, args.dtype))
torch.manual_seed(args.seed)

TEMPERATURE = 2.0
SOFT_WEIGHT = 0.75


def multilayer_perceptron(hidden, dropout):
    return nn.Sequential(nn.Linear(64, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, 10))


def label_loss(model, images, labels):
    return F.cross_entropy(model(images), labels)


def distillation_loss(student, images, labels):
    """The divergence from the teacher's softened probabilities, and the cross entropy of the labels."""
    with torch.no_grad():
        soft_targets = F.softmax(teacher(images) / TEMPERATURE, dim=-1)
    scores = student(images)
    soft_scores = F.log_softmax(scores / TEMPERATURE, dim=-1)
    divergence = F.kl_div(soft_scores, soft_targets, reduction="batchmean") * TEMPERATURE**2
    return SOFT_WEIGHT * divergence + (1 - SOFT_WEIGHT) * F.cross_entropy(scores, labels)


def train(model, loss_function):
    optimizer = optim.Adam(model.parameters(), lr=0.003)
    model.train()
    for epoch in range(math.ceil(args.steps / len(train_loader))):
        for step, (images, labels) in enumerate(train_loader, start=epoch * len(train_loader)):
            optimizer.zero_grad()
            loss = loss_function(model, images, labels)
            loss.backward()
            optimizer.step()
            if step % 10 == 0:
                print(f"{step:5}  {loss.item():.12g}")


def test(model):
    model.eval()
    with torch.no_grad():
        correct = (model(test_images).argmax(dim=1) == test_labels).sum().item()
    print(f"{correct} of {len(test_labels)} right")


digits = load_digits()
images = torch.tensor(digits.data / 16, dtype=torch.get_default_dtype())
labels = torch.tensor(digits.target)
train_loader = DataLoader(TensorDataset(images[:1200], labels[:1200]), batch_size=64, shuffle=True)
test_images, test_labels = images[1200:], labels[1200:]

teacher = multilayer_perceptron(hidden=128, dropout=0.2)
student = multilayer_perceptron(hidden=6, dropout=0.0)
pupil = multilayer_perceptron(hidden=6, dropout=0.0)
pupil.load_state_dict(student.state_dict())

print("teacher, from labels")
train(teacher, label_loss)
test(teacher)
print("student, from labels")
train(student, label_loss)
test(student)
print("student, from the teacher")
train(pupil, distillation_loss)
test(pupil)

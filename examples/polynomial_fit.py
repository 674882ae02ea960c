"""Fits y = a + b x + c x² + d x³ to a sine, in stages: each replaces lines written by hand by what torch has.

The stages are those of PyTorch's tutorial "Learning PyTorch with Examples": tensors with gradients by hand,
autograd, an autograd Function of one's own, nn, optim, a Module of one's own, and a Module whose graph is
another one in each step and uses a weight several times.
"""

import argparse
import math
import random

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--backend", choices=["torch", "npnn"], default="npnn")
parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
parser.add_argument("--steps", type=int, default=2000, help="of each stage")
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()

if args.backend == "torch":
    import torch
    from torch import nn
else:
    import npnn as torch
    from npnn import nn

torch.set_default_dtype(getattr(torch, args.dtype))

x = torch.linspace(-math.pi, math.pi, 200)
y = torch.sin(x)
powers = x.unsqueeze(-1).pow(torch.tensor([1, 2, 3]))


def log(step, loss):
    if step % 20 == 0 or step == args.steps - 1:
        print(f"{step:5}  {loss.item():.12g}")


def tensors():
    """The gradients are written down by hand."""
    a, b, c, d = torch.randn(()), torch.randn(()), torch.randn(()), torch.randn(())
    learning_rate = 1e-6
    for step in range(args.steps):
        y_pred = a + b * x + c * x**2 + d * x**3
        loss = (y_pred - y).pow(2).sum()
        log(step, loss)
        grad_y_pred = 2 * (y_pred - y)
        a -= learning_rate * grad_y_pred.sum()
        b -= learning_rate * (grad_y_pred * x).sum()
        c -= learning_rate * (grad_y_pred * x**2).sum()
        d -= learning_rate * (grad_y_pred * x**3).sum()
    return a, b, c, d


def autograd():
    """The gradients are those of the tape."""
    coefficients = [torch.randn((), requires_grad=True) for _ in range(4)]
    a, b, c, d = coefficients
    learning_rate = 1e-6
    for step in range(args.steps):
        loss = (a + b * x + c * x**2 + d * x**3 - y).pow(2).sum()
        log(step, loss)
        loss.backward()
        with torch.no_grad():
            for coefficient in coefficients:
                coefficient -= learning_rate * coefficient.grad
                coefficient.grad = None
    return coefficients


class LegendrePolynomial3(torch.autograd.Function):
    """P₃(x) = (5x³ - 3x) / 2."""

    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return 0.5 * (5 * input**3 - 3 * input)

    @staticmethod
    def backward(ctx, grad_output):
        (input,) = ctx.saved_tensors
        return grad_output * 1.5 * (5 * input**2 - 1)


def function():
    """The model is a + b P₃(c + d x), and the derivative of P₃ is written down by hand."""
    starts = (0.0, -1.0, 0.0, 0.3)
    coefficients = [torch.full((), start, requires_grad=True) for start in starts]
    a, b, c, d = coefficients
    learning_rate = 5e-6
    for step in range(args.steps):
        y_pred = a + b * LegendrePolynomial3.apply(c + d * x)
        loss = (y_pred - y).pow(2).sum()
        log(step, loss)
        loss.backward()
        with torch.no_grad():
            for coefficient in coefficients:
                coefficient -= learning_rate * coefficient.grad
                coefficient.grad = None
    return coefficients


def linear_model():
    return nn.Sequential(nn.Linear(3, 1), nn.Flatten(0, 1))


def layers():
    """The model is made of layers, and the loss is one of nn's."""
    model = linear_model()
    loss_fn = nn.MSELoss(reduction="sum")
    learning_rate = 1e-6
    for step in range(args.steps):
        loss = loss_fn(model(powers), y)
        log(step, loss)
        model.zero_grad()
        loss.backward()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter -= learning_rate * parameter.grad
    return [model[0].bias, *model[0].weight.flatten()]


def optimizer():
    """An optimizer updates the parameters."""
    model = linear_model()
    loss_fn = nn.MSELoss(reduction="sum")
    optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
    for step in range(args.steps):
        loss = loss_fn(model(powers), y)
        log(step, loss)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return [model[0].bias, *model[0].weight.flatten()]


class Polynomial3(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Parameter(torch.randn(()))
        self.b = nn.Parameter(torch.randn(()))
        self.c = nn.Parameter(torch.randn(()))
        self.d = nn.Parameter(torch.randn(()))

    def forward(self, x):
        return self.a + self.b * x + self.c * x**2 + self.d * x**3


class DynamicPolynomial(Polynomial3):
    """A third-order polynomial to which e x⁴, or e x⁴ + e x⁵, is added at times, with the same weight e."""

    def __init__(self):
        super().__init__()
        self.e = nn.Parameter(torch.randn(()))

    def forward(self, x):
        y = super().forward(x)
        for exponent in range(4, random.randint(4, 6)):
            y = y + self.e * x**exponent
        return y


def train(model, learning_rate, momentum):
    criterion = nn.MSELoss(reduction="sum")
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=momentum)
    for step in range(args.steps):
        loss = criterion(model(x), y)
        log(step, loss)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return list(model.parameters())


def module():
    """The model is a Module."""
    return train(Polynomial3(), learning_rate=1e-6, momentum=0.0)


def dynamic():
    """The graph is another one in each step."""
    random.seed(args.seed)
    return train(DynamicPolynomial(), learning_rate=1e-8, momentum=0.9)


for stage in (tensors, autograd, function, layers, optimizer, module, dynamic):
    print(f"{stage.__name__}: {stage.__doc__}")
    torch.manual_seed(args.seed)
    found = stage()
    print("coefficients:", *(f"{coefficient.item():.6g}" for coefficient in found))

"""Two LSTM cells learn sines of several phases by LBFGS, and then continue them from what they predict."""

import argparse

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--backend", choices=["torch", "npnn"], default="npnn")
parser.add_argument("--dtype", choices=["float32", "float64"], default="float64", help="as LBFGS likes it")
parser.add_argument("--steps", type=int, default=4, help="of LBFGS, with up to twenty evaluations each")
parser.add_argument("--length", type=int, default=60, help="of a sine")
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


class Sequence(nn.Module):
    def __init__(self, hidden=16):
        super().__init__()
        self.hidden = hidden
        self.lstm1 = nn.LSTMCell(1, hidden)
        self.lstm2 = nn.LSTMCell(hidden, hidden)
        self.linear = nn.Linear(hidden, 1)

    def forward(self, input, future=0):
        """Predicts the next value at every time, and then `future` more, each from the one before."""
        outputs = []
        h1 = c1 = h2 = c2 = torch.zeros(input.size(0), self.hidden)
        for value in input.split(1, dim=1):
            h1, c1 = self.lstm1(value, (h1, c1))
            h2, c2 = self.lstm2(h1, (h2, c2))
            output = self.linear(h2)
            outputs.append(output)
        for _ in range(future):
            h1, c1 = self.lstm1(output, (h1, c1))
            h2, c2 = self.lstm2(h1, (h2, c2))
            output = self.linear(h2)
            outputs.append(output)
        return torch.cat(outputs, dim=1)


times = torch.arange(args.length) + torch.randint(-80, 80, (12, 1))
sines = torch.sin(times / 8).to(torch.get_default_dtype())
input, target = sines[3:, :-1], sines[3:, 1:]
test_input, test_target = sines[:3, :-1], sines[:3, 1:]

model = Sequence()
criterion = nn.MSELoss()
optimizer = torch.optim.LBFGS(model.parameters(), lr=0.5)
evaluations = 0


def closure():
    global evaluations
    optimizer.zero_grad()
    loss = criterion(model(input), target)
    if evaluations % 5 == 0:
        print(f"{evaluations:5}  {loss.item():.12g}")
    evaluations += 1
    loss.backward()
    return loss


for step in range(args.steps):
    optimizer.step(closure)
    with torch.no_grad():
        future = 20
        predicted = model(test_input, future)
        loss = criterion(predicted[:, :-future], test_target)
    print(f"step {step}: test loss {loss.item():.6g}, and on it goes:")
    print(*(f"{value:.4f}" for value in predicted[0, -future::4].tolist()))

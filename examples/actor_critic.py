"""Balances a pole on a cart by actor and critic: one step after each episode, on what its actions led to.

The cart and its pole are those of Barto, Sutton and Anderson (1983).
"""

import argparse
import math

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--backend", choices=["torch", "npnn"], default="npnn")
parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
parser.add_argument("--steps", type=int, default=200, help="one after each episode")
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()

if args.backend == "torch":
    import torch
    import torch.nn.functional as F
    from torch import nn, optim
    from torch.distributions import Categorical
else:
    import npnn as torch
    import npnn.functional as F
    from npnn import nn, optim
    from npnn.distributions import Categorical

torch.set_default_dtype(getattr(torch, args.dtype))
torch.manual_seed(args.seed)

GAMMA = 0.99


class CartPole:
    """A pole stands on a cart, which is pushed to the left (0) or to the right (1) fifty times a second."""

    def reset(self):
        self.state = (torch.rand(4) * 0.1 - 0.05).tolist()
        self.time = 0
        return self.state

    def step(self, action):
        """The next state, the reward, and whether the pole has fallen, the cart left, or the time run out."""
        x, velocity, angle, spin = self.state
        push = 10.0 if action == 1 else -10.0
        sine, cosine = math.sin(angle), math.cos(angle)
        thrust = (push + 0.05 * spin**2 * sine) / 1.1
        angular = (9.8 * sine - cosine * thrust) / (0.5 * (4 / 3 - 0.1 * cosine**2 / 1.1))
        linear = thrust - 0.05 * angular * cosine / 1.1
        self.state = [
            x + 0.02 * velocity,
            velocity + 0.02 * linear,
            angle + 0.02 * spin,
            spin + 0.02 * angular,
        ]
        self.time += 1
        x, _, angle, _ = self.state
        return self.state, 1.0, abs(x) > 2.4 or abs(angle) > math.radians(12) or self.time == 100


class Policy(nn.Module):
    """The probabilities of the actions, and what the state is worth."""

    def __init__(self):
        super().__init__()
        self.affine1 = nn.Linear(4, 64)
        self.action_head = nn.Linear(64, 2)
        self.value_head = nn.Linear(64, 1)

    def forward(self, x):
        x = F.relu(self.affine1(x))
        return F.softmax(self.action_head(x), dim=-1), self.value_head(x).squeeze(-1)


@torch.no_grad()
def play(env, model):
    """The states, actions and rewards of an episode."""
    states, actions, rewards = [], [], []
    state, done = env.reset(), False
    while not done:
        probs, _ = model(torch.tensor(state))
        action = Categorical(probs).sample().item()
        states.append(state)
        actions.append(action)
        state, reward, done = env.step(action)
        rewards.append(reward)
    return torch.tensor(states), torch.tensor(actions), rewards


def discounted(rewards):
    """What each action led to, with mean 0 and variance 1 over the episode."""
    returns, total = [], 0.0
    for reward in reversed(rewards):
        total = reward + GAMMA * total
        returns.append(total)
    returns = torch.tensor(returns).flip(0)
    return (returns - returns.mean()) / (returns.std() + torch.finfo(returns.dtype).eps)


env = CartPole()
model = Policy()
optimizer = optim.Adam(model.parameters(), lr=5e-3)
for step in range(args.steps):
    states, actions, rewards = play(env, model)
    returns = discounted(rewards)
    probs, values = model(states)
    log_probs = Categorical(probs).log_prob(actions)
    advantages = returns - values.detach()
    loss = -(log_probs * advantages).sum() + F.smooth_l1_loss(values, returns, reduction="sum")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 10 == 0:
        print(f"{step:5}  {loss.item():.12g}  episode of {len(rewards)}")

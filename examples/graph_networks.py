"""Finds the communities of a random graph, some members of which are known, by convolution and attention.

The layers are those of Kipf and Welling (2017) and of Veličković et al. (2018), on a dense adjacency matrix.
"""

import argparse
import math

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--backend", choices=["torch", "npnn"], default="npnn")
parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
parser.add_argument("--steps", type=int, default=150, help="of each network")
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()

if args.backend == "torch":
    import torch
    import torch.nn.functional as F
    from torch import nn, optim
else:
    import npnn as torch
    import npnn.functional as F
    from npnn import nn, optim

torch.set_default_dtype(getattr(torch, args.dtype))
torch.manual_seed(args.seed)


def random_graph(sizes, features, within=0.2, between=0.02):
    """Communities of the given sizes, with edges more often within one than between two.

    Returns:
        Noisy features of each node (nodes, features), adjacency with a loop at each node, and communities.
    """
    labels = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))
    chances = torch.where(labels.unsqueeze(0) == labels.unsqueeze(1), within, between)
    upper = torch.triu(torch.rand(chances.shape) < chances, diagonal=1)
    adjacency = upper | upper.T | torch.eye(len(labels), dtype=torch.bool)
    hints = torch.randn(len(sizes), features)
    return hints[labels] + 2 * torch.randn(len(labels), features), adjacency, labels


class GraphConv(nn.Module):
    """D^-½ A D^-½ X W: sums over each node's neighbours, scaled by the degrees of both."""

    def __init__(self, in_features, out_features):
        super().__init__()
        self.linear = nn.Linear(in_features, out_features, bias=False)
        self.bias = nn.Parameter(torch.zeros(out_features))
        nn.init.xavier_normal_(self.linear.weight)

    def forward(self, x, adjacency):
        scale = adjacency.sum(dim=1).rsqrt()
        neighbours = scale.unsqueeze(1) * adjacency * scale
        return neighbours @ self.linear(x) + self.bias


class GraphAttention(nn.Module):
    """Each node gets a weighted mean of its neighbours' features from each head, which learns the weights."""

    def __init__(self, in_features, out_features, heads, concat):
        super().__init__()
        self.heads = heads
        self.concat = concat
        self.linear = nn.Linear(in_features, heads * out_features, bias=False)
        self.source = nn.Parameter(torch.randn(heads, out_features, 1) / math.sqrt(out_features))
        self.target = nn.Parameter(torch.randn(heads, out_features, 1) / math.sqrt(out_features))
        self.dropout = nn.Dropout(0.4)
        nn.init.xavier_normal_(self.linear.weight)

    def forward(self, x, adjacency):
        h = self.linear(x).view(len(x), self.heads, -1).transpose(0, 1)
        scores = torch.matmul(h, self.source) + torch.matmul(h, self.target).transpose(1, 2)
        scores = F.leaky_relu(scores, 0.2).masked_fill(adjacency == 0, -math.inf)
        weights = F.softmax(scores, dim=-1)
        h = torch.matmul(self.dropout(weights), h)
        return h.transpose(0, 1).flatten(1) if self.concat else h.mean(dim=0)


class GCN(nn.Module):
    """Two graph convolutions."""

    def __init__(self, in_features, classes):
        super().__init__()
        self.conv1 = GraphConv(in_features, 16)
        self.conv2 = GraphConv(16, classes)
        self.dropout = nn.Dropout(0.4)

    def forward(self, x, adjacency):
        x = self.dropout(F.relu(self.conv1(x, adjacency)))
        return F.log_softmax(self.conv2(x, adjacency), dim=1)


class GAT(nn.Module):
    """Two layers of graph attention."""

    def __init__(self, in_features, classes):
        super().__init__()
        self.attention1 = GraphAttention(in_features, 8, heads=4, concat=True)
        self.attention2 = GraphAttention(32, classes, heads=2, concat=False)

    def forward(self, x, adjacency):
        x = F.elu(self.attention1(x, adjacency))
        return F.log_softmax(self.attention2(x, adjacency), dim=1)


def test(model, x, adjacency, labels, hidden):
    model.eval()
    with torch.no_grad():
        correct = model(x, adjacency)[hidden].argmax(dim=1).eq(labels[hidden]).sum().item()
    print(f"{correct} of {len(hidden)} right")


x, adjacency, labels = random_graph(sizes=[40, 25, 45, 10], features=12)
adjacency = adjacency.to(x.dtype)
order = torch.randperm(len(labels))
known, hidden = order[:40], order[40:]

for network in (GCN, GAT):
    print(f"{network.__name__}: {network.__doc__}")
    model = network(in_features=12, classes=4)
    optimizer = optim.Adam(model.parameters(), lr=0.01, weight_decay=5e-4)
    for step in range(args.steps):
        model.train()
        optimizer.zero_grad()
        loss = F.nll_loss(model(x, adjacency)[known], labels[known])
        loss.backward()
        optimizer.step()
        if step % 10 == 0:
            print(f"{step:5}  {loss.item():.12g}")
    test(model, x, adjacency, labels, hidden)

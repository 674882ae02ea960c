"""A language model of words: a recurrent network or a transformer says which word comes next.

The text is written by a small grammar. The hidden state goes on from one piece of it to the next, gradients
do not, and they are clipped. With --tied the decoder uses the encoder's weight.
"""

import argparse
import math
import random

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--backend", choices=["torch", "npnn"], default="npnn")
parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
parser.add_argument("--steps", type=int, default=600)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--model", choices=["RNN", "LSTM", "GRU", "Transformer"], default="LSTM")
parser.add_argument("--tied", action="store_true")
parser.add_argument("--lr", type=float, default=2.0)
parser.add_argument("--dropout", type=float, default=0.1)
args = parser.parse_args()

if args.backend == "torch":
    import torch
    from torch import nn
else:
    import npnn as torch
    from npnn import nn

torch.set_default_dtype(getattr(torch, args.dtype))
torch.manual_seed(args.seed)

EMBEDDING, HEADS, LAYERS, BATCH, BPTT = 32, 2, 2, 16, 12

GRAMMAR = {
    "SENTENCE": ["NOUNS VERBS .", "NOUNS VERBS and VERBS .", "when NOUNS VERBS , NOUNS VERBS ."],
    "NOUNS": ["the NOUN", "the ADJECTIVE NOUN", "a NOUN", "a ADJECTIVE NOUN"],
    "VERBS": ["sees NOUNS", "hears NOUNS", "sleeps", "waits for NOUNS", "sings"],
    "NOUN": ["cat", "bird", "child", "river", "moon", "fox"],
    "ADJECTIVE": ["old", "small", "quiet", "bright"],
}


def write(symbol, chance):
    """The words that a symbol of the grammar stands for."""
    if symbol not in GRAMMAR:
        return [symbol]
    return [word for part in chance.choice(GRAMMAR[symbol]).split() for word in write(part, chance)]


class RecurrentModel(nn.Module):
    def __init__(self, kind, words):
        super().__init__()
        self.drop = nn.Dropout(args.dropout)
        self.encoder = nn.Embedding(words, EMBEDDING)
        self.rnn = getattr(nn, kind)(EMBEDDING, EMBEDDING, LAYERS, dropout=args.dropout)
        self.decoder = Decoder(self.encoder)
        nn.init.uniform_(self.encoder.weight, -0.1, 0.1)

    def forward(self, input, hidden):
        output, hidden = self.rnn(self.drop(self.encoder(input)), hidden)
        return self.decoder(self.drop(output)), hidden


class TransformerModel(nn.Module):
    def __init__(self, words):
        super().__init__()
        self.encoder = nn.Embedding(words, EMBEDDING)
        layer = nn.TransformerEncoderLayer(EMBEDDING, HEADS, 2 * EMBEDDING, args.dropout)
        self.layers = nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)
        self.decoder = Decoder(self.encoder)
        nn.init.uniform_(self.encoder.weight, -0.1, 0.1)
        self.register_buffer("positions", self.waves(BPTT))

    @staticmethod
    def waves(length):
        position = torch.arange(length).unsqueeze(1)
        rates = torch.exp(torch.arange(0, EMBEDDING, 2) * (-math.log(10000.0) / EMBEDDING))
        waves = torch.zeros(length, 1, EMBEDDING)
        waves[:, 0, 0::2] = torch.sin(position * rates)
        waves[:, 0, 1::2] = torch.cos(position * rates)
        return waves

    def forward(self, input, hidden):
        length = input.size(0)
        mask = nn.Transformer.generate_square_subsequent_mask(length)
        embedded = self.encoder(input) * math.sqrt(EMBEDDING) + self.positions[:length]
        return self.decoder(self.layers(embedded, mask=mask)), hidden


class Decoder(nn.Module):
    """From features to scores of words: y = x W + b, where W may be the transposed weight of the encoder.

    On torch one ties `decoder.weight = encoder.weight`, as the weight of a Linear is (out, in). On npnn it is
    (in, out), the encoder's transposed. The product below is the same on both.
    """

    def __init__(self, encoder):
        super().__init__()
        words = encoder.num_embeddings
        self.weight = (
            encoder.weight if args.tied else nn.Parameter(torch.empty(words, EMBEDDING).uniform_(-0.1, 0.1))
        )
        self.bias = nn.Parameter(torch.zeros(words))

    def forward(self, input):
        return input @ self.weight.T + self.bias


chance = random.Random(args.seed)
text = [word for _ in range(600) for word in write("SENTENCE", chance)]
vocabulary = sorted(set(text))
data = torch.tensor([vocabulary.index(word) for word in text])
columns = data[: len(data) // BATCH * BATCH].view(BATCH, -1).t()

model = (
    TransformerModel(len(vocabulary))
    if args.model == "Transformer"
    else RecurrentModel(args.model, len(vocabulary))
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=args.lr)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=200, gamma=0.5)


def detach(hidden):
    """The state without its history."""
    if hidden is None:
        return None
    return tuple(map(detach, hidden)) if isinstance(hidden, tuple) else hidden.detach()


def pieces():
    """Inputs and targets, one after the other and from the start again; and whether it is the start."""
    while True:
        for start in range(0, len(columns) - 1, BPTT):
            piece = columns[start : start + BPTT + 1]
            yield piece[:-1], piece[1:], start == 0


hidden = None
for step, (input, target, is_start) in zip(range(args.steps), pieces()):
    hidden = None if is_start else detach(hidden)
    output, hidden = model(input, hidden)
    loss = criterion(output.flatten(0, 1), target.flatten())
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 0.25)
    optimizer.step()
    scheduler.step()
    if step % 20 == 0 or step == args.steps - 1:
        print(f"{step:5}  {loss.item():.12g}")

model.eval()
with torch.no_grad():
    words, hidden = torch.tensor([[vocabulary.index("the")]]), None
    for _ in range(30):
        # A recurrent network has the words before in its state, a transformer looks at them again.
        seen = words[-BPTT:] if args.model == "Transformer" else words[-1:]
        output, hidden = model(seen, hidden)
        word = torch.multinomial(output[-1, 0].softmax(0), 1)
        words = torch.cat([words, word.view(1, 1)])
print(*(vocabulary[index] for index in words[:, 0].tolist()))

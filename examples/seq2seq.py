"""Translates numbers from words into digits, "four hundred seven" into 407: two GRUs, and attention.

The decoder looks at the encoder's outputs as in Bahdanau et al. (2015), and learns with teacher forcing.
"""

import argparse
import math

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--backend", choices=["torch", "npnn"], default="npnn")
parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
parser.add_argument("--steps", type=int, default=280, help="rounded up to whole epochs")
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()

if args.backend == "torch":
    import torch
    import torch.nn.functional as F
    from torch import nn, optim
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
    from torch.utils.data import DataLoader, random_split
else:
    import npnn as torch
    import npnn.functional as F
    from npnn import nn, optim
    from npnn.utils.data import DataLoader, random_split
    from npnn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

torch.set_default_dtype(getattr(torch, args.dtype))
torch.manual_seed(args.seed)

NUMERALS = """\
zero one two three four five six seven eight nine
ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
twenty thirty forty fifty sixty seventy eighty ninety
"""
ONES, TEENS, TENS = (line.split() for line in NUMERALS.splitlines())


def in_words(number):
    """The words of a number below 1000, and none of them for 0."""
    if number >= 100:
        return [ONES[number // 100], "hundred", *in_words(number % 100)]
    if number >= 20:
        return [TENS[number // 10 - 2], *in_words(number % 10)]
    if number >= 10:
        return [TEENS[number - 10]]
    return [ONES[number]] if number else []


PAD, SOS, EOS = "<pad>", "<sos>", "<eos>"
WORDS = {word: index for index, word in enumerate([PAD, EOS, "hundred", *ONES, *TEENS, *TENS])}
DIGITS = {digit: index for index, digit in enumerate([PAD, SOS, EOS, *"0123456789"])}


def encode(tokens, vocabulary):
    return torch.tensor([vocabulary[token] for token in [*tokens, EOS]])


def collate(pairs):
    """The sentences and the numbers of a batch, each padded to the longest."""
    sources, targets = zip(*pairs)
    lengths = torch.tensor([len(source) for source in sources])
    return pad_sequence(sources, batch_first=True), lengths, pad_sequence(targets, batch_first=True)


class Encoder(nn.Module):
    def __init__(self, vocabulary_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, hidden_size, padding_idx=0)
        self.gru = nn.GRU(hidden_size, hidden_size, batch_first=True)
        self.dropout = nn.Dropout(0.1)

    def forward(self, source, lengths):
        embedded = self.dropout(self.embedding(source))
        packed = pack_padded_sequence(embedded, lengths, batch_first=True, enforce_sorted=False)
        outputs, hidden = self.gru(packed)
        outputs, _ = pad_packed_sequence(outputs, batch_first=True)
        return outputs, hidden


class BahdanauAttention(nn.Module):
    def __init__(self, hidden_size):
        super().__init__()
        self.Wa = nn.Linear(hidden_size, hidden_size)
        self.Ua = nn.Linear(hidden_size, hidden_size)
        self.Va = nn.Linear(hidden_size, 1)

    def forward(self, query, keys, padding):
        scores = self.Va(torch.tanh(self.Wa(query) + self.Ua(keys))).squeeze(2).unsqueeze(1)
        weights = F.softmax(scores.masked_fill(padding.unsqueeze(1), -math.inf), dim=-1)
        return torch.bmm(weights, keys)


class Decoder(nn.Module):
    def __init__(self, vocabulary_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, hidden_size)
        self.attention = BahdanauAttention(hidden_size)
        self.gru = nn.GRU(2 * hidden_size, hidden_size, batch_first=True)
        self.out = nn.Linear(hidden_size, vocabulary_size)

    def forward(self, encoder_outputs, hidden, padding, max_length, target=None):
        """The scores of max_length tokens, each after the true one or, without a target, the likeliest."""
        token = encoder_outputs.new_full((len(encoder_outputs), 1), DIGITS[SOS], dtype=torch.long)
        outputs = []
        for position in range(max_length):
            context = self.attention(hidden.transpose(0, 1), encoder_outputs, padding)
            output, hidden = self.gru(torch.cat((self.embedding(token), context), dim=2), hidden)
            outputs.append(self.out(output))
            token = outputs[-1].argmax(-1) if target is None else target[:, position].unsqueeze(1)
        return torch.cat(outputs, dim=1)


class Seq2Seq(nn.Module):
    def __init__(self, hidden_size):
        super().__init__()
        self.encoder = Encoder(len(WORDS), hidden_size)
        self.decoder = Decoder(len(DIGITS), hidden_size)

    def forward(self, source, lengths, max_length, target=None):
        encoder_outputs, hidden = self.encoder(source, lengths)
        return self.decoder(encoder_outputs, hidden, source == WORDS[PAD], max_length, target)


def evaluate(model, loader):
    """How many numbers are right in each digit, and the translation of the last."""
    model.eval()
    right = 0
    with torch.no_grad():
        for source, lengths, target in loader:
            translation = model(source, lengths, max_length=target.size(1)).argmax(-1)
            right += ((translation == target) | (target == DIGITS[PAD])).all(dim=1).sum().item()
    words, digits = list(WORDS), list(DIGITS)
    sentence = [words[index] for index in source[-1].tolist()]
    number = [digits[index] for index in translation[-1].tolist()]
    print(f"{right} of {len(loader.dataset)} right; {' '.join(sentence)}: {' '.join(number)}")


pairs = [(encode(in_words(number), WORDS), encode(str(number), DIGITS)) for number in range(1, 1000)]
train_set, test_set = random_split(pairs, [900, 99])
train_loader = DataLoader(train_set, batch_size=64, shuffle=True, collate_fn=collate)
test_loader = DataLoader(test_set, batch_size=99, collate_fn=collate)

model = Seq2Seq(hidden_size=32)
optimizer = optim.Adam(model.parameters(), lr=5e-3)
criterion = nn.CrossEntropyLoss(ignore_index=DIGITS[PAD])
for epoch in range(math.ceil(args.steps / len(train_loader))):
    model.train()
    for step, (source, lengths, target) in enumerate(train_loader, start=epoch * len(train_loader)):
        optimizer.zero_grad()
        scores = model(source, lengths, target.size(1), target)
        loss = criterion(scores.flatten(0, 1), target.flatten())
        loss.backward()
        optimizer.step()
        if step % 10 == 0:
            print(f"{step:5}  {loss.item():.12g}")
    evaluate(model, test_loader)

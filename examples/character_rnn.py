"""A recurrent network of two linear layers reads a word letter by letter and says which language it is of.

The three languages are invented: each makes words of its own syllables. A word is one step of training.
"""

import argparse
import random
import string

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--backend", choices=["torch", "npnn"], default="npnn")
parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
parser.add_argument("--steps", type=int, default=2000)
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()

if args.backend == "torch":
    import torch
    import torch.nn.functional as F
    from torch import nn
else:
    import npnn.nn.functional as F

    import npnn as torch
    from npnn import nn

torch.set_default_dtype(getattr(torch, args.dtype))
torch.manual_seed(args.seed)
chance = random.Random(args.seed)

LETTERS = string.ascii_lowercase
LANGUAGES = {
    "Northern": ["sk", "jor", "vald", "en", "heim", "ul", "gr", "ind"],
    "Southern": ["la", "mi", "ro", "na", "te", "sol", "va", "io"],
    "Eastern": ["zhe", "ka", "mur", "ov", "ich", "tan", "sha", "ul"],
}


def words(count):
    """Words, and the numbers of their languages."""
    made = []
    for _ in range(count):
        language = chance.randrange(len(LANGUAGES))
        syllables = chance.choices(list(LANGUAGES.values())[language], k=chance.randint(2, 4))
        made.append(("".join(syllables), language))
    return made


def letters_to_tensor(word):
    """(letters, 1, alphabet), one-hot."""
    indices = torch.tensor([[LETTERS.index(letter)] for letter in word])
    return F.one_hot(indices, len(LETTERS)).to(torch.get_default_dtype())


class RNN(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.i2h = nn.Linear(input_size + hidden_size, hidden_size)
        self.h2o = nn.Linear(hidden_size, output_size)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, input, hidden):
        hidden = torch.tanh(self.i2h(torch.cat((input, hidden), 1)))
        return self.softmax(self.h2o(hidden)), hidden

    def init_hidden(self):
        return torch.zeros(1, self.hidden_size)


rnn = RNN(len(LETTERS), 64, len(LANGUAGES))
criterion = nn.NLLLoss()
learning_rate = 0.02


def read(word):
    hidden = rnn.init_hidden()
    for letter in letters_to_tensor(word):
        output, hidden = rnn(letter, hidden)
    return output


losses = []
for step, (word, language) in enumerate(words(args.steps)):
    loss = criterion(read(word), torch.tensor([language]))
    rnn.zero_grad()
    loss.backward()
    with torch.no_grad():
        for parameter in rnn.parameters():
            parameter.add_(parameter.grad, alpha=-learning_rate)
    losses.append(loss.item())
    if step % 50 == 49 or step == args.steps - 1:
        print(f"{step:5}  {sum(losses) / len(losses):.12g}")
        losses.clear()

confusion = torch.zeros(len(LANGUAGES), len(LANGUAGES), dtype=torch.int64)
with torch.no_grad():
    for word, language in words(150):
        confusion[language, read(word).argmax()] += 1
for name, row in zip(LANGUAGES, confusion):
    print(f"{name:10}", *(f"{count:4}" for count in row.tolist()))
print(f"{confusion.diagonal().sum().item()} of {confusion.sum().item()} right")

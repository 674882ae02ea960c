"""A GPT that learns to add, in the manner of Karpathy's nanoGPT.

It reads lines such as 3+8=11 as text, one character after the other, and learns which comes next: causal
attention, weight decay of matrices only, AdamW, a warm-up followed by a cosine, clipped gradients. Then it
completes sums, by chance as it has learned.
"""

import argparse
import math

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--backend", choices=["torch", "npnn"], default="npnn")
parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
parser.add_argument("--steps", type=int, default=600)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--layers", type=int, default=2)
parser.add_argument("--heads", type=int, default=4)
parser.add_argument("--width", type=int, default=64)
parser.add_argument("--dropout", type=float, default=0.0)
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

BATCH, BLOCK = 32, 16


class CausalSelfAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.c_attn = nn.Linear(args.width, 3 * args.width)
        self.c_proj = nn.Linear(args.width, args.width)
        self.resid_dropout = nn.Dropout(args.dropout)

    def forward(self, x):
        B, T, C = x.size()
        q, k, v = self.c_attn(x).split(C, dim=2)
        q, k, v = (part.view(B, T, args.heads, C // args.heads).transpose(1, 2) for part in (q, k, v))
        dropout = args.dropout if self.training else 0.0
        y = F.scaled_dot_product_attention(q, k, v, dropout_p=dropout, is_causal=True)
        return self.resid_dropout(self.c_proj(y.transpose(1, 2).contiguous().view(B, T, C)))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln_1 = nn.LayerNorm(args.width)
        self.attn = CausalSelfAttention()
        self.ln_2 = nn.LayerNorm(args.width)
        self.mlp = nn.Sequential(
            nn.Linear(args.width, 4 * args.width),
            nn.GELU(),
            nn.Linear(4 * args.width, args.width),
            nn.Dropout(args.dropout),
        )

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.wte = nn.Embedding(vocabulary, args.width)
        self.wpe = nn.Embedding(BLOCK, args.width)
        self.drop = nn.Dropout(args.dropout)
        self.blocks = nn.ModuleList([Block() for _ in range(args.layers)])
        self.ln_f = nn.LayerNorm(args.width)
        self.lm_head = nn.Linear(args.width, vocabulary, bias=False)
        self.apply(self._init_weights)
        for name, parameter in self.named_parameters():
            if name.endswith("c_proj.weight"):
                nn.init.normal_(parameter, mean=0.0, std=0.02 / math.sqrt(2 * args.layers))

    @staticmethod
    def _init_weights(module):
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, mean=0.0, std=0.02)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)

    def forward(self, idx, targets=None):
        x = self.drop(self.wte(idx) + self.wpe(torch.arange(idx.size(1))))
        for block in self.blocks:
            x = block(x)
        logits = self.lm_head(self.ln_f(x))
        if targets is None:
            return logits, None
        return logits, F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1))

    def configure_optimizer(self, weight_decay, lr):
        """Weights of products decay, biases and the scales of norms do not."""
        decay = [parameter for parameter in self.parameters() if parameter.dim() >= 2]
        rest = [parameter for parameter in self.parameters() if parameter.dim() < 2]
        groups = [{"params": decay, "weight_decay": weight_decay}, {"params": rest, "weight_decay": 0.0}]
        return torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.95))

    @torch.no_grad()
    def generate(self, idx, count, temperature=1.0, top_k=None):
        """Continues each row of idx by count characters."""
        for _ in range(count):
            logits, _ = self(idx[:, -BLOCK:])
            logits = logits[:, -1, :] / temperature
            if top_k is not None:
                kept, _ = torch.topk(logits, min(top_k, logits.size(-1)))
                logits[logits < kept[:, [-1]]] = -float("inf")
            idx = torch.cat((idx, torch.multinomial(F.softmax(logits, dim=-1), num_samples=1)), dim=1)
        return idx


text = "".join(f"{a}+{b}={a + b}\n" for a, b in torch.randint(0, 10, (2000, 2)).tolist())
characters = sorted(set(text))
data = torch.tensor([characters.index(character) for character in text])


def get_batch():
    starts = torch.randint(len(data) - BLOCK, (BATCH,))
    x = torch.stack([data[start : start + BLOCK] for start in starts])
    y = torch.stack([data[start + 1 : start + 1 + BLOCK] for start in starts])
    return x, y


def learning_rate(step):
    """Of step, relative to the largest: up a line, then down a cosine to a tenth."""
    warmup = 20
    if step < warmup:
        return (step + 1) / warmup
    return 0.1 + 0.45 * (1 + math.cos(math.pi * min(1.0, (step - warmup) / max(1, args.steps - warmup))))


model = GPT(len(characters))
optimizer = model.configure_optimizer(weight_decay=0.1, lr=3e-3)
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, learning_rate)
print(f"{sum(parameter.numel() for parameter in model.parameters())} parameters")

for step in range(args.steps):
    _, loss = model(*get_batch())
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    scheduler.step()
    if step % 20 == 0 or step == args.steps - 1:
        print(f"{step:5}  {loss.item():.12g}  gradient norm {norm.item():.6g}")

model.eval()
sums = [(a, b) for a in range(10) for b in range(10)]
prompts = torch.tensor([[characters.index(character) for character in f"\n{a}+{b}="] for a, b in sums])
answers = [
    "".join(characters[i] for i in row[5:]).split("\n")[0]
    for row in model.generate(prompts, 3, top_k=3).tolist()
]
right = sum(answer == str(a + b) for answer, (a, b) in zip(answers, sums))
print(
    f"{right} of {len(sums)} sums right; for example:",
    *(f"{a}+{b}={c}" for c, (a, b) in zip(answers[::11], sums[::11])),
)

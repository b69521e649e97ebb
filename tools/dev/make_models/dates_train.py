"""Trains the dates model; minutes on one core, the same result each time."""

import math
import random
import time

import torch
from torch.nn import functional

from . import dates_data as data
from .dates_model import DatesTransformer

SEED = 1979
STEPS = 2600
WARM_UP = 150
BATCH = 256
BATCHES_PER_POOL = 8
PEAK_RATE = 3e-3
WEIGHT_DECAY = 0.01
LABEL_SMOOTHING = 0.02
ISO_LENGTH = 10


def padded(rows):
    """Rows of token ids as one [rows, longest] tensor, PAD on the right."""
    longest = max(map(len, rows))
    return torch.tensor(
        [row + [data.PAD] * (longest - len(row)) for row in rows])


def batches(source):
    """Endless (source, target) tensors; strings of a batch have about the
    same length, because padding costs as much as text."""
    while True:
        pool = [_pair(source) for _ in range(BATCH * BATCHES_PER_POOL)]
        pool.sort(key=lambda pair: len(pair[0]))
        starts = list(range(0, len(pool), BATCH))
        source.shuffle(starts)
        for start in starts:
            sources, targets = zip(*pool[start:start + BATCH])
            yield padded(sources), torch.tensor(targets)


def _pair(source):
    date = data.random_date(source, held=False)
    text = data.write(date, source)
    return (data.encode(text),
            [data.BEGIN, *data.encode(date.isoformat()), data.END])


def learning_rate(step):
    """Linear warm-up, then half a cosine down to a hundredth."""
    if step < WARM_UP:
        return (step + 1) / WARM_UP
    done = (step - WARM_UP) / (STEPS - WARM_UP)
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done))


@torch.no_grad()
def translate(model, texts):
    """Greedy decoding of a list of strings."""
    model.eval()
    source = padded([data.encode(text) for text in texts])
    target = torch.full((len(texts), 1), data.BEGIN)
    for _ in range(ISO_LENGTH + 1):
        logits = model(source, target)[0]
        target = torch.cat([target, logits[:, -1:].argmax(-1)], 1)
    return [_text(row) for row in target[:, 1:].tolist()]


def _text(tokens):
    if data.END in tokens:
        tokens = tokens[:tokens.index(data.END)]
    return "".join(data.TOKENS[token] for token in tokens)


def accuracy(model, pairs):
    """Share of (text, ISO) pairs that come out exactly; and the wrong ones."""
    texts, wanted = zip(*pairs)
    got = translate(model, texts)
    wrong = [row for row in zip(texts, wanted, got) if row[1] != row[2]]
    return 1 - len(wrong) / len(pairs), wrong


def held_back_pairs(count, seed):
    """`count` different strings, of dates that training never sees."""
    source, pairs = random.Random(seed), {}
    while len(pairs) < count:
        date = data.random_date(source, held=True)
        text = data.cased(data.write(date, source), source)
        pairs.setdefault(text, date.isoformat())
    return list(pairs.items())


def train(log=print, steps=STEPS):
    """A trained model. Validation dates are not those of the stored test."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    model = DatesTransformer(len(data.TOKENS))
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK_RATE,
                                  weight_decay=WEIGHT_DECAY, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, learning_rate)
    validation = held_back_pairs(300, SEED + 1)
    start = time.time()
    for step, (source, target) in zip(range(1, steps + 1),
                                      batches(random.Random(SEED))):
        model.train()
        logits = model(source, target[:, :-1])[0]
        loss = functional.cross_entropy(
            logits.flatten(0, 1), target[:, 1:].flatten(),
            label_smoothing=LABEL_SMOOTHING)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 100 == 0 or step == steps:
            log(f"step {step}/{steps}  loss {loss.item():.4f}  validation "
                f"{accuracy(model, validation)[0]:.3f}  "
                f"{time.time() - start:.0f} s")
    return model

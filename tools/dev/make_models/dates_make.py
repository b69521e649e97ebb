"""Makes docs/examples/dates: the model, its vocabulary, and its test data."""

import json

import torch

from . import dates_data as data
from . import dates_train
from .exporting import export_with_tests, run

HELD_BACK = 500
HELD_BACK_SEED = 500
NEEDED_ACCURACY = 0.99
# What test_data_set_0 translates: one of each kind, of different lengths.
SENTENCES = ("the 3rd of May 1979", "5/3/79", "Thursday, May 3rd, 1979",
             "1979.05.03")
ISO = "1979-05-03"
ABOUT = {
    "source": "the text in lower case, one token a character, "
              "padded with <pad> on the right",
    "target": "<bos>, then what has been written so far; "
              "the model ends with <eos>",
    "outputs": "logits[b, t] is for the token after target[b, t]; weights "
               "[b, head, t, s] are the last decoder layer's cross-attention",
    "conventions": "slashes are month/day/year; dots and dashes between "
                   "numbers are day first; a four-digit year in front means "
                   "year, month, day; a two-digit year is 1950 to 2049",
}


def write_vocabulary(path):
    content = {"tokens": data.TOKENS, "pad": data.PAD, "begin": data.BEGIN,
               "end": data.END, "lower_case": True,
               "longest_output": dates_train.ISO_LENGTH, **ABOUT}
    path.write_text(json.dumps(content, indent=1) + "\n")


def write_held_back(path):
    """One `text<TAB>ISO` a line; the dates are none that training sees."""
    pairs = dates_train.held_back_pairs(HELD_BACK, HELD_BACK_SEED)
    path.write_text("".join(f"{text}\t{iso}\n" for text, iso in pairs))
    return pairs


def test_inputs():
    source = dates_train.padded([data.encode(text) for text in SENTENCES])
    target = torch.tensor([[data.BEGIN, *data.encode(ISO)]] * len(SENTENCES))
    return source, target


def trained_model(checkpoint, log):
    """From `checkpoint` if it is there; else trains, and writes it."""
    model = dates_train.DatesTransformer(len(data.TOKENS))
    if checkpoint.exists():
        log(f"weights from {checkpoint}; remove it to train again")
        model.load_state_dict(torch.load(checkpoint))
        return model
    model = dates_train.train(log)
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), checkpoint)
    return model


def check_runtime_accuracy(path, pairs):
    """The exported file, teacher-forced in ONNX Runtime on the held-back
    dates: right where every next token is, which is what greedy decoding
    needs."""
    source = dates_train.padded([data.encode(text) for text, _ in pairs])
    rows = [data.encode(iso) for _, iso in pairs]
    target = torch.tensor([[data.BEGIN, *row] for row in rows])
    wanted = torch.tensor([[*row, data.END] for row in rows])
    logits, _ = run(path, [source.numpy(), target.numpy()])
    return (logits.argmax(-1) == wanted.numpy()).all(-1).mean()


def make(folder, checkpoint, log=print):
    folder.mkdir(parents=True, exist_ok=True)
    model = trained_model(checkpoint, log)
    write_vocabulary(folder / "vocab.json")
    pairs = write_held_back(folder / "held-back.txt")
    share, wrong = dates_train.accuracy(model, pairs)
    log(f"held-back dates, PyTorch: {share:.4f}; wrong: {wrong}")
    assert share >= NEEDED_ACCURACY, share
    trace = tuple(tensor[:3, :size]
                  for tensor, size in zip(test_inputs(), (9, 5)))
    log(export_with_tests(
        folder, model, trace, [test_inputs()], file="dates.onnx",
        names=["source", "target"], outputs=["logits", "weights"],
        dims=[{0: "batch", 1: "source"}, {0: "batch", 1: "target"}]))
    share = check_runtime_accuracy(folder / "dates.onnx", pairs)
    log(f"held-back dates, ONNX Runtime, teacher-forced: {share:.4f}")
    assert share >= NEEDED_ACCURACY, share

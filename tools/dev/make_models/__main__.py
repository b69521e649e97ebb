"""Command line of tools/dev/make-models; run from there."""

import argparse
import pathlib

from modules import need

need("make-models", "numpy", "onnx", "onnxruntime", "torch")
import torch  # noqa: E402

from . import dates_make, examples, exporting, importer_tests  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "docs" / "examples"
IMPORTER_TESTS = ROOT / "test" / "Import" / "ONNX" / "Inputs"
CHECKPOINT = ROOT / "build" / "models" / "dates.pt"
PARTS = ("dates", "examples", "importer-tests", "operators")


def log(line):
    print(line, flush=True)


def list_operators():
    """What the exporters wrote: model, opsets, operators with attributes."""
    for path in sorted([*EXAMPLES.rglob("*.onnx"),
                        *IMPORTER_TESTS.glob("torch-*/*.onnx")]):
        seen, opsets = exporting.operators(path)
        log(f"{path.relative_to(ROOT)}  {opsets}")
        for (domain, kind), (count, attributes) in sorted(seen.items()):
            values = "  ".join(f"{name}={' | '.join(sorted(those))}"
                               for name, those in sorted(attributes.items()))
            log(f"  {domain}{'.' if domain else ''}{kind} x{count}  {values}")


def main():
    parser = argparse.ArgumentParser(prog="make-models", description=(
        "Trains and exports the models of docs/examples and the importer's "
        "test inputs with PyTorch, and checks them in ONNX Runtime."))
    parser.add_argument("part", nargs="*", choices=[[], *PARTS], metavar="PART",
                        help=f"of {', '.join(PARTS)} (default: all)")
    parts = parser.parse_args().part or PARTS
    torch.set_num_threads(1)
    if "dates" in parts:
        dates_make.make(EXAMPLES / "dates", CHECKPOINT, log)
    if "examples" in parts:
        examples.make(EXAMPLES, log)
    if "importer-tests" in parts:
        importer_tests.make(IMPORTER_TESTS, log)
    if "operators" in parts:
        list_operators()


if __name__ == "__main__":
    main()

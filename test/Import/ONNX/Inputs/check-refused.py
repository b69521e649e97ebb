#!/usr/bin/env python3
"""Checks that attn-compile refuses models with the errors they expect.

usage: check-refused.py make-model.py FOLDER

Each file in FOLDER is a model as text whose first line is a comment with the beginning of the error.
"""

import pathlib
import subprocess
import sys


def check(make_model, source):
    """What is wrong with how the model is refused, or nothing."""
    expected = source.read_text().splitlines()[0].lstrip("# ").strip()
    model, out = source.with_suffix(".onnx"), source.with_suffix(".so")
    subprocess.run([sys.executable, make_model, source, model], check=True)
    done = subprocess.run(["attn-compile", model, "-o", out], capture_output=True, text=True)
    errors = [line for line in done.stderr.splitlines() if "error:" in line]
    if done.returncode != 1:
        return f"expected exit status 1, got {done.returncode}: {done.stderr}"
    if len(errors) != 1 or f"error: {expected}" not in errors[0]:
        return f"expected one error '{expected}', got: {done.stderr}"
    if not errors[0].startswith(f"{model}: error:"):
        return f"expected the error to begin with the file, got: {errors[0]}"
    if out.exists():
        return "expected nothing to be written"
    return ""


def main():
    sources = sorted(path for path in pathlib.Path(sys.argv[2]).iterdir() if not path.suffix)
    failures = 0
    for source in sources:
        complaint = check(sys.argv[1], source)
        failures += bool(complaint)
        if complaint:
            print(f"{source.name}: {complaint}")
    print(f"{len(sources) - failures} passed, {failures} failed")
    return 1 if failures or not sources else 0


if __name__ == "__main__":
    sys.exit(main())

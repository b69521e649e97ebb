"""Runs a prepared folder on this machine's GPU and keeps the result."""

import json
import pathlib
import re
import subprocess
import tempfile

RESULTS = pathlib.Path(__file__).resolve().parents[3] / "docs/measurements"


def measure(folder, seconds, results):
    with tempfile.TemporaryDirectory() as scratch:
        path = pathlib.Path(scratch) / "result.json"
        status = subprocess.run([folder.resolve() / "runner", folder, path, str(seconds)]).returncode
        if not path.exists() or not path.stat().st_size:
            return status
        text = path.read_text()
    result = json.loads(text)
    card = re.sub(r"[^A-Za-z0-9]+", "-", result["card"]).strip("-")
    results.mkdir(parents=True, exist_ok=True)
    kept = results / f"{result['date']}-{card}.json"
    kept.write_text(text)
    print(f"wrote {kept}")
    return status

"""help.py TOOLS PYTHON: sees that each tool of tools/dev answers --help at once, with its name."""

import os
import pathlib
import subprocess
import sys

tools, python = pathlib.Path(sys.argv[1]), sys.argv[2]
names = sorted(path.name for path in tools.iterdir() if path.is_file() and os.access(path, os.X_OK))
assert len(names) > 10, f"expected the tools in {tools}, got {names}"
for name in names:
    is_python = "python" in (tools / name).read_text().split("\n", 1)[0]
    run = subprocess.run([*([python] if is_python else []), tools / name, "--help"], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, f"{name} --help: expected exit status 0, got {run.returncode}: {run.stderr}"
    assert name in run.stdout, f"{name} --help: expected its name, got {run.stdout!r}"

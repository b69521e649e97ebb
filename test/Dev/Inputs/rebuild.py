#!/usr/bin/env python3
"""Links a program of a build with some sources of another tree: the objects of all others are the build's.

usage: rebuild.py SOURCE_ROOT BUILD TREE PROGRAM OUT SOURCE...

PROGRAM is a path in BUILD. A SOURCE, relative to TREE, is compiled as the build compiles it (or, if it is new, a file near it),
with headers of TREE and of TREE/build before those of the build; its object hides the one in a library. What TREE adds to a
header must leave the layout of everything else as it is.
"""

import concurrent.futures
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

LAUNCHER = ["env", "CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime", "ccache"]


def find_command(commands, root, source):
    """How the build compiles `source`, or a file beside it or in the nearest folder around it."""
    place = root / source
    for folder in [place, *place.parents]:
        for entry in commands:
            path = pathlib.Path(entry["file"])
            if path == folder or folder in path.parents:
                return entry
    sys.exit(f"expected a build that compiles files beside {source}")


def get_headers(words, root, tree):
    """The folders of TREE in which the build looks for headers in ROOT, and those of its generated ones."""
    inside = [word[2:] for word in words if word.startswith(f"-I{root}/lib/")]
    return [f"-I{tree / pathlib.Path(folder).relative_to(root)}" for folder in inside] + [
        f"-I{tree}/include", f"-I{tree}/build/include"]


def compile_source(entry, root, tree, source):
    words = shlex.split(entry["command"])
    target = tree / "build" / (source.replace("/", "-") + ".o")
    words[words.index("-o") + 1] = str(target)
    words[words.index("-c") + 1] = str(tree / source)
    first = next(n for n, word in enumerate(words) if word.startswith("-I"))
    words[first:first] = get_headers(words, root, tree)
    launcher = LAUNCHER if shutil.which("ccache") else []
    subprocess.run(launcher + words, cwd=entry["directory"], check=True)
    return str(target)


def main():
    root, build, tree = map(pathlib.Path, sys.argv[1:4])
    program, out = sys.argv[4:6]
    commands = json.loads((build / "compile_commands.json").read_text())
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(
            lambda source: compile_source(find_command(commands, root, source), root, tree, source), sys.argv[6:]))
    link = subprocess.run(["ninja", "-C", build, "-t", "commands", "-s", program],
                          check=True, stdout=subprocess.PIPE, text=True).stdout.strip().splitlines()[-1]
    before, after = link.split(f" -o {program} ")
    subprocess.run(f"{before} {shlex.join(objects)} -o {shlex.quote(out)} {after}", shell=True, cwd=build, check=True)


if __name__ == "__main__":
    main()

# The examples in the documentation are true.
# RUN: rm -rf %t && mkdir %t
# RUN: %python %s reference %build/docs %t
# RUN: %python %s pages %src %build %t
"""Runs the code blocks of Markdown pages.

    examples.py reference FOLDER SCRATCH    pages that mlir-tblgen wrote
    examples.py pages SOURCE BUILD SCRATCH  README.md and docs/

What a block's first line says:
    ```mlir             complete MLIR: attn-opt reads it and prints what reads back the same.
                        Under a pass's heading, the pass runs on it too.
    ```… file=NAME      written to NAME, for the commands below it
    ```sh run           commands that succeed, in a folder with docs/ and build/ as in a checkout, and the
                        tools on the PATH; blocks of a page share the folder
    ```text output      what the block above printed
Everything else is text.
"""

import os
import pathlib
import re
import subprocess
import sys

BLOCK = re.compile(r"^( *)```(\S+)([^\n]*)\n(.*?)^\1```$", re.M | re.S)
OP_HEADING = re.compile(r"^### `attn\.(\S+)`", re.M)
PASS_HEADING = re.compile(r"^### `-(\S+)`", re.M)
# Ops that exist only inside the examples of others.
WITHOUT_EXAMPLE = {"yield"}


class Failures:
    def __init__(self):
        self.count = 0

    def add(self, where, what):
        self.count += 1
        print(f"{where}: error: {what}")


def run(command, failures, where, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=300,
                          **options)
    if done.returncode:
        failures.add(where, f"expected {command[:3]} to succeed, got status "
                            f"{done.returncode}\n{done.stderr}")
    return done.stdout


def blocks(path):
    """(place, language, [options], code) of each block with a language."""
    text = path.read_text()
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        code = re.sub("^" + match[1], "", match[4], flags=re.M)
        yield f"{path}:{line}", match[2], match[3].split(), code


def check_mlir(code, failures, where, *options):
    run(["attn-opt", "--verify-roundtrip", "--split-input-file", *options],
        failures, where, input=code)


def sections(text, heading):
    """name -> the text up to the next heading of the same kind."""
    found = list(heading.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    return {match[1]: text[match.start():end]
            for match, end in zip(found, ends)}


def check_reference(folder, scratch, failures):
    checked = 0
    for path in sorted(folder.glob("*.md")):
        text = path.read_text()
        for name, section in sections(text, OP_HEADING).items():
            if "```mlir" not in section and name not in WITHOUT_EXAMPLE:
                failures.add(path, f"expected an example of attn.{name}")
        for where, language, _, code in blocks(path):
            if language == "mlir":
                checked += 1
                check_mlir(code, failures, where)
        for name, section in sections(text, PASS_HEADING).items():
            part = scratch / "section.md"
            part.write_text(section)
            for _, language, _, code in blocks(part):
                if language == "mlir":
                    check_mlir(code, failures, f"{path}: --{name}",
                               f"--{name}")
    return checked


def make_workplace(source, build, place):
    """A folder that looks like a checkout, where commands may write."""
    place.mkdir(parents=True)
    for name in ("docs", "tools", "README.md"):
        (place / name).symlink_to(source / name)
    (place / "build").symlink_to(build)
    shared = source.parent / "shared"
    if shared.is_dir() and not (place.parent / "shared").exists():
        (place.parent / "shared").symlink_to(shared)


def check_page(path, place, failures):
    checked, output = 0, ""
    for where, language, options, code in blocks(path):
        checked += 1
        for option in options:
            if option.startswith("file="):
                (place / option[len("file="):]).write_text(code)
        if language == "mlir":
            check_mlir(code, failures, where)
        elif language == "sh" and "run" in options:
            output = run(["bash", "-euo", "pipefail", "-c", code], failures,
                         where, cwd=place)
        elif language == "text" and "output" in options:
            if output.split() != code.split():
                failures.add(where, f"expected the output\n{code}\ngot\n"
                                    f"{output}")
        else:
            checked -= 1
    return checked


def check_pages(source, build, scratch, failures):
    # Commands find the tools, and the Python that has numpy.
    (scratch / "bin").mkdir()
    (scratch / "bin" / "python3").symlink_to(sys.executable)
    os.environ["PATH"] = os.pathsep.join([str(scratch / "bin"),
                                          str(build / "bin"),
                                          os.environ["PATH"]])
    checked = 0
    for path in [source / "README.md", *sorted((source / "docs").rglob("*.md"))]:
        place = scratch / "pages" / path.relative_to(source).with_suffix("")
        make_workplace(source, build, place)
        checked += check_page(path, place, failures)
    return checked


def main(kind, *arguments):
    failures = Failures()
    paths = [pathlib.Path(argument) for argument in arguments]
    check = {"reference": check_reference, "pages": check_pages}[kind]
    checked = check(*paths, failures)
    print(f"{checked} blocks, {failures.count} wrong")
    return 0 if checked and not failures.count else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""Which tests are as good on another machine, and which must name a CPU.

`native` is this machine's CPU unless ATTN_NATIVE_CPU says otherwise (lit --param native=CPU). A test that compiles but
runs nothing of what it made can pretend to be on any machine; one that runs code cannot, so what it says of code made
for a CPU, it must say of one that it names.

As a program: prints the lines of tests below FOLDER that break this rule.

    named_cpu.py FOLDER
"""

import pathlib
import re
import sys

# A command begins where a line or a shell operator does, or behind `not` and `env`; in a definition, behind `=`.
COMMANDS = re.compile(r"^.*?\b(?:RUN|(?:RE)?DEFINE): *(?:%\{\w+\} = )?(.*)$", re.M)
# Answers a question instead of running code.
ASKS = r"(?! --(?:print-target|version|help))\b"
RUNS_CODE = re.compile(rf"attn-run{ASKS}|attn-bench{ASKS}|attn-random-programs|attn-exp-accuracy|tools/dev/|%lit|%python %s"
                       r"|%python.*\.so|%cc .*-o ")
# Writes what differs between CPUs for someone to read.
SHOWS_CODE = re.compile(r"--stage=(?:tiled|bufferized|cpu|llvm)|--emit=(?:ll|s)\b|-o %t\S*\.(?:ll|s)\b")
# Stops where a model is read, or asks.
READS = re.compile(r"--emit=mlir(?!.*--stage=)|--(?:version|help)\b")
NAMED = re.compile(r"--mcpu=(?!native)|--target=cuda|--plain|--print-target$")
SUFFIXES = {".mlir", ".test", ".c", ".py", ".pbtxt"}


def commands(path):
    """(line number, command) of each RUN line and definition."""
    text = path.read_text(errors="replace")
    return [(text.count("\n", 0, match.start(1)) + 1, match[1])
            for match in COMMANDS.finditer(text)]


def runs_code(path):
    return any(RUNS_CODE.search(command) for _, command in commands(path))


def compiles(path):
    """Whether `native` matters to the test: attn-opt never asks for it, nor does reading a model."""
    return any("--print-target" in command or "attn-compile" in command and not READS.search(command)
               for _, command in commands(path))


def is_as_good_elsewhere(path):
    return compiles(path) and not runs_code(path)


def lines_without_cpu(path):
    """Places where a test that cannot pretend shows code for `native`."""
    if not runs_code(path):
        return
    for number, command in commands(path):
        for part in command.split("|"):
            if ("attn-compile" in part and SHOWS_CODE.search(part)
                    and not NAMED.search(part)):
                yield number, part.strip()


def main(folder):
    wrong = 0
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.suffix in SUFFIXES and path.is_file() and path.name != pathlib.Path(__file__).name:
            for number, command in lines_without_cpu(path):
                print(f"{path}:{number}: error: expected --mcpu=CPU, because the test runs code and so cannot pretend "
                      f"to be on another machine, got: {command}")
                wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

"""What new-pass, new-predicate and their siblings share: edits of files that are all made, or none of them."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


# Above and below the title of a part of a source file.
DIVIDER = "//===" + "-" * 70 + "===//\n"


class Refused(Exception):
    pass


def dashes(name, summary):
    """That fill the first line of a source file."""
    return "-" * max(0, 58 - len(name) - len(summary))


def check_new(kind, *paths):
    for path in paths:
        if path.exists():
            raise Refused(f"expected a new {kind}, but {path} exists")


def insert_before(text, mark, addition):
    """Before the line that begins with `mark`."""
    head, found, tail = text.partition(f"\n{mark}")
    if not found:
        raise Refused(f"expected a line that begins with '{mark}'")
    return f"{head}\n{addition}{mark}{tail}"


def extend(text, mark, addition):
    """Behind `mark`, which stands in one place."""
    if text.count(mark) != 1:
        raise Refused(f"expected '{mark}' once")
    return text.replace(mark, mark + addition)


def insert_before_end(text, addition):
    """Before the `#endif` that closes an include guard."""
    head, end, tail = text.rpartition("\n#endif")
    if not end:
        return text + addition
    return f"{head.rstrip()}\n{addition}{end}{tail}"


def add_source(text, source):
    """Into the sources of the first attn_add_library, before the first that comes after it in the alphabet."""
    match = re.search(r"attn_add_library\(\w+\n((?:  [\w/]+\.\w+\n?)+)", text)
    if not match:
        raise Refused("expected attn_add_library(NAME with one source a line in CMakeLists.txt")
    ends = match[1].endswith("\n")
    lines = match[1].splitlines()
    line = f"  {source}"
    position = next((n for n, other in enumerate(lines) if other > line), len(lines))
    lines.insert(position, line)
    return text[:match.start(1)] + "\n".join(lines) + ("\n" if ends else "") + text[match.end(1):]


def write(plan, test_options):
    """Makes the edits (path -> contents) that `plan` returns, and says what to do next; an exit status."""
    try:
        edits = plan()
    except Refused as error:
        print(f"{pathlib.Path(sys.argv[0]).name}: error: {error}", file=sys.stderr)
        return 1
    for path, contents in edits.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        verb = "changed" if path.exists() else "created"
        path.write_text(contents)
        print(f"{verb} {path.relative_to(ROOT)}")
    print(f"next: fill in the TODOs, tools/dev/test {test_options}")
    return 0

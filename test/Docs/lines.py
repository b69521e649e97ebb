# RUN: %python %s %src
"""Pages are read in editors and terminals: lines of at most 110 columns but rows of tables and code; no page points outside
the repository.

usage: lines.py ROOT
"""

import pathlib
import sys

WIDTH = 110


def complaints(root, page):
    fenced = False
    for number, line in enumerate(page.read_text().splitlines(), 1):
        fenced ^= line.lstrip().startswith("```")
        place = f"{page.relative_to(root)}:{number}"
        if "../shared" in line:
            yield f"{place}: expected no path outside the repository, got ../shared"
        if len(line) > WIDTH and not fenced and not line.startswith(("|", "    ")):
            yield f"{place}: expected at most {WIDTH} columns, got {len(line)}"


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    pages = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    found = [line for page in pages for line in complaints(root, page)]
    print("\n".join(found) or f"{len(pages)} pages are right")
    return 1 if found or len(pages) < 2 else 0


if __name__ == "__main__":
    sys.exit(main())

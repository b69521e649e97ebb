"""The table of measurements in docs/GPU.md."""

import json
import pathlib
import sys

from . import cases

PAGE = pathlib.Path(__file__).resolve().parents[3] / "docs/GPU.md"
BEGIN, END = "<!-- tools/dev/gpu-run tables -->", "<!-- end of the tables -->"
NOTHING = "not measured"


def read_results(folder):
    """Of each card the newest; what an interpreter says of time is nothing."""
    newest = {}
    for path in sorted(folder.glob("*.json")):
        result = json.loads(path.read_text())
        if not result["interpreted"]:
            newest[result["card"]] = result
    return list(newest.values())


def get_peak(result, name, unit):
    return result["peaks"].get("copy" if unit == "B" else name.split()[1])


def get_cell(result, name):
    """The rate, and its share of the peak that was measured beside it."""
    for one in result["results"]:
        if one["kind"] != "time" or one["name"] != name.replace(" ", "/"):
            continue
        if "problem" in one:
            return "failed"
        peak = get_peak(result, name, one["unit"])
        share = f", {100 * one['rate'] / peak:.0f} %" if peak else ""
        scale, unit = (1e-9, "GB/s") if one["unit"] == "B" else (1e-12, "TFLOP/s")
        return f"{one['rate'] * scale:.4g} {unit}{share}"
    return NOTHING


def get_checks(result):
    return f"{result['passed']} of {result['passed'] + result['failed']} agree"


def make_table(results):
    cards = [f"{one['card']}, {one['date']}" for one in results] or ["a GPU"]
    lines = [f"| case | {' | '.join(cards)} |", "|---|" + "---|" * len(cards)]
    rows = [("checks", [get_checks(one) for one in results] or [NOTHING])]
    rows += [(name, [get_cell(one, name) for one in results] or [NOTHING]) for name in cases.TIMES]
    return lines + [f"| {name} | {' | '.join(cells)} |" for name, cells in rows]


def tables(folder, write, check):
    wanted = "\n".join(make_table(read_results(folder)))
    text = PAGE.read_text()
    before, rest = text.split(BEGIN + "\n")
    there, after = rest.split("\n" + END)
    if write:
        PAGE.write_text(f"{before}{BEGIN}\n{wanted}\n{END}{after}")
    elif check and there != wanted:
        print(f"gpu-run: error: expected the table of {PAGE.name} as '--write' writes it, got another", file=sys.stderr)
        return 1
    elif not check:
        print(wanted)
    return 0

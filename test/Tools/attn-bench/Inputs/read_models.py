"""Checks what attn-bench --suite=models --json wrote: shares of both peaks."""

import json
import sys

cases = json.load(open(sys.argv[1]))["cases"]
assert [case["unit"] for case in cases] == ["FLOP", "FLOP", "FLOP", "B", "FLOP", "FLOP", "B", "FLOP"], cases
assert all(case["share"] > 0 for case in cases), cases
# Four products of 32 by 32, two of 32 by 96, and all pairs of 19 positions.
assert cases[0]["work"] == 2 * 19 * (4 * 32 * 32 + 2 * 32 * 96) + 4 * 19 * 19 * 32, cases[0]

"""The table and the picture."""

import html
import statistics

OURS = "attn-mlir"


def fastest(results):
    """The best of one family's variants (`ORT …`), under its name; others as they are."""
    shown = {}
    for result in results:
        family = result.name.split()[0]
        best = shown.get(family)
        if best is None or (not result.problem and (best.problem or result.median < best.median)):
            shown[family] = result
    return shown


def speedup(results, family):
    """How many times longer the peer takes than we do."""
    ours, peer = results.get(OURS), results.get(family)
    if ours is None or peer is None or ours.problem or peer.problem:
        return None
    return peer.median / ours.median


def cell(result):
    if result is None:
        return "-"
    if result.problem:
        return "-"
    low, high = result.spread()
    return f"{result.median * 1e3:.3g} ({low:.2f}–{high:.2f})"


def markdown(rows, families):
    """`rows` are (title, shape, item bytes, results by family)."""
    peers = [name for name in families if name != OURS]
    header = ["shape", *(f"{name} ms" for name in families), "rate", *(f"× {name}" for name in peers),
              *(f"error {name}" for name in families)]
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    for title, shape, width, results in rows:
        ours = results.get(OURS)
        rate = "-"
        if ours and not ours.problem:
            amount = shape.work * (width if shape.is_decode else 1) / ours.median * 1e-9
            rate = f"{amount:.3g} {'GB/s' if shape.is_decode else 'GFLOP/s'}"
        ratios = [speedup(results, name) for name in peers]
        errors = [results[name].error if name in results else None for name in families]
        lines.append("| " + " | ".join(
            [title, *(cell(results.get(name)) for name in families), rate,
             *("-" if ratio is None else f"{ratio:.2f}" for ratio in ratios),
             *("-" if error is None else f"{error:.1e}" for error in errors)]) + " |")
    return "\n".join(lines)


def summary(rows, families):
    """For each peer: over how many shapes, the geometric mean, and where we are slower."""
    lines = []
    for name in families:
        ratios = [(speedup(results, name), title) for title, _, _, results in rows]
        ratios = [pair for pair in ratios if pair[0] is not None]
        if name == OURS or not ratios:
            continue
        slower = [f"{title} ({ratio:.2f})" for ratio, title in sorted(ratios) if ratio < 1]
        lines.append(f"{name} takes {statistics.geometric_mean(ratio for ratio, _ in ratios):.2f} times as long as we do "
                     f"(geometric mean of {len(ratios)} shapes), at least {min(ratios)[0]:.2f} times; "
                     f"we are slower on {len(slower)}" + (": " + ", ".join(slower) if slower else ""))
    return lines


COLORS = ("#3b528b", "#5ec962", "#e8a33d", "#b5367a")
ROW, BAR, LEFT, WIDTH, TOP = 8, 9, 260, 560, 48


def picture(rows, families):
    """An SVG of bars: the speed of each, ours being 1."""
    height = ROW + BAR * len(families)
    body, largest = [], 1.0
    for _, _, _, results in rows:
        largest = max([largest, *(1 / s for s in (speedup(results, n) for n in families) if s)])
    scale = WIDTH / largest
    for n, name in enumerate(families):
        x = LEFT + 150 * n
        body.append(f'<rect x="{x}" y="14" width="12" height="12" fill="{COLORS[n % len(COLORS)]}"/>'
                    f'<text x="{x + 18}" y="24">{html.escape(name)}</text>')
    for row, (title, _, _, results) in enumerate(rows):
        y = TOP + row * height
        body.append(f'<text x="{LEFT - 8}" y="{y + height / 2}" text-anchor="end">{html.escape(title)}</text>')
        for n, name in enumerate(families):
            ratio = speedup(results, name)
            if ratio:
                body.append(f'<rect x="{LEFT}" y="{y + n * BAR}" width="{scale / ratio:.1f}" height="{BAR - 1}" '
                            f'fill="{COLORS[n % len(COLORS)]}"/>')
    total = TOP + height * len(rows) + 12
    line = LEFT + scale
    body.append(f'<line x1="{line:.1f}" y1="{TOP - 8}" x2="{line:.1f}" y2="{total - 8}" stroke="#888"/>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 20}" height="{total}" '
            f'font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="white"/>'
            + "".join(body) + "</svg>\n")

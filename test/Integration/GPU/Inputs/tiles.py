"""How many tiles the attentions of a program have on tensor cores: that they are enough to show what tiles do."""

import dataclasses
import re
import subprocess

#: Of so few queries one tile holds all, and several heads beside them.
FEW = 8
TYPE = r"tensor<(\S+?)>"


@dataclasses.dataclass
class Stream:
    rows: int
    keys_of_tile: int
    queries: int
    keys: int

    def is_enough(self):
        """Two tiles of queries; three of keys, the last one not full."""
        return (self.queries > self.rows or self.queries <= FEW) and self.keys > 2 * self.keys_of_tile and self.keys % self.keys_of_tile


def get_shape(text):
    return text.split("x")[:-1]


def get_length(shape, layout, line):
    """Of the sequence, which a layout other than [batch, head, sequence, feature] puts elsewhere."""
    order = re.search(rf"{layout}_layout = array<i64: (.*?)>", line)
    return int(shape[order.group(1).split(", ").index("2") if order else 2])


def read_streams(model, function, options):
    command = ["attn-compile", model, "--target=cuda", "--emit=mlir", "--stage=tiled", "-o", "-", *options]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    lines = re.search(rf"func\.func @{function}\(.*?\n  }}\n", text, re.DOTALL).group().split("\n")
    casts, slices = {}, {}  # by the shape that they begin with: what a cast forgets is known where it comes from
    for n, line in enumerate(lines):
        made = re.match(rf"\s*(%\w+) = tensor\.(cast|extract_slice) (%\w+).* : {TYPE} to", line)
        if made:
            name, kind, source, shape = made.groups()
            (casts if kind == "cast" else slices)[name] = casts.get(source, get_shape(shape))
        found = re.search(r"attn_tile\.stream (%\w+), (%\w+)\[.*<rows = (\d+), keys = (\d+),", line)
        if not found:
            continue
        query, key, rows, keys = found.groups()
        indent = line[:len(line) - len(line.lstrip())]
        end = next(one for one in lines[n:] if one.startswith(indent + "}") and " : tensor<" in one)
        types = [get_shape(one) for one in re.findall(TYPE, end)]
        yield Stream(int(rows), int(keys), get_length(slices.get(query, types[0]), "query", end),
                     get_length(casts.get(key, types[1]), "key", end))

"""The sheet of operators: for each row of the importer's registry, cases with numbers of numpy.

A module beside this one holds the rows of a family:

    op("Asin", (7, 22), case(np.arcsin, UNIT))

7 and 22 are the opsets in which ONNX defines Asin anew (7 stands for what is older). Each case runs at each of them, or at those in
[since, until]. Inputs are arrays, which the model takes with dynamic sizes, `known(array)`, a constant of the model, or None.
"""

import dataclasses
import itertools
import math
import typing

import numpy as np

random = np.random.default_rng(10)
ROWS = []
ALIASES = []
TYPES = {"f2": "float16", "f4": "float", "f8": "double", "b1": "bool"}


@dataclasses.dataclass
class Known:
    """A constant of the model; `kind` names a type that numpy does not have."""
    array: np.ndarray
    kind: str = ""


@dataclasses.dataclass
class Case:
    """`expected` is a list of arrays (None for an output that is left out), a function of the inputs that gives one array or a
    list of them, or what the importer says when it refuses the node."""
    expected: typing.Any
    inputs: tuple
    attributes: str
    since: int
    until: int
    static: bool
    kind: typing.Any

    def arrays(self):
        return [x.array if isinstance(x, Known) else x for x in self.inputs]

    def outputs(self):
        """The arrays that numpy gives. What it has widened to f64 gets the type of the first input of floats, or `kind`."""
        given = self.arrays()
        with np.errstate(all="ignore"):
            right = self.expected(*given) if callable(self.expected) else self.expected
        right = [x if x is None else np.asarray(x) for x in (right if isinstance(right, list) else [right])]
        kind = self.kind or next((x.dtype for x in given if x is not None and x.dtype.kind == "f"), np.dtype(np.float32))
        return [x.astype(kind) if x is not None and x.dtype == np.float64 else x for x in right]


@dataclasses.dataclass
class Row:
    name: str
    versions: tuple
    cases: list
    domain: str
    limits: str

    def key(self):
        return (self.domain or "ai.onnx", self.name)

    def versions_of(self, case):
        return [version for version in self.versions if case.since <= version <= case.until]


def op(name, versions, *cases, domain="", limits=""):
    """`limits` is what the importer refuses of what ONNX allows."""
    ROWS.append(Row(name, versions, list(itertools.chain(*(each if isinstance(each, list) else [each] for each in cases))), domain, limits))


def case(expected, *inputs, attrs="", since=0, until=99, static=False, kind=None):
    return Case(expected, tuple(x if x is None or isinstance(x, Known) else np.asarray(x) for x in inputs), attrs, since, until, static, kind)


def known(values, kind=None):
    """Integers are int64 unless `kind` says so."""
    named = kind if isinstance(kind, str) else ""
    array = np.asarray(values, None if named else kind)
    return Known(array.astype(np.int64) if array.dtype.kind == "i" and kind is None else array, named)


def alias(*names):
    """Operators that mean the same, so that nobody can tell one's emitter from another's."""
    ALIASES.append(frozenset(names))


# --- Data ------------------------------------------------------------------------------------------------------------------

def floats(*shape):
    return random.standard_normal(shape).astype(np.float32)


def ints(*values, kind=np.int64):
    return np.array(values, kind)


def each_float(expected, *inputs, **options):
    """A case for each type of floats."""
    return [case(expected, *(x.astype(kind) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x for x in inputs), **options)
            for kind in (np.float32, np.float64, np.float16)]


def erf(x):
    return np.vectorize(math.erf)(x.astype(np.float64))


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


# --- As ONNX text ----------------------------------------------------------------------------------------------------------

def element_type(array):
    return TYPES.get(array.dtype.str[1:], str(array.dtype))


def literal(value):
    return repr(float(value)) if isinstance(value, np.floating) else str(int(value))


def declare(array, static):
    sizes = ",".join(str(size) if static else "?" for size in array.shape)
    return element_type(array) + (f"[{sizes}]" if array.ndim else "")


class Model:
    """A model in which each case is a node: what nodes read and give is named after their number."""

    def __init__(self, opset):
        self.opset = opset
        self.inputs, self.arguments, self.constants, self.nodes = {}, [], [], []
        self.outputs = []
        self.right = {}

    def add(self, row, one, name=None):
        """Adds the node, of operator `name` instead of the row's where it is given."""
        number = len(self.nodes)
        read = [self.read(one, f"x{number}_{i}", x) for i, x in enumerate(one.inputs)]
        while read and read[-1] == '""':
            read.pop()
        made = []
        for i, right in enumerate(one.outputs() if not isinstance(one.expected, str) else [np.zeros(1, np.float32)]):
            made.append('""' if right is None else f"y{number}_{i}")
            if right is not None:
                self.right[made[-1]] = right
                self.outputs.append(f"{declare(right, False)} {made[-1]}")
        attributes = f"<{one.attributes}>".replace("@", f"n{number}_") if one.attributes else ""
        operator = (row.domain + "." if row.domain else "") + (name or row.name)
        self.nodes.append(f"{', '.join(made)} = {operator} {attributes} ({', '.join(read)})")

    def read(self, one, name, x):
        if x is None:
            return '""'
        if isinstance(x, Known):
            kind = x.kind or element_type(x.array)
            sizes = f"[{','.join(map(str, x.array.shape))}]" if x.array.ndim else ""
            self.constants.append(f"{kind}{sizes} {name} = {{{', '.join(map(literal, x.array.ravel()))}}}")
        else:
            self.inputs[name] = x
            self.arguments.append(f"{declare(x, one.static)} {name}")
        return name

    def text(self):
        opsets = f'"" : {self.opset}, "com.microsoft" : 1, "ai.onnx.preview" : 1'
        constants = f"<{', '.join(self.constants)}>" if self.constants else ""
        return (f"<opset_import: [{opsets}]> g ({', '.join(self.arguments)}) => ({', '.join(self.outputs)}) {constants} "
                f"{{ {' '.join(self.nodes)} }}")


TOLERANCES = {2: 2e-3, 4: 2e-5, 8: 1e-11}


def difference(got, right):
    """What is wrong with an output, or nothing."""
    if got.shape != right.shape or got.dtype != right.dtype:
        return f"expected {right.dtype} {list(right.shape)}, got {got.dtype} {list(got.shape)}"
    tolerance = TOLERANCES[right.dtype.itemsize] if right.dtype.kind == "f" else 0
    if np.allclose(got, right, tolerance, tolerance, equal_nan=True):
        return ""
    return f"expected {right.ravel()[:12]}, got {got.ravel()[:12]}"


def load():
    """All rows."""
    if not ROWS:
        for family in ("activations", "arithmetic", "attention", "comparison", "control_flow", "indexing", "microsoft", "normalization",
                       "pools", "products", "quantization", "integer_products", "reductions", "shapes"):
            __import__(family)
    return ROWS

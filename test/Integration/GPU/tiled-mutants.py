# The code that attention on tensor cores becomes, with one wait, arrival or barrier less, or a weaker one, is caught on the
# interpreter. The one that survives is a right program: bar.warp.sync before the last stage is released, behind which all
# warps meet.
# RUN: rm -rf %t && mkdir %t
# RUN: attn-compile %S/Inputs/tiled-mutants.mlir --target=cuda --gpu-arch=sm_80 --emit=ptx -o %t/tiled.ptx
# RUN: %python %s %src/test/PTX %t/tiled.ptx | FileCheck %s
# CHECK-COUNT-1: {{^}}SURVIVED {{.*}} bar.warp.sync
# CHECK-NOT: {{^}}SURVIVED
# CHECK: {{^}}caught {{[0-9]+}} of {{[0-9]+}} mutants, {{(100|9[5-9])}} %
"""Runs mutants.py of the folder that is named first on the kernel of
Inputs/tiled-mutants.mlir."""

import sys

QUERIES, KEYS, FEATURES = 70, 290, 16


def memref(buffer, heads, length):
    """A [1, heads, length, FEATURES] as the kernel takes it."""
    sizes = [1, heads, length, FEATURES]
    strides = [heads * length * FEATURES, length * FEATURES, FEATURES, 1]
    return [f"--arg={buffer}"] * 2 + [f"--arg=i64:{n}"
                                      for n in [0] + sizes + strides]


def main(folder, kernel):
    sys.path.insert(0, folder)
    import mutants
    values = [str(n % 11) for n in range(KEYS * FEATURES - 1)] + ["nan"]
    queries = f"f16[{2 * QUERIES * FEATURES}]"
    mutants.main(kernel, [
        "attn-ptx-run", "FILE", "--order=ORDER", "--seed=SEED", "--grid=4",
        "--block=160", f"--buffer=q:{queries}=iota%7",
        f"--buffer=k:f16[{KEYS * FEATURES}]=iota%5",
        f"--buffer=v:f16[{KEYS * FEATURES}]=" + ",".join(values),
        f"--buffer=o:{queries}", "--buffer=failures:i32[1]=-1"]
        + memref("q", 2, QUERIES) + memref("o", 2, QUERIES)
        + memref("k", 1, KEYS) + memref("v", 1, KEYS)
        + ["--arg=failures", "--print=o"])


if __name__ == "__main__":
    main(*sys.argv[1:])

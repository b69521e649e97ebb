# The code that attention on tensor cores becomes, with one wait, arrival or barrier less, or a weaker one, is caught on the
# interpreter: of prefill with a mask and without, of a single query, and of queries in shared memory. What survives is a right
# program: docs/PTX.md says why.
# RUN: rm -rf %t && mkdir %t
# RUN: attn-compile %S/Inputs/tiled-mutants.mlir --target=cuda --gpu-arch=sm_80 --emit=ptx -o %t/masked.ptx
# RUN: %python %s %src/test/PTX %t/masked.ptx masked | FileCheck %s
# RUN: sed '/mask (/,/^ *}/d' %S/Inputs/tiled-mutants.mlir > %t/unmasked.mlir
# RUN: attn-compile %t/unmasked.mlir --target=cuda --gpu-arch=sm_80 --emit=ptx -o %t/unmasked.ptx
# RUN: %python %s %src/test/PTX %t/unmasked.ptx unmasked | FileCheck %s
# RUN: attn-compile %S/Inputs/tiled-mutants-one.mlir --target=cuda --gpu-arch=sm_80 --emit=ptx -o %t/one.ptx
# RUN: %python %s %src/test/PTX %t/one.ptx one | FileCheck %s
# RUN: attn-opt %S/Inputs/tiled-mutants.mlir -attn-attach-gpu-target=arch=sm_80 -convert-attn-to-tile="rows=32 stages=1 query=shared" -o %t/shared.mlir
# RUN: attn-compile %t/shared.mlir --target=cuda --gpu-arch=sm_80 --emit=ptx -o %t/shared.ptx
# RUN: %python %s %src/test/PTX %t/shared.ptx shared | FileCheck %s --check-prefix=CHECKED
# CHECK-COUNT-1: {{^}}SURVIVED {{.*}} bar.warp.sync
# CHECK-NOT: {{^}}SURVIVED
# CHECK: {{^}}caught {{[0-9]+}} of {{[0-9]+}} mutants, {{(100|9[5-9])}} %
# The last one has checks. Its blocks ask together whether a check has failed before: no other block fails here while one begins.
# CHECKED: {{^}}SURVIVED {{.*}} do not meet: bar.red.or.pred
# CHECKED: {{^}}SURVIVED {{.*}} bar.warp.sync
# CHECKED-NOT: {{^}}SURVIVED
# CHECKED: {{^}}caught {{[0-9]+}} of {{[0-9]+}} mutants
"""Runs mutants.py of the folder that is named first on the kernel of
Inputs/tiled-mutants*.mlir that is named second."""

import sys

KEYS, FEATURES = 290, 16
# Heads, queries of each, blocks, warps of a block, and the kernel's tensors.
KINDS = {"masked": (2, 70, 4, 5, "qokv"),
         "unmasked": (2, 70, 4, 5, "qokv"), "one": (4, 1, 1, 2, "kvqo"),
         "shared": (2, 70, 6, 3, "qokv")}


def memref(buffer, heads, length):
    """A [1, heads, length, FEATURES] as the kernel takes it."""
    sizes = [1, heads, length, FEATURES]
    strides = [heads * length * FEATURES, length * FEATURES, FEATURES, 1]
    return [f"--arg={buffer}"] * 2 + [f"--arg=i64:{n}"
                                      for n in [0] + sizes + strides]


def main(folder, kernel, kind):
    sys.path.insert(0, folder)
    import mutants
    heads, queries, blocks, warps, tensors = KINDS[kind]
    values = [str(n % 11) for n in range(KEYS * FEATURES)]
    values[-1] = "nan"
    rows = f"f16[{heads * queries * FEATURES}]"
    mutants.main(kernel, [
        "attn-ptx-run", "FILE", "--order=ORDER", "--seed=SEED",
        f"--grid={blocks}", f"--block={32 * warps}",
        f"--buffer=q:{rows}=iota%7",
        f"--buffer=k:f16[{KEYS * FEATURES}]=iota%5",
        f"--buffer=v:f16[{KEYS * FEATURES}]=" + ",".join(values),
        f"--buffer=o:{rows}", "--buffer=failures:i32[4]=-1"]
        + [word for name in tensors for word in memref(
            name, *((heads, queries) if name in "qo" else (1, KEYS)))]
        + ["--arg=failures", "--print=o"])


if __name__ == "__main__":
    main(*sys.argv[1:])

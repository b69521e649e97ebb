# A kernel with one wait, arrival, fence, commit or barrier less, or a weaker one, is caught.
# REQUIRES: gpu-prototype
# RUN: rm -rf %t && mkdir %t
# RUN: %python %S/Inputs/print_kernel.py %gpu_prototype/fa_hopper_queue.py 64 64 1 1 1 2 2 > %t/queue.ptx
# RUN: %python %s %build/test/PTX/attn-ptx-attention %t/queue.ptx d=64 bn=64 causal=1 sq=128 sk=320 \
# RUN:   | FileCheck %s
# CHECK: {{^}}caught {{[0-9]+}} of {{[0-9]+}} mutants, {{(100|9[5-9])}} %
"""Drops or weakens each synchronization of a kernel, one at a time.

    mutants.py RUNNER KERNEL.ptx [OPTION...]

A mutant is caught when a run in some order reports something, or gives wrong
numbers. Prints the survivors, and how many were caught.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ORDERS = [(3, 1), (0, 1), (1, 1), (2, 1), (3, 2), (3, 3), (2, 2), (2, 3)]
# Instructions that can go as they stand.
DROPPED = ["mbarrier.arrive", "mbarrier.expect_tx", "bar.sync", "bar.arrive",
           "barrier.", "fence.", "wgmma.fence", "wgmma.commit_group",
           "wgmma.wait_group", "cp.async.commit_group", "cp.async.wait_group",
           "cp.async.wait_all", "cp.async.bulk.commit_group",
           "cp.async.bulk.wait_group", "membar"]
# (what to find, what to put there): a number that counts, one off.
WEAKENED = [
    (r"(wait_group\S*\s+)(\d+)", lambda n: n + 1),
    (r"(mbarrier\.init\S*\s+\[[^\]]*\], )(\d+)", lambda n: n - 1),
    (r"(bar\.(?:sync|arrive)\s+[^,]+, )(\d+)", lambda n: n - 32),
]
WAIT = re.compile(r"mbarrier\.(?:try|test)_wait\S*\s+(\S+?),")
PARITY = re.compile(r"(mbarrier\.(?:try|test)_wait\.parity[^\]]*\], )([^,;]+)")


def mutate_line(line):
    """(what was done, the line in place of it) for each mutant of a line."""
    instruction = re.sub(r"^\s*(@!?\S+\s+)?", "", line)
    for start in DROPPED:
        if instruction.startswith(start):
            yield "drop", ""
            break
    for pattern, change in WEAKENED:
        match = re.search(pattern, line)
        if match:
            number = change(int(match[2]))
            if number >= 0:
                yield f"{match[2]} -> {number}", (
                    line[:match.start(2)] + str(number) + line[match.end(2):])
    match = WAIT.search(line)
    if match:
        yield "do not wait", f"setp.eq.b32 {match[1]}, 0, 0;"
    match = PARITY.search(line)
    if match and match[2].isdigit():
        yield "other parity", line.replace(
            match[0], match[1] + str(1 - int(match[2])))
    elif match:
        yield "other parity", (
            "{ .reg .b32 other; xor.b32 other, " + match[2] + ", 1; "
            + line.replace(match[0], match[1] + "other") + " }")


def find_mutants(text):
    lines = text.split("\n")
    for number, line in enumerate(lines):
        for what, other in mutate_line(line):
            name = f"line {number + 1}: {what}: {line.strip()}"
            yield name, "\n".join(lines[:number] + [other]
                                  + lines[number + 1:])


def run_once(runner, path, options, order, seed):
    """What is reported, or nothing."""
    try:
        done = subprocess.run(
            [runner, path, *options, f"order={order}", f"seed={seed}"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=120)
    except subprocess.TimeoutExpired:
        return "no end"
    return done.stdout.strip() if done.returncode else ""


def catch(runner, name, text, options):
    with tempfile.NamedTemporaryFile("w", suffix=".ptx") as file:
        file.write(text)
        file.flush()
        for order, seed in ORDERS:
            report = run_once(runner, file.name, options, order, seed)
            if report:
                return name, report.split("\n")[0].replace(file.name, "")
    return name, ""


def main(runner, kernel, options):
    text = pathlib.Path(kernel).read_text()
    _, report = catch(runner, kernel, text, options)
    if report:
        sys.exit(f"expected a kernel without errors, got {report}")
    mutants = list(find_mutants(text))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(
            lambda mutant: catch(runner, *mutant, options), mutants))
    for name, report in results:
        print(f"{'caught  ' if report else 'SURVIVED'} {name}  {report}")
    caught = sum(bool(report) for _, report in results)
    print(f"caught {caught} of {len(mutants)} mutants, "
          f"{100 * caught // len(mutants)} %")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])

# A kernel with one wait, arrival, fence, commit or barrier less, or a weaker one, is caught.
# RUN: rm -rf %t && mkdir %t
# RUN: %python %s %S/Inputs/matmul.ptx attn-ptx-run FILE --order=ORDER --seed=SEED --block=64 --arg=a --arg=b --arg=c \
# RUN:   --buffer=a:bf16[2048]=iota%%7 --buffer=b:bf16[1024]=iota%%5 --buffer=c:f32[512] --print=c | FileCheck %s
# CHECK: {{^}}caught {{[0-9]+}} of {{[0-9]+}} mutants, {{(100|9[5-9])}} %

# REQUIRES: gpu-prototype
# RUN: %python %S/Inputs/print_kernel.py %gpu_prototype/fa_hopper_queue.py 64 64 1 1 1 2 2 > %t/queue.ptx
# RUN: %python %s %t/queue.ptx %build/test/PTX/attn-ptx-attention FILE order=ORDER seed=SEED d=64 bn=64 causal=1 sq=128 sk=1024 \
# RUN:   | FileCheck %s
# The two that survive are right programs: a barrier by which two warpgroups only take turns, and a wait for a stage that
# others have waited for.
"""Drops or weakens each synchronization of a kernel, one at a time.

    mutants.py KERNEL.ptx COMMAND...

The command runs FILE in an ORDER with a SEED. A mutant is caught when it
reports something, or prints something else than the kernel. Prints the
survivors, and how many were caught.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ORDERS = [("hold", 1), ("eager", 1), ("lazy", 1), ("random", 1),
          ("hold", 2), ("hold", 3), ("random", 2), ("random", 3)]
# Instructions that can go as they stand.
DROPPED = ["mbarrier.arrive", "mbarrier.expect_tx", "bar.sync", "bar.arrive",
           "bar.warp.sync", "barrier.", "fence.", "wgmma.fence",
           "wgmma.commit_group", "wgmma.wait_group", "cp.async.commit_group",
           "cp.async.wait_group", "cp.async.wait_all",
           "cp.async.mbarrier.arrive", "cp.async.bulk.commit_group",
           "cp.async.bulk.wait_group", "membar"]
# (what to find, what to put there): a number that counts, one off.
WEAKENED = [
    (r"(wait_group\S*\s+)(\d+)", lambda n: n + 1),
    (r"(mbarrier\.init\S*\s+\[[^\]]*\], )(\d+)", lambda n: n - 1),
    (r"(bar\.(?:sync|arrive)\s+[^,]+, )(\d+)", lambda n: n - 32),
]
COUNT = re.compile(r"(mbarrier\.init\S*\s+\[[^\]]*\], )(%\w+)")
VOTE = re.compile(r"bar\.red\.(?:or|and)\.pred\s+(\S+), \d+, (\S+);")
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
    match = COUNT.search(line)
    if match:
        yield f"{match[2]} -> {match[2]} - 1", (
            "{ .reg .b32 fewer; sub.s32 fewer, " + match[2] + ", 1; "
            + line.replace(match[0], match[1] + "fewer") + " }")
    match = VOTE.search(line)
    if match:
        yield "do not meet", f"mov.pred {match[1]}, {match[2]};"
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


def run_once(command, path, order, seed):
    """(status, what it printed)."""
    values = {"FILE": path, "ORDER": order, "SEED": str(seed)}
    words = []
    for word in command:
        for name, value in values.items():
            word = word.replace(name, value)
        words.append(word)
    try:
        done = subprocess.run(words, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        return 1, "no end"
    return done.returncode, done.stdout.strip()


def catch(command, right, name, text):
    """(the mutant, what is reported of it or nothing)."""
    with tempfile.NamedTemporaryFile("w", suffix=".ptx") as file:
        file.write(text)
        file.flush()
        for order, seed in ORDERS:
            status, report = run_once(command, file.name, order, seed)
            if status or report != right:
                return name, report.split("\n")[0].replace(file.name, "")
    return name, ""


def main(kernel, command):
    text = pathlib.Path(kernel).read_text()
    status, right = run_once(command, kernel, *ORDERS[0])
    if status:
        sys.exit(f"expected a kernel without errors, got {right}")
    if catch(command, right, kernel, text)[1]:
        sys.exit("expected the same in all orders")
    mutants = list(find_mutants(text))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(
            lambda mutant: catch(command, right, *mutant), mutants))
    for name, report in results:
        print(f"{'caught  ' if report else 'SURVIVED'} {name}  {report}")
    caught = sum(bool(report) for _, report in results)
    print(f"caught {caught} of {len(mutants)} mutants, "
          f"{100 * caught // len(mutants)} %")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

# Each mistake is reported, with the line that makes it.
# RUN: rm -rf %t && mkdir %t
# RUN: %python %s %t
"""Kernels with one mistake each. `HERE` marks the line to blame; the text
behind it is what must be said. A kernel runs with two warps, unless its first
word says otherwise, and `p` is a buffer of 64 floats."""

import pathlib
import re
import subprocess
import sys

START = """.version 8.0
.target sm_90a
.address_size 64
.extern .shared .align 1024 .b8 dynamic[];
.shared .align 16 .b8 tile[1024];
.shared .align 8 .b64 bar;
.const .b32 fixed = 1;
.visible .entry k(.param .u64 p, .param .align 64 .b8 map[128]) {
.reg .pred %p<9>; .reg .b16 %h<9>; .reg .b32 %r<99>; .reg .b64 %rd<9>; .reg .f32 %f<99>;
ld.param.u64 %rd1, [p]; mov.u32 %r1, %tid.x; shr.u32 %r2, %r1, 5; and.b32 %r3, %r1, 31;
setp.eq.u32 %p1, %r1, 0; setp.eq.u32 %p2, %r2, 0; setp.eq.u32 %p3, %r3, 0;
mov.u64 %rd2, map; mov.u64 %rd3, tile; mov.u64 %rd4, dynamic; mul.wide.u32 %rd5, %r3, 4;
add.s64 %rd6, %rd3, %rd5;
"""
# An mbarrier that all know, and the copy of 16 x 16 floats.
BARRIER = """
@%p1 mbarrier.init.shared.b64 [bar], 1;
@%p1 fence.mbarrier_init.release.cluster;
bar.sync 0;
"""
LOAD = ("cp.async.bulk.tensor.2d.shared::cluster.global.tile"
        ".mbarrier::complete_tx::bytes [%rd4], [%rd2, {0, 0}], [bar];")
WAIT = ("w: mbarrier.try_wait.parity.shared.b64 %p8, [bar], 0;\n"
        "@!%p8 bra w;\n")
# A, B and D of a wgmma of 64 x 8 x 16, all of shared memory written.
WGMMA_START = """
ONE_GROUP
mov.b32 %r4, 0; mul.wide.u32 %rd5, %r1, 16; add.s64 %rd6, %rd4, %rd5;
f: st.shared.v4.b32 [%rd6], {0, 0, 0, 0};
add.s64 %rd6, %rd6, 2048; add.s32 %r4, %r4, 1; setp.lt.u32 %p8, %r4, 4; @%p8 bra f;
FENCE
bar.sync 0;
cvt.u32.u64 %r5, %rd4; shr.u32 %r5, %r5, 4; cvt.u64.u32 %rd5, %r5;
or.b64 %rd7, %rd5, 4611686293305294848; // 128-byte swizzle, stride 1024
"""
WGMMA = ("wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 "
         "{%f1, %f2, %f3, %f4}, %rd7, %rd7, p, 1, 1, 0, 0; }")
SETP = "{ .reg .pred p; setp.ne.b32 p, 1, 0; "


def wgmma(body, fence="fence.proxy.async.shared::cta;"):
    start = WGMMA_START.replace("FENCE", fence).replace("ONE_GROUP\n", "")
    return "128 " + start + body.replace("WGMMA", SETP + WGMMA)


# Each thread's own float of the tile, and the one of the lane beside it.
NEIGHBOURS = """mul.wide.u32 %rd6, %r1, 4; add.s64 %rd6, %rd3, %rd6;
xor.b32 %r4, %r1, 1; mul.wide.u32 %rd7, %r4, 4; add.s64 %rd7, %rd3, %rd7;
"""

CASES = {
    # What it does not know.
    "unknown instruction": "frobnicate.b32 %r1; // HERE unknown instruction 'frobnicate.b32'",
    "unknown modifier": "add.rz.f32 %f1, %f2, %f3; // HERE unknown instruction 'add.rz.f32': '.rz'",
    "no such label": "bra nowhere; // HERE expected a label, got 'nowhere'",
    "no such variable": "mov.u64 %rd1, nowhere; // HERE expected a variable, got 'nowhere'",
    "too wide": "add.s64 %rd1, %rd1, %r1; // HERE add.s64: expected a register of 64 bits, got %r1",
    "no predicate": "@%r1 ret; // HERE expected a predicate as the guard, got %r1",
    "syntax": "add.s32 %r1 %r1, 1; // HERE expected ';', got '%r1'",
    # Addresses.
    "behind the end": "ld.global.f32 %f1, [%rd1+256]; // HERE out of bounds: 4 bytes .*, 0 bytes behind the end of an allocation of 256",
    "over the end": "ld.global.v4.f32 {%f1, %f2, %f3, %f4}, [%rd1+8]; // HERE misaligned: expected an address aligned to 16 bytes",
    "null": "mov.u64 %rd1, 0; st.global.f32 [%rd1], %f1; // HERE out of bounds: 4 bytes at address 0 of no allocation",
    "constant": "mov.u64 %rd7, fixed; st.global.b32 [%rd7], %r1; // HERE writes constant memory",
    "shared": "ld.shared.f32 %f1, [tile+1033]; // HERE out of bounds of shared memory|misaligned",
    "behind shared": "mov.u32 %r4, 999999; st.shared.f32 [%r4], %f1; // HERE out of bounds of shared memory: 4 bytes at address 999999",
    "misaligned shared": "st.shared.f32 [tile+2], %f1; // HERE misaligned: expected a shared address aligned to 4 bytes",
    # Races.
    "uninitialized": "ld.shared.f32 %f1, [tile]; // HERE reads uninitialized shared memory",
    "no barrier": """@%p2 st.shared.f32 [%rd6], %f1;
        @!%p2 ld.shared.f32 %f1, [%rd6]; // HERE reads what another warp wrote without a barrier between .*|uninitialized""",
    "no barrier behind the read": """@!%p2 st.shared.f32 [%rd6], %f1;
        bar.sync 0;
        @%p2 ld.shared.f32 %f1, [%rd6];
        @!%p2 st.shared.f32 [%rd6], %f1; // HERE overwrites what another warp may still read""",
    "both write": """st.shared.f32 [%rd6], %f1; // HERE overwrites what another warp or a copy wrote""",
    # Lanes and barriers.
    "divergent aligned": """@!%p3 bra on;
        bar.sync 0; // HERE bar.sync: expected all lanes that it is for
        on: bar.sync 1;""",
    "divergent mma": """@!%p3 bra on;
        wgmma.fence.sync.aligned; // HERE expected all lanes that it is for
        ret;
        on: bar.sync 1;""",
    "not all members": "@%p3 shfl.sync.idx.b32 %r4, %r1, 0, 31, -1; // HERE expected all lanes that it is for, got 1 without lane 1",
    "outside of its mask": "shfl.sync.idx.b32 %r4, %r1, 0, 31, 65535; // HERE expected the lanes that execute it to be those of their membermask",
    "absent lane": "@%p3 shfl.sync.idx.b32 %r4, %r1, 5, 31, 1; // HERE lane 0 reads lane 5, which does not take part",
    "deadlock": "@%p2 bar.sync 3, 64; // HERE? deadlock: every warp waits",
    "other count": """mad.lo.u32 %r4, %r2, 32, 64;
        bar.sync 1, %r4; // HERE expected (64|96) threads, as for those that came before, got (96|64)""",
    "trap": "trap; // HERE the kernel stops itself",
    "endless": "e: bra e; // HERE? expected an end of k within",
    # mbarriers.
    "no mbarrier": "mbarrier.arrive.shared.b64 _, [bar]; // HERE expected an mbarrier at shared address",
    "mbarrier not seen": """@%p1 mbarrier.init.shared.b64 [bar], 2;
        @%p3 mbarrier.arrive.shared.b64 _, [bar]; // HERE uses an mbarrier that another warp initialized, without a barrier between""",
    "wrong phase": BARRIER + "@%p1 mbarrier.arrive.expect_tx.shared.b64 _, [bar], 64;\n"
        "@%p1 mbarrier.arrive.shared.b64 _, [bar]; // HERE wrong phase: expected at most 0 more arrivals in phase 0",
    "wait for nothing": BARRIER + WAIT + "// HERE? deadlock: every warp waits.*for 0 of the mbarrier .* phase 0 and misses 1 arrivals and 0 bytes",
    # What other lanes read is not read yet for the one that arrives.
    "lanes apart": BARRIER + """@%p2 st.shared.f32 [%rd6], 0f00000000;
        bar.sync 0;
        @%p2 ld.shared.f32 %f1, [%rd6];
        @%p1 mbarrier.arrive.shared.b64 _, [bar];
        @%p2 ret;
        """ + WAIT + "st.shared.f32 [%rd6], %f1; // HERE overwrites what another warp may still read",
    # Lanes of one warp.
    "lanes read": NEIGHBOURS + "st.shared.f32 [%rd6], 0f00000000;\nbar.warp.sync -1;\nld.shared.f32 %f1, [%rd7];\n"
        "st.shared.f32 [%rd6], %f1;\nld.shared.f32 %f2, [%rd7]; // HERE reads what another lane of the warp wrote without bar.warp.sync",
    "lanes write": NEIGHBOURS + "st.shared.f32 [%rd6], 0f00000000;\n"
        "st.shared.f32 [%rd7], 0f00000000; // HERE overwrites what another lane of the warp wrote without bar.warp.sync",
    "lanes copy": NEIGHBOURS + """cp.async.ca.shared.global [%rd6], [%rd1], 4;
        cp.async.wait_all;
        ld.shared.f32 %f1, [%rd6];
        ld.shared.f32 %f1, [%rd7]; // HERE reads what another lane of the warp wrote without bar.warp.sync""",
    "a matrix of lanes": """shl.b32 %r4, %r3, 4; mul.wide.u32 %rd5, %r2, 512; cvt.u64.u32 %rd6, %r4;
        add.s64 %rd6, %rd6, %rd5; add.s64 %rd6, %rd3, %rd6;
        st.shared.v4.b32 [%rd6], {%r1, %r1, %r1, %r1};
        cvt.u32.u64 %r5, %rd6;
        ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%r6, %r7, %r8, %r9}, [%r5]; // HERE reads what another lane of the warp wrote""",
    "overwritten mbarrier": BARRIER + "@%p1 st.shared.b32 [bar], %r1; // HERE overwrites an mbarrier",
    # cp.async.
    "cp.async, no wait": """cp.async.ca.shared.global [%rd6], [%rd1], 4;
        cp.async.commit_group;
        ld.shared.f32 %f1, [%rd6]; // HERE reads what is in flight""",
    "cp.async, no commit": """cp.async.ca.shared.global [%rd6], [%rd1], 4;
        cp.async.wait_group 0;
        ld.shared.f32 %f1, [%rd6]; // HERE reads what is in flight""",
    "cp.async, misaligned": "cp.async.cg.shared.global [tile], [%rd1+8], 16; // HERE misaligned: expected an address aligned to 16 bytes",
    # TMA.
    "no fence of the mbarrier": "@%p1 mbarrier.init.shared.b64 [bar], 1;\nbar.sync 0;\n@%p1 " + LOAD
        + " // HERE expected fence.mbarrier_init or fence.proxy.async",
    "no wait for the copy": BARRIER + "@%p1 mbarrier.arrive.expect_tx.shared.b64 _, [bar], 1024;\n@%p1 " + LOAD
        + "\nld.shared.f32 %f1, [dynamic]; // HERE reads what a copy wrote without waiting for it|in flight",
    "no proxy fence before the copy": BARRIER + "@%p1 st.shared.f32 [dynamic], 0f00000000;\n@%p1 " + LOAD
        + " // HERE expected fence.proxy.async between a write and a copy over it",
    "another reads": BARRIER + "@%p1 st.shared.f32 [dynamic], 0f00000000;\nfence.proxy.async;\nbar.sync 0;\n"
        "@%p2 ld.shared.f32 %f1, [dynamic];\nsetp.eq.u32 %p4, %r1, 32;\n@%p4 " + LOAD
        + " // HERE overwrites what another warp may still read",
    "misaligned copy": BARRIER + "@%p1 " + LOAD.replace("[%rd4]", "[%rd4+64]") + " // HERE misaligned: expected a shared address aligned to 128",
    "rank": BARRIER + "@%p1 " + LOAD.replace("2d", "3d").replace("{0, 0}", "{0, 0, 0}") + " // HERE expected a tensor map of rank 3, got 2",
    "no map": BARRIER + "@%p1 " + LOAD.replace("%rd2", "%rd1") + " // HERE expected a tensor map at address|out of bounds",
    "missing bytes": BARRIER + "@%p1 mbarrier.arrive.expect_tx.shared.b64 _, [bar], 2048;\n@%p1 " + LOAD + "\n" + WAIT
        + "// HERE? deadlock.*misses 0 arrivals and 1024 bytes",
    "no proxy fence before the store": """@%p1 st.shared.v4.b32 [dynamic], {0, 0, 0, 0};
        @%p1 cp.async.bulk.global.shared::cta.bulk_group [%rd1], [dynamic], 16; // HERE expected fence.proxy.async between a write and an asynchronous read""",
    "store still reads": """@%p1 st.shared.v4.b32 [dynamic], {0, 0, 0, 0};
        fence.proxy.async;
        @%p1 cp.async.bulk.global.shared::cta.bulk_group [%rd1], [dynamic], 16;
        @%p1 cp.async.bulk.commit_group;
        @%p1 st.shared.b32 [dynamic+4], %r1; // HERE overwrites what an asynchronous operation still reads""",
    "store at the exit": """@%p1 st.shared.v4.b32 [dynamic], {0, 0, 0, 0};
        fence.proxy.async;
        @%p1 cp.async.bulk.global.shared::cta.bulk_group [%rd1], [dynamic], 16;
        @%p1 cp.async.bulk.commit_group; // HERE? a bulk copy still reads shared memory at the exit""",
    # wgmma.
    "no proxy fence": wgmma("wgmma.fence.sync.aligned;\nWGMMA // HERE expected fence.proxy.async between a write and an asynchronous read",
                            fence=""),
    "no fence": wgmma("WGMMA // HERE expected wgmma.fence before the first wgmma"),
    "no second fence": wgmma("wgmma.fence.sync.aligned;\nmov.f32 %f1, 0f00000000;\n"
                             "WGMMA // HERE expected wgmma.fence between a write of register %f1 and its use"),
    "read in flight": wgmma("wgmma.fence.sync.aligned;\nWGMMA\nwgmma.commit_group.sync.aligned;\n"
                            "add.f32 %f5, %f2, %f2; // HERE register %f2 is read while a wgmma writes it"),
    "not committed": wgmma("wgmma.fence.sync.aligned;\nWGMMA\nwgmma.wait_group.sync.aligned 0;\n"
                           "add.f32 %f5, %f2, %f2; // HERE register %f2 is read while a wgmma writes it"),
    "wgmma still reads": wgmma("wgmma.fence.sync.aligned;\nWGMMA\nwgmma.commit_group.sync.aligned;\n"
                               "@%p1 st.shared.b32 [dynamic], 0; // HERE overwrites what an asynchronous operation still reads"),
    "wgmma at the exit": wgmma("wgmma.fence.sync.aligned;\nWGMMA\nwgmma.commit_group.sync.aligned;\n"
                               "// HERE? a wgmma is in flight at the exit of k"),
    "half a warpgroup": wgmma("wgmma.fence.sync.aligned;\nsetp.gt.u32 %p4, %r1, 95;\n@%p4 ret;\nWGMMA\n"
                              "wgmma.commit_group.sync.aligned;\nwgmma.wait_group.sync.aligned 0;\n"
                              "// HERE? expected the warps of a warpgroup to execute the same wgmma"),
}


def check(name, body, folder):
    """What is wrong with the report, or nothing."""
    threads = "64"
    if re.match(r"\d+ ", body):
        threads, body = body.split(" ", 1)
    body = body.replace("\n        ", "\n")
    path = folder / (re.sub(r"\W+", "-", name) + ".ptx")
    text = START + body + "\nret;\n}\n"
    path.write_text(text)
    line = next(n for n, row in enumerate(text.split("\n"), 1) if "HERE" in row)
    expected = re.search(r"HERE(\?)? (.*)$", text.split("ret;\n}\n")[0], re.S)
    done = subprocess.run(
        ["attn-ptx-run", path, f"--block={threads}", "--shared=8192",
         "--buffer=p:f32[64]=iota", "--buffer=m:f32[256]=iota",
         "--map=t:m,size=16x16,box=16x16", "--arg=p", "--arg=t",
         "--max-steps=100000"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    where = f"{path}: error: " if expected[1] else f"{path}:{line}: error: "
    pattern = expected[2].split("\n")[0] if not expected[1] else expected[2]
    if done.returncode != 1:
        return f"expected a report, got status {done.returncode}"
    if not done.stderr.startswith(where) or not re.search(pattern.strip(), done.stderr, re.S):
        return f"expected {where}…{pattern}, got {done.stderr}"
    return ""


def main(folder):
    failures = 0
    for name, body in CASES.items():
        problem = check(name, body, folder)
        if problem:
            print(f"{name}: {problem}")
            failures += 1
    print(f"{len(CASES)} mistakes, {failures} not reported as they should be")
    sys.exit(failures != 0)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))

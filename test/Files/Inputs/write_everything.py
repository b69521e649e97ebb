"""Lets each tool write each of its files where the name is an odd one.

usage: write_everything.py MODEL.mlir MODEL.so, in an empty folder. Devices are
made for the purpose, where this is root; those of the system are left alone.
"""

import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
import time

MODEL, LIBRARY = map(os.path.abspath, sys.argv[1:])
# Name, what writes FILE, and the suffix that FILE must have.
WRITERS = [
    ("opt", ["attn-opt", MODEL, "-o", "FILE"], ""),
    ("mlir", ["attn-compile", MODEL, "--emit=mlir", "-o", "FILE"], ""),
    ("run", ["attn-run", LIBRARY, "--random-inputs", "--output=FILE"], ""),
    ("so", ["attn-compile", MODEL, "--emit=so", "-o", "FILE"], ""),
    ("ll", ["attn-compile", MODEL, "--plain", "--emit=ll", "-o", "FILE"], ""),
    ("picture", ["attn-opt", MODEL, "--attn-print-mask-analysis",
                 "--mask-picture=FILE"], ".png"),
    ("weights", ["attn-run", MODEL, "--random-inputs", "--weights=FILE"],
     ".png"),
    ("json", ["attn-bench", "--suite=prefill", "--seq=8", "--dim=8",
              "--seconds=0", "--json=FILE"], ""),
]
QUICK = {"opt", "mlir", "run", "picture"}
CAN_MAKE_DEVICES = os.geteuid() == 0
NULL, FULL = os.makedev(1, 3), os.makedev(1, 7)
PRINTERS = [
    ["attn-opt", MODEL], ["attn-opt", "--help"], ["attn-opt", "--show-dialects"],
    ["attn-compile", MODEL, "--emit=mlir", "-o", "-"],
    ["attn-compile", "--help"], ["attn-compile", "--print-target"],
    ["attn-run", LIBRARY, "--random-inputs"], ["attn-run", "--version"],
    ["attn-bench", "--suite=prefill", "--print-programs"],
    ["attn-lsp-server", "--help"],
]
tried = wrong = 0


def check(what, condition, more=""):
    global tried, wrong
    tried += 1
    if not condition:
        wrong += 1
        print("FAIL:", what, more)


def run(command, path="", **options):
    command = [part.replace("FILE", path) for part in command]
    return subprocess.run(command, stdin=subprocess.DEVNULL, text=True,
                          stderr=subprocess.PIPE, timeout=300,
                          **{"stdout": subprocess.DEVNULL, **options})


def is_error(result):
    """An error as the tools give them, and nothing of a crash."""
    return (result.returncode == 1 and "LLVM ERROR" not in result.stderr
            and re.search(r"(^|\n)(attn-[a-z-]+|[^ :]+:\d+:\d+): error: .*"
                          r"expected to write ", result.stderr))


def write_text(path, text, mode=0o644):
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)


def size(path):
    return os.stat(path).st_size


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def companions(name, path):
    return {path.rsplit(".", 1)[0] + s for s in (".h", ".json")} \
        if name == "so" else set()


def try_good(name, command, suffix):
    """An existing file through a link, under a name with a %."""
    os.mkdir("100%")
    real, link = "100%/real" + suffix, "link.x" + suffix
    write_text(real, "old", 0o640)
    os.link(real, "hard" + suffix)
    os.symlink(real, link)
    result = run(command, link)
    check(f"{name} through a link", result.returncode == 0, result.stderr)
    check(f"{name} keeps the link", os.path.islink(link))
    check(f"{name} writes what is linked", size(real) > 10)
    check(f"{name} keeps the mode", mode(real) == 0o640, oct(mode(real)))
    check(f"{name} leaves the other hard link", size("hard" + suffix) == 3)
    check(f"{name} leaves nothing else", set(os.listdir()) ==
          {"100%", link, "hard" + suffix} | companions(name, link)
          and len(os.listdir("100%")) == 1, os.listdir())


def try_devices(name, command, suffix):
    null, full, link = "null" + suffix, "full" + suffix, "to-null" + suffix
    for path, device in ((null, NULL), (full, FULL)):
        os.mknod(path, 0o666 | stat.S_IFCHR, device)
    os.symlink(null, link)
    for path in (null, link):
        result = run(command, path)
        check(f"{name} to {path}", result.returncode == 0, result.stderr)
    result = run(command, full)
    check(f"{name} to a full device", is_error(result), result.stderr)
    check(f"{name} keeps the devices", os.stat(null).st_rdev == NULL
          and os.stat(full).st_rdev == FULL and os.path.islink(link))
    check(f"{name} writes nothing beside devices", len(os.listdir()) == 3,
          os.listdir())


def try_refused(name, command, suffix):
    os.mkdir("folder" + suffix)
    os.symlink("loop" + suffix, "loop" + suffix)
    for path in ("folder", "loop", "none/x", "x" * 256):
        result = run(command, path + suffix)
        check(f"{name} to {path[:10]}", is_error(result), result.stderr)
    check(f"{name} leaves nothing", len(os.listdir()) == 2, os.listdir())


def try_pipe(name, command, suffix):
    os.mkfifo("pipe" + suffix)
    reader = subprocess.Popen(["cat", "pipe" + suffix], stdout=subprocess.PIPE)
    result = run(command, "pipe" + suffix)
    got = reader.communicate()[0]
    check(f"{name} to a pipe", result.returncode == 0 and len(got) > 10,
          result.stderr)
    check(f"{name} keeps the pipe",
          stat.S_ISFIFO(os.lstat("pipe" + suffix).st_mode)
          and len(os.listdir()) == 1, os.listdir())


def try_new(name, command, suffix):
    path = "x" * (255 - len(suffix)) + suffix
    if name == "so":
        path = "x" * 248 + ".so"
    os.symlink(path, "dangling" + suffix)
    result = run(command, "dangling" + suffix, umask=0o027)
    check(f"{name} through a link to nothing", result.returncode == 0,
          result.stderr)
    wanted = 0o750 if name == "so" else 0o640
    check(f"{name} by the umask", os.path.islink("dangling" + suffix)
          and mode(path) == wanted)


def try_stdout(name, command, suffix):
    """A name of this process's output stands for it, between other text."""
    os.symlink("/proc/self/fd/1", "stdout" + suffix)
    with open("log", "w") as log:
        log.write("before\n")
        log.flush()
        result = run(command, "stdout" + suffix, stdout=log)
        log.write("after\n")
    with open("log", "rb") as log:
        text = log.read()
    check(f"{name} to its standard output", result.returncode == 0
          and text.startswith(b"before\n") and text.endswith(b"after\n")
          and len(text) > 20 and os.path.islink("stdout" + suffix),
          result.stderr)


def try_interrupted(name, command, suffix):
    """At any time, with what was there kept."""
    start = time.monotonic()
    run(command, "measured" + suffix)
    took = time.monotonic() - start
    for file in os.listdir():
        os.remove(file)
    path = "kept" + suffix
    write_text(path, "old")
    os.mkdir("tmp")
    environment = {**os.environ, "TMPDIR": os.path.abspath("tmp")}
    for n in range(8):
        process = subprocess.Popen(
            [part.replace("FILE", path) for part in command], env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(took * (n + 1) / 8)
        process.send_signal(signal.SIGTERM)
        process.wait()
        check(f"{name} interrupted: {n}", os.listdir("tmp") == []
              and set(os.listdir()) <= {path, "tmp"} | companions(name, path)
              and (size(path) == 3 or len(os.listdir()) == 4),
              (process.returncode, os.listdir("tmp"), os.listdir()))


def in_new_folder(function, *arguments):
    home = os.getcwd()
    with tempfile.TemporaryDirectory(dir=home) as folder:
        os.chdir(folder)
        try:
            function(*arguments)
        finally:
            os.chdir(home)


for writer in WRITERS:
    in_new_folder(try_good, *writer)
    if CAN_MAKE_DEVICES:
        in_new_folder(try_devices, *writer)
    if writer[0] in QUICK:
        for function in (try_refused, try_pipe, try_stdout):
            in_new_folder(function, *writer)
    if writer[0] in QUICK | {"so"}:
        in_new_folder(try_new, *writer)
    if writer[0] == "so":
        in_new_folder(try_interrupted, *writer)

if CAN_MAKE_DEVICES:
    os.mknod("full", 0o666 | stat.S_IFCHR, FULL)
for command in PRINTERS:
    name = " ".join(command[:1] + command[-1:])
    if CAN_MAKE_DEVICES:
        with open("full", "w") as full:
            result = run(command, stdout=full)
        check(f"{name} on a full disk", is_error(result), result.stderr)
    closed = subprocess.run(["sh", "-c", '"$@" >&-', "sh"] + command,
                            stderr=subprocess.PIPE, text=True)
    check(f"{name} with no output", is_error(closed), closed.stderr)

print(f"all of {tried} are right" if wrong == 0 else f"{wrong} are wrong")

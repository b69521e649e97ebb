"""For parameters-file.test: `sizes WHOLE APART`, `maps NAME`, `damage FILE`."""
import ctypes
import json
import os
import sys


def sizes(whole, apart):
    parameters = json.load(open(apart + ".json"))["parameters"]
    assert os.path.getsize(parameters["file"]) == parameters["size"]
    saved = os.path.getsize(whole + ".so") - os.path.getsize(apart + ".so")
    assert abs(parameters["size"] - 4096 - saved) < 16384, (saved, parameters)


def maps(name):
    library = ctypes.CDLL("./" + name + ".so")
    lines = [line.split() for line in open("/proc/self/maps") if line.rstrip().endswith(name + ".bin")]
    assert [line[1] for line in lines] == ["r--s"], lines
    assert int(lines[0][2], 16) == 4096
    del library


def damage(path):
    with open(path, "r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)[0]
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last ^ 1]))


globals()[sys.argv[1]](*sys.argv[2:])

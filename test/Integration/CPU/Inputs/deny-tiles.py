"""deny-tiles.py COMMAND...: runs a command to which the system denies the tiles of AMX, by a filter of its calls."""

import ctypes
import errno
import os
import struct
import sys

libc = ctypes.CDLL(None, use_errno=True)
ARCH_PRCTL, REQUEST_PERMISSION, TILE_DATA = 158, 0x1023, 18
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, FAIL = 0x7FFF0000, 0x00050000 | errno.EPERM
# Of what the kernel shows of a call, the number is at 0 and the first argument at 16.
steps = [(LOAD, 0, 0, 0), (JUMP_IF_EQUAL, 0, 3, ARCH_PRCTL), (LOAD, 0, 0, 16), (JUMP_IF_EQUAL, 0, 1, REQUEST_PERMISSION),
         (RETURN, 0, 0, FAIL), (RETURN, 0, 0, ALLOW)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
program = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code))
NO_NEW_PRIVILEGES, SECCOMP, FILTER = 38, 22, 2
if libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.prctl(SECCOMP, FILTER, program, 0, 0):
    sys.exit(f"expected the system to filter calls, got {os.strerror(ctypes.get_errno())}")
if libc.syscall(ARCH_PRCTL, REQUEST_PERMISSION, TILE_DATA) != -1 or ctypes.get_errno() != errno.EPERM:
    sys.exit(f"expected tiles to be denied, got {os.strerror(ctypes.get_errno())}")
os.execvp(sys.argv[1], sys.argv[1:])

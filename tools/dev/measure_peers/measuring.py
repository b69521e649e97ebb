"""Everyone in turn, round after round."""

import os
import statistics
import time

from . import inputs

MIN_ROUNDS = 5


def cache_bytes():
    """Of the last-level cache."""
    try:
        return max(os.sysconf("SC_LEVEL3_CACHE_SIZE"), os.sysconf("SC_LEVEL2_CACHE_SIZE"), 32 << 20)
    except (OSError, ValueError):
        return 64 << 20


def make_sets(shape, dtype):
    """One set of inputs, or for decode so many that each is out of the caches when its turn comes again."""
    count = 1
    if shape.is_decode:
        count = int(3 * cache_bytes() / (shape.work * inputs.ITEM_BYTES[dtype])) + 2
    # The first is drawn; the others need only be other memory.
    first = inputs.make(shape, dtype, seed=0)
    return [first] + [tuple(array.copy() for array in first) for _ in range(min(count, 64) - 1)]


class Result:
    """What was found out about a contender on a shape."""

    def __init__(self, name):
        self.name = name
        self.problem = ""
        self.error = None
        self.seconds = []

    @property
    def median(self):
        return statistics.median(self.seconds)

    def spread(self):
        """What a tenth of the times is below and above, as shares of the median."""
        ordered = sorted(self.seconds)
        tenth = len(ordered) // 10
        return ordered[tenth] / self.median, ordered[-1 - tenth] / self.median


def first_line(error):
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}"[:160]


def start(make, name, sets, expected):
    """Prepares a contender and checks it: its result, and a call for each set of inputs."""
    result, calls = Result(name), []
    try:
        contender = make()
        calls = [contender.prepare(*arrays) for arrays in sets]
        calls[0][0]()
        result.error = inputs.relative_error(inputs.decode(calls[0][1]()), expected)
        for call, _ in calls:
            call()
    except NotImplementedError as error:
        result.problem = str(error) or "not implemented"
    except Exception as error:  # a peer that fails is left out, whatever it raises
        result.problem = first_line(error)
    return result, [call for call, _ in calls]


def measure(shape, dtype, contenders, seconds, clock):
    """`contenders` are (name, function that makes one). Returns their results, in order."""
    sets = make_sets(shape, dtype)
    expected = inputs.attend(shape, *sets[0])
    started = [start(make, name, sets, expected) for name, make in contenders]
    running = [(result, calls) for result, calls in started if not result.problem]
    end = time.perf_counter() + seconds * len(running)
    done = 0
    while running and (done < MIN_ROUNDS or time.perf_counter() < end):
        for turn, (result, calls) in enumerate(running):
            # Some read the same memory, which must be out of the caches again when the next one does.
            call = calls[(done + turn * len(calls) // len(running)) % len(calls)]
            begin = clock()
            call()
            result.seconds.append(clock() - begin)
        done += 1
    return [result for result, _ in started]

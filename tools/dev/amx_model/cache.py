"""Which lines of the first-level cache a stage of the pipeline finds: what it keeps is next to what it streams, and rows of a
tile that lie a power of two apart fall into few of the sets."""

import collections

WAYS, SETS, LINE = 12, 64, 64
QUERIES, BLOCK, PANEL = 192, 64, 512  # of a tile, of a stage, packed at once
SPREAD = 16  # queries for which rows of the output have room and no use (AMXKernel.cpp's getLayout)


class Cache:
    """48 KB, of which the least recently used lines go."""

    def __init__(self):
        self.sets = [collections.OrderedDict() for _ in range(SETS)]
        self.missed = 0

    def touch(self, address):
        line = address // LINE
        lines = self.sets[line % SETS]
        if line in lines:
            lines.move_to_end(line)
            return
        self.missed += 1
        lines[line] = True
        if len(lines) > WAYS:
            lines.popitem(last=False)


class Stage:
    """The places of a stage's tiles and vectors. K and V pass by the cache. Our first kernel held scores of two blocks, and computed
    those of the next one first."""

    def __init__(self, dim, spread, is_first):
        self.cache, self.dim, self.rows, self.is_first = Cache(), dim, QUERIES + spread, is_first
        self.query_row = 4 * (QUERIES + 16)
        sizes = {"acc": 4 * dim * self.rows, "query": dim // 2 * self.query_row, "scores": (1 + is_first) * BLOCK * 128,
                 "weights": BLOCK * 128}
        self.base, end = {}, 1 << 20
        for name, size in sizes.items():
            self.base[name] = end
            end += -(-size // LINE) * LINE

    def tile(self, name, offset, stride):
        for row in range(16):
            self.cache.touch(self.base[name] + offset + row * stride)

    def scores(self, query, into):
        for key in range(0, BLOCK, 32):
            for feature in range(self.dim // 32):
                for j in range(2):
                    yield self.tile, "query", feature * 16 * self.query_row + 4 * query + 64 * j, self.query_row
            for tile in range(4):
                yield self.tile, "scores", into * BLOCK * 128 + (key + tile // 2 * 16) * 128 + tile % 2 * 64, 128

    def output(self, query, weights):
        for feature in range(0, self.dim, 32):
            places = [4 * ((feature + tile // 2 * 16) * self.rows + query + tile % 2 * 16) for tile in range(4)]
            yield from ((self.tile, "acc", place, 4 * self.rows) for place in places)
            for tile in range(4):
                yield self.tile, "weights", weights * BLOCK * 64 + tile // 2 * 16 * 128 + tile % 2 * 64, 128
            yield from ((self.tile, "acc", place, 4 * self.rows) for place in places)

    def pair(self, scores, weights, pair):
        """Of keys, from scores to weights."""
        for line in range(4):
            self.cache.touch(self.base["scores"] + scores * BLOCK * 128 + pair * 256 + line * LINE)
        for line in range(2):
            self.cache.touch(self.base["weights"] + weights * BLOCK * 64 + pair * 128 + line * LINE)

    def run(self, before, query, after, weights):
        """The output of the block before beside the scores of the next, and the weights of this one spread over both."""
        scores = weights if self.is_first else 0
        output, following = [*self.output(before, 1 - weights)], [*self.scores(after, 1 - weights if self.is_first else 0)]
        steps = following + output if self.is_first else output + following
        done = 0
        for n, (function, *arguments) in enumerate(steps):
            function(*arguments)
            while done < BLOCK // 2 * (n + 1) // len(steps):
                self.pair(scores, weights, done)
                done += 1


def get_missed_lines(dim, spread=SPREAD, is_first=False, panel=PANEL):
    """Of a stage, where rows of the output have room for `spread` queries more: a mean over a panel of keys."""
    stage = Stage(dim, spread, is_first)
    queries = [query for query in range(0, QUERIES, 32) for _ in range(panel // BLOCK)]
    for n, query in enumerate(queries):
        if n == panel // BLOCK:
            stage.cache.missed = 0  # those that everybody misses
        stage.run(queries[n - 1], query, queries[(n + 1) % len(queries)], n % 2)
    return stage.cache.missed / (len(queries) - panel // BLOCK)


def get_lines_of_queries(dim):
    """What the next 32 queries of a tile bring into the first-level cache: two lines of each feature of the output, and of each pair
    of features of Q."""
    return 2 * dim + 2 * dim // 2

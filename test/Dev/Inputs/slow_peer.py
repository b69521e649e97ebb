"""What is said of a peer that finds two attentions and then never ends, of one that fails, and of one that does neither."""
from measure_peers import recognition


class Slow:
    def counts(self, path):
        yield 2
        yield None
        while True:
            pass


class Failing:
    def counts(self, path):
        raise ValueError(path)


class Quick:
    def counts(self, path):
        yield from (1, 3, 2)


for peer in (Slow, Failing, Quick):
    print(peer.__name__, recognition.cell(*recognition.best_within(peer(), "model", 1)), flush=True)

"""lit's format for --param native=CPU. In a module, because lit hands tests to other processes."""

import pathlib

import lit.formats

import named_cpu


class Elsewhere(lit.formats.ShTest):
    """The tests that are as good on another machine."""

    def getTestsInDirectory(self, *arguments):
        for test in super().getTestsInDirectory(*arguments):
            if named_cpu.is_as_good_elsewhere(pathlib.Path(test.getSourcePath())):
                yield test

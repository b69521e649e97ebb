"""What scripts need beside Python itself."""

import importlib.util
import sys


def need(script, *modules):
    """Ends the script with one line where Python lacks one of the modules; --help is answered without them."""
    missing = [name for name in modules if not importlib.util.find_spec(name)]
    if missing and sys.argv[1:] in (["-h"], ["--help"]):
        print(sys.modules["__main__"].__doc__.strip())
        sys.exit()
    if missing:
        sys.exit(f"{script}: error: expected {', '.join(missing)} for {sys.executable}, got none")

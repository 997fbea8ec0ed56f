"""Runs a program that ends when whoever started it does, however that came about: standard input is at its end then.

It is run by its path, on any system that has pipes. What it runs takes no notice of it, and has no input of its own.
"""

import os
import runpy
import signal
import sys
import threading


def _end_with_the_input() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    del sys.argv[0]
    sys.path[0] = os.path.dirname(sys.argv[0])
    threading.Thread(target=_end_with_the_input, name="leash", daemon=True).start()
    runpy.run_path(sys.argv[0], run_name="__main__")

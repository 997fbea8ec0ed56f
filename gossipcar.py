#!/usr/bin/env python3
"""Starts a Gossipcar node, or asks one that runs, where a command is given; see `--help`."""

import signal
import sys

if sys.version_info < (3, 10):  # noqa: UP036
    sys.exit("gossipcar: Python 3.10 or newer is needed, this is " + sys.version.split()[0])

if sys.argv[1:2] and not sys.argv[1].startswith("-"):
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends a command without a word, as it ends others
    from gossip.commands.main import main
else:
    # Until `main` takes over: process 1 of a container would not heed SIGTERM while it imports.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    from gossip.cli import main

if __name__ == "__main__":
    sys.exit(main())

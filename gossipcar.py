#!/usr/bin/env python3
"""Starts a Gossipcar node; see `--help`."""

import signal
import sys

if sys.version_info < (3, 10):  # noqa: UP036
    sys.exit("gossipcar: Python 3.10 or newer is needed, this is " + sys.version.split()[0])

# Until `main` takes over: process 1 of a container would not heed SIGTERM while it imports.
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda *_: sys.exit(0))

from gossip.cli import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())

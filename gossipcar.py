#!/usr/bin/env python3
"""Starts a Gossipcar node; see `--help`."""

import sys

if sys.version_info < (3, 10):  # noqa: UP036
    sys.exit("gossipcar: Python 3.10 or newer is needed, this is " + sys.version.split()[0])

from gossip.cli import main

if __name__ == "__main__":
    sys.exit(main())

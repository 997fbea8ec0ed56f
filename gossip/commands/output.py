"""What a command says: lines on standard output, an exit status, and why on standard error."""

import errno
import json
import os
import sys
from typing import Any

DONE, NOT_SO, WRONG_USAGE, NOT_REACHABLE, FAILED = range(5)
STATUSES = (
    "0 done; 1 the key is absent, the condition does not hold, or too few peers are known to have the value; "
    "2 wrong usage; 3 no node answers; 4 the node refuses, or standard output cannot be written"
)


def say(line: bytes) -> None:
    """To standard output. Raises OSError."""
    if sys.stdout is None:  # closed by whoever started this
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    sys.stdout.buffer.write(line)


def tell(text: str, end: str = "\n") -> None:
    """A line that is there at once. Raises OSError."""
    say(f"{text}{end}".encode())
    sys.stdout.flush()


def say_json(content: dict[str, Any]) -> None:
    """As one line, that is there at once."""
    tell(json.dumps(content))


def fail(sentence: str, status: int) -> int:
    """The status, when the sentence was said."""
    print(f"gossipcar: {' '.join(sentence.split())}", file=sys.stderr)
    return status

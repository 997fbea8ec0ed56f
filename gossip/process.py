"""What the system says of this process, and is given back by it."""

import os
import sys
import threading
import time

_STATM, _DESCRIPTORS = "/proc/self/statm", "/proc/self/fd"


def cpu_seconds() -> float:
    """Seconds of processor time used so far, by all threads, for itself and in the kernel."""
    return time.process_time()


def resident_bytes() -> int | None:
    """Bytes of memory in use; None where the system does not tell."""
    try:
        with open(_STATM, "rb") as pages:
            return int(pages.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None


def open_descriptors() -> int | None:
    """How many files and sockets are open; None where the system does not tell."""
    try:
        return len(os.listdir(_DESCRIPTORS)) - 1  # the one by which they are listed
    except OSError:
        return None


def give_back() -> None:
    """Give the system the memory that is free here: glibc keeps what bursts took, for ever where it can.

    It takes a tenth of a millisecond, and a little for each page that is given back. Other C libraries have no such
    call, and no such need.
    """
    try:
        import ctypes

        ctypes.CDLL(None).malloc_trim(ctypes.c_size_t(0))
    except (ImportError, OSError, TypeError, AttributeError):
        return


def threads() -> int:
    """How many threads there are."""
    return threading.active_count()


def python_version() -> str:
    return "{}.{}.{}".format(*sys.version_info)

"""A stepped clock steps, in a process that runs already."""

import subprocess
import sys
import time
from pathlib import Path

from tests.chaos.clock import SteppedClock

TELLS_ITS_TIME = "import sys, time\nfor _ in sys.stdin: print(time.time(), time.time_ns(), flush=True)"


def test_a_running_process_sees_each_step(tmp_path: Path) -> None:
    clock = SteppedClock(tmp_path / "step")
    with subprocess.Popen(
        [sys.executable, "-c", TELLS_ITS_TIME],
        env=clock.environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        for ahead in (0.0, 10.0, -10.0, 0.0):
            clock.set(ahead)
            process.stdin.write("\n")
            process.stdin.flush()
            seconds, nanoseconds = process.stdout.readline().split()
            assert abs(float(seconds) - time.time() - ahead) < 2
            assert abs(int(nanoseconds) / 1e9 - time.time() - ahead) < 2
        process.stdin.close()

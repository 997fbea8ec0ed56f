"""What the log says, without the time."""

import pytest

from gossip.logs import Logfmt


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [Logfmt().format(record).partition(" ")[2] for record in caplog.records]

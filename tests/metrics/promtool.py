"""Prometheus' own checker of metrics, expressions and alerts."""

import shutil

import pytest


def promtool() -> str:
    program = shutil.which("promtool")
    if not program:
        pytest.skip("needs promtool, of Debian's package prometheus")
    return program

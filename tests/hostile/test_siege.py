"""What goes wrong in a thread of an attack fails its test."""

import pytest

from tests.hostile.siege import Siege, at_once
from tests.nodes import RunningNode


def test_what_one_attacker_meets_is_told() -> None:
    numbers = iter((1, 0, 1, 1))
    with pytest.raises(ZeroDivisionError):
        at_once(4, lambda: 1 // next(numbers))


def test_what_a_client_meets_meanwhile_is_told(cluster: tuple[RunningNode, RunningNode]) -> None:
    node, honest = cluster
    siege = Siege(node, honest)
    with pytest.raises(AssertionError, match="a client was answered 'kept=other"), siege:
        node.put("kept", b"other")
    node.put("kept", b"1")

"""A host that is slow to hear is so for others, and for as long as it is said to be."""

import time
from pathlib import Path

import pytest

from tests.chaos import asking
from tests.chaos.delays import MOST_SECONDS, Delays
from tests.netns.network import Network, iptables_or_skip

pytestmark = pytest.mark.netns


def test_others_are_heard_late_while_it_lasts(tmp_path: Path) -> None:
    iptables_or_skip()
    with Network(tmp_path, 2) as network, Delays(network, range(2), least=0.2) as delays:
        network.dns.run(hosts=network.records(1))
        network.node(1, {"MY_POD_IP": network.address(1)})
        assert least_to_answer(network, 0) < 0.2
        with delays.at((1,)):
            with delays.at((0, 1)):
                pass
            assert 2 * 0.2 < seconds_to_answer(network, 0) < 3 * MOST_SECONDS + 0.5
            assert least_to_answer(network, 1) < 0.2
        assert least_to_answer(network, 0) < 0.2


def least_to_answer(network: Network, asker: int) -> float:
    """Of several times, as a busy machine takes its own: where hosts are slow to hear, each takes long."""
    return min(seconds_to_answer(network, asker) for _ in range(5))


def seconds_to_answer(network: Network, asker: int) -> float:
    """How long the node at host 1 takes to answer somebody at this host."""
    began = time.monotonic()
    with network.at(asker):
        asking.held([], 5.0, asking.HERE if asker == 1 else network.address(1))
    return time.monotonic() - began

"""Who tells whom: every peer once, whatever the fan-out."""

import pytest

from gossip.sync.address import Address
from gossip.sync.message import Spread
from gossip.sync.spread import RING, place, shares, whole_ring

PEERS = [Address(f"10.0.0.{number}", 46747) for number in range(1, 41)]


def told(peers: list[Address], fanout: int, salt: int = 7) -> tuple[list[Address], int]:
    """All who are told, in order, when everybody does as asked; and after how many steps the last one is."""
    heard: list[Address] = []
    steps = 0
    due = [whole_ring(salt)]
    while due:
        firsts = [(share.peers[0], share.until) for spread in due for share in shares(peers, spread, fanout)]
        heard += [address for (_, address), _ in firsts]
        due = [Spread(salt, at, until) for (at, _), until in firsts]
        steps += bool(firsts)
    return heard, steps


@pytest.mark.parametrize(("fanout", "steps"), [(1, 40), (2, 5), (3, 4), (40, 1), (64, 1)])
def test_every_peer_is_told_once_in_few_steps(fanout: int, steps: int) -> None:
    heard, taken = told(PEERS, fanout)
    assert sorted(heard) == sorted(PEERS)
    assert taken == steps


def test_nobody_is_told_where_there_is_nobody() -> None:
    assert shares([], whole_ring(1), 3) == []
    assert shares(PEERS, Spread(1, 5, 5), 3) == []
    assert shares(PEERS, whole_ring(1), 0) == []


def test_shares_differ_by_one_at_most_and_cover_the_range() -> None:
    first, second, third = shares(PEERS, whole_ring(3), 3)
    assert sorted(len(share.peers) for share in (first, second, third)) == [13, 13, 14]
    assert first.until == second.peers[0][0] - 1
    assert second.until == third.peers[0][0] - 1
    assert third.until == RING - 1


def test_each_salt_draws_another_order() -> None:
    assert len({told(PEERS, 3, salt)[0][0] for salt in range(20)}) > 10


def test_a_place_is_what_the_protocol_says() -> None:
    assert place(7, Address("10.0.0.1", 46747)) == 0x7908F672F1A4FB8D
    assert place(7, Address("fd00::1", 46747)) == 0x63B803EBBBCA68FD


def test_a_peer_that_others_do_not_know_of_is_told_by_who_does() -> None:
    late = Address("10.0.1.1", 46747)
    at = place(7, late)
    teller = max((place(7, peer), peer) for peer in PEERS if place(7, peer) < at)[0]
    (share,) = shares([*PEERS, late], Spread(7, teller, at + 1), 3)
    assert share.peers == [(at, late)]

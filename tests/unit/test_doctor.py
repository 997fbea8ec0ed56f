"""What the doctor makes of an answer, and how it says so."""

from typing import Any

import pytest

from gossip import config
from gossip.commands.doctor.finding import Level, warning, wrong
from gossip.commands.doctor.peers import judged
from gossip.commands.doctor.ports import agreement, fullness
from gossip.sync.calls import Reply
from gossip.sync.message import Message, Sender

SETTINGS = config.load({}, {"CLUSTER_NAME": "mine"})


def reply(cluster: str = "mine", offset: float = 0.0, largest: int = 2**20, leaving: bool = False) -> Reply:
    return Reply(Message(Sender(cluster, 1, 0, 0, 0, largest, leaving)), 0.0042, round(offset * 1_000_000))


CASES = {
    "all well": (reply(offset=-0.0003), "ok",
        "a node of this cluster; it answers in 4.2 ms, and its clock differs by 0.3 ms"),
    "on its way out": (reply(leaving=True), "ok",
        "a node that is stopping; it answers in 4.2 ms, and its clock differs by 0.0 ms"),
    "another cluster, that takes everybody": (reply(cluster="theirs"), "wrong",
        "is of the cluster 'theirs': give all nodes one CLUSTER_NAME"),
    "just within": (reply(offset=1), "ok",
        "a node of this cluster; it answers in 4.2 ms, and its clock differs by 1000.0 ms"),
    "behind": (reply(offset=-60), "warning",
        "its clock is 60.0 s behind this machine's, and values expire by each node's own: set both, by NTP "
        "for example"),
    "far behind": (reply(offset=-3600.5), "wrong",
        "its clock is 3,600.5 s behind this machine's, more than MAX_CLOCK_SKEW: what is written here is refused "
        "there; set both clocks, by NTP for example"),
    "smaller values": (reply(largest=10), "warning",
        "takes values of up to 10 bytes, and this node of up to 1,048,576: give all nodes one MAX_VALUE_BYTES"),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "level", "words"), CASES.values(), ids=CASES.keys())
def test_what_an_answer_tells(answer: Reply, level: str, words: str) -> None:
    assert judged("a peer", answer, SETTINGS) == (Level(level), "a peer", words)


def told(**since: float) -> dict[str, Any]:
    """What a node says of peers that differ since so many seconds, beside one that agrees."""
    agreeing = {"address": None, "origin": "0f", "agrees": True, "agreesSinceSecs": 100.0, "leaving": False}
    differing = [
        {"address": None, "origin": at, "agrees": False, "agreesSinceSecs": s, "leaving": False}
        for at, s in since.items()
    ]
    return {"agreeing": 1, "peers": [agreeing, *differing], "notHeard": ["10.0.0.9:46747"]}


def test_peers_that_differ_for_long_are_worth_a_word() -> None:
    assert agreement(told(a0=9.0)) == (
        Level.OK,
        "agreement",
        "the node that runs here agrees with 1 of 2 peers it hears; the rest differs for a moment, as while writes "
        "go on",
    )
    assert agreement(told(a0=11.0, b1=2.0, c2=70.2)) == (
        Level.WARNING,
        "agreement",
        "the node that runs here differs from 2 of 4 peers, for up to 70 s (a0, c2): either writes go on without a "
        "break, or its log and theirs say why",
    )


def test_peers_that_are_stopping_do_not_count() -> None:
    said = told(a0=99.0)
    said["peers"][1]["leaving"] = True
    all_of_them = "the node that runs here agrees with 1 of 1 peers it hears"
    assert agreement(said) == (Level.OK, "agreement", all_of_them)


def test_who_hears_none_of_those_that_it_knows_is_worth_a_word() -> None:
    none = "the node that runs here hears none of the 2 peers whose addresses it knows: the lines about them follow"
    said = {"agreeing": 0, "peers": [], "notHeard": ["10.0.0.9:46747", "10.0.0.10:46747"]}
    assert agreement(said) == (Level.WARNING, "agreement", none)


def test_who_hears_nobody_agrees_with_nobody() -> None:
    nobody = "the node that runs here hears no peer, so there is nobody to agree with"
    assert agreement({"agreeing": 0, "peers": [], "notHeard": []}) == (Level.OK, "agreement", nobody)


def test_a_map_that_is_nearly_full_is_worth_a_word() -> None:
    assert [*fullness({"bytes": 89000, "entries": 1400}, 100_000)] == []
    advice = "delete, or raise MAX_STORE_BYTES (100000) at all nodes"
    assert [*fullness({"bytes": 91000, "entries": 1562}, 100_000)] == [
        (Level.WARNING, "room", f"the node that runs here has 91% of the bytes that it may have: {advice}"),
        (Level.WARNING, "room", f"the node that runs here has 100% of the entries that it may have: {advice}"),
    ]


def test_a_finding_is_one_line_whoever_has_a_word_in_it() -> None:
    assert str(warning("names", "one\ntwo")) == "warning  names: one two"
    assert str(wrong("peer", "\x1b[2J\x07")) == "wrong    peer: ?[2J?"

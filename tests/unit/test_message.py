"""When a message ends the conversation."""

import pytest

from gossip.data.entry import Entry
from gossip.sync.message import Listed, Listing, Message, Sender

SENDER = Sender("c", 1, 2, 3, 4, 5, leaving=False)


@pytest.mark.parametrize(
    ("message", "silent"),
    [
        (Message(SENDER), True),
        (Message(SENDER, opening=True, cut=True), True),
        (Message(SENDER, summaries={0: (0,) * 16}), False),
        (Message(SENDER, listings=[Listing(0, {}, partial=False)]), False),
        (Message(SENDER, listings=[Listing(0, {b"k": Listed(1, 2)}, partial=True)]), False),
        (Message(SENDER, wants=[b"k"]), False),
        (Message(SENDER, entries=[(b"k", Entry(1, 1, None))]), False),
    ],
)
def test_says_nothing(message: Message, silent: bool) -> None:
    assert message.says_nothing is silent

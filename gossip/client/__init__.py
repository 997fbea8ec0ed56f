"""A client of a node, on the standard library alone. This folder may be copied into an application as it is."""

from .client import Client
from .entry import Entry, Event, ManyWritten, Written
from .errors import ConditionFailed, GossipcarError, NotConfirmed, NotReachable, RequestRefused
from .watch import Watch

__all__ = [
    "Client",
    "ConditionFailed",
    "Entry",
    "Event",
    "GossipcarError",
    "ManyWritten",
    "NotConfirmed",
    "NotReachable",
    "RequestRefused",
    "Watch",
    "Written",
]

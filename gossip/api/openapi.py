"""`GET /openapi.json`: what clients may ask, for machines."""

from gossip.api.entries import json_answer
from gossip.serving.answer import Answer
from gossip.serving.request import Request


def get(request: Request) -> Answer:
    """Put together each time, and not even imported before: few ask, and seldom."""
    from gossip.api.description import document

    request.may_take_long()
    return json_answer(document())

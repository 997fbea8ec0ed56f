"""Why something that was asked of a node was not done."""

from http import HTTPStatus


class GossipcarError(Exception):
    """What was asked for was not done."""


class NotReachable(GossipcarError):
    """No node answers. A write that was under way may have been made, or not."""


class RequestRefused(GossipcarError):
    """The node refuses: `status` is that of HTTP, `sentence` says what to do."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


class ConditionFailed(RequestRefused):
    """The value is not the one that the write was to replace (412). Nothing was written."""


class NotConfirmed(GossipcarError):
    """The write was made, and spreads on, but time was up before enough peers were known to hold it."""

    def __init__(self, confirmed: int) -> None:
        """`confirmed` is how many were."""
        super().__init__(f"written, but when the time was up {confirmed} peers were known to hold it")
        self.confirmed = confirmed


def refusal(status: int, body: bytes) -> RequestRefused:
    """The error that an answer of this status is."""
    sentence = body.decode(errors="replace").partition("\n")[0].strip() or HTTPStatus(status).phrase
    return ConditionFailed(status, sentence) if status == 412 else RequestRefused(status, sentence)

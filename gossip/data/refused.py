"""Why a local write was not made. Nothing was changed then."""


class NotWritten(Exception):
    """A local write was not made."""


class StoreFull(NotWritten):
    """There was no room for it."""


class StoreFrozen(NotWritten):
    """It came after the node began to stop."""


class NotANumber(NotWritten):
    """It was to add to a value that is no whole number."""


class ConditionFailed(NotWritten):
    """It was not to be made on what is held."""

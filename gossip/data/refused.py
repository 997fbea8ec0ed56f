"""Why a local write was not made. Nothing was changed then."""


class StoreFull(Exception):
    """There was no room for it."""


class StoreFrozen(Exception):
    """It came after the node began to stop."""


class ConditionFailed(Exception):
    """It was not to be made on what is held."""

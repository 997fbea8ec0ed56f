"""Which function answers which request."""

from collections.abc import Mapping

from gossip.serving.answer import Answer, Fields, HttpError
from gossip.serving.head import Head
from gossip.serving.request import Operation, Request


class Routes:
    """Finds operations by path and method; HEAD is answered as GET, whose body the server then leaves out."""

    def __init__(self, routes: Mapping[str, Mapping[str, Operation]]) -> None:
        """`routes` gives the operation for each path and method; a path that ends with / stands for all below it,
        except / itself."""
        self._routes = {path.encode(): dict(operations) for path, operations in routes.items()}
        for operations in self._routes.values():
            if "GET" in operations:
                operations["HEAD"] = operations["GET"]
        self._below = [path for path in self._routes if path.endswith(b"/") and path != b"/"]
        self._paths = ", ".join(routes)

    def __call__(self, head: Head) -> Operation:
        """The operation; one that raises HttpError 404 for a path, 405 for a method that nobody answers here."""
        operations = self._routes.get(head.path) or self._operations_above(head.path)
        if operations is None:
            return refusing(404, f"nothing is here; ask for one of {self._paths}")
        allowed = ", ".join(sorted(operations))
        return operations.get(head.method) or refusing(405, f"this takes {allowed} only", (("Allow", allowed),))

    def _operations_above(self, path: bytes) -> dict[str, Operation] | None:
        return next((self._routes[above] for above in self._below if path.startswith(above)), None)


def refusing(status: int, sentence: str, fields: Fields = ()) -> Operation:
    """One that always raises HttpError."""

    def refuse(_: Request) -> Answer:
        raise HttpError(status, sentence, fields)

    return refuse

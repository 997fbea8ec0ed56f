"""Which function answers which request."""

from collections.abc import Callable, Mapping

from gossip.serving.answer import Answer, HttpError
from gossip.serving.request import Request

Operation = Callable[[Request], Answer]


class Routes:
    """Answers requests by path and method; HEAD is answered as GET, whose body the server then leaves out."""

    def __init__(self, routes: Mapping[str, Mapping[str, Operation]]) -> None:
        """`routes` gives, for each path, the operation for each method."""
        self._routes = {path.encode(): dict(operations) for path, operations in routes.items()}
        for operations in self._routes.values():
            if "GET" in operations:
                operations["HEAD"] = operations["GET"]
        self._paths = ", ".join(routes)

    def __call__(self, request: Request) -> Answer:
        """The answer. Raises HttpError: 404 for a path, 405 for a method that nobody answers here."""
        operations = self._routes.get(request.path)
        if operations is None:
            raise HttpError(404, f"nothing is here; ask for one of {self._paths}")
        operation = operations.get(request.method)
        if operation is None:
            allowed = ", ".join(sorted(operations))
            raise HttpError(405, f"this takes {allowed} only", (("Allow", allowed),))
        return operation(request)

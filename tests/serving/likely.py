"""What schemathesis loads to make its requests likely ones: none waits for more than a twentieth of a second, half are
about one key, so that one finds what another wrote, and none lacks what no schema can ask for."""

import random
from typing import Any

import schemathesis
from schemathesis.core import NotSet

LONGEST = 0.05
KEY = "one key"


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: Any, kwargs: dict[str, Any]) -> None:
    case.query["timeout"] = shorter(case.query.get("timeout"))
    if case.method == "POST":
        add_or_write_many(case)
    if random.random() < 0.5:
        for parameters, name in ((case.path_parameters, "key"), (case.query, "k")):
            if name in parameters:
                parameters[name] = KEY
        for condition in ("If-Match", "If-None-Match"):
            case.headers.pop(condition, None)


def shorter(timeout: Any) -> Any:
    """What is refused at once may stay."""
    try:
        return min(float(timeout), LONGEST)
    except ValueError:
        return timeout
    except TypeError:
        return LONGEST


def add_or_write_many(case: Any) -> None:
    """`add` goes with `k`; without both there must be a body."""
    if isinstance(case.body, NotSet):
        case.query.setdefault("add", 1)
    if "add" in case.query:
        case.query["k"] = case.query.get("k") or KEY  # a list of none is as good as left out
    else:
        case.query.pop("k", None)

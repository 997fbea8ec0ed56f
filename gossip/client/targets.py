"""Paths and queries, as a node reads them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar
from urllib.parse import quote, urlencode

_T = TypeVar("_T")

QUERY_BYTES = 7500
"""The longest query of many keys: a node takes 8,192 bytes of path and query unless it is told otherwise."""
WAIT_SECONDS = 1.0
"""How long a node waits for peers unless it is told."""

Parameters = Mapping[str, object]
"""By name; those that are None are left out."""


def value_target(key: str, parameters: Parameters) -> str:
    """That of one value."""
    return target(f"/map/{quote(key, safe='')}", parameters)


def target(path: str, parameters: Parameters) -> str:
    """A path, and the parameters that are given."""
    query = urlencode(given(parameters))
    return f"{path}?{query}" if query else path


def targets(path: str, keys: Iterable[str], parameters: Parameters) -> Iterator[str]:
    """A path with so many keys at once as a query may hold, until all are named."""
    others = "".join(f"&{urlencode({name: value})}" for name, value in given(parameters).items())
    batch = ""
    for key in keys:
        named = urlencode({"k": key})
        if batch and len(batch) + len(named) > QUERY_BYTES:
            yield f"{path}?{batch}{others}"
            batch = ""
        batch += f"&{named}" if batch else named
    if batch:
        yield f"{path}?{batch}{others}"


def watch_target(keys: Iterable[str], prefixes: Iterable[str]) -> str:
    """That of a watch of these keys and of those that begin so."""
    watched = urlencode([*(("k", key) for key in keys), *(("prefix", prefix) for prefix in prefixes)])
    return f"/watch?{watched}"


def given(values: Mapping[str, _T | None]) -> dict[str, _T]:
    """Those that are not None."""
    return {name: value for name, value in values.items() if value is not None}


def seconds(number: float | None) -> str | None:
    """A number of seconds as a node reads it, which knows no exponents."""
    return None if number is None else f"{number:.6f}"


def waiting(wait: int | str | None, wait_timeout: float | None) -> dict[str, object]:
    """The parameters of a write that waits for peers."""
    return {"wait": wait, "timeout": seconds(wait_timeout)}


def patience(wait: int | str | None, wait_timeout: float | None) -> float:
    """How many seconds longer such a write may take."""
    if wait is None:
        return 0.0
    return WAIT_SECONDS if wait_timeout is None else wait_timeout

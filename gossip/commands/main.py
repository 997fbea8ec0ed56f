"""Runs one command."""

import os
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence

from gossip.client import Client, ConditionFailed, GossipcarError, NotConfirmed, NotReachable, RequestRefused
from gossip.commands.acts import ACTS
from gossip.commands.arguments import WrongUsage, parser
from gossip.commands.output import DONE, FAILED, NOT_REACHABLE, NOT_SO, WRONG_USAGE, fail

_HOW_TO_SEND_ONE = " (here: by --token-file or GOSSIPCAR_TOKEN_FILE)"


def main(argv: Sequence[str] | None = None, environ: Mapping[str, str] | None = None) -> int:
    """The exit status; why it is not 0 is one line on standard error."""
    try:
        try:
            return _run(sys.argv[1:] if argv is None else argv, os.environ if environ is None else environ)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the end of the process would try once more
        if isinstance(error, BrokenPipeError):  # whoever reads this has enough
            return DONE
        return fail(f"standard output: {error.strerror}", FAILED)


def _run(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    try:
        given = parser(*argv[:1]).parse_args(argv)
        if given.command == "demo":
            return _demo(given)
        if given.command == "doctor":
            return _doctor(given, environ)
        return _ask(given, environ)
    except WrongUsage as error:
        return fail(str(error), WRONG_USAGE)


def _demo(given: Namespace) -> int:
    from gossip.commands.demo.run import run

    return run(given.nodes, given.seconds)


def _doctor(given: Namespace, environ: Mapping[str, str]) -> int:
    from gossip.commands.doctor.run import run  # loads parts of the node, which no other command needs

    return run(vars(given), environ)


def _ask(given: Namespace, environ: Mapping[str, str]) -> int:
    try:
        token_file = given.token_file or environ.get("GOSSIPCAR_TOKEN_FILE")
        token = _token(token_file) if token_file else None
        with _client(given.url or environ.get("GOSSIPCAR_URL") or None, token) as client:
            return ACTS[given.command](client, given)
    except (ConditionFailed, NotConfirmed) as error:
        return fail(str(error), NOT_SO)
    except NotReachable as error:
        return fail(str(error), NOT_REACHABLE)
    except RequestRefused as error:
        return fail(f"{error}{_HOW_TO_SEND_ONE if error.status == 401 else ''}", FAILED)
    except GossipcarError as error:
        return fail(str(error), FAILED)
    except (KeyError, TypeError, ValueError) as error:
        return fail(f"what answers there is no node: {error!r}", NOT_REACHABLE)


def _client(url: str | None, token: str | None) -> Client:
    try:
        return Client(url, token=token)
    except ValueError as error:
        raise WrongUsage(str(error)) from None


def _token(path: str) -> str:
    """The first line that is not empty: the file may be the node's own."""
    try:
        with open(path, encoding="latin-1") as file:
            return next(line.strip() for line in file if line.strip())
    except (OSError, ValueError, StopIteration) as error:
        raise WrongUsage(f"{path} gives no token: {getattr(error, 'strerror', None) or 'it is empty'}") from None

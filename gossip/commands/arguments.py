"""What may stand behind `gossipcar.py`."""

import argparse
import math
import os
import re
from typing import NoReturn

from gossip.commands.output import STATUSES


class WrongUsage(Exception):
    """The sentence says how."""


class Parser(argparse.ArgumentParser):
    """Raises WrongUsage instead of leaving."""

    def error(self, message: str) -> NoReturn:
        raise WrongUsage(f"{message}; see {self.prog} --help")


def parser() -> Parser:
    """That of all commands; the name of the one that is given is `command`."""
    every = Parser(prog="gossipcar.py", description="Ask a node that runs.", epilog=f"Exit status: {STATUSES}.")
    commands = every.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def command(name: str, text: str) -> Parser:
        added = commands.add_parser(name, help=text, description=text, epilog=every.epilog, allow_abbrev=False)
        added.add_argument("--url", help="the node; by default port 80 of localhost, else 8080 [GOSSIPCAR_URL]")
        added.add_argument(
            "--token-file", metavar="FILE", help="a file whose first line is the token to send [GOSSIPCAR_TOKEN_FILE]"
        )
        return added

    _get(command("get", "Print the value of a key, just as it is; of several, a line key=value for each that has one."))
    _put(command("put", "Write a value."))
    _delete(command("delete", "Delete keys."))
    _keys(command("keys", "List the keys that have values, sorted."))
    _watch(command("watch", "Print changes as they come, each as a line of JSON, until Ctrl-C."))
    _add(command("add", "Add to a counter, and print the new total."))
    command("peers", "Print the peers as the node sees them.")
    command("stats", "Print what the node tells of itself.")
    return every


def _get(parser: Parser) -> None:
    parser.add_argument("keys", metavar="KEY", nargs="+", type=_text)
    parser.add_argument("--json", action="store_true", help="print each as a line of JSON, with its ETag and expiry")


def _put(parser: Parser) -> None:
    parser.add_argument("key", metavar="KEY", type=_text)
    parser.add_argument("value", metavar="VALUE", help="the value; - for standard input")
    _ttl(parser)
    conditions = parser.add_mutually_exclusive_group()
    conditions.add_argument("--if-absent", action="store_true", help="only where the key has no value")
    conditions.add_argument("--if-match", metavar="ETAG", type=_etag, help="only where the value has this ETag; *: any")
    _wait(parser)


def _delete(parser: Parser) -> None:
    parser.add_argument("keys", metavar="KEY", nargs="+", type=_text)
    _wait(parser)


def _keys(parser: Parser) -> None:
    parser.add_argument("--prefix", type=_text, default="", help="only keys that begin so")
    parser.add_argument("--values", action="store_true", help="print key=value")


def _watch(parser: Parser) -> None:
    parser.add_argument("keys", metavar="KEY", nargs="*", type=_text, help="only these; all unless any is given")
    parser.add_argument("--prefix", type=_text, action="append", default=[], help="also keys that begin so")


def _add(parser: Parser) -> None:
    parser.add_argument("key", metavar="KEY", type=_text)
    parser.add_argument("n", metavar="N", type=int, nargs="?", default=1, help="1 unless given; may be negative")
    _ttl(parser)


def _ttl(parser: Parser) -> None:
    parser.add_argument("--ttl", metavar="SECONDS", type=_seconds, help="how long until it is gone")


def _wait(parser: Parser) -> None:
    parser.add_argument("--wait", metavar="N|majority|all", type=_peers, help="till so many peers are known to have it")
    parser.add_argument("--timeout", metavar="SECONDS", type=_seconds, help="how long to wait at most; 1 unless given")


def _text(argument: str) -> str:
    try:
        return os.fsencode(argument).decode()
    except UnicodeDecodeError:
        raise argparse.ArgumentTypeError("a key is UTF-8") from None


def _etag(argument: str) -> str:
    return f'"{argument}"' if re.fullmatch(r"[\w-]+", argument) else argument


def _seconds(argument: str) -> float:
    try:
        seconds = float(argument)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{argument!r} is not a positive number of seconds")
    return seconds


def _peers(argument: str) -> str:
    if not re.fullmatch("[0-9]+|majority|all", argument):
        raise argparse.ArgumentTypeError(f"{argument!r} is not a number of peers, majority or all")
    return argument

"""What may stand behind `gossipcar.py`."""

import argparse
import math
import os
import re
from typing import NoReturn

from gossip.commands.output import STATUSES

MOST_NODES = 50
"""In a demo: each takes some 25 MiB, and a table should fit on a screen."""


class WrongUsage(Exception):
    """The sentence says how."""


class Parser(argparse.ArgumentParser):
    """Raises WrongUsage instead of leaving."""

    def error(self, message: str) -> NoReturn:
        raise WrongUsage(f"{message}; see {self.prog} --help")


def parser(first: str = "") -> Parser:
    """That of all commands; the name of the one that is given is `command`.

    `first` is the first argument: the doctor takes all settings of a node, and to know them is to load some of it.
    """
    every = Parser(
        prog="gossipcar.py",
        description="Ask a node that runs; show some of them; find out what is wrong.",
        epilog=f"Exit status: {STATUSES}.",
    )
    commands = every.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def alone(name: str, text: str, statuses: str = "") -> Parser:
        epilog = f"Exit status: {statuses}." if statuses else every.epilog
        return commands.add_parser(name, help=text, description=text, epilog=epilog, allow_abbrev=False)

    def command(name: str, text: str) -> Parser:
        added = alone(name, text)
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
    _demo(alone("demo", _DEMO, "0 it was ended; 2 wrong usage; 4 a node does not start"))
    doctor = alone("doctor", _DOCTOR, "0 nothing is wrong; 1 something is, and a line says what; 2 wrong usage")
    if first == "doctor":
        from gossip.config import add_flags

        add_flags(doctor)
    return every


_DEMO = (
    "Start some nodes on this machine, write at them now and then, and show how it spreads. Kill and revive them by "
    "typing k 3 or r 3 and Enter; q or Ctrl-C ends the demo and all its nodes."
)
_DOCTOR = (
    "Look for what is wrong: with the settings, name lookup, ports, peers and clocks. It takes the flags and the "
    "environment of the node that it is to look after, which may be running or not, and changes nothing."
)


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


def _demo(parser: Parser) -> None:
    parser.add_argument("--nodes", metavar="N", type=_nodes, default=5, help="how many, 5 unless given")
    parser.add_argument("--seconds", metavar="SECONDS", type=_seconds, help="end it by itself after so long")


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


def _nodes(argument: str) -> int:
    if not (argument.isascii() and argument.isdecimal() and 2 <= int(argument) <= MOST_NODES):
        raise argparse.ArgumentTypeError(f"{argument!r} is not a whole number from 2 to {MOST_NODES}")
    return int(argument)

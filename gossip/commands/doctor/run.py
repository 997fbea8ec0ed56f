"""The doctor: one thing after the other, a line for each, said at once."""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping

from gossip import config
from gossip.commands.doctor.finding import Finding, Level, ok, wrong
from gossip.commands.doctor.here import allowed, chosen, own_address, python
from gossip.commands.doctor.names import Names, is_loopback
from gossip.commands.doctor.peers import Doctor
from gossip.commands.doctor.ports import Ports
from gossip.commands.output import DONE, NOT_SO, tell
from gossip.sync.address import Address


def run(flags: Mapping[str, str | None], environ: Mapping[str, str]) -> int:
    """The exit status: whether something is wrong."""
    logging.basicConfig(handlers=[logging.NullHandler()])  # what parts of a node log is said here in other words
    counts: Counter[Level] = Counter()
    for finding in findings(flags, environ):
        tell(str(finding))
        counts[finding.level] += 1
    tell(_summary(counts))
    return NOT_SO if counts[Level.WRONG] else DONE


def _summary(counts: Counter[Level]) -> str:
    wrongs, warnings = counts[Level.WRONG], counts[Level.WARNING]
    said = "nothing is wrong" if not wrongs else "1 thing is wrong" if wrongs == 1 else f"{wrongs} things are wrong"
    return f"{said}; {warnings} warning{'' if warnings == 1 else 's'}" if warnings else said


def findings(flags: Mapping[str, str | None], environ: Mapping[str, str]) -> Iterator[Finding]:
    """All that there is to find, as it is found."""
    try:
        settings = config.load(flags, environ)
    except config.SettingError as error:
        yield wrong("settings", f"{error}{_HINT if '=tcp://' in str(error) else ''}")
        return
    yield chosen(settings)
    yield python(settings)
    yield from allowed(settings)
    yield own_address(settings)
    try:
        doctor = Doctor(settings)
    except config.SettingError as error:
        yield wrong("settings", str(error))
        return
    ports = Ports(settings, doctor)
    yield from ports.look_at_client_port()
    yield from ports.look_at_peer_port()
    yield from ports.look_at_health_port()
    names = Names(settings)
    yield from names.look_up()
    others = [address for address in names.addresses if not _is_own(settings, address)]
    yield from doctor.look_at_all(others, ports.origin)
    if names.addresses and not others:
        yield ok("peers", "no address but this node's own is known by now")


_HINT = "; a Service of that name sets this variable unless the pod has `enableServiceLinks: false`"


def _is_own(settings: config.Settings, address: Address) -> bool:
    """Whether a node with these settings would listen there itself."""
    is_here = address.host == settings.my_pod_ip or is_loopback(address.host)
    return is_here and address.port == settings.default_peer_port

"""The house keeps its order: who may import whom, and how long things may be."""

import ast
import sys
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parent.parent.parent
SOURCES = [*sorted((ROOT / "gossip").rglob("*.py")), ROOT / "gossipcar.py"]

ORDER = [
    ["gossip"],
    ["gossip.client.entry", "gossip.client.errors", "gossip.client.targets"],
    ["gossip.client.connections"],
    ["gossip.client.watch"],
    ["gossip.client.client"],
    ["gossip.client"],
    ["gossip.faults", "gossip.files", "gossip.garbage", "gossip.logs", "gossip.metrics", "gossip.process"],
    ["gossip.data"],
    ["gossip.data.clock"],
    ["gossip.data.attributes", "gossip.data.due", "gossip.data.entry", "gossip.data.ordered", "gossip.data.refused"],
    ["gossip.data.changes", "gossip.data.counters"],
    ["gossip.data.limits", "gossip.data.lifetime", "gossip.data.merged", "gossip.data.news", "gossip.data.travel"],
    ["gossip.data.digest"],
    ["gossip.data.leaves"],
    ["gossip.data.held"],
    ["gossip.data.intake", "gossip.data.local"],
    ["gossip.data.listing"],
    ["gossip.data.store"],
    ["gossip.sweeper", "gossip.sync"],
    ["gossip.sync.message"],
    ["gossip.sync.draft", "gossip.sync.outcome", "gossip.sync.packing", "gossip.sync.proof", "gossip.sync.touch"],
    ["gossip.sync.comparison", "gossip.sync.giving"],
    ["gossip.sync.exchange", "gossip.sync.wire"],
    ["gossip.sync.catch_up"],
    ["gossip.sync.address", "gossip.sync.connection"],
    ["gossip.certificates"],
    ["gossip.sync.peers", "gossip.sync.spread"],
    ["gossip.sync.dns_peers", "gossip.sync.roster", "gossip.sync.sightings", "gossip.sync.transport"],
    ["gossip.sync.calls", "gossip.sync.telling"],
    ["gossip.sync.syncer"],
    ["gossip.sync.confirm", "gossip.sync.push"],
    ["gossip.serving"],
    ["gossip.serving.limits", "gossip.serving.answer", "gossip.serving.spare", "gossip.serving.waker"],
    ["gossip.serving.head", "gossip.serving.feed", "gossip.serving.room"],
    ["gossip.serving.reader"],
    ["gossip.serving.request", "gossip.serving.writer"],
    ["gossip.serving.recognised"],
    ["gossip.serving.handler"],
    ["gossip.serving.access", "gossip.serving.watch", "gossip.serving.stream", "gossip.serving.tls"],
    ["gossip.serving.streams"],
    ["gossip.serving.server"],
    ["gossip.serving.listen"],
    ["gossip.api"],
    ["gossip.api.exposition", "gossip.api.page", "gossip.api.query", "gossip.api.routes", "gossip.api.schemas"],
    ["gossip.api.entries", "gossip.api.guard"],
    ["gossip.api.description", "gossip.api.writes", "gossip.api.events"],
    ["gossip.api.watch"],
    ["gossip.api.keys", "gossip.api.map", "gossip.api.value"],
    ["gossip.api.peers", "gossip.api.stats", "gossip.api.health", "gossip.api.exchange", "gossip.api.openapi"],
    ["gossip.api.metrics"],
    ["gossip.values"],
    ["gossip.settings"],
    ["gossip.config"],
    ["gossip.trust"],
    ["gossip.commands"],
    ["gossip.commands.output"],
    ["gossip.commands.arguments"],
    ["gossip.commands.acts", "gossip.commands.demo", "gossip.commands.doctor"],
    ["gossip.commands.demo.leash", "gossip.commands.demo.nodes", "gossip.commands.demo.table"],
    ["gossip.commands.demo.show", "gossip.commands.demo.spreading"],
    ["gossip.commands.demo.run"],
    ["gossip.commands.doctor.finding"],
    ["gossip.commands.doctor.here", "gossip.commands.doctor.names", "gossip.commands.doctor.peers"],
    ["gossip.commands.doctor.ports"],
    ["gossip.commands.doctor.run"],
    ["gossip.commands.main"],
    ["gossip.node"],
    ["gossip.cli"],
    ["gossipcar"],
]
"""Rows from bottom to top: a module imports from rows below its own only."""

ROW = {module: number for number, row in enumerate(ORDER) for module in row}


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> set[str]:
    """The modules imported at run time: imports for type checkers alone bind nothing."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = []
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            folder = ".".join(path.relative_to(ROOT).parent.parts)
            module = f"{folder}.{node.module}" if node.level else node.module
            found |= {f"{module}.{alias.name}" for alias in node.names} | {module}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_imports_only_what_is_below(path: Path) -> None:
    module = module_of(path)
    above = [name for name in imports_of(path) if name in ROW and ROW[name] >= ROW[module] and name != "gossip"]
    assert above == []


def test_only_dns_peers_imports_dns() -> None:
    importers = {module_of(path) for path in SOURCES if any(n.split(".")[0] == "dns" for n in imports_of(path))}
    assert importers == {"gossip.sync.dns_peers"}


def test_the_client_can_be_copied_without_the_rest() -> None:
    names = {name for path in (ROOT / "gossip" / "client").glob("*.py") for name in imports_of(path)}
    assert {name.split(".")[0] for name in names} - sys.stdlib_module_names == {"gossip"}
    assert [name for name in names if name.startswith("gossip.") and not name.startswith("gossip.client.")] == []


def test_no_command_but_the_doctor_loads_a_part_of_the_node() -> None:
    commands = ROOT / "gossip" / "commands"
    paths = [path for path in commands.rglob("*.py") if commands / "doctor" not in path.parents]
    trees = [ast.parse(path.read_text()) for path in paths]
    names = {node.module or "" for tree in trees for node in tree.body if isinstance(node, ast.ImportFrom)}
    ours = {".".join(name.split(".")[:2]) for name in names if name.split(".")[0] == "gossip"}
    assert ours == {"gossip.client", "gossip.commands"}  # others are imported where the doctor is asked for


def test_only_the_clock_reads_the_wall_clock() -> None:
    readers = {
        module_of(path)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("time.time", "time.time_ns", "datetime.now")
    }
    assert readers == {"gossip.data.clock"}


def test_files_stay_short() -> None:
    files = [*SOURCES, *(path for folder in ("tests", "bench") for path in (ROOT / folder).rglob("*.py"))]
    files += [path for path in (ROOT / "gossip" / "page").iterdir() if path.is_file()]
    assert [path.name for path in files if len(path.read_text().splitlines()) > 250] == []


def test_functions_stay_short() -> None:
    lengths = {
        f"{module_of(path)}.{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
    }
    assert [name for name, length in lengths.items() if length > 40] == []
    assert median(lengths.values()) < 10

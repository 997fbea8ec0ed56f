"""`/openapi.json` says what the node does: no more, no less, and any client that goes by it is answered as it says.

Schemathesis makes up requests from the document and holds the answers against it, for 20 s, or OPENAPI_SECONDS.
OPENAPI_SEED draws other requests.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

import gossip
from gossip.api.routes import Routes
from gossip.commands.demo.nodes import free_ports
from gossip.config import load
from gossip.node import Node
from tests.nodes import RunningNode, wait_until

SECONDS = int(os.environ.get("OPENAPI_SECONDS", "20"))
SEED = os.environ.get("OPENAPI_SEED", "1")

METHODS = {"get", "head", "put", "post", "delete", "patch", "options", "trace"}


@pytest.fixture(scope="module")
def node() -> Iterator[RunningNode]:
    """One of two, so that there are peers to wait for."""
    first, second = free_ports(2)
    with ExitStack() as stack:
        peer = stack.enter_context(RunningNode(f"--peers=127.0.0.1:{first}", peer_port=second))
        running = stack.enter_context(RunningNode(f"--peers=127.0.0.1:{second}", peer_port=first))
        wait_until(lambda: requests.get(f"{running.url}/peers", timeout=5).json()["agreeing"] == 1)
        yield running
        for one in (running, peer):
            assert "Traceback" not in one.log
            assert one.process.poll() is None


@pytest.fixture(scope="module")
def document(node: RunningNode) -> Any:
    response = requests.get(f"{node.url}/openapi.json", timeout=5)
    assert response.headers["Content-Type"] == "application/json"
    return response.json()


def test_the_document_is_valid(document: Any) -> None:
    assert document["openapi"].startswith("3.1.")
    assert [*OpenAPIV31SpecValidator(document).iter_errors()] == []
    assert document["info"]["version"] == gossip.__version__


def test_every_path_and_method_is_in_it_and_no_other(document: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[dict[str, set[str]]] = []
    plain = Routes.__init__

    def noting(self: Routes, routes: Any) -> None:
        plain(self, routes)
        served.append({path: {method.lower() for method in methods} for path, methods in routes.items()})

    monkeypatch.setattr(Routes, "__init__", noting)
    Node(load({}, {"CLIENT_HOST": "127.0.0.1", "CLIENT_PORT": "0", "PEER_HOST": "127.0.0.1", "PEER_PORT": "0"})).stop()
    with_heads = {path: methods | {"head"} for path, methods in served[-1].items()}
    told = {path.replace("{key}", ""): METHODS & {*operations} for path, operations in document["paths"].items()}
    assert told == with_heads


@pytest.mark.parametrize("content_type", ["", "text/html", "text/html; charset=UTF-8", "a" * 255, "~"])
def test_content_types_that_it_allows_are_taken(document: Any, node: RunningNode, content_type: str) -> None:
    assert [*content_type_errors(document, content_type)] == []
    assert post_with(node, content_type).status_code == 200


@pytest.mark.parametrize("content_type", ["a\fb", "a\x7f", "\0", " a", "a" * 256, "\u00e9"])
def test_content_types_that_it_forbids_are_refused(document: Any, node: RunningNode, content_type: str) -> None:
    assert [*content_type_errors(document, content_type)]
    assert post_with(node, content_type).status_code == 422


def content_type_errors(document: Any, content_type: str) -> Iterator[object]:
    schema = document["components"]["schemas"]["Item"]["properties"]["contentType"]
    errors: Iterator[object] = Draft202012Validator(schema).iter_errors(content_type)
    return errors


def post_with(node: RunningNode, content_type: str) -> requests.Response:
    item = {"value": "", "contentType": content_type}
    return requests.post(f"{node.url}/map", json={"typed": item}, timeout=5)


def test_it_costs_nothing_until_somebody_asks() -> None:
    code = "import sys, gossip.node; print('gossip.api.description' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


CHECKS = [
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "unsupported_method", "allow_header_conformance", "positive_data_acceptance",
]  # fmt: skip

# a key may be absent, a condition may not hold, a value may be no number, a head may be too long
CONFIG = '[checks]\npositive_data_acceptance.expected-statuses = ["2xx", "3xx", 404, 409, 412, 414, 431]\n'


def test_answers_are_what_the_document_says(node: RunningNode, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{node.url}/openapi.json", "--no-color"]
    command += [f"--checks={','.join(CHECKS)}", f"--max-time={SECONDS}", "--continue-on-failure", "--warnings=off"]
    command += [f"--seed={SEED}"]
    environ = {**os.environ, "SCHEMATHESIS_HOOKS": str(Path(__file__).with_name("likely.py"))}
    done = subprocess.run(
        command, env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS + 90, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(node.stats()["nGoodHttpReqs"]) > 30

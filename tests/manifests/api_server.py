"""A stand-in for the API server of Kubernetes: enough for kubectl to create objects and to list pods."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.manifests.manifest import Document

_KINDS = {
    "v1": {"services": "Service", "pods": "Pod"},
    "apps/v1": {"deployments": "Deployment"},
    "policy/v1": {"poddisruptionbudgets": "PodDisruptionBudget"},
}
_PODS = "/api/v1/namespaces/default/pods"


def _folder(version: str) -> str:
    """The path below which the API of a version is."""
    return f"/apis/{version}" if "/" in version else f"/api/{version}"


def _resources(version: str) -> Document:
    verbs = ["create", "get", "list"]
    kinds = _KINDS[version].items()
    resources = [
        {"name": name, "singularName": kind.lower(), "namespaced": True, "kind": kind, "verbs": verbs}
        for name, kind in kinds
    ]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": resources}


def _group(version: str) -> Document:
    name, _, number = version.partition("/")
    served = {"groupVersion": version, "version": number}
    return {"name": name, "versions": [served], "preferredVersion": served}


_DISCOVERY: dict[str, Document] = {
    "/version": {"major": "1", "minor": "29", "gitVersion": "v1.29.0"},
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(v) for v in _KINDS if "/" in v]},
    **{_folder(version): _resources(version) for version in _KINDS},
}


class ApiServer(ThreadingHTTPServer):
    """Serves on a free port of loopback and keeps what is created. A context manager: leaving it stops it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, Document] = {}
        """What was created, by its path, in the order in which it came."""

    def __enter__(self) -> "ApiServer":
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def pods(self) -> list[Document]:
        """The pods that the Deployments ask for, without what a cluster would tell of them."""
        return [
            {**found["spec"]["template"], "metadata": {"name": f"{found['metadata']['name']}-{number}"}}
            for found in self.objects.values()
            if found["kind"] == "Deployment"
            for number in range(found["spec"]["replicas"])
        ]

    def create(self, collection: str, body: Document) -> tuple[int, Document]:
        """Keep an object if its kind is that of the collection. The status, and what to answer."""
        folder, _, plural = collection.rpartition("/namespaces/default/")
        kind = _KINDS.get(body["apiVersion"], {}).get(plural)
        if _folder(body["apiVersion"]) != folder or kind != body["kind"]:
            return 400, _failure(400, "BadRequest")
        self.objects[f"{collection}/{body['metadata']['name']}"] = body
        return 201, body

    def read(self, path: str) -> tuple[int, Document]:
        """The status, and what to answer."""
        if path == _PODS:
            return 200, {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": self.pods()}
        found = _DISCOVERY.get(path) or self.objects.get(path)
        return (200, found) if found else (404, _failure(404, "NotFound"))


def _failure(code: int, reason: str) -> Document:
    return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ApiServer

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/openapi/v2":
            # In protobuf, where nothing is a document without schemas: kubectl validates nothing against it.
            self._answer(200, "application/octet-stream", b"")
        else:
            self._answer_json(*self.server.read(path))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer_json(*self.server.create(urlsplit(self.path).path, body))

    def _answer_json(self, status: int, document: Document) -> None:
        self._answer(status, "application/json", json.dumps(document).encode())

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

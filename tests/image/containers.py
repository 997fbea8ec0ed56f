"""Nodes in containers on one network, where one name leads to all of them, as a headless Service does."""

import itertools
import shlex
import time

from tests.image.engine import Engine
from tests.nodes import wait_until

NETWORK, ALIAS = "pods", "gossip"

_HARDENED = "--read-only --cap-drop ALL --security-opt no-new-privileges"
_READY = "import urllib.request as u; u.urlopen('http://127.0.0.1:46747/readyz', timeout=4)"


class Containers:
    """They are hardened as in the manifest, and asked from inside, as by an application that shares the loopback."""

    def __init__(self, engine: Engine, image: str) -> None:
        self._engine, self._image = engine, image
        self._numbers = itertools.count(1)
        self.names: list[str] = []
        """Those that run."""
        engine.run(f"docker network create {NETWORK}")

    def start(self) -> str:
        """The name of one more, that does not need to be ready yet."""
        name = f"node-{next(self._numbers)}"
        place = f"--name {name} --network {NETWORK} --network-alias {ALIAS}"
        settings = f"--env SERVICE_DNS_NAME={ALIAS} --env GOSSIP_INTERVAL=0.2"
        self._engine.run(f"docker run -d {_HARDENED} {place} {settings} {self._image}")
        self.names.append(name)
        return name

    def stop(self, name: str) -> tuple[int, float]:
        """Its exit status, and how many seconds it took."""
        began = time.monotonic()
        self._engine.run(f"docker stop {name}")
        took = time.monotonic() - began
        self.names.remove(name)
        return int(self._engine.run(f"docker inspect --format '{{{{.State.ExitCode}}}}' {name}")), took

    def disconnect(self, name: str) -> None:
        self._engine.run(f"docker network disconnect {NETWORK} {name}")

    def connect(self, name: str) -> None:
        self._engine.run(f"docker network connect --alias {ALIAS} {NETWORK} {name}")

    def wait_until_ready(self, name: str) -> None:
        asking = f"docker exec {name} python -c {shlex.quote(_READY)}"
        wait_until(lambda: self._engine.attempt(asking).returncode == 0, 30, f"that {name} is ready")

    def put(self, name: str, key: str, value: str) -> None:
        """Write, and have it acknowledged."""
        self._engine.run(f"docker exec {name} python /app/gossipcar.py put {key} {value}")

    def held(self, name: str) -> dict[str, str]:
        """All keys and values."""
        lines = self._engine.run(f"docker exec {name} python /app/gossipcar.py keys --values").splitlines()
        return dict(line.split("=", 1) for line in lines)

    def wait_for(self, held: dict[str, str]) -> None:
        """Until this, and more at most, is held by all that run."""
        behind = list(self.names)

        def all_have_it() -> bool:
            behind[:] = [name for name in behind if not held.items() <= self.held(name).items()]
            return not behind

        wait_until(all_have_it, 30, f"that all hold {held}")

"""Five containers of the image on one network find each other, and lose nothing when they come and go."""

from collections.abc import Iterator

import pytest

from tests.dns.server import Dnsmasq
from tests.image.containers import Containers
from tests.image.engine import DNS_ADDRESS, Engine


@pytest.fixture(scope="module")
def containers(engine: Engine, image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containers]:
    """Five that run; each test leaves five."""
    with Dnsmasq(tmp_path_factory.mktemp("dns"), engine.inside, (DNS_ADDRESS,), 53) as elsewhere:
        elsewhere.run("address=/#/")  # names that are not the engine's do not exist
        containers = Containers(engine, image)
        for _ in range(5):
            containers.start()
        for name in containers.names:
            containers.wait_until_ready(name)
        yield containers
        engine.run("docker rm -f $(docker ps -aq)")


def test_what_is_written_at_each_is_soon_at_all(containers: Containers) -> None:
    written = {f"from-{name}": "here" for name in containers.names}
    for name in containers.names:
        containers.put(name, f"from-{name}", "here")
    containers.wait_for(written)


def test_one_that_is_stopped_ends_in_time_and_leaves_its_last_write(containers: Containers) -> None:
    last = containers.names[0]
    containers.put(last, "last", "words")
    status, seconds = containers.stop(last)
    assert status == 0
    assert seconds < 9, "after 10 s it is killed"
    containers.wait_for({"last": "words"})
    containers.wait_until_ready(containers.start())
    containers.wait_for({"last": "words"})


def test_one_that_is_cut_off_writes_on_and_agrees_with_the_others_later(containers: Containers) -> None:
    alone, *others = containers.names
    containers.disconnect(alone)
    containers.put(alone, "inside", "1")
    containers.put(others[0], "outside", "2")
    assert "outside" not in containers.held(alone)
    assert not any("inside" in containers.held(name) for name in others)
    containers.connect(alone)
    containers.wait_for({"inside": "1", "outside": "2"})


def test_a_rolling_restart_loses_nothing(containers: Containers) -> None:
    written = {}
    for old in list(containers.names):
        containers.wait_until_ready(containers.start())
        written[f"of-{old}"] = "kept"
        containers.put(old, f"of-{old}", "kept")
        assert containers.stop(old)[0] == 0
    assert len(containers.names) == 5
    assert len(written) == 5
    containers.wait_for(written)

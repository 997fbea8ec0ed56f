"""What a release has of the image: an archive that can be loaded, and the list of what is in it."""

import json
from pathlib import Path

import gossip
from tests.image.engine import Engine


def test_the_archive_is_loaded_and_holds_what_the_list_says(engine: Engine, image: str, tmp_path: Path) -> None:
    engine.run(f".ci/image {tmp_path}")
    list_file, archive = sorted(tmp_path.iterdir())
    architecture = engine.run("docker version --format '{{.Server.Arch}}'").strip()
    assert archive.name == f"gossipcar-{gossip.__version__}-{architecture}.tar"
    assert list_file.name == archive.name.replace(".tar", ".cdx.json")

    name = f"gossipcar:{gossip.__version__}"
    engine.run(f"docker rmi -f {name} {image}")
    assert engine.run(f"docker load -i {archive}").splitlines()[-1] == f"Loaded image: {name}"
    assert engine.run(f"docker run --rm {name} --version") == f"gossipcar {gossip.__version__}\n"

    ask = f"docker run --rm --entrypoint python {name} -c 'import dns.version; print(dns.version.version)'"
    parts = {part["name"]: part["version"] for part in json.loads(list_file.read_text())["components"]}
    assert parts["gossipcar"] == gossip.__version__
    assert parts["dnspython"] == engine.run(ask).strip()
    engine.run(f"docker tag {name} {image}")

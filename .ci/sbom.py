"""Prints what an image holds, as a CycloneDX list: Gossipcar, Python and its packages, and those of the system.

`.ci/image` gives it to the image's own Python, in the folder of the node. It needs the standard library alone.
"""

import json
import platform
import re
import sys
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path
from urllib.parse import quote

from gossip import __version__

PACKAGES = Path("/var/lib/dpkg/status")
"""Where Debian keeps which packages are there."""

Component = dict[str, object]


def component(kind: str, name: str, version: str, source: str, licence: str = "", **more: str) -> Component:
    """One thing that is there. It is named by a package URL, by which others find what is known of it."""
    url = f"pkg:{source}/{quote(name)}@{quote(version)}"
    found: Component = {"type": kind, "bom-ref": url, "name": name, "version": version, "purl": url, **more}
    return found | ({"licenses": [{"expression": licence}]} if licence else {})


def own() -> Component:
    return component("application", "gossipcar", __version__, "generic", "MIT")


def python() -> Component:
    version = platform.python_version()
    cpe = f"cpe:2.3:a:python:python:{version}:*:*:*:*:*:*:*"
    return component("platform", "python", version, "generic", "Python-2.0", cpe=cpe)


def of_python() -> Iterator[Component]:
    """What pip put there, and pip itself."""
    for package in sorted(distributions(), key=lambda package: package.name):
        licence = str(package.metadata.json.get("license_expression", ""))
        yield component("library", package.name.lower(), package.version, "pypi", licence)


def of_debian() -> Iterator[Component]:
    """What the base image was made of, where that is a Debian."""
    text = PACKAGES.read_text() if PACKAGES.exists() else ""
    for paragraph in text.split("\n\n"):
        fields = dict(re.findall(r"^(\w+): (.*)$", paragraph, re.MULTILINE))
        if fields.get("Status") == "install ok installed":
            yield component("library", fields["Package"], fields["Version"], "deb/debian")


def bill() -> dict[str, object]:
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "container", "name": "gossipcar", "version": __version__}},
        "components": [own(), python(), *of_python(), *of_debian()],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(bill(), indent=1) + "\n")

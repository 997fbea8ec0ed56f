"""A stand-in for the image that the Dockerfile builds on, made of the interpreter that runs the tests.

Its layout is that of the official image: the interpreter under /usr/local, with pip and what would install pip again, a
shell and a few tools. pip finds the one package that a node needs inside the image, so that building needs no network.
It is for tests only.
"""

import hashlib
import importlib.metadata
import io
import os
import re
import shutil
import site
import stat
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

TOOLS = ("sh", "grep", "chmod", "rm", "sed")
"""What the Dockerfile and the tests call, beside Python and pip."""

LIBRARIES = "/usr/local/lib"
"""Where all shared libraries are, wherever the machine has them; LD_LIBRARY_PATH must say so."""

_LEFT_OUT = {"__pycache__", "site-packages", "dist-packages", "test", "tests", "idlelib", "tkinter"}
_NO_FILES = ("_tkinter", "EXTERNALLY-MANAGED")
_NAME = f"python{sys.version_info[0]}.{sys.version_info[1]}"
_PACKAGES = site.getsitepackages(["/usr/local"])[-1]
"""Where this interpreter would look for packages if it were there; the name depends on who built it."""

_PIP_CONFIG = "[global]\nno-index = true\nfind-links = /wheels\n"
# The wheel was made again, so it has another hash, and perhaps another version, than is asked for.
_PIP = """#!/bin/sh
sed -i 's/^dnspython==.*/dnspython=={version} --hash=sha256:{hash}/' /tmp/requirements-image.txt
exec python -m pip "$@"
"""


def write(file: IO[bytes]) -> None:
    """Write the file system, as a tar."""
    python = Path(sys.executable).resolve()
    library = Path(sysconfig.get_path("stdlib"))
    files = list(_files(library))
    tools = [Path(found) for tool in TOOLS if (found := shutil.which(tool))]
    with tarfile.open(fileobj=file, mode="w|", dereference=True) as tar:
        for name, mode in (("tmp", 0o1777), ("bin", 0o755)):
            _add_special(tar, name, tarfile.DIRTYPE, mode)
        for tool in tools:
            _add(tar, tool, f"/bin/{tool.name}")
        _add(tar, python, f"/usr/local/bin/{_NAME}")
        for name in ("python", "python3"):
            _add_special(tar, f"usr/local/bin/{name}", tarfile.SYMTYPE, 0o777, _NAME)
        for path in files:
            _add(tar, path, f"/usr/local/lib/{_NAME}/{path.relative_to(library)}")
        for name, path in _installed("pip"):
            _add(tar, path, f"{_PACKAGES}/{name}")
        _add_special(tar, "usr/local/bin/pip", tarfile.SYMTYPE, 0o777, "pip3")
        _add_bytes(tar, "etc/pip.conf", _PIP_CONFIG.encode())
        version, wheel = _wheel("dnspython")
        _add_bytes(tar, f"wheels/dnspython-{version}-py3-none-any.whl", wheel)
        pip = _PIP.format(version=version, hash=hashlib.sha256(wheel).hexdigest())
        _add_bytes(tar, "usr/local/bin/pip3", pip.encode(), 0o755)
        for path in _libraries([python, *tools, *(path for path in files if path.suffix == ".so")]):
            # The loader is named by its whole path in each program.
            is_loader = path.name.startswith("ld-")
            _add(tar, path, str(path) if is_loader else f"{LIBRARIES}/{path.name}")


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [f for f in folders if f not in _LEFT_OUT and not f.startswith("config-")]
        files = (Path(parent, name) for name in names)
        yield from (path for path in files if path.is_file() and not path.name.startswith(_NO_FILES))


def _installed(package: str) -> Iterator[tuple[str, Path]]:
    """The files of a package beside the tests: the name of each in the folder for packages, and where it is."""
    for path in importlib.metadata.distribution(package).files or []:
        if path.suffix != ".pyc" and path.parts[0] != "..":
            yield str(path), Path(str(path.locate()))


def _libraries(programs: Iterable[Path]) -> set[Path]:
    """The shared libraries that the programs need, and the one that the C library loads when a thread ends."""
    listed = subprocess.run(["ldd", *map(str, programs)], stdout=subprocess.PIPE, text=True, check=True).stdout
    found = {Path(path) for path in re.findall(r"(?:=>|^)\s+(/\S+) \(0x", listed, re.MULTILINE)}
    beside = {path.with_name("libgcc_s.so.1") for path in found if path.name == "libc.so.6"}
    return found | {path for path in beside if path.exists()}


def _wheel(package: str) -> tuple[str, bytes]:
    """The wheel from which a pure package was installed, made again: its version and its bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, path in _installed(package):
            archive.write(path, name)
    return importlib.metadata.version(package), packed.getvalue()


def _as_roots(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = "root"
    return info


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    info = _as_roots(tar.gettarinfo(path, name.lstrip("/")))
    info.type = tarfile.REGTYPE  # hard links included
    info.size = path.stat().st_size
    info.mode = 0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644
    with path.open("rb") as content:
        tar.addfile(info, content)


def _add_bytes(tar: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), mode
    tar.addfile(info, io.BytesIO(content))


def _add_special(tar: tarfile.TarFile, name: str, kind: bytes, mode: int, target: str = "") -> None:
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.linkname = kind, mode, target
    tar.addfile(info)

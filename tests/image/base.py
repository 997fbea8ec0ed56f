"""A stand-in for the image that the Dockerfile builds on, made of the interpreter that runs the tests.

Its layout is that of the official image: the interpreter under /usr/local, a shell and a few tools. pip finds the one
package that a node needs inside the image, so that building needs no network. It is for tests only.
"""

import importlib.metadata
import importlib.util
import io
import os
import re
import shutil
import stat
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

TOOLS = ("sh", "grep", "chmod")
"""What the Dockerfile calls, beside Python and pip."""

LIBRARIES = "/usr/local/lib"
"""Where all shared libraries are, wherever the machine has them; LD_LIBRARY_PATH must say so."""

_LEFT_OUT = {"__pycache__", "site-packages", "dist-packages", "test", "tests", "idlelib", "ensurepip", "tkinter"}
_NAME = f"python{sys.version_info[0]}.{sys.version_info[1]}"
_PIP_CONFIG = "[global]\nno-index = true\nfind-links = /wheels\n"
_PIP = '#!/bin/sh\nexec python -m pip "$@"\n'


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
        pip = _pip()
        for path in _files(pip):
            # Beside the standard library, as the name of the folder for packages depends on who built the interpreter.
            _add(tar, path, f"/usr/local/lib/{_NAME}/pip/{path.relative_to(pip)}")
        _add_bytes(tar, "usr/local/bin/pip", _PIP.encode(), 0o755)
        _add_bytes(tar, "etc/pip.conf", _PIP_CONFIG.encode())
        wheel_name, wheel = _wheel("dnspython")
        _add_bytes(tar, f"wheels/{wheel_name}", wheel)
        for path in _libraries([python, *tools, *(path for path in files if path.suffix == ".so")]):
            # The loader is named by its whole path in each program.
            is_loader = path.name.startswith("ld-")
            _add(tar, path, str(path) if is_loader else f"{LIBRARIES}/{path.name}")


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [f for f in folders if f not in _LEFT_OUT and not f.startswith("config-")]
        yield from (path for name in names if (path := Path(parent, name)).is_file() and name[:8] != "_tkinter")


def _pip() -> Path:
    found = importlib.util.find_spec("pip")
    assert found, "pip is not beside the tests; the build needs it"
    assert found.origin
    return Path(found.origin).parent


def _libraries(programs: Iterable[Path]) -> set[Path]:
    """The shared libraries that the programs need, and the one that the C library loads when a thread ends."""
    listed = subprocess.run(["ldd", *map(str, programs)], stdout=subprocess.PIPE, text=True, check=True).stdout
    found = {Path(path) for path in re.findall(r"(?:=>|^)\s+(/\S+) \(0x", listed, re.MULTILINE)}
    beside = {path.with_name("libgcc_s.so.1") for path in found if path.name == "libc.so.6"}
    return found | {path for path in beside if path.exists()}


def _wheel(package: str) -> tuple[str, bytes]:
    """The wheel from which a pure package was installed, made again: its name and its bytes."""
    installed = importlib.metadata.distribution(package)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in installed.files or []:
            if path.suffix != ".pyc" and path.parts[0] != "..":
                archive.writestr(str(path), path.read_binary())
    return f"{package}-{installed.version}-py3-none-any.whl", packed.getvalue()


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

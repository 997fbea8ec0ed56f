"""Certificates for tests, by an authority of their own."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import trustme

NOW = datetime.now(timezone.utc)


class Authority:
    """Signs certificates, and puts them where nodes find them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._authority = trustme.CA()
        folder.mkdir(parents=True, exist_ok=True)
        self._authority.cert_pem.write_to_path(self.path("ca.crt"))

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def issue(self, name: str = "tls", days: float = 1) -> tuple[str, str]:
        """A certificate, the files of which take the place of those before it: the paths of it and its key. With `days`
        below 0 it expired so long ago."""
        until = NOW + timedelta(days=days)
        issued = self._authority.issue_cert("gossipcar", not_before=until - timedelta(days=30), not_after=until)
        paths = self.path(f"{name}.crt"), self.path(f"{name}.key")
        for path, blob in zip(paths, (issued.cert_chain_pems[0], issued.private_key_pem), strict=True):
            new = Path(path + ".new")
            new.write_bytes(blob.bytes())
            new.replace(path)
        return paths

    def flags(self, name: str = "tls") -> list[str]:
        """What tells a node of such a certificate."""
        own = self.path(f"{name}.crt"), self.path(f"{name}.key"), self.path("ca.crt")
        settings = ("peer-tls-cert", "peer-tls-key", "peer-tls-ca")
        return [f"--{setting}={path}" for setting, path in zip(settings, own, strict=True)]

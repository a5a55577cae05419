"""A certificate authority for one test run, a server that it vouches for, and a client: all by the openssl command."""

from __future__ import annotations

import secrets
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.kit.kafka.errors import Unavailable

# Python 3.13 verifies strictly: the authority must say what it is, and each certificate whose it is.
PROFILES = """\
[req]
distinguished_name = name
prompt = no
[name]
CN = ${ENV::COMMON_NAME}
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = CA:FALSE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
extendedKeyUsage = serverAuth
subjectAltName = IP:127.0.0.1, DNS:localhost
[client]
basicConstraints = CA:FALSE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
extendedKeyUsage = clientAuth
"""
DAYS = "2"
ELLIPTIC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
"""Made in milliseconds, where RSA takes a second on a bad day."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files; the client's key is encrypted."""

    ca: Path
    stranger_ca: Path
    """An authority that vouched for nobody here."""
    server: Path
    """Key, certificate and chain in one, as Kafka reads them."""
    client: Path
    client_key: Path
    client_key_password: str


def make_certificates(folder: Path, environ: Mapping[str, str]) -> Certificates:
    """Valid for two days; raises `Unavailable` without openssl."""
    openssl = shutil.which("openssl", path=environ.get("PATH"))
    if openssl is None:
        raise Unavailable("no openssl in PATH to make certificates with")
    folder.mkdir()
    (folder / "profiles.cnf").write_text(PROFILES)

    def run(name: str, *arguments: str) -> None:
        subprocess.run(  # noqa: S603 - openssl from the caller's own PATH
            [openssl, *arguments],
            cwd=folder,
            env={**environ, "COMMON_NAME": name},
            check=True,
            capture_output=True,
            timeout=30,
        )

    def authority(name: str) -> None:
        key = ("-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem")
        run(name, "req", "-x509", "-config", "profiles.cnf", "-extensions", "authority", "-days", DAYS, *ELLIPTIC, *key)

    def signed(name: str, *protection: str) -> None:
        run(
            name,
            "req",
            "-config",
            "profiles.cnf",
            *ELLIPTIC,
            *protection,
            "-keyout",
            f"{name}.key",
            "-out",
            f"{name}.csr",
        )
        by = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "profiles.cnf", "-extensions", name)
        run(name, "x509", "-req", "-in", f"{name}.csr", "-days", DAYS, *by, "-out", f"{name}.pem")

    password = secrets.token_hex(16)
    authority("ca")
    authority("stranger")
    signed("server", "-nodes")
    signed("client", "-passout", f"pass:{password}")
    server = folder / "keystore.pem"
    server.write_text("".join((folder / part).read_text() for part in ("server.key", "server.pem", "ca.pem")))
    return Certificates(
        ca=folder / "ca.pem",
        stranger_ca=folder / "stranger.pem",
        server=server,
        client=folder / "client.pem",
        client_key=folder / "client.key",
        client_key_password=password,
    )

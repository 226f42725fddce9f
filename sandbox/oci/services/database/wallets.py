"""Wallets of Autonomous Databases: a zip with the network configuration and a certificate.

Source of its contents: docs.oracle.com, "Download Client Credentials (Wallets)" and, for `ewallet.pem`, python-oracledb's
documentation of its thin mode. The Oracle-specific stores (`cwallet.sso`, `ewallet.p12`, the Java ones) are left out: nothing in
the sandbox could open them. The certificate is the sandbox's own and opens no database.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from sandbox.oci.clock import text
from sandbox.oci.errors import conflict
from sandbox.oci.exchange import Answer, Asked, answers
from sandbox.oci.services.database import connections, lifecycle, rules
from sandbox.oci.services.database.autonomous import database
from sandbox.oci.store import Body

_SQLNET = 'WALLET_LOCATION = (SOURCE = (METHOD = file) (METHOD_DATA = (DIRECTORY="?/network/admin")))\nSSL_SERVER_DN_MATCH=yes\n'
_VALID = timedelta(days=5 * 365)
"""Not sourced: the README of a wallet names the day on which it expires."""


@answers("database")
def generate_autonomous_database_wallet(asked: Asked) -> Answer:
    """A wallet for one database, or with ALL for all of the region. Source: SDK docstring of `generateType`.

    That a database must not be terminated or still be provisioned is not sourced.
    """
    found = database(asked)
    rules.demand_wallet_password(asked.body["password"])
    if found.body["lifecycleState"] in ("PROVISIONING", "TERMINATING", "TERMINATED"):
        raise conflict(f"The Autonomous Database is {found.body['lifecycleState']}; it has no wallet.")
    chosen = [found.body]
    if asked.body.get("generateType") == "ALL":
        rows = (r.body for r in asked.store.all(lifecycle.DATABASES, asked.region))
        chosen = [row for row in rows if row["lifecycleState"] not in ("TERMINATING", "TERMINATED")]
    content = _zipped(asked, chosen)
    headers = {
        "content-type": "application/octet-stream",
        "content-length": str(len(content)),
        "etag": found.etag,
        "last-modified": text(asked.store.clock.now()),
    }
    return Answer(headers=headers, content=_whole(content))


def _zipped(asked: Asked, chosen: Iterable[Body]) -> bytes:
    names = {
        alias: value
        for row in chosen
        for alias, value in connections.services(row["dbName"], asked.region, row["dbWorkload"]).items()
    }
    ends = asked.store.clock.now() + _VALID
    files = {
        "tnsnames.ora": "".join(f"{alias} = {value}\n\n" for alias, value in names.items()),
        "sqlnet.ora": _SQLNET,
        "ewallet.pem": _certificate(asked, str(asked.body["password"])),
        "README": f"Wallet of the sandbox. Its certificate expires on {ends:%Y-%m-%d} and opens no database.\n",
    }
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return whole.getvalue()


def _certificate(asked: Asked, password: str) -> str:
    """A key, encrypted with the wallet's password, and a certificate of it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sandbox")])
    now = asked.store.clock.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + _VALID)
        .sign(key, SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password.encode()),
    )
    return (private + certificate.public_bytes(serialization.Encoding.PEM)).decode()


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content

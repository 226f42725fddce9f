"""A key pair and the configuration file with which the SDK signs its requests to the sandbox."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from sandbox.oci_estate import TENANCY, ocid

USER = ocid("user", "cloudops")
CONFIG = "oci_config"
KEY = "oci_api_key.pem"
_BITS = 2048


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who may use the sandbox.

    Attributes:
        config_file: For the SDK: `oci.config.from_file(config_file)`.
        key_id: `tenancy/user/fingerprint`.
        public_key: Verifies what was signed with the private one.
    """

    config_file: Path
    key_id: str
    public_key: RSAPublicKey


def credentials(folder: Path, region: str) -> Credentials:
    """Those in the folder; made if there are none. The folder and its files are its owner's alone."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    file = folder / KEY
    if not file.exists():
        made = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
        _write(
            file,
            made.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ).decode(),
        )
    private = serialization.load_pem_private_key(file.read_bytes(), password=None)
    public = private.public_key()
    if not isinstance(public, RSAPublicKey):
        raise TypeError(f"{file} is not an RSA key: delete it, so that another is made")
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    digest = hashlib.md5(der, usedforsecurity=False).hexdigest()
    fingerprint = ":".join(digest[n : n + 2] for n in range(0, 32, 2))
    lines = (
        "[DEFAULT]",
        f"user={USER}",
        f"fingerprint={fingerprint}",
        f"tenancy={TENANCY}",
        f"region={region}",
        f"key_file={file}",
    )
    _write(folder / CONFIG, "\n".join(lines) + "\n")
    return Credentials(folder / CONFIG, f"{TENANCY}/{USER}/{fingerprint}", public)


def _write(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(text)

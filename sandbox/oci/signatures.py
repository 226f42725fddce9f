"""Verifies that requests are signed as OCI asks for.

Source of the rules: docs.oracle.com, "Request Signatures" (version 1, rsa-sha256, which headers must be signed, skew of at most
five minutes, the exception for bodies of objects), and the SDK's own signer.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from sandbox.oci.errors import OciError

MOST_SKEW_SECONDS = 300
_PARTS = re.compile(r'(\w+)="([^"]*)"')
_WITH_BODY = ("POST", "PUT", "PATCH")


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature covers.

    Attributes:
        method: HTTP method.
        target: Path and query as they were sent.
        headers: Of the request, by lower-case name.
        body: None where it is that of an object, which is not read before the signature is verified.
        signs_body: Whether the signature has to cover the body.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None
    signs_body: bool = True


@dataclass(slots=True)
class Keyring:
    """Public keys by their `keyId`: `tenancy/user/fingerprint`."""

    keys: dict[str, RSAPublicKey] = field(default_factory=dict)

    def tenancy(self, request: Signed, now: datetime | None = None) -> str:
        """Tenancy of who signed the request.

        Raises:
            OciError: 401; the message says what is wrong with the signature.
        """
        authorization = request.headers.get("authorization", "")
        if not authorization.startswith("Signature "):
            raise _refused("the request is not signed")
        parts = dict(_PARTS.findall(authorization))
        if parts.get("algorithm") != "rsa-sha256" or parts.get("version") != "1":
            raise _refused("the signature must be of version 1 and rsa-sha256")
        key = self.keys.get(parts.get("keyId", ""))
        if key is None:
            raise _refused("no such key")
        covered = parts.get("headers", "").split()
        _demand_covered(request, covered)
        _demand_fresh(request, covered, now or datetime.now(UTC))
        try:
            key.verify(base64.b64decode(parts.get("signature", "")), _text(request, covered).encode(), PKCS1v15(), SHA256())
        except (InvalidSignature, ValueError):
            raise _refused("the signature is wrong") from None
        if request.body is not None and "x-content-sha256" in covered:
            digest = base64.b64encode(hashlib.sha256(request.body).digest()).decode()
            if digest != request.headers["x-content-sha256"]:
                raise _refused("the body is not the one that was signed")
        return str(parts["keyId"]).split("/")[0]


def _demand_covered(request: Signed, covered: list[str]) -> None:
    wanted = {"(request-target)", "host", "x-date" if "x-date" in covered else "date"}
    if request.method in _WITH_BODY and request.signs_body:
        wanted |= {"content-length", "content-type", "x-content-sha256"}
    missing = sorted(wanted - set(covered))
    if missing:
        raise _refused(f"the signature does not cover {', '.join(missing)}")
    absent = [name for name in covered if name != "(request-target)" and name not in request.headers]
    if absent:
        raise _refused(f"the signature covers {absent[0]}, which the request lacks")


def _demand_fresh(request: Signed, covered: list[str], now: datetime) -> None:
    """By the date that is signed: another one could be put beside it at any time."""
    try:
        then = parsedate_to_datetime(request.headers["x-date" if "x-date" in covered else "date"])
        skew = abs((now - then).total_seconds())
    except (TypeError, ValueError):
        raise _refused("the date cannot be read") from None
    if skew > MOST_SKEW_SECONDS:
        raise _refused("the clocks differ by more than five minutes")


def _text(request: Signed, covered: list[str]) -> str:
    target = f"{request.method.lower()} {request.target}"
    return "\n".join(f"{name}: {target if name == '(request-target)' else request.headers[name]}" for name in covered)


def _refused(why: str) -> OciError:
    said = "The required information to complete authentication was not provided or was incorrect."
    return OciError(401, "NotAuthenticated", f"{said} ({why})")

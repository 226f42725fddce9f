"""Small wheels that a test makes itself, so that packages are built without a network."""

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence


def wheel(
    name: str, version: str, files: Mapping[str, str | bytes], *, requires: Sequence[str] = (), tag: str = "py3-none-any",
    extra: Mapping[str, str] | None = None,
) -> tuple[str, bytes]:  # fmt: skip
    """File name and bytes of a wheel.

    Args:
        name: Of the distribution.
        version: Of it.
        files: Content by path.
        requires: Requirements.
        tag: Of Python, ABI and platform.
        extra: Further files of its `dist-info`.
    """
    escaped = name.replace("-", "_")
    folder = f"{escaped}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {one}\n" for one in requires)
    metadata = (
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nLicense: MIT\n{needs}\n# {name}\n\nA long description.\n"
    )
    bodies = {path: body.encode() if isinstance(body, str) else body for path, body in files.items()}
    bodies |= {f"{folder}/{path}": body.encode() for path, body in (extra or {}).items()}
    bodies[f"{folder}/METADATA"] = metadata.encode()
    bodies[f"{folder}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tag}\n".encode()
    record = "".join(f"{path},sha256={_digest(body)},{len(body)}\n" for path, body in bodies.items())
    bodies[f"{folder}/RECORD"] = f"{record}{folder}/RECORD,,\n".encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for path, body in bodies.items():
            packed.writestr(zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0)), body)
    return f"{escaped}-{version}-{tag}.whl", out.getvalue()


def _digest(body: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()

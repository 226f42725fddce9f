"""AWS Lambda as tests use it: the embedded AWS served over HTTP, with zips to put into it."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.aws_lambda_server import ACCOUNT, REGION, Served

__all__ = ["ACCOUNT", "OTHER", "REGION", "ROLE", "Served", "make_function", "publish_layer", "refused", "zipped"]
OTHER = "222222222222"
"""An account that is not ours."""
ROLE = f"arn:aws:iam::{ACCOUNT}:role/run"
_HANDLER = "def handler(event, context):\n    return event\n"


def zipped(files: dict[str, str | bytes]) -> bytes:
    """A zip of files by their paths, the same bytes for the same files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path), content, zipfile.ZIP_DEFLATED, 1)
    return made.getvalue()


def publish_layer(client: Any, name: str = "shared", text: str = "VALUE = 1\n", **more: Any) -> str:
    """ARN of a new version of a layer with a module `NAME` (dashes as underscores)."""
    content = {"ZipFile": zipped({f"python/{name.replace('-', '_')}.py": text})}
    return str(client.publish_layer_version(LayerName=name, Content=content, **more)["LayerVersionArn"])


def make_function(client: Any, name: str = "worker", source: str = _HANDLER, **more: Any) -> dict[str, Any]:
    """A Python function of one module `main` with a `handler`."""
    given = {"Runtime": "python3.11", "Handler": "main.handler", "Role": ROLE, "Code": {"ZipFile": zipped({"main.py": source})}}
    return dict(client.create_function(FunctionName=name, **{**given, **more}))


def refused(call: Any, **request: Any) -> str:
    """Code of the error that a call ends with."""
    with pytest.raises(ClientError) as error:
        call(**request)
    return str(error.value.response["Error"]["Code"])

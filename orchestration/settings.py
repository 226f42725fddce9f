"""The only reader of the environment."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

Deployment = Literal["local", "production"]
VARIABLES = {
    "CLOUDOPS_DEPLOYMENT": "`local` (default) or `production`",
    "CLOUDOPS_HOME": "Folder of the embedded deployment's state; default `.cloudops/demo`",
    "CLOUDOPS_BILLING_ROOT": "Folder with billing files of the embedded deployment; default: the demo's",
    "CLOUDOPS_INPUTS_ROOT": "Folder with what people supply (business metrics, planned steps, calendar); default: the demo's",
    "CLOUDOPS_BILLING_BUCKET": "Bucket into which AWS and OCI deliver billing files (production)",
    "CLOUDOPS_BILLING_PREFIX": "Prefix of the billing files in that bucket (production)",
    "CLOUDOPS_INPUTS_BUCKET": "Bucket with what people supply (production)",
    "CLOUDOPS_REPORT_BUCKET": "Bucket that reports are written to (production)",
    "CLOUDOPS_LAKE_ROOT": "`s3://bucket/prefix` of the lake (production)",
    "CLOUDOPS_REGION": "Region of the buckets (production)",
    "CLOUDOPS_NOTIFY_URL": "Apprise URL that alerts go to, such as `slack://…` (production)",
}
"""Every variable the project reads, and what it is for."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says."""

    deployment: Deployment
    home: Path
    billing_root: Path
    inputs_root: Path

    @property
    def is_local(self) -> bool:
        """Whether everything runs embedded on this machine."""
        return self.deployment == "local"


def current_settings() -> Settings:
    """Read the environment.

    Raises:
        ValueError: CLOUDOPS_DEPLOYMENT is not one of the allowed names, which the message lists.
    """
    name = os.environ.get("CLOUDOPS_DEPLOYMENT", "local")
    if name not in get_args(Deployment):
        raise ValueError(f"CLOUDOPS_DEPLOYMENT={name!r}; expected one of {', '.join(get_args(Deployment))}")
    home = Path(os.environ.get("CLOUDOPS_HOME") or ".cloudops/demo").absolute()
    root = Path(os.environ.get("CLOUDOPS_BILLING_ROOT") or home / "scenario" / "billing").absolute()
    inputs = Path(os.environ.get("CLOUDOPS_INPUTS_ROOT") or home / "scenario" / "inputs").absolute()
    return Settings(cast(Deployment, name), home, root, inputs)


def use_local(home: Path, billing_root: Path, inputs_root: Path) -> None:
    """Point this process, and the processes it starts, at an embedded deployment."""
    os.environ["CLOUDOPS_DEPLOYMENT"] = "local"
    os.environ["CLOUDOPS_HOME"] = str(home)
    os.environ["CLOUDOPS_BILLING_ROOT"] = str(billing_root)
    os.environ["CLOUDOPS_INPUTS_ROOT"] = str(inputs_root)
    os.environ["DAGSTER_HOME"] = str(home / "dagster")
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"


def inherited_environment() -> dict[str, str]:
    """The environment that child processes get, to be extended by the caller."""
    return dict(os.environ)

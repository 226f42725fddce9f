"""Accounts of the embedded AWS: an access key tells by itself whose it is, so that also a restarted one knows.

`ASIA` or `AKIA`, the account's twelve digits, four characters of A–Z and 0–9. STS gives such keys for a role that is assumed, the
same ones for the same role and session. Every other key is of the account that moto takes callers to be of.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam import models as iam
from moto.iam.models import AccessKey
from moto.sts.models import AssumedRole, STSBackend

_KEY = re.compile(r"A[SK]IA(\d{12})[A-Z0-9]{4}")
_SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_moto_account: Callable[[str], str] = iam.get_account_id_from
_moto_identity: Callable[[STSBackend, str, str], tuple[str, str, str]] = STSBackend.get_caller_identity
_moto_assumed: Callable[..., AssumedRole] = STSBackend.assume_role


def extend() -> None:
    """Let moto keep accounts apart so, in this process; doing it again changes nothing."""
    iam.get_account_id_from = _account
    STSBackend.get_caller_identity = _identity
    STSBackend.assume_role = _assume_role


def key_of(account: str, about: str = "", kind: str = "AKIA") -> str:
    """An access key's id of an account: by default one of those that do not end (`AKIA`)."""
    drawn = hashlib.sha256(about.encode()).digest()
    return f"{kind}{account}{''.join(_SIGNS[byte % len(_SIGNS)] for byte in drawn[:4])}"


def caller_of(access_key: str, region: str) -> str:
    """ARN of who signs with a key."""
    from moto.sts.models import sts_backends
    from moto.utilities.utils import get_partition

    account = _account(access_key)
    return _identity(sts_backends[account][get_partition(region)], access_key, region)[1]


def _account(access_key: str) -> str:
    match = _KEY.fullmatch(access_key)
    return match[1] if match else _moto_account(access_key)


def _identity(self: STSBackend, access_key_id: str, region: str) -> tuple[str, str, str]:
    match = _KEY.fullmatch(access_key_id)
    found = self.get_assumed_role_from_access_key(access_key_id)
    if match and found:
        return f"AROA{match[1]}:{found.session_name}", found.arn, found.account_id
    if match:
        return access_key_id, f"arn:{self.partition}:iam::{match[1]}:user/sandbox", match[1]
    return _moto_identity(self, access_key_id, region)


def _assume_role(self: STSBackend, **asked: Any) -> AssumedRole:  # noqa: ANN401  # as moto passes it on
    made = _moto_assumed(self, **asked)
    wanted = key_of(made.account_id, f"{made.role_arn} {made.session_name}", "ASIA")
    held: dict[str, AccessKey] = iam.iam_backends[made.account_id][made.partition].access_keys
    key = held.pop(made.access_key_id, made.access_key)
    key.access_key_id = made.access_key_id = wanted
    held[wanted] = key
    return made


__all__ = ["DEFAULT_ACCOUNT_ID", "caller_of", "extend", "key_of"]

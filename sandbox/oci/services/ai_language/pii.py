"""Personal data in texts, and texts with it masked.

Source of types, of the modes of masking and of what they do: SDK docstrings of PiiEntity, PiiEntityMask, PiiEntityReplace,
PiiEntityRemove and PiiEntityRelexify.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.oci.errors import invalid
from sandbox.oci.services.ai_language.entities import DATE, EMAIL, TELEPHONE, URL, Found, matches
from sandbox.oci.services.ai_language.tongue import listed

TYPES = listed(
    "PERSON ADDRESS AGE DATE_TIME SSN_OR_TAXPAYER EMAIL PASSPORT_NUMBER_US TELEPHONE_NUMBER DRIVER_ID_US BANK_ACCOUNT_NUMBER "
    "BANK_SWIFT BANK_ROUTING CREDIT_DEBIT_NUMBER IP_ADDRESS MAC_ADDRESS COOKIE XSRF_TOKEN AUTH_BASIC AUTH_BEARER "
    "JSON_WEB_TOKEN PRIVATE_KEY PUBLIC_KEY OCI_OCID_USER OCI_OCID_TENANCY OCI_SMTP_USERNAME OCI_OCID_REFERENCE "
    "OCI_FINGERPRINT OCI_CREDENTIAL OCI_PRE_AUTH_REQUEST OCI_STORAGE_SIGNED_URL OCI_CUSTOMER_SECRET_KEY OCI_ACCESS_KEy "
    "MEDICAL_RECORD_NUMBER HEALTH_PLAN_ID URL CERTIFICATE_NUMBER FIN GUIDs VEHICLE_LICENSE_PLATE_US VEHICLE_IDENTIFIER_US"
)
ALL = "ALL"
"""Key of the masking of every type. Not sourced."""
_PERSON = (
    r"(?:(?<=\bMr )|(?<=\bMr\. )|(?<=\bMs )|(?<=\bMs\. )|(?<=\bDr\. )|(?<=\bHerr )|(?<=\bFrau ))"
    r"[A-ZÄÖÜ][\w-]+(?: [A-ZÄÖÜ][\w-]+)?"
)
_PATTERNS: Sequence[tuple[str, str | None, float, re.Pattern[str]]] = (
    ("EMAIL", None, 0.999, re.compile(EMAIL)),
    ("URL", None, 0.998, re.compile(URL)),
    ("OCI_OCID_USER", None, 0.997, re.compile(r"\bocid1\.user\.oc1\.[a-z0-9-]*\.[a-z0-9]+")),
    ("OCI_OCID_TENANCY", None, 0.997, re.compile(r"\bocid1\.tenancy\.oc1\.[a-z0-9-]*\.[a-z0-9]+")),
    ("OCI_OCID_REFERENCE", None, 0.996, re.compile(r"\bocid1\.[a-z]+\.oc1\.[a-z0-9-]*\.[a-z0-9]+")),
    ("OCI_FINGERPRINT", None, 0.996, re.compile(r"\b(?:[0-9a-f]{2}:){15}[0-9a-f]{2}\b")),
    ("MAC_ADDRESS", None, 0.995, re.compile(r"\b(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}\b")),
    ("IP_ADDRESS", None, 0.994, re.compile(r"\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b")),
    ("BANK_ACCOUNT_NUMBER", None, 0.991, re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")),
    ("CREDIT_DEBIT_NUMBER", None, 0.99, re.compile(r"\b\d{4}(?:[ -]?\d{4}){3}\b")),
    ("SSN_OR_TAXPAYER", None, 0.985, re.compile(r"\b\d{3}-\d{2}-\d{4}\b")),
    ("DATE_TIME", None, 0.982, re.compile(DATE)),
    ("TELEPHONE_NUMBER", None, 0.975, re.compile(TELEPHONE)),
    ("PERSON", None, 0.93, re.compile(_PERSON)),
)  # fmt: skip


def found(text: str) -> list[Found]:
    """Personal data in a text."""
    return matches(text, _PATTERNS)


def demand_masking(masking: Mapping[str, Any] | None) -> None:
    """Raises OciError if the masking names an unknown type."""
    unknown = sorted(set(masking or {}) - TYPES - {ALL})
    if unknown:
        raise invalid(f"masking has an unknown type: {unknown[0]}")


def masked(text: str, entities: Sequence[Found], masking: Mapping[str, Any] | None) -> str:
    """The text after masking; unchanged where no masking is asked for, which is not sourced."""
    parts, place = [], 0
    for entity in entities:
        rule = rule_of(entity, masking)
        parts += [text[place : entity.start], entity.text if rule is None else _hidden(entity, rule)]
        place = entity.end
    return "".join([*parts, text[place:]])


def rule_of(entity: Found, masking: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """How an entity is masked: by the rule for its type, or else that for all; None if it is excluded or there is none."""
    rule = (masking or {}).get(entity.kind) or (masking or {}).get(ALL)
    return None if rule is None or is_excluded(entity, rule) else rule


def is_excluded(entity: Found, rule: Mapping[str, Any]) -> bool:
    """Whether a rule spares an entity, which it names by its text or its offset."""
    return bool({entity.text, str(entity.start)} & set(rule.get("exclude") or ()))


def detected(entities: Sequence[Found], masking: Mapping[str, Any] | None) -> list[Mapping[str, object]]:
    """Entities as the answer lists them: those that a rule spares are listed only with its `shouldDetect`."""
    rows: list[Mapping[str, object]] = []
    for entity in entities:
        rule = (masking or {}).get(entity.kind) or (masking or {}).get(ALL) or {}
        if is_excluded(entity, rule) and not rule.get("shouldDetect"):
            continue
        relexed = _relexed(entity) if rule.get("mode") == "RELEXIFY" and not is_excluded(entity, rule) else None
        rows.append(
            {
                "offset": entity.start,
                "length": len(entity.text),
                "text": entity.text,
                "type": entity.kind,
                "score": entity.score,
                "id": hashlib.sha256(f"{entity.start}/{entity.text}".encode()).hexdigest()[:16],
                "relexifyText": relexed,
            }
        )
    return rows


def _hidden(entity: Found, rule: Mapping[str, Any]) -> str:
    mode = rule["mode"]
    if mode == "REMOVE":
        return ""
    if mode == "REPLACE":
        return str(rule.get("replaceWith") or f"<{entity.kind}>")
    if mode == "RELEXIFY":
        return _relexed(entity)
    sign, left = rule.get("maskingCharacter") or "*", min(rule.get("leaveCharactersUnmasked") or 0, len(entity.text))
    hidden = sign * (len(entity.text) - left)
    if rule.get("isUnmaskedFromEnd"):
        return hidden + entity.text[len(entity.text) - left :]
    return entity.text[:left] + hidden


def _relexed(entity: Found) -> str:
    """Other letters and digits in the same places; the same for the same text."""
    digest = hashlib.sha256(entity.text.encode()).digest()
    return "".join(_other(sign, digest[n % len(digest)]) for n, sign in enumerate(entity.text))


def _other(sign: str, by: int) -> str:
    if sign.isdigit():
        return str(by % 10)
    if sign.isalpha():
        return chr((ord("A") if sign.isupper() else ord("a")) + by % 26)
    return sign

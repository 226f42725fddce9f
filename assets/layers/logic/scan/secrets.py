"""Rules on secrets: few and precise. A finding tells where and of what kind, never the secret."""

import base64
import binascii
import codecs
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from assets.layers.logic.products import Finding, Severity

_MOST_BYTES = 4 * 1024 * 1024
_EXAMPLE = re.compile(
    rb"example|dummy|sample|fake|test|changeme|placeholder|redacted|your|xxxx|0000000|1234567|abcdef|foobar|secret_?key|<|\*\*\*|\$\{|\{\{|%\(",
    re.IGNORECASE,
)
_PLACES_OF_EXAMPLES = re.compile(
    r"(^|/)(tests?|testing|docs?|examples?|samples?|fixtures?|testdata|test_data|conftest\.py|test_\w+\.py|\w+_test\.py)(/|$)"
)
_API_DOCUMENTS = re.compile(r"(^|/)botocore/data/|/examples-1\.json$|(^|/)dist-info/|\.dist-info/METADATA$")


@dataclass(frozen=True, slots=True)
class _Rule:
    """A kind of secret.

    Attributes:
        what: In words.
        word: Bytes that are in any of it.
        pattern: The secret is its last group.
        severity: How bad.
        is_real: What else has to be true of it.
    """

    what: str
    word: bytes
    pattern: re.Pattern[bytes]
    severity: Severity = "high"
    is_real: Callable[[bytes], bool] = lambda _: True


def _bits(secret: bytes) -> float:
    """Shannon entropy in bits per character."""
    counts = Counter(secret)
    return -sum(n / len(secret) * math.log2(n / len(secret)) for n in counts.values())


def _is_random(secret: bytes) -> bool:
    return _bits(secret) > 3.0 and not _EXAMPLE.search(secret)


def _is_token(secret: bytes) -> bool:
    """A JSON web token whose header says so, and that is no example of a document."""
    try:
        header = base64.urlsafe_b64decode(secret.split(b".")[0] + b"==")
        payload = base64.urlsafe_b64decode(secret.split(b".")[1] + b"==")
    except (ValueError, IndexError):
        return False
    return b'"alg"' in header and b"John Doe" not in payload and b"joe" not in payload and len(secret) > 60


def _is_password(secret: bytes) -> bool:
    plain = unquote_to_bytes(secret)
    words = rb"pass|user|secret|token|pw|xxx|guest|admin|root|tiger|scott|foo|bar|baz|hunter|postgres|mysql|redis|rabbit|^\d+$|[\s%{}]"  # noqa: E501
    mixed = re.search(rb"[A-Za-z]", plain) and re.search(rb"[^A-Za-z]", plain)
    return (
        len(plain) >= 8
        and bool(mixed)
        and not re.search(words, plain, re.IGNORECASE)
        and not _EXAMPLE.search(plain)
        and _bits(plain) > 2.5
    )


def _is_mixed(secret: bytes) -> bool:
    """Small and large letters and numbers in no order that words have."""
    kinds = (rb"[a-z].*[a-z].*[a-z]", rb"[A-Z].*[A-Z].*[A-Z]", rb"\d.*\d")
    return all(re.search(kind, secret) for kind in kinds) and _bits(secret) > 3.6 and not _EXAMPLE.search(secret)


_AWS_SECRET = re.compile(rb"(?i)aws.{0,20}secret.{0,20}?['\"\s:=]+([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])")
_RULES = (
    _Rule("an access key of AWS", b"AKIA", re.compile(rb"(?<![A-Z0-9])(AKIA[A-Z2-7]{16})(?![A-Z0-9])"), is_real=_is_random),
    _Rule(
        "a temporary access key of AWS",
        b"ASIA",
        re.compile(rb"(?<![A-Z0-9])(ASIA[A-Z2-7]{16})(?![A-Z0-9])"),
        "medium",
        _is_random,
    ),
    _Rule("a secret key of AWS", b"ecret", _AWS_SECRET, is_real=_is_random),
    _Rule("a token of GitHub", b"gh", re.compile(rb"\b(gh[pousr]_[A-Za-z0-9]{36,255})\b"), is_real=_is_random),
    _Rule("a token of GitHub", b"github_pat_", re.compile(rb"\b(github_pat_[A-Za-z0-9_]{60,255})\b"), is_real=_is_random),
    _Rule("a token of GitLab", b"glpat-", re.compile(rb"\b(glpat-[A-Za-z0-9_-]{20,})"), is_real=_is_random),
    _Rule("a token of Slack", b"xox", re.compile(rb"\b(xox[abprs]-\d{6,}-[A-Za-z0-9-]{20,})"), is_real=_is_random),
    _Rule(
        "a webhook of Slack",
        b"hooks.slack.com",
        re.compile(rb"(hooks\.slack\.com/services/T\w{7,}/B\w{7,}/\w{20,})"),
        is_real=_is_random,
    ),
    _Rule("a live key of Stripe", b"k_live_", re.compile(rb"\b([rs]k_live_[A-Za-z0-9]{20,})"), is_real=_is_random),
    _Rule("a key of Google", b"AIza", re.compile(rb"\b(AIza[A-Za-z0-9_-]{35})(?![A-Za-z0-9_-])"), is_real=_is_random),
    _Rule("a token of npm", b"npm_", re.compile(rb"\b(npm_[A-Za-z0-9]{36})\b"), is_real=_is_random),
    _Rule("a token of PyPI", b"pypi-AgEI", re.compile(rb"\b(pypi-AgEI[A-Za-z0-9_-]{50,})"), is_real=_is_random),
    _Rule("a key of SendGrid", b"SG.", re.compile(rb"\b(SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})\b"), is_real=_is_random),
    _Rule("a key of OpenAI or Anthropic", b"sk-", re.compile(rb"\b(sk-(?:ant-|proj-)[A-Za-z0-9_-]{40,})"), is_real=_is_random),
    _Rule(
        "a JSON web token",
        b"eyJ",
        re.compile(rb"\b(eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,})"),
        "medium",
        _is_token,
    ),
    _Rule(
        "a key of an Azure account",
        b"AccountKey=",
        re.compile(rb"AccountKey=([A-Za-z0-9+/]{86}==)"),
        is_real=_is_random,
    ),
    _Rule(
        "a password in an address",
        b"://",
        re.compile(
            rb"\b(?:postgres(?:ql)?|mysql|mongodb(?:\+srv)?|redis|amqps?|https?|ftp)://[\w.%-]{1,64}:([^\s:@/'\"<>{}\[\]()]{6,80})@[\w-]+\.[\w.-]+"
        ),
        "high",
        _is_password,
    ),
)
_ENCODED = re.compile(rb"""["'=\s]([A-Za-z0-9+/]{48,20000}={0,2})(?=["'\s]|$)""")
_PIECES = re.compile(rb"""["'][\w./:+=-]{2,200}["'](?:\s{0,3}\+\s{0,3}["'][\w./:+=-]{2,200}["']){1,50}""")
_SEAM = re.compile(rb"""["']\s*\+\s*["']""")
_ASSIGNED = re.compile(rb"""[:=]\s{0,3}["']([A-Za-z0-9+/=!@#$^&*~_-]{16,100})["']""")
_NAMED = re.compile(rb"(?i)(?:passw(?:or)?d|secret|api_?key|auth_?token|access_?token|private_?key)[\"']?\s{0,3}$")
_PRIVATE_KEY = re.compile(
    rb"-----BEGIN (?P<kind>(?:RSA |EC |DSA |OPENSSH |ENCRYPTED )?PRIVATE KEY)-----(?P<body>(?:[A-Za-z0-9+/=\s\\\"':,.]++|-(?!----))++)-----END "  # noqa: E501
)
_FILES: tuple[tuple[re.Pattern[str], re.Pattern[bytes], str], ...] = (
    (re.compile(r"(^|/)\.npmrc$"), re.compile(rb"(?m)_(?:authToken|auth|password)\s*=\s*([^\s$]{8,})"), "a token in .npmrc"),
    (re.compile(r"(^|/)\.pypirc$"), re.compile(rb"(?m)^\s*password\s*[:=]\s*(\S{6,})"), "a password in .pypirc"),
    (re.compile(r"(^|/)[._]netrc$"), re.compile(rb"password\s+(\S{4,})"), "a password in .netrc"),
    (
        re.compile(r"(^|/)pip\.(conf|ini)$"),
        re.compile(rb"://[^\s:@/]+:([^\s@/$]{4,})@"),
        "a password in the configuration of pip",
    ),
    (re.compile(r"(^|/)\.aws/credentials$"), re.compile(rb"(?m)^\s*aws_secret_access_key\s*=\s*(\S{16,})"), "keys of AWS"),
    (re.compile(r"(^|/)\.git-credentials$"), re.compile(rb"://[^\s:]+:([^\s@]{4,})@"), "a password in .git-credentials"),
    (re.compile(r"(^|/)\.docker/config\.json$"), re.compile(rb'"auth"\s*:\s*"([A-Za-z0-9+/=]{8,})"'), "a password of a registry"),
    (
        re.compile(r"(^|/)\.env(\.\w+)?$"),
        re.compile(
            rb"(?mi)^\s*(?:export\s+)?\w*(?:secret|passw(?:or)?d|token|api_?key|private_?key|access_?key)\w*\s*=\s*['\"]?([^\s'\"$]{8,})"
        ),
        "a secret in .env",
    ),
    (re.compile(r"(^|/)\.oci/config$"), re.compile(rb"(?m)^\s*pass_phrase\s*=\s*(\S+)"), "a pass phrase of OCI"),
)
_NEVER_EXAMPLE_FILES = re.compile(r"\.(example|sample|template|dist)$")


def secret_findings(path: str, data: bytes) -> list[Finding]:
    """Secrets in a file; documents of interfaces and files of tests hold examples, and are told as low."""
    if len(data) > _MOST_BYTES or _API_DOCUMENTS.search(path):
        return []
    data = _as_utf8(data)
    findings = [
        *_by_file(path, data),
        *_keys(path, data),
        *_by_rule(path, data),
        *_written_down(path, data),
        *_within(path, data),
    ]
    if _PLACES_OF_EXAMPLES.search(path):
        return [Finding(f.rule, "low", f.path, f"{f.detail} (of a test or document)", f.line) for f in findings]
    return findings


def _as_utf8(data: bytes) -> bytes:
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, "replace").encode()
    return data


def _within(path: str, data: bytes) -> Iterator[Finding]:
    """Secrets in text that is encoded in base64, or was cut into pieces that are added."""
    for match in _ENCODED.finditer(data):
        try:
            inner = base64.b64decode(match[1], validate=True)
        except (binascii.Error, ValueError):
            continue
        if inner.isascii():
            for found in (*_keys(path, inner), *_by_rule(path, inner)):
                yield Finding(found.rule, found.severity, path, f"{found.detail}, encoded in base64", _line(data, match.start()))
    for match in _PIECES.finditer(data):
        for found in _by_rule(path, _SEAM.sub(b"", match[0])):
            yield Finding(found.rule, found.severity, path, f"{found.detail}, cut into pieces", _line(data, match.start()))


def _written_down(path: str, data: bytes) -> Iterator[Finding]:
    """Random text that is assigned to a name of a password."""
    for match in _ASSIGNED.finditer(data):
        if _NAMED.search(data[max(match.start() - 24, 0) : match.start()]) and _is_mixed(match[1]):
            yield Finding("secret", "high", path, "a password or key that is written down", _line(data, match.start()))
            break


def _by_file(path: str, data: bytes) -> Iterator[Finding]:
    for name, pattern, what in _FILES:
        if name.search(path) and not _NEVER_EXAMPLE_FILES.search(path):
            for match in pattern.finditer(data):
                if not _EXAMPLE.search(match[1]):
                    yield Finding("secret", "high", path, what, _line(data, match.start()))
                    break


def _keys(path: str, data: bytes) -> Iterator[Finding]:
    if b"PRIVATE KEY-----" not in data:
        return
    for match in _PRIVATE_KEY.finditer(data):
        kind = match["kind"].decode().lower()
        body = re.sub(rb"[^A-Za-z0-9+/=]", b"", match["body"])
        if len(body) > 80 and _bits(body) > 4.5:
            severity: Severity = "medium" if "encrypted" in kind else "high"
            yield Finding("secret", severity, path, f"a {kind}", _line(data, match.start()))


def _by_rule(path: str, data: bytes) -> Iterator[Finding]:
    for rule in _RULES:
        if rule.word not in data:
            continue
        for match in rule.pattern.finditer(data):
            if rule.is_real(match[match.lastindex or 0]):
                yield Finding("secret", rule.severity, path, rule.what, _line(data, match.start()))
                break


def _line(data: bytes, at: int) -> int:
    return data.count(b"\n", 0, at) + 1

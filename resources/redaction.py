"""Takes secrets out of text before a person or a log sees it: patterns, and the one function that uses them.

It errs on the side of hiding: a value behind a telling name (`password=`, `"api_key":`) goes whatever it is.
"""

import re

MASK = "***"

_QUOTED = r'\\"(?:(?!\\").)*\\"|"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\''
_VALUE = rf"(?:{_QUOTED}|[^\s,;&\"'\\(){{}}\[\]<>]+)"
_URL_REST = r"[^\s\"'<>]+"
_TELLING_NAME = (
    r"(?:passw(?:or)?d|passphrase|pwd|secret|token(?!s\b)|credentials?"
    r"|api[_-]?key|access[_-]?key|private[_-]?key)[\w.-]{0,60}"
)
_EQUALS = r"(?:\\?[\"'])?\s*(?::=|=>|[:=])\s*"
_HEADER = rf"(?:{_QUOTED}|(?:bearer|basic|digest|signature|aws4-hmac-sha256)\b[^\r\n\"']*|[^\s\"']+)"

# Schemes whose URLs name places. In any other scheme (Apprise has over a hundred) the path is the token.
_PLACES = (
    r"https?|wss?|ftps?|sftp|ssh|git(?:\+https?|\+ssh)?|file|s3[an]?|gs|oci|abfss?|wasbs?|hdfs|dbfs|delta"
    r"|jdbc(?::\w+)*|oracle(?:\+\w+)?|postgres(?:ql)?(?:\+\w+)?|mysql(?:\+\w+)?|sqlite|redis|amqps?"
    r"|kafka|tcp|tls|ldaps?|unix|grpc"
)

_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), replacement)
    for pattern, replacement in (
        # A PEM block that was cut off is as secret as a whole one.
        (r"-----BEGIN ([A-Z0-9 ]*)-----.*?(?:-----END \1-----|\Z)", MASK),
        (rf"\b(?!(?:{_PLACES})://)([a-z][a-z0-9+.-]{{0,30}})://{_URL_REST}", rf"\1://{MASK}"),
        # The second form is a password with an unescaped slash; digits before a slash are a port.
        (r"://(?:[^\s/?#\"'<>]+@|[^\s/:@]*:(?!\d{1,5}[/?#])[^\s@]+@)", rf"://{MASK}@"),
        (
            rf"(https?://(?:hooks?\.[^\s/]+|[^\s/]+/(?:[\w.-]+/)*(?:webhooks?\w*|hooks))/){_URL_REST}",
            rf"\1{MASK}",
        ),
        (r"(https?://api\.telegram\.org/bot)[^\s/\"'<>]+", rf"\1{MASK}"),
        # Pre-authenticated requests of OCI Object Storage have their key in the path: /p/<key>/n/…
        (r"(https?://[^\s/]+/p/)[^\s/]+(?=/n/)", rf"\1{MASK}"),
        (r"([?&](?:sig|signature|x-amz-signature|x-amz-credential|key|code)=)[^\s&\"'<>]+", rf"\1{MASK}"),
        (rf"\b(authorization{_EQUALS}){_HEADER}", rf"\1{MASK}"),
        (r"\b(bearer\s+)(?=[\w.~+/=-]*\d|[\w.~+/=-]{16})[\w.~+/=-]+", rf"\1{MASK}"),
        (rf"({_TELLING_NAME}{_EQUALS}){_VALUE}", rf"\1{MASK}"),
        (rf"\b(identified\s+by\s+){_VALUE}", rf"\1{MASK}"),
        (r"\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*", MASK),
        (r"\b(?:gh[pousr]_|github_pat_|xox[abeoprs]-|xapp-)[\w-]{10,}", MASK),
        (r"\b(?-i:(?:AKIA|ASIA)[A-Z0-9]{16})\b", MASK),
        # An AWS secret key is 40 characters of base64; asking for all three kinds spares SHA-1 sums.
        (
            r"(?-i:(?<![\w/+=])(?=[\w/+]*[a-z])(?=[\w/+]*[A-Z])(?=[\w/+]*[0-9])[A-Za-z0-9/+]{40}(?![\w/+=]))",
            MASK,
        ),
    )
)


def redact(text: str) -> str:
    """`text` with every secret that is recognised replaced by `***`; names, hosts and ordinary text stay.

    Redacting twice changes nothing more: rules are repeated until none applies, since what one leaves may
    complete the pattern of another.
    """
    previous = None
    while text != previous:
        previous = text
        for pattern, replacement in _RULES:
            text = pattern.sub(replacement, text)
    return text

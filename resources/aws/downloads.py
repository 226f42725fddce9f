"""What AWS gives a presigned link to."""

import base64
import hashlib
from urllib.parse import urlsplit

from resources.errors import BadInput, Denied, NotFound, Unavailable

_SECONDS = 60.0
_REFUSED = {403: Denied, 404: NotFound}


def downloaded(location: str, size: int, sha256: str, about: str, endpoint_url: str | None) -> bytes:
    """The content behind a link, read no further than it is said to be long.

    Args:
        location: The link. Whoever has it may read, so it is in no message.
        size: Bytes that AWS says it has.
        sha256: That AWS says it has, base64.
        about: What it is, in words.
        endpoint_url: Address of an embedded cloud, which alone is asked then; AWS if None.

    Raises:
        Denied: The link is no longer good.
        NotFound: Nothing is behind it.
        BadInput: It leads out of the embedded cloud.
        Unavailable: There is no answer, or it is not what AWS says it is.
    """
    import httpx

    if endpoint_url and urlsplit(location).netloc != urlsplit(endpoint_url).netloc:
        raise BadInput(f"{about}: its content is not in the embedded cloud", "Give the embedded cloud the content of this layer.")
    content = bytearray()
    try:
        with httpx.stream("GET", location, timeout=_SECONDS, follow_redirects=False) as answer:
            if answer.status_code != httpx.codes.OK:
                kind = _REFUSED.get(answer.status_code, Unavailable)
                raise kind(f"{about}: its content was answered with status {answer.status_code}", "Ask for the link again.")
            for part in answer.iter_bytes():
                content += part
                if len(content) > size:
                    break
    except httpx.HTTPError as error:
        raise Unavailable(f"{about}: its content was not answered ({type(error).__name__})", "Repeat later.") from error
    if len(content) != size or base64.b64encode(hashlib.sha256(content).digest()).decode() != sha256:
        raise Unavailable(f"{about}: its content is not what AWS says it is", "Repeat; if it lasts, ask AWS.")
    return bytes(content)

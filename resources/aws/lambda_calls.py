"""One call of AWS in an account and a region: its permission, its repeats, renewed credentials, and all of its pages."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from resources.aws.clients import AwsClients
from resources.aws.errors import STALE_CREDENTIALS
from resources.aws.repeats import asked, changed
from resources.errors import Denied, Unavailable
from resources.lambda_layers import Place

_T = TypeVar("_T")
_NOT_GRANTED = re.compile(r"not authorized to perform: lambda:GetLayerVersion on resource: (arn:[^:]+:lambda:[^:]+:(\d+):\S+)")
"""How AWS refuses somebody else's layer, whatever was to be done with it."""
_WORDS = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls of all places.

    Attributes:
        clients: Clients of AWS.
        seconds: For how long a throttled call, or a change without an answer, is repeated.
    """

    clients: AwsClients
    seconds: float

    def read(self, action: str, place: Place, about: str, **request: Any) -> Any:  # noqa: ANN401
        """What a call answers that changes nothing, or the same when it is made twice.

        Args:
            action: IAM permission, whose second part is the operation: `lambda:ListAliases`.
            place: Whose.
            about: What it is about, in words.
            **request: Its arguments.

        Raises:
            CloudOpsError: There is no answer, or none that was asked for.
        """
        return asked(lambda: self.once(action, place, about, attempts=0, **request), self.seconds)

    def pages(self, action: str, place: Place, about: str, key: str, **request: Any) -> Iterator[Any]:  # noqa: ANN401
        """What is in all pages of a list.

        Raises:
            CloudOpsError: One could not be read: what came before is not the whole.
        """
        marker: str | None = None
        while True:
            page = self.read(action, place, about, **request, **({"Marker": marker} if marker else {}))
            yield from page[key]
            before, marker = marker, page.get("NextMarker")
            if not marker:
                return
            if marker == before:
                raise Unavailable(f"{about}: a page of the list leads to itself", "Repeat later.")

    def change(
        self,
        action: str,
        place: Place,
        about: str,
        done: Callable[[], _T | None],
        told: Callable[[Any], _T],
        **request: Any,  # noqa: ANN401
    ) -> _T:
        """What a change answers that must not be sent twice; see `resources.aws.repeats.changed`.

        Args:
            action: As of `read`.
            place: Whose.
            about: What it is about, in words.
            done: Looks whether it was done.
            told: Makes of the answer what is returned.
            **request: Its arguments.
        """
        return changed(lambda: told(self.once(action, place, about, attempts=1, **request)), done, self.seconds)

    def once(
        self, action: str, place: Place, about: str, *, attempts: int, method: str = "", read_timeout_seconds: float = 0,
        **request: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401  # fmt: skip
        """As `read`, without repeats but the SDK's own; with new credentials if those of the place's role have ended.

        Args:
            action: As of `read`.
            place: Whose.
            about: What it is about, in words.
            attempts: Of the SDK, 0 for as many as usual.
            method: The SDK's name of the operation, where it is not that of the permission.
            read_timeout_seconds: How long to wait for the next bytes; as usual if 0.
            **request: Its arguments.
        """
        service, _, operation = action.partition(":")
        method = method or _WORDS.sub("_", operation).lower()

        def call() -> Any:  # noqa: ANN401
            client = self.clients.client(
                service, place.region, place.account, attempts=attempts,
                read_timeout_seconds=read_timeout_seconds,
            )  # fmt: skip
            with self.clients.errors(f"{action} in {place.account}", f"{about} in {place}", place.account):
                return getattr(client, method)(**request)

        try:
            return call()
        except Denied as error:
            if (layer := _NOT_GRANTED.search(error.message)) and layer[2] != place.account:
                advice = f"Let account {layer[2]} grant {layer[1]} to {place.account}, and allow lambda:GetLayerVersion on it."
                raise Denied(error.message, advice) from error.__cause__
            if place.account == self.clients.account() or _code(error) not in STALE_CREDENTIALS:
                raise
            self.clients.forget(place.account)
            return call()


def _code(error: Denied) -> str:
    return str(getattr(error.__cause__, "response", {}).get("Error", {}).get("Code", ""))

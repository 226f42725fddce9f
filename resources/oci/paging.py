"""Walks the pages of list calls: none is left out, and a list that does not end is an error instead of a shorter list."""

from collections.abc import Callable, Iterator
from typing import Any

from resources.errors import PermanentError

MOST_PAGES = 100_000


def items(call: Callable[..., Any], *arguments: Any, most_pages: int = MOST_PAGES, **named: Any) -> Iterator[Any]:  # noqa: ANN401
    """Every element of a list call, whose pages are chained by `opc-next-page`.

    Args:
        call: Operation of a client, such as `clients.operation("budget", "list_budgets")`.
        arguments: Of the operation.
        most_pages: More pages than these are an error.
        named: Of the operation; `limit` is the size of a page.

    Raises:
        PermanentError: The list does not end.
    """

    def following(token: str | None) -> tuple[Any, str | None]:
        response = call(*arguments, **named, **({"page": token} if token else {}))
        return response.data, response.next_page

    for data in _pages(following, most_pages):
        # Some services answer a list, some an object that holds it.
        yield from data if isinstance(data, list) else data.items


def object_pages(
    list_objects: Callable[..., Any],
    namespace: str,
    bucket: str,
    *,
    start_after: str | None = None,
    most_pages: int = MOST_PAGES,
    **named: Any,  # noqa: ANN401
) -> Iterator[Any]:
    """Every page of a listing of objects, which `next_start_with` chains instead of a token.

    Args:
        list_objects: That operation of a client.
        namespace: Namespace of the bucket.
        bucket: Its name.
        start_after: Only names after this one.
        most_pages: More pages than these are an error.
        named: Of the operation: `prefix`, `fields`, `limit`, …

    Raises:
        PermanentError: The listing does not end.
    """

    def following(start: str | None) -> tuple[Any, str | None]:
        # After the first page `start` lies behind `start_after`.
        place = {"start": start} if start else {"start_after": start_after} if start_after else {}
        data = list_objects(namespace, bucket, **named, **place).data
        return data, data.next_start_with

    yield from _pages(following, most_pages)


def _pages(following: Callable[[str | None], tuple[Any, str | None]], most_pages: int) -> Iterator[Any]:
    token: str | None = None
    for _ in range(most_pages):
        data, next_token = following(token)
        yield data
        if not next_token:
            return
        if next_token == token:
            raise PermanentError("a list goes round in a circle: a page names itself as the next", "Report it to the service.")
        token = next_token
    raise PermanentError(f"a list has more than {most_pages} pages", "Narrow what is listed, or ask for larger pages.")

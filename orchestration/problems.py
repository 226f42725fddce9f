"""Errors over HTTP as RFC 9457 has them: what is wrong and what to do, never a traceback, a path or a secret."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi.responses import Response
from pydantic import BaseModel, Field

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """Why a request was not answered."""

    type: str = Field(default="about:blank", description="Kind of the problem; always this, the status says it.")
    title: str = Field(description="What is wrong, the same for every problem of its kind.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is wrong with this request.")
    advice: str = Field(description="What to do about it.")


def problem(
    status: HTTPStatus, detail: str, advice: str, *, title: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """The response that says so; its title is the status's own phrase if none is given."""
    told = Problem(title=title or status.phrase, status=status, detail=detail, advice=advice)
    return Response(told.model_dump_json(), status, dict(headers or {}), MEDIA_TYPE)

"""Refusals and failures as RFC 9457 `application/problem+json`."""

from __future__ import annotations

import traceback
from http import HTTPStatus
from pathlib import Path
from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap

from hubbub.wire.errors import BadInput, Internal, NotFound, Refusal, TooLarge, Unauthorized

log = structlog.get_logger("hubbub.http")

MEDIA_TYPE = "application/problem+json"
AnyRequest = Request[Any, Any, Any]


class MethodNotAllowed(Refusal):
    code = "method_not_allowed"
    status = 405
    sentence = "This path does not take that method."


def exception_handlers() -> ExceptionHandlersMap:
    """How every way in which a request can end badly is shown."""
    return {Refusal: _refused, HTTPException: _failed_by_framework, Exception: _failed}


def problem(refusal: Refusal, headers: dict[str, str] | None = None) -> Response[dict[str, Any]]:
    """The answer that tells `refusal`; `code` is for programs, `detail` for people."""
    body: dict[str, Any] = {
        "type": f"urn:hubbub:problem:{refusal.code.replace(' ', '-')}",
        "title": HTTPStatus(refusal.status).phrase,
        "status": refusal.status,
        "detail": refusal.detail,
        "code": refusal.code,
        **refusal.extra,
    }
    if refusal.current is not None:
        body["current"] = refusal.current
    return Response(body, status_code=refusal.status, media_type=MEDIA_TYPE, headers=headers or {})


def _refused(_request: AnyRequest, refusal: Refusal) -> Response[dict[str, Any]]:
    headers = {}
    if isinstance(refusal, Unauthorized) and refusal.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if "retry_after" in refusal.extra:
        headers["Retry-After"] = str(refusal.extra["retry_after"])
    return problem(refusal, headers)


def _failed_by_framework(request: AnyRequest, error: HTTPException) -> Response[dict[str, Any]]:
    """What Litestar refuses by itself: unknown paths, methods, sizes, parameters."""
    if isinstance(error, ValidationException):
        return problem(BadInput(_sentence(error)))
    if error.status_code == HTTPStatus.NOT_FOUND:
        return problem(NotFound("There is nothing at this path."))
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return problem(MethodNotAllowed(), dict(error.headers or {}))
    if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return problem(TooLarge("The body is larger than this server accepts."))
    if error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return problem(BadInput())
    return _failed(request, error)


def _sentence(error: ValidationException) -> str:
    """Which parameter is wrong, and how; never what it was."""
    for wrong in error.extra if isinstance(error.extra, list) else []:
        if wrong.get("key") == "data":
            return "The request has no JSON body."
        if "key" in wrong:
            return f"{wrong['key']}: {wrong['message']}."
    missing = error.detail.split(" for path")[0].split(" for url")[0]
    return f"{missing}." if missing.startswith("Missing required") else BadInput.sentence


def _failed(request: AnyRequest, error: Exception) -> Response[dict[str, Any]]:
    """A mistake of ours. The log gets its kind and place, not its words: these may hold what somebody wrote."""
    where = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-5:]]
    path = request.scope.get("path_template")
    log.error("request_failed", error=type(error).__name__, where=where, path=path)
    return problem(Internal())

"""Bodies that may come URL-encoded as well as in JSON (seed 001)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from litestar.openapi.spec import OpenAPIMediaType, Operation, Reference, RequestBody

from hubbub.http.requests import HubbubRequest, decode
from hubbub.wire.errors import BadInput, InvalidText

T = TypeVar("T")
FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 64


async def body_of(request: HubbubRequest, kind: type[T]) -> T:
    """The body as `kind`; a form has plain values alone: what has parts goes as JSON.

    Raises `BadInput`, `InvalidText`.
    """
    body = await request.body()
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        document: T = decode(body, kind)
        return document
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
        return msgspec.convert(dict(fields), kind, strict=False)
    except UnicodeDecodeError:
        raise InvalidText() from None
    except msgspec.ValidationError as error:
        raise BadInput(f"The form does not have the documented shape: {error}.".replace("`$.", "`")) from None
    except ValueError:
        raise BadInput("The body is not a form.") from None


def either_form(kind: type[Any]) -> type[Operation]:
    """What the document says of a route whose body is `kind`, as JSON or as a form."""
    reference = Reference(ref=f"#/components/schemas/{kind.__name__}")
    media = {name: OpenAPIMediaType(schema=reference) for name in ("application/json", FORM)}

    @dataclass
    class Either(Operation):
        def __post_init__(self) -> None:
            self.request_body = RequestBody(content=media, required=True)

    return Either

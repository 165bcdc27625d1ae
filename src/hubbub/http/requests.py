"""Reading requests: JSON strictly by type, with refusals that name the field."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import State

from hubbub.auth.actor import Actor
from hubbub.wire.documents import is_unicode
from hubbub.wire.errors import BadInput, InvalidText

LARGEST_BODY = 256 * 1024


class HubbubRequest(Request[Actor, str, State]):
    """A request whose JSON body is decoded at once into the type that the route's `data` has.

    Litestar's own way decodes first and converts after, which takes `"1"` for a number and `1` for a truth value.
    """

    async def json(self) -> Any:
        field = self.route_handler.parsed_data_field
        return decode(await self.body(), field.annotation if field else Any)


def decode(body: bytes, kind: Any) -> Any:
    """The JSON document `body` as `kind`; raises `BadInput` or `InvalidText`."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise BadInput(f"The payload does not have the documented shape: {_without_dollar(error)}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise (BadInput("The body is not a JSON document.") if is_unicode(body) else InvalidText()) from None
    except RecursionError:
        raise BadInput("The JSON document is nested too deeply.") from None


def _without_dollar(error: Exception) -> str:
    """``Expected `str`, got `int` - at `$.email` `` -> ``Expected `str`, got `int` - at `email` ``."""
    return str(error).replace("`$.", "`").replace("`$`", "the top").rstrip(".")

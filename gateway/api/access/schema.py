"""The objects and bodies of the Access dialect, as the OpenAPI description shows them (contract D).

They describe, and the tests compare every answer with them; the routes read and write plain dictionaries.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel

Moment = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
Number = Annotated[int, Field(ge=1, le=2**53 - 1)]


class AccessShown(BaseModel):
    """An object of an answer."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class AccessRefusal(AccessShown):
    """What every refused request is answered with; `error` is the message again, but for 401, where it is a title."""

    code: str
    message: str
    error: str


class KeyStatus(AccessShown):
    """Whose key it is."""

    email: str
    operator_name: str
    key_id: Number
    key_title: str
    created_at: Moment


class Done(AccessShown):
    """It was done."""

    success: Literal[True]
    message: str

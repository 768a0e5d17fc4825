"""The objects of the OneCal dialect, as the OpenAPI description shows them (contract C.1).

They describe, and the tests compare every answer with them; the routes read and write plain dictionaries. What an
object does not have is left out; bodies may have more members, which are ignored.
"""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

Id = Annotated[str, Field(pattern="^[A-Za-z0-9_-]+$", description="Opaque; never changes.")]
Moment = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]


class Part(BaseModel):
    """An object of an answer."""

    model_config = ConfigDict(extra="forbid")


class Refusal(BaseModel):
    """What every refused request is answered with; `requestId` is this answer's own."""

    error: str = Field(description="The machine's name of what is wrong.")
    message: str
    requestId: UUID  # noqa: N815 — the dialect's name

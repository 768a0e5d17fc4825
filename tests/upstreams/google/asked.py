"""A request that has passed the gate: the method it asks for, and everything it brings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.upstreams.google.discovery import Method

Json = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """`path` are the decoded parameters of the path, `query` those of the query in their types."""

    method: Method
    path: Mapping[str, str]
    query: Json
    body: Json = field(default_factory=dict)
    if_match: str = ""
    if_none_match: str = ""

"""Google's own description of its services: which requests there are, and what requests and answers look like.

The documents are shipped in `google-api-python-client`. From their `schemas` come validators that know every property
and let no other pass; from their `methods` the parameters that a request may carry.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema_rs

from tests.upstreams.google.refusal import Refused

Json = dict[str, Any]

_TYPES = frozenset({"string", "integer", "number", "boolean", "object", "array"})


@dataclass(frozen=True)
class Method:
    """One request that a service knows, such as `events.list`; `path` stands below the service's address."""

    name: str
    http: str
    path: str
    parameters: Mapping[str, Json]
    request: str
    response: str

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What a path of this method looks like; its groups are the parameters in it."""
        text = re.sub(r"\\\{\\?\+?(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(self.path))
        return re.compile(text)

    def query(self, pairs: Sequence[tuple[str, str]]) -> Json:
        """The parameters of a request in their types; repeated ones are lists. Refuses what is not described."""
        found: Json = {}
        for name, text in pairs:
            described = self.parameters.get(name)
            if described is None or described["location"] != "query":
                raise Refused(400, "invalidParameter", f"Unknown parameter: {name}", location=name)
            value = _typed(name, text, described)
            if described.get("repeated"):
                found.setdefault(name, []).append(value)
            elif name in found:
                raise Refused(400, "invalidParameter", f"Repeated parameter: {name}", location=name)
            else:
                found[name] = value
        for name, described in self.parameters.items():
            if described.get("required") and described["location"] == "query" and name not in found:
                raise Refused(400, "required", f"Required parameter: {name}", location=name)
        return found


@cache
def described(name: str) -> "Discovery":
    """The document of that name; read once, as reading and compiling it costs more than most tests."""
    return Discovery(name)


def _typed(name: str, text: str, described: Json) -> Any:
    invalid = Refused(400, "invalidParameter", f"Invalid value '{text}' for {name}.", location=name)
    if text not in described.get("enum", [text]):
        raise invalid
    if described["type"] == "boolean":
        if text not in {"true", "false"}:
            raise invalid
        return text == "true"
    if described["type"] == "integer":
        if not re.fullmatch(r"-?\d{1,10}", text) or int(text) < int(described.get("minimum", -(2**31))):
            raise invalid
        return int(text)
    return text


@dataclass
class Discovery:
    """One document, by the name of its file: `calendar.v3`, `people.v1`, `admin.directory_v1`."""

    name: str
    methods: list[Method] = field(init=False)

    def __post_init__(self) -> None:
        spec = find_spec("googleapiclient")
        assert spec is not None
        assert spec.origin is not None
        folder = Path(spec.origin).parent / "discovery_cache" / "documents"
        self._document: Json = json.loads((folder / f"{self.name}.json").read_text())
        self._validators: dict[tuple[str, bool], jsonschema_rs.Validator] = {}
        self.methods = list(self._methods("", self._document["resources"]))

    @property
    def folder(self) -> str:
        """What the paths of its methods stand below."""
        return str(self._document["servicePath"])

    def _methods(self, prefix: str, resources: Mapping[str, Json]) -> list[Method]:
        found = []
        for name, resource in resources.items():
            found += self._methods(f"{prefix}{name}.", resource.get("resources", {}))
            for verb, described in resource.get("methods", {}).items():
                found.append(
                    Method(
                        f"{prefix}{name}.{verb}",
                        described["httpMethod"],
                        described.get("flatPath", described["path"]),
                        self._document["parameters"] | described.get("parameters", {}),
                        described.get("request", {}).get("$ref", ""),
                        described.get("response", {}).get("$ref", ""),
                    )
                )
        return found

    def find(self, http: str, path: str) -> tuple[Method, Mapping[str, str]]:
        """The method that a request asks for, and the parameters in its path, still percent-encoded."""
        known = [(method, match) for method in self.methods if (match := method.pattern.fullmatch(path))]
        for method, match in known:
            if method.http == http:
                return method, match.groupdict()
        raise Refused(405 if known else 404, "notFound", "Not Found")

    def faults(self, schema: str, value: Json, *, formats: bool) -> list[str]:
        """What of `value` contradicts the schema; `formats` looks at dates and times, too."""
        if (schema, formats) not in self._validators:
            defs = {name: _schema(described) for name, described in self._document["schemas"].items()}
            whole = {"$ref": f"#/$defs/{schema}", "$defs": defs}
            self._validators[schema, formats] = jsonschema_rs.validator_for(whole, validate_formats=formats)
        errors = self._validators[schema, formats].iter_errors(value)
        return [f"{schema}/{'/'.join(map(str, error.instance_path))}: {error.message}" for error in errors]


def _schema(described: Json) -> Json:
    """A schema of a discovery document as JSON Schema; an object has no properties but those described."""
    if "$ref" in described:
        return {"$ref": f"#/$defs/{described['$ref']}"}
    found: Json = {"type": described["type"]} if described.get("type") in _TYPES else {}
    if "properties" in described:
        found["properties"] = {name: _schema(each) for name, each in described["properties"].items()}
        found["additionalProperties"] = False
    if "additionalProperties" in described:
        found["additionalProperties"] = _schema(described["additionalProperties"])
    if "items" in described:
        found["items"] = _schema(described["items"])
    if described.get("format") in {"date", "date-time"}:
        found["format"] = described["format"]
    if "enum" in described:
        found["enum"] = described["enum"]
    return found


def without_nulls(value: Any) -> Any:
    """`value` without members that are null, at any depth: to Google those are members not given."""
    if isinstance(value, dict):
        return {name: without_nulls(each) for name, each in value.items() if each is not None}
    return [without_nulls(each) for each in value] if isinstance(value, list) else value

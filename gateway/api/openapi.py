"""What the OpenAPI description says of each route beyond what its parameters show: bodies, answers, errors, links.

Routes read their bodies and write their answers themselves, so that errors name members in the dialect's own shape.
What they take and give is said in models beside each dialect, one entry for each route; a route without an entry is an
error, which the tests find.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

_REFERENCE = "#/components/schemas/{model}"

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One route: what it takes and gives. `answer` None: no body, or (`media` not JSON) one of any content. `status`
    `default`: any.

    `refusals`: statuses of errors beside those that any route of the dialect may answer with. `makes`: the name of the
    path parameter that takes the `id` of what this route has made.
    """

    answer: type[BaseModel] | None
    status: int | Literal["default"] = 200
    body: type[BaseModel] | None = None
    refusals: Sequence[int] = ()
    makes: str = ""
    media: str = "application/json"


@dataclass(frozen=True, slots=True)
class Dialect:
    """The routes below one prefix, by operation id, the shape of their errors, and parameters that all know by name."""

    prefix: str
    error: type[BaseModel]
    refusals: Sequence[int]
    operations: Mapping[str, Operation] = field(default_factory=dict)
    parameters: Mapping[str, Schema] = field(default_factory=dict)


def describe(document: Schema, dialects: Sequence[Dialect]) -> Schema:
    """The document with everything that the dialects say of their routes."""
    models = {model for dialect in dialects for model in _models(dialect)}
    ordered = sorted(models, key=lambda model: model.__name__)
    names, definitions = models_json_schema(
        [(model, "validation") for model in ordered], ref_template=_REFERENCE, by_alias=True
    )
    references = {model: names[model, "validation"] for model in ordered}
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas.update(definitions["$defs"])
    for path, methods in document["paths"].items():
        for dialect in dialects:
            if path.startswith(f"{dialect.prefix}/"):
                for each in methods.values():
                    each["parameters"] = [_parameter(said, dialect) for said in each.get("parameters", ())]
                    if each["operationId"] in dialect.operations:
                        _fill(each, dialect, dialect.operations[each["operationId"]], references)
    for dialect in dialects:
        _link(document, dialect)
    return document


def _models(dialect: Dialect) -> Iterator[type[BaseModel]]:
    yield dialect.error
    for operation in dialect.operations.values():
        yield from (model for model in (operation.answer, operation.body) if model is not None)


def _fill(said: Schema, dialect: Dialect, operation: Operation, references: Mapping[type[BaseModel], Schema]) -> None:
    whatever = operation.status == "default"
    answer: Schema = {"description": "Whatever it is." if whatever else HTTPStatus(int(operation.status)).phrase}
    if operation.answer is not None:
        answer["content"] = {operation.media: {"schema": references[operation.answer]}}
    elif operation.media != "application/json":
        answer["content"] = {operation.media: {"schema": {"type": "string", "format": "binary"}}}
    said["responses"] = {str(operation.status): answer}
    for status in sorted({*dialect.refusals, *operation.refusals}):
        refusal: Schema = {
            "description": HTTPStatus(status).phrase,
            "content": {"application/json": {"schema": references[dialect.error]}},
        }
        if status in (429, 503):
            refusal["headers"] = {
                "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "string", "pattern": "^[0-9]+$"}}
            }
        said["responses"][str(status)] = refusal
    if operation.body is not None:
        content = {"application/json": {"schema": references[operation.body]}}
        said["requestBody"] = {"required": bool(_required(operation.body)), "content": content}


def _parameter(said: Schema, dialect: Dialect) -> Schema:
    """A parameter as it can be sent, which is never as null."""
    if said["name"] in dialect.parameters:
        said = {name: value for name, value in said.items() if name != "schema"} | dialect.parameters[said["name"]]
    choices = [each for each in said.get("schema", {}).get("anyOf", ()) if each != {"type": "null"}]
    return {**said, "schema": choices[0]} if len(choices) == 1 else said


def _required(model: type[BaseModel]) -> list[str]:
    return [name for name, member in model.model_fields.items() if member.is_required()]


def _link(document: Schema, dialect: Dialect) -> None:
    """Say of each route that makes something which routes take its id."""
    everything = [
        (path, each)
        for path, methods in document["paths"].items()
        for each in methods.values()
        if each["operationId"] in dialect.operations
    ]
    for path, made in everything:
        operation = dialect.operations[made["operationId"]]
        if not operation.makes:
            continue
        rest = _parameters(path)
        made["responses"][str(operation.status)]["links"] = {
            each["operationId"]: {
                "operationId": each["operationId"],
                "parameters": {
                    **{name: f"$request.path.{name}" for name in rest},
                    operation.makes: "$response.body#/id",
                },
            }
            for other, each in everything
            if other.startswith(f"{path}/{{{operation.makes}}}") and set(_parameters(other)) == {*rest, operation.makes}
        }


def _parameters(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]

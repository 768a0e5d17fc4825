"""The OpenAPI description: every route has its entry, every entry its route, and all of it holds together."""

from collections.abc import Iterator
from typing import Any

import pytest

from gateway.api.kloudless.described import DIALECT
from tests.contract.serving import TOKENS
from tests.gateway.api.contract_here import Here

COMMON = {"400", "401", "403", "404", "429", "503"}


@pytest.fixture
def document(here: Here) -> dict[str, Any]:
    return here.get(101, "/openapi.json")


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method, and what is said of it."""
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            if path.startswith("/v1/"):
                yield path, method, said


def references(node: Any) -> Iterator[str]:
    """Everything that is referred to."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_route_has_an_entry_and_every_entry_a_route(document: dict[str, Any]) -> None:
    assert sorted(said["operationId"] for _path, _method, said in operations(document)) == sorted(DIALECT.operations)


def test_every_operation_says_what_it_takes_and_gives(document: dict[str, Any]) -> None:
    for path, method, said in operations(document):
        where = f"{method} {path}"
        assert said["summary"], where
        assert said["description"], where
        assert set(said["responses"]) >= COMMON, where
        assert "422" not in said["responses"], where
        assert ("requestBody" in said) == (method in ("post", "patch") and not path.endswith("/raw")), where
        assert said["security"] == [{"kloudless": []}], where
        named = {each["name"] for each in said["parameters"] if each["in"] == "path"}
        assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}, where
        for each in said["parameters"]:
            assert "null" not in str(each.get("schema")), where


def test_nothing_is_referred_to_that_is_not_there(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    found = set(references(document))
    assert found
    assert {f"#/components/schemas/{name}" for name in schemas} == found
    ids = {said["operationId"] for _path, _method, said in operations(document)}
    links = [
        link["operationId"]
        for _path, _method, said in operations(document)
        for response in said["responses"].values()
        for link in response.get("links", {}).values()
    ]
    assert links
    assert set(links) <= ids


def test_what_a_calendar_and_a_contact_say_leads_to_their_routes(document: dict[str, Any]) -> None:
    made = document["paths"]["/v1/accounts/{account}/contact/contacts"]["post"]["responses"]["201"]["links"]
    assert made["get_contact"]["parameters"] == {
        "account": "$request.path.account",
        "contact": "$response.body#/id",
    }
    assert set(made) == {"get_contact", "update_contact", "delete_contact"}


def test_a_wrong_method_is_told_the_right_ones(here: Here) -> None:
    for path, allowed in (
        ("/v1/accounts/me/contact/contacts", "GET, POST"),
        ("/v1/accounts/me/contact/contacts/x", "DELETE, GET, PATCH"),
        ("/v1/oauth/token", "GET"),
    ):
        response = here.request(TOKENS[101], "PUT", path)
        assert (response.status_code, response.headers["Allow"]) == (405, allowed)
        assert response.json()["error_code"] == "method_not_allowed"

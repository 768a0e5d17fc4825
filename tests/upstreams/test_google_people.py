"""Contacts and rooms at the fake of Google, by Google's own client."""

from collections.abc import Iterator
from typing import Any

import httplib2
import pytest
from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from tests.upstreams.google.server import Google, running_google

Json = dict[str, Any]

FIELDS = "names,emailAddresses,metadata"


@pytest.fixture
def google() -> Iterator[Google]:
    with running_google() as running:
        yield running


@pytest.fixture
def people(google: Google) -> Any:
    return service(google, "people", "v1").people()


def service(google: Google, name: str, version: str) -> Any:
    """Google's own client of one of its services, logged in."""
    http = AuthorizedHttp(Credentials(google.token), http=httplib2.Http(proxy_info=None))
    return build(name, version, http=http, client_options={"api_endpoint": google.url}, static_discovery=True)


def contact(given: str, *emails: str) -> Json:
    return {"names": [{"givenName": given}], "emailAddresses": [{"value": email} for email in emails]}


def connections(people: Any, **more: Any) -> Any:
    return people.connections().list(resourceName="people/me", personFields=FIELDS, requestSyncToken=True, **more)


def fails(request: Any) -> tuple[int, str, str]:
    """The status, the reason and the message of a refusal."""
    with pytest.raises(HttpError) as caught:
        request.execute()
    details = caught.value.error_details
    reason = str(details[0].get("reason", "")) if isinstance(details, list) and details else ""
    return int(caught.value.resp.status), reason, str(caught.value.reason)


class TestContacts:
    def test_pages_and_rounds(self, people: Any) -> None:
        made = [people.createContact(body=contact(name, f"{name}@x.org")).execute() for name in ("Ada", "Bo", "Cy")]
        request = connections(people, pageSize=2)
        first = request.execute()
        assert (len(first["connections"]), first["totalItems"], "nextSyncToken" in first) == (2, 3, False)
        last = people.connections().list_next(request, first).execute()
        names = [each["names"][0]["displayName"] for each in first["connections"] + last["connections"]]
        assert sorted(names) == ["Ada", "Bo", "Cy"]
        people.deleteContact(resourceName=made[0]["resourceName"]).execute()
        news = connections(people, syncToken=last["nextSyncToken"]).execute()
        (gone,) = news["connections"]
        assert (gone["resourceName"], gone["metadata"]["deleted"]) == (made[0]["resourceName"], True)
        assert connections(people, syncToken=news["nextSyncToken"]).execute()["connections"] == []
        assert fails(people.get(resourceName=made[0]["resourceName"], personFields=FIELDS))[0] == 404

    def test_a_token_ends_seven_days_after_the_full_round(self, google: Google, people: Any) -> None:
        clock = [1_800_000_000.0]
        google.account.now = lambda: clock[0]
        token = connections(people).execute()["nextSyncToken"]
        clock[0] += 6 * 86_400
        token = connections(people, syncToken=token).execute()["nextSyncToken"]
        clock[0] += 2 * 86_400
        status, reason, message = fails(connections(people, syncToken=token))
        assert (status, reason) == (400, "EXPIRED_SYNC_TOKEN")
        assert message.startswith("Sync token is expired.")

    def test_an_update_names_what_it_changes_and_the_version(self, people: Any) -> None:
        made = people.createContact(body=contact("Ada", "ada@x.org", "ada@y.org"), personFields=FIELDS).execute()
        name = made["resourceName"]
        body = {"metadata": made["metadata"], "names": [{"givenName": "Ada", "familyName": "L"}]}
        changed = people.updateContact(resourceName=name, updatePersonFields="names", body=body).execute()
        assert changed["names"][0]["displayName"] == "Ada L"
        assert [each["value"] for each in changed["emailAddresses"]] == ["ada@x.org", "ada@y.org"]
        again = people.updateContact(resourceName=name, updatePersonFields="names", body=body)
        assert fails(again)[:2] == (400, "failedPrecondition")
        assert fails(people.updateContact(resourceName=name, body=body))[0] == 400
        assert fails(people.updateContact(resourceName=name, updatePersonFields="photos", body=body))[0] == 400
        body["names"] *= 2
        assert fails(people.updateContact(resourceName=name, updatePersonFields="names", body=body))[0] == 400

    def test_what_a_listing_needs(self, people: Any) -> None:
        assert fails(people.connections().list(resourceName="people/me"))[0] == 400
        assert fails(connections(people, pageSize=1001))[0] == 400

    def test_writes_are_seen_later(self, google: Google, people: Any) -> None:
        google.contacts.delay = 1
        made = people.createContact(body=contact("Ada")).execute()
        page = connections(people).execute()
        assert page["connections"] == []
        page = connections(people, syncToken=page["nextSyncToken"]).execute()
        assert [each["resourceName"] for each in page["connections"]] == [made["resourceName"]]


def test_rooms(google: Google) -> None:
    google.directory.add("r1", "Big room", capacity=12)
    google.directory.add("r2", "Small room")
    rooms = service(google, "admin", "directory_v1").resources().calendars()
    request = rooms.list(customer="my_customer", maxResults=1)
    first = request.execute()
    assert [each["resourceName"] for each in first["items"]] == ["Big room"]
    assert [each["resourceId"] for each in rooms.list_next(request, first).execute()["items"]] == ["r2"]
    google.directory.allowed = False
    assert fails(rooms.list(customer="my_customer"))[0] == 403

"""The fake of Google as a service: quota, push channels, delayed writes, faults, and the way to a token."""

import base64
import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.upstreams.google.faults import Fault
from tests.upstreams.google.server import Google, running_google
from tests.upstreams.google.short import EVENTS, insert, patch, refused

Json = dict[str, Any]


@pytest.fixture
def google() -> Iterator[Google]:
    with running_google() as running:
        yield running


class TestService:
    def test_the_quota_is_of_a_minute_that_slides(self, google: Google) -> None:
        clock = [1_000.0]
        google.account.now = lambda: clock[0]
        google.quota = 5
        made = insert(google)
        patch(google, made, {"summary": "S"})
        google.ask("GET", "colors")
        assert refused(google, "GET", "colors") == (403, "userRateLimitExceeded")
        google.quota_status = 429
        assert refused(google, "GET", "colors") == (429, "rateLimitExceeded")
        clock[0] += 60
        google.ask("GET", "colors")

    def test_channels(self, google: Google) -> None:
        heard: list[tuple[str, str]] = []
        google.channels.deliver = lambda address, headers: heard.append((address, headers["X-Goog-Resource-State"]))
        body = {"id": "c1", "type": "web_hook", "address": "https://me.example/hook", "params": {"ttl": "60"}}
        made = google.ask("POST", f"{EVENTS}/watch", body)
        assert refused(google, "POST", f"{EVENTS}/watch", body)[0] == 400
        assert refused(google, "POST", f"{EVENTS}/watch", body | {"id": "c2", "address": "http://me"})[0] == 400
        google.ask("POST", "users/me/calendarList/watch", body | {"id": "c3", "address": "https://me.example/list"})
        insert(google)
        google.ask("GET", EVENTS)
        google.ask("POST", "calendars", {"summary": "Work"})
        google.ask("POST", "channels/stop", {"id": "c1", "resourceId": made["resourceId"]})
        insert(google)
        hook, of_list = body["address"], "https://me.example/list"
        assert heard == [(hook, "sync"), (of_list, "sync"), (hook, "exists"), (of_list, "exists")]
        assert google.channels.sent[0]["X-Goog-Message-Number"] == "1"

    def test_what_changed_since_a_moment(self, google: Google) -> None:
        clock = [1_800_000_000.0]  # 2027-01-15T08:00:00Z
        google.account.now = lambda: clock[0]
        first, gone = insert(google), insert(google)
        clock[0] += 3_600
        second = insert(google)
        google.ask("DELETE", f"{EVENTS}/{gone['id']}")
        for since in ("2027-01-15T09:00:00Z", "2027-01-15T10:00:00%2B01:00"):
            page = google.ask("GET", f"{EVENTS}?updatedMin={since}&orderBy=updated")
            assert {each["id"] for each in page["items"]} == {second["id"], gone["id"]}
            assert "nextSyncToken" not in page
        everything = google.ask("GET", f"{EVENTS}?updatedMin=2027-01-15T07:00:00Z")["items"]
        assert first["id"] in {each["id"] for each in everything}

    def test_delayed_writes_come_in_a_later_round(self, google: Google) -> None:
        token = google.ask("GET", EVENTS)["nextSyncToken"]
        google.account.delay = 1
        made = insert(google)
        page = google.ask("GET", f"{EVENTS}?syncToken={token}")
        assert page["items"] == []
        page = google.ask("GET", f"{EVENTS}?syncToken={page['nextSyncToken']}")
        assert [each["id"] for each in page["items"]] == [made["id"]]

    @pytest.mark.parametrize("fault", list(Fault))
    def test_faults(self, google: Google, fault: Fault) -> None:
        token = google.ask("GET", EVENTS)["nextSyncToken"]
        made = insert(google, summary="S")
        google.faults.inject(fault, times=1)
        headers = {"Authorization": f"Bearer {google.token}"}
        address = f"{google.url}calendar/v3/{EVENTS}"
        with httpx.Client(trust_env=False, headers=headers) as http:
            body = {"summary": "T"}
            changes = fault.befalls == "write"
            question = f"{address}?syncToken={token}"
            try:
                got = http.patch(f"{address}/{made['id']}", json=body) if changes else http.get(question)
                outcome = f"{got.status_code} {'DOCTYPE' if 'DOCTYPE' in got.text else sorted(got.json())}"
            except httpx.HTTPError as broken:
                outcome = type(broken).__name__
            again = http.patch(f"{address}/{made['id']}", json=body) if changes else http.get(question)
        assert again.status_code == 200
        if fault in {Fault.CUT, Fault.LOST_ANSWER}:
            assert outcome in {"RemoteProtocolError", "ReadError"}
        elif fault is Fault.NOT_JSON:
            assert outcome == "200 DOCTYPE"
        elif fault.words[:3].isdigit():
            assert outcome.startswith(f"{fault.words[:3]} ['error']")
        else:
            assert (outcome.startswith("200"), got.json() != again.json()) == (True, True)


class TestLogin:
    def ask(self, google: Google, query: Json) -> dict[str, str]:
        """What the browser brings back to the application."""
        answer = httpx.get(f"{google.url}o/oauth2/v2/auth", params=query, trust_env=False)
        assert answer.status_code == 302, answer.text
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}

    def token(self, google: Google, **form: str) -> httpx.Response:
        client = {"client_id": google.issuer.client_id, "client_secret": google.issuer.client_secret}
        return httpx.post(f"{google.url}token", data=client | form, trust_env=False)

    def granted(self, google: Google, verifier: str = "v" * 43) -> httpx.Response:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(b"v" * 43).digest()).rstrip(b"=").decode()
        query = {"client_id": google.issuer.client_id, "redirect_uri": "http://127.0.0.1:9/", "response_type": "code"}
        query |= {"code_challenge": challenge, "code_challenge_method": "S256", "access_type": "offline", "state": "s"}
        back = self.ask(google, query | {"scope": "https://www.googleapis.com/auth/calendar"})
        assert back["state"] == "s"
        form = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": query["redirect_uri"]}
        return self.token(google, **form, code_verifier=verifier)

    def test_a_code_is_good_once_and_for_who_asked(self, google: Google) -> None:
        assert self.granted(google, "w" * 43).json()["error"] == "invalid_grant"
        tokens = self.granted(google).json()
        assert google.issuer.valid(tokens["access_token"])
        assert self.token(google, grant_type="authorization_code", code="x").status_code == 400
        assert self.token(google, grant_type="refresh_token", client_secret="wrong").status_code == 401
        google.issuer.refuses = "access_denied"
        query = {"client_id": google.issuer.client_id, "redirect_uri": "http://127.0.0.1:9/", "response_type": "code"}
        assert self.ask(google, query) == {"error": "access_denied"}

    def test_refresh_tokens_rotate_run_out_and_are_taken_back(self, google: Google) -> None:
        clock = [1_000.0]
        google.account.now = lambda: clock[0]
        google.issuer.rotates = google.issuer.testing = True
        first = self.granted(google).json()
        clock[0] += 4_000
        assert not google.issuer.valid(first["access_token"])
        second = self.token(google, grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
        assert google.issuer.valid(second["access_token"])
        for token, later in ((first["refresh_token"], 0), (second["refresh_token"], 7 * 86_400)):
            clock[0] += later
            dead = self.token(google, grant_type="refresh_token", refresh_token=token)
            assert (dead.status_code, dead.json()["error"]) == (400, "invalid_grant")

    def test_without_a_token_nothing(self, google: Google) -> None:
        google.issuer.expire()
        answer = httpx.get(f"{google.url}calendar/v3/colors", headers={"Authorization": "Bearer test-token"})
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.json()["error"]["errors"][0]["location"] == "Authorization"

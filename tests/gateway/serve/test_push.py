"""WebDAV-Push from a whole server: a change made by one client reaches the phone, over a kill and a restart."""

import os
import signal
from pathlib import Path

import httpx

from tests.gateway.dav.door import event
from tests.gateway.hooks.service import NS, Phone, PushService, push_service
from tests.gateway.running import Running, serving

CONFIG = "[push]\nprivate = yes\n[user alice]\npassword = secret\n"
CALENDAR = "/dav/alice/calendar/"
LOGIN = ("alice", "secret")
ASKED = (
    '<propfind xmlns="DAV:" xmlns:P="https://bitfire.at/webdav-push"><prop><P:transports/><P:topic/></prop></propfind>'
)


def key_of(running: Running) -> str:
    with httpx.Client(base_url=running.url, auth=LOGIN, trust_env=False, timeout=30) as client:
        answer = client.request("PROPFIND", CALENDAR, content=ASKED, headers={"Depth": "0"})
    return answer.text.partition('type="p256ecdsa">')[2].partition("<")[0]


def write(running: Running, uid: str) -> None:
    with httpx.Client(base_url=running.url, auth=LOGIN, trust_env=False, timeout=30) as client:
        assert client.put(f"{CALENDAR}{uid}.ics", content=event(uid)).status_code == 201


def register(running: Running, phone: Phone, service: PushService) -> str:
    with httpx.Client(base_url=running.url, auth=LOGIN, trust_env=False, timeout=30) as client:
        body, kind = phone.registration(f"{service.url}/up"), {"Content-Type": "application/xml; charset=utf-8"}
        answer = client.post(CALENDAR, content=body, headers=kind)
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


def test_changes_reach_the_phone_over_a_kill_and_a_restart(tmp_path: Path) -> None:
    phone = Phone()
    with push_service() as service:
        with serving(tmp_path, CONFIG) as running:
            key = key_of(running)
            assert len(key) == 87
            assert register(running, phone, service).startswith(f"{running.url}/dav/alice/.push/")
            write(running, "a")
            (first,) = service.wait(1)
            assert first.headers["authorization"].endswith(f"k={key}")
            os.kill(running.pid_of("sync"), signal.SIGKILL)
            write(running, "b")
            assert phone.read(service.wait(2)[-1]).find(f"{NS}content-update") is not None
            running.wait_for("push", status=201)
        with serving(tmp_path, CONFIG) as running:
            assert key_of(running) == key, "subscriptions are bound to it"
            write(running, "c")
            service.wait(3)
    stored = (tmp_path / "data" / "credentials").stat()
    assert stored.st_mode & 0o777 == 0o600


def test_private_push_services_are_refused_by_default(tmp_path: Path) -> None:
    with push_service() as service, serving(tmp_path, CONFIG.replace("private = yes", "")) as running:
        kind = {"Content-Type": "application/xml"}
        body = Phone().registration(service.url)
        answer = running.get(CALENDAR, auth=LOGIN)
        assert answer.status_code == 200
        refused = httpx.post(running.url + CALENDAR, content=body, headers=kind, auth=LOGIN, trust_env=False)
        assert refused.status_code == 403
        assert "invalid-subscription" in refused.text

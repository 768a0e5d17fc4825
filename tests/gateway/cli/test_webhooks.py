"""`calharbor webhooks`: receivers, and what could not be delivered, for people and for programs."""

import json
from pathlib import Path

import pytest

from gateway.cli.root import main
from storage import webhooks
from storage.store import Store
from storage.tables import webhooks as rows
from storage.tables.webhooks import Turn
from storage.webhooks import Message, Outcome

CONFIG = """[storage]
path = {data}
[user alice]
password = alice-password
[account home]
user = alice
provider = local
id = 101
[webhook app]
url = http://127.0.0.1:9/hook
application = calendar-app
secret = app-5f1d0c9e7b3a4826
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.ini"
    path.write_text(CONFIG.format(data=tmp_path / "data"))
    return path


def test_receivers_and_dead_letters(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["webhooks", "--config", str(config)]) == 0
    assert "not verified: not asked yet" in capsys.readouterr().out
    store = Store.open(tmp_path / "data")
    (hook,) = webhooks.receivers(store)
    webhooks.settle(store, [Outcome(Message(hook), "")])
    with store.db.atomic() as conn:
        rows.bury(conn, Turn("app", 101, 3, failures=4, error="status 500"), 7, "2026-11-21T10:00:00.000Z")
    webhooks.settle(store, [Outcome(Message(hook, Turn("app", 101, 7), 9), "the receiver is away")])
    store.close()
    assert main(["webhooks", "--json", "--config", str(config)]) == 0
    found = json.loads(capsys.readouterr().out)
    (only,) = found["webhooks"]
    assert (only["name"], only["application"], only["failures"], only["next_try"]) == ("app", "calendar-app", 0, None)
    (account,) = only["accounts"]
    assert (account["account"], account["told"], account["failures"]) == (101, 7, 1)
    assert account["next_try"].endswith("Z")
    assert found["dead"] == [
        {
            "id": 1,
            "at": "2026-11-21T10:00:00.000Z",
            "webhook": "app",
            "account": 101,
            "after": 3,
            "through": 7,
            "attempts": 4,
            "error": "status 500",
        }
    ]
    assert main(["webhooks", "--config", str(config)]) == 0
    said = capsys.readouterr().out
    assert "does not answer: the receiver is away" in said
    assert "1 message could not be delivered:" in said


def test_nobody_is_told_any_more_who_is_not_declared(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["webhooks", "--config", str(config)]) == 0
    config.write_text(config.read_text().partition("[webhook")[0])
    assert main(["account", "list", "--config", str(config)]) == 0
    assert main(["sync", "--once", "--config", str(config)]) == 0
    capsys.readouterr()
    assert main(["webhooks", "--config", str(config)]) == 0
    assert "no receiver is declared" in capsys.readouterr().out
    store = Store.open(tmp_path / "data")
    assert store.credentials.get("webhook/app") == {}
    store.close()


def test_what_is_missing_in_a_section_is_named(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(config.read_text().replace("secret = app-5f1d0c9e7b3a4826\n", ""))
    assert main(["webhooks", "--config", str(config)]) == 1
    assert "[webhook app] secret: this option is required" in capsys.readouterr().err

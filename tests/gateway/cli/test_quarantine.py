"""`calharbor quarantine`: what cannot be read, shown."""

from storage import clock
from storage.tables import quarantine
from tests.gateway.cli.conftest import Line


def test_what_cannot_be_read_is_listed_and_shown(line: Line) -> None:
    line("status")
    assert line("quarantine").out == "nothing is in quarantine\n"
    with line.store() as store:
        collection = store.collections()[0]
        with store.db.atomic() as conn:
            quarantine.put(
                conn, collection, "/up/a.ics", "v1", b"no calendar\n", at=clock.iso(), uid="", reason="has no BEGIN"
            )
    (one,) = line("quarantine", "--json").json["quarantined"]
    assert set(one) == {"id", "at", "account", "collection", "href", "uid", "reason", "size"}
    assert (one["collection"], one["href"], one["reason"], one["size"]) == (
        collection.id,
        "/up/a.ics",
        "has no BEGIN",
        12,
    )
    assert line("quarantine", "--account", str(collection.account_id), "--json").json["quarantined"] == [one]
    assert "has no BEGIN" in line("quarantine").out
    assert line("quarantine", "show", str(one["id"])).out == "no calendar\n"


def test_an_unknown_number_is_refused(line: Line) -> None:
    line("status")
    said = line("quarantine", "show", "7")
    assert said.code == 1
    assert "nothing is in quarantine under number 7" in said.err

"""`calharbor untold`: who was not told of what went upstream in silence."""

from storage import clock
from storage.model import Account
from storage.tables import untold
from tests.gateway.cli.conftest import Line


def test_who_was_not_told_is_listed(line: Line) -> None:
    line("status")
    assert line("untold").out == "everybody was told, or nobody had to be\n"
    with line.store() as store:
        account = store.save_account(Account(0, "up", "alice", "caldav", settings={"url": "http://127.0.0.1:9"}))
        with store.db.atomic() as conn:
            untold.add(
                conn,
                at=clock.iso(),
                account_id=account.id,
                collection_id="c",
                entry_id="e",
                uid="u",
                action="update",
                addresses=["mailto:guest@example.org"],
            )
    (one,) = line("untold", "--json").json["untold"]
    assert set(one) >= {"id", "at", "account", "collection", "entry", "uid", "action", "addresses"}
    assert (one["uid"], one["action"], one["addresses"]) == ("u", "update", ["mailto:guest@example.org"])
    assert line("untold", "--account", "alice", "--json").json == {"untold": []}
    assert "mailto:guest@example.org" in line("untold", "--account", "up").out


def test_only_the_newest_thousand_are_kept(line: Line) -> None:
    line("status")
    with line.store() as store, store.db.atomic() as conn:
        for number in range(untold.MOST + 5):
            untold.add(
                conn, at=clock.iso(), account_id=101, collection_id="c", entry_id="e", uid=f"u{number}",
                action="create", addresses=[],
            )  # fmt: skip
        kept = untold.every(conn)
    assert (len(kept), kept[0].uid) == (untold.MOST, "u5")

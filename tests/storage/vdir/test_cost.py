"""What a look costs grows with the number of files, never with its square."""

from storage.model import Collection
from storage.tables import vdir_files
from tests.storage.vdir.desk import Desk


def test_the_files_of_entries_are_found_by_their_index(desk: Desk, mirrored: Collection) -> None:
    desk.fill(1)
    asked: list[str] = []
    conn = desk.store.db.reader()
    conn.set_trace_callback(asked.append)
    vdir_files.without_file(conn)
    vdir_files.of_entries(conn, mirrored.id, ["some"])
    with desk.store.db.atomic():
        vdir_files.set_state(conn, mirrored.id, ["some"], vdir_files.HELD)
    conn.set_trace_callback(None)
    about = [said for said in asked if "vdir_files" in said]
    assert len(about) == 3
    for said in about:
        plan = " ".join(row[3] for row in conn.execute(f"EXPLAIN QUERY PLAN {said}").fetchall())
        assert "vdir_files_entry (collection_id=? AND entry_id=?)" in plan, plan

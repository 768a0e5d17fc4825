"""`calharbor backup` and `restore-backup` as they are typed."""

from tests.gateway.cli.conftest import Line


def test_there_and_back(line: Line) -> None:
    file = str(line.folder / "saved.tar")
    assert "saved in" in line("backup", file).out
    again = line("backup", file)
    assert (again.code, "exists already" in again.err) == (1, True)
    restored = line("restore-backup", file)
    assert restored.code == 0
    assert "restored, as of 20" in restored.out
    assert "what stood there before is in" in restored.out
    assert line("verify").code == 0
    missing = line("restore-backup", f"{file}.none")
    assert (missing.code, "No such file" in missing.err) == (1, True)

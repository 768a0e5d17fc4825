"""Every benchmark runs, at a size that measures nothing, so that none of them can rot."""

import json

import pytest

from benchmarks import api, scaling
from benchmarks.__main__ import main
from benchmarks.corpus import edited, events, weekly
from benchmarks.measure import Row, report
from storage.ical.read import read


@pytest.mark.parametrize("part", ["lines", "expansion", "scaling", "changes"])
def test_a_part_prints_its_rows(part: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([part, "--size", "10", "--runs", "1", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {row["part"] for row in rows} == {part}
    assert all(row["ours"] > 0 for row in rows)


def test_scaling_compares_with_the_smallest_size() -> None:
    rows = scaling.rows((5, 12), runs=1)
    assert [row.what.rpartition(", ")[2] for row in rows] == ["N = 5", "N = 12"] * 5
    assert all((row.ratio is None) == row.what.endswith("N = 5") for row in rows)


def test_the_mirror_part_compares_both_sides(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mirror", "--size", "12", "--runs", "1", "--json"]) == 0
    rows = {row["what"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert rows["first mirror of 12 events"]["peer"] > 0
    assert rows["round with one change"]["ratio"] > 0
    assert rows["peak memory of it"]["ours"] > 0


def test_the_dav_part_stands_beside_the_peers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dav", "--size", "20", "--runs", "1", "--peers", "xandikos", "--json"]) == 0
    rows = {row["what"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert all(row["ours"] > 0 and set(row["peers"]) == {"xandikos"} for row in rows.values())
    assert {row["what"] for row in rows.values() if row["met"] is None} == {"mix of 8 clients, p99 of a poll"}


def test_the_api_part_compares_with_the_smallest_size() -> None:
    rows = {row.what: row for row in api.rows((40, 60), runs=1)}
    assert len(rows) == 4 * len(api.GOALS)
    assert all((row.ratio is None) == ("N = 40" in what) for what, row in rows.items())
    assert all((row.goal is None) == what.endswith("with a client") for what, row in rows.items())
    search = rows["a search for a word, N = 60, processor time"]
    assert search.note.startswith("2"), "twenty events and what recurs of them"
    assert search.note == rows["a search for a word, N = 60, with a client"].note
    assert rows["100 activities, N = 60, processor time"].note == "100 objects"
    assert rows["one event, N = 40, with a client"].ours > 0


def test_the_mix_runs_beside_a_first_mirror(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mix", "--size", "40", "--runs", "1", "--json"]) == 0
    rows = {row["what"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert rows["failed requests"]["ours"] == 0
    assert rows["poll, p99"]["ours"] > 0


def test_the_corpus_is_what_it_says() -> None:
    texts = dict(events(200))
    assert texts == dict(events(200))
    assert dict(events(50)).items() <= texts.items()
    assert 1_800 < sum(len(text.encode()) for text in texts.values()) / 200 < 2_300
    contents = [read(text) for text in texts.values()]
    assert [content.uid for content in contents] == list(texts)
    assert sum(content.components[0].recurring for content in contents) == 10
    assert all(2 <= len(content.components[0].attendees) <= 6 for content in contents)
    assert all(read(text).components[0].recurring for text in weekly(5))
    uid, text = next(events(1))
    assert read(edited(text)).uid == uid
    assert read(edited(text)).components[0].summary.startswith("Changed: ")


def test_a_report_says_ratio_and_goal() -> None:
    table = report([Row("work", 2.0, "s", 4.0, "them", goal=1.0), Row("alone", 1234.5, "us")])
    lines = table.splitlines()
    assert lines[1].split("  ")[0] == "work"
    assert "4 s (them)" in lines[1]
    assert "0.5" in lines[1]
    assert "NOT MET" in lines[1]
    assert "1,234 us" in lines[2]

"""`make bench` runs and prints its line; how fast rating is, is the bench's to say and no test's."""

import re

import pytest

from tests.bench import rating_bench


def test_the_bench_takes_enough_rounds_and_prints_the_ratio(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rating_bench.ROUNDS >= 15
    monkeypatch.setattr(rating_bench, "ROUNDS", 1)
    monkeypatch.setattr(rating_bench, "INVOICES", 10)
    rating_bench.main()
    lines = capsys.readouterr().out.splitlines()
    assert [re.sub(r"[0-9][0-9,.]*", "N", line) for line in lines] == [
        "floor: N invoices/s",
        "rating: N invoices/s",
        "rating/floor ratio N",
    ]
    assert re.fullmatch(r"rating/floor ratio \d\.\d\d", lines[2])


def test_a_floor_that_makes_other_lines_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rating_bench, "floor", lambda _: [])
    with pytest.raises(ValueError, match=r"^rating and floor must make the same lines$"):
        rating_bench.main()

"""How often a query runs, how long it is waited for, and what becomes of one that fails."""

import logging

import pytest
from botocore.exceptions import ClientError

from customer.statements import AnswerFile, StatementError, Statements
from tests.unit.customer.fake_athena import FakeAthena

SUBJECT = ("INV-2026-000001", "acme", "2", "usage", "2026-12-05")


def _statements(athena: FakeAthena) -> Statements:
    return Statements(athena, athena, workgroup="workgroup", clock=athena.clock, pause=athena.pause)


def test_a_query_runs_once_however_often_it_is_asked() -> None:
    athena = FakeAthena()
    found = [_statements(athena).answer_of("SELECT 1", *SUBJECT) for _ in range(3)]
    assert found == 3 * [AnswerFile("q-1", "answers", "usage/q-1.csv", 4)]
    assert (athena.started, athena.pauses) == (["SELECT 1"], [])


@pytest.mark.parametrize("place", range(len(SUBJECT)))
def test_a_query_about_something_else_runs_again(place: int) -> None:
    athena = FakeAthena()
    other = [*SUBJECT]
    other[place] = "other"
    for subject in (SUBJECT, other):
        _statements(athena).answer_of("SELECT 1", *subject)
    assert athena.started == ["SELECT 1", "SELECT 1"]


def test_another_text_is_another_query_and_no_conflict() -> None:
    athena = FakeAthena()
    for sql in ("SELECT 1", "SELECT 2"):
        _statements(athena).answer_of(sql, *SUBJECT)
    assert athena.started == ["SELECT 1", "SELECT 2"]


def test_an_answer_is_waited_for_with_longer_pauses_and_then_asked_for_again() -> None:
    athena = FakeAthena(states=("QUEUED", *["RUNNING"] * 14, "SUCCEEDED"))
    statements = _statements(athena)
    assert statements.answer_of("SELECT 1", *SUBJECT) is None
    assert athena.pauses == pytest.approx([0.1, 0.2, 0.4, 0.8, *[1.0] * 6, 0.5])
    assert athena.now == pytest.approx(1008)
    assert statements.answer_of("SELECT 1", *SUBJECT) == AnswerFile("q-1", "answers", "usage/q-1.csv", 4)
    assert athena.started == ["SELECT 1"]


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED"])
def test_a_query_that_fails_is_tried_three_times_a_day(state: str, caplog: pytest.LogCaptureFixture) -> None:
    athena = FakeAthena(states=("RUNNING", state))
    with caplog.at_level(logging.INFO):
        for _ in range(2):
            with pytest.raises(StatementError, match=r"^query q-3 failed, as 2 before it$") as error:
                _statements(athena).answer_of("SELECT 1", *SUBJECT)
    assert error.value.query_id == "q-3"
    assert len(athena.started) == 3
    assert caplog.messages == 2 * [f"query q-{number} {state.lower()}" for number in (1, 2, 3)]


def test_an_answer_that_was_deleted_is_made_again() -> None:
    athena = FakeAthena()
    statements = _statements(athena)
    statements.answer_of("SELECT 1", *SUBJECT)
    athena.objects.clear()
    for _ in range(2):
        assert statements.answer_of("SELECT 1", *SUBJECT) == AnswerFile("q-2", "answers", "usage/q-2.csv", 4)
    assert len(athena.started) == 2


def test_an_answer_that_may_not_be_looked_at_is_no_deleted_one(monkeypatch: pytest.MonkeyPatch) -> None:
    athena = FakeAthena()

    def refuse(**_: str) -> None:
        raise ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, "HeadObject")

    monkeypatch.setattr(athena, "head_object", refuse)
    with pytest.raises(ClientError, match="403"):
        _statements(athena).answer_of("SELECT 1", *SUBJECT)
    assert len(athena.started) == 1

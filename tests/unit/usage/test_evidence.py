from datetime import date
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage.evidence import PARTS, Evidence, digest_from_sums, digest_of, key_hash_sql, key_text
from usage.failure import ResultError

KEYS = st.lists(st.tuples(st.text(), st.text()), max_size=20)
FIRST, SECOND = date(2026, 2, 1), date(2026, 2, 28)


def test_the_digest_of_no_rows_is_zero_and_of_one_its_keys_hash() -> None:
    assert digest_of([]) == "0" * 64
    assert digest_of([["é=1"]]) == sha256("3:é=1".encode()).hexdigest()


@given(KEYS)
def test_the_digest_is_the_sum_of_the_hashes_in_whatever_order(keys: list[tuple[str, str]]) -> None:
    hashes = [int(sha256(key_text(key).encode("utf-8", "surrogatepass")).hexdigest(), 16) for key in keys]
    assert digest_of(keys) == digest_of(reversed(keys)) == f"{sum(hashes) % 2**256:064x}"


@given(KEYS)
def test_the_sums_of_parts_make_the_same_digest(keys: list[tuple[str, str]]) -> None:
    hashes = [digest_of([key]) for key in keys]
    sums = [sum(int(found[first - 1 : first - 1 + digits], 16) for found in hashes) for first, digits in PARTS]
    assert digest_from_sums(sums) == digest_of(keys)


def test_the_parts_are_all_of_a_hash_and_fit_a_bigint() -> None:
    assert [position for first, digits in PARTS for position in range(first, first + digits)] == list(range(1, 65))
    assert max(digits for _, digits in PARTS) * 4 < 63


def test_no_two_keys_have_the_same_text() -> None:
    keys = [("a", "b"), ("ab", ""), ("", "ab"), ("a", "1:b"), ("a1:", "b"), ("ab",)]
    assert len({key_text(key) for key in keys}) == len(keys)


def test_a_key_is_hashed_in_sql_as_in_python() -> None:
    assert key_hash_sql(["source", "id"]) == (
        'to_hex(sha256(to_utf8(concat(CAST(length("source") AS varchar), \':\', "source", '
        'CAST(length("id") AS varchar), \':\', "id"))))'
    )


def test_evidence_of_parts_adds_up_to_that_of_the_whole() -> None:
    parts = [
        Evidence({SECOND: 1}, digest_of([["a"]]), 1),
        Evidence({FIRST: 2, SECOND: 1}, digest_of([["b"], ["c"], ["d"]]), 2),
    ]
    total = Evidence.total(parts)
    assert total == Evidence({FIRST: 2, SECOND: 2}, digest_of([["a"], ["b"], ["c"], ["d"]]), 3)
    assert (total.rows, list(total.rows_per_day)) == (4, [FIRST, SECOND])
    assert Evidence.total([]) == Evidence({}, digest_of([]))


def test_evidence_comes_back_from_json() -> None:
    evidence = Evidence({SECOND: 1, FIRST: 2}, digest_of([["a"]]))
    written = evidence.to_json()
    assert written == {"rows_per_day": {"2026-02-01": 2, "2026-02-28": 1}, "digest": evidence.digest}
    assert Evidence.from_json(written) == evidence
    differing = Evidence({}, digest_of([]), 2)
    assert differing.to_json() == {"rows_per_day": {}, "digest": differing.digest, "differing_duplicates": 2}
    assert Evidence.from_json(differing.to_json()) == differing


@pytest.mark.parametrize("digest", ["", "0" * 63, "G" * 64, "0x" + "0" * 62])
def test_what_is_no_digest_is_refused(digest: str) -> None:
    with pytest.raises(ResultError, match=r"^digest must be 64 hexadecimal digits, got"):
        Evidence.from_json({"rows_per_day": {}, "digest": digest})

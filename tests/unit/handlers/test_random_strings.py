import random
from collections import Counter

import pytest

from sample_product.random_strings import ALPHABETS, ParameterError, Request, parse_request, random_strings


def test_a_request_has_what_was_asked_for() -> None:
    parameters = {"len": ["3"], "num": ["2"], "chars": ["uppercase"]}
    assert parse_request(parameters) == Request(length=3, count=2, alphabet=ALPHABETS["uppercase"])


def test_an_error_says_what_rule_was_broken_by_what() -> None:
    with pytest.raises(ParameterError) as error:
        parse_request({"num": ["0"]})
    assert vars(error.value) == {"parameter": "num", "rule": "a whole number from 1 to 100", "value": "0"}


@pytest.mark.parametrize("alphabet", ALPHABETS.values(), ids=ALPHABETS)
def test_characters_are_drawn_evenly(alphabet: str) -> None:
    draws = 25_600
    counts = Counter("".join(random_strings(Request(length=256, count=100, alphabet=alphabet))))
    mean = draws / len(alphabet)
    # Twelve standard deviations: an even draw misses them less than once in 10**30 runs.
    assert {char: count for char, count in counts.items() if abs(count - mean) > 12 * mean**0.5} == {}
    assert counts.keys() == set(alphabet)


def test_no_two_strings_are_alike_even_from_one_seed() -> None:
    request = Request(length=64, count=100, alphabet=ALPHABETS["letters"])
    strings = []
    for _ in range(3):
        random.seed(47)
        strings += random_strings(request)
    assert len(set(strings)) == 300

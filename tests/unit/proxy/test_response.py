import json
from http import HTTPStatus

import pytest

from proxy.request import Request
from proxy.response import cached, json_response, problem


def asking(**headers: str) -> Request:
    return Request.of({"requestContext": {"requestTimeEpoch": 1767225599001}, "headers": headers})


def test_json_is_not_kept() -> None:
    assert json_response(HTTPStatus.ACCEPTED, {"name": "é"}, {"Retry-After": "1"}) == {
        "statusCode": 202,
        "headers": {
            "Content-Type": "application/json",
            "Cache-Control": "no-store",
            "Retry-After": "1",
            "X-Content-Type-Options": "nosniff",
        },
        "body": '{"name": "é"}',
        "isBase64Encoded": False,
    }


def test_a_problem_says_what_is_wrong_to_people_and_programs() -> None:
    answer = problem(HTTPStatus.NOT_FOUND, "invoice INV-1: there is none", number="INV-1")
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert json.loads(answer["body"]) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "invoice INV-1: there is none",
        "number": "INV-1",
    }


def test_half_a_character_does_not_break_an_answer() -> None:
    assert json.loads(json_response(HTTPStatus.OK, {"a": "\ud800"})["body"]) == {"a": "\ud800"}


@pytest.mark.parametrize("known", ["{}", "W/{}", '"other", {}', "*"])
def test_content_that_the_caller_has_is_not_sent_again(known: str) -> None:
    first = cached(asking(), "text/plain", b"content")
    assert (first["statusCode"], first["body"], first["headers"]["Cache-Control"]) == (
        200,
        "content",
        "private, no-cache",
    )
    again = cached(asking(**{"If-None-Match": known.format(first["headers"]["ETag"])}), "text/plain", b"content")
    assert (again["statusCode"], again["body"], again["headers"]["ETag"]) == (304, "", first["headers"]["ETag"])


def test_other_content_is_sent() -> None:
    first = cached(asking(), "text/plain", b"content")
    assert cached(asking(**{"If-None-Match": first["headers"]["ETag"]}), "text/plain", b"new")["statusCode"] == 200

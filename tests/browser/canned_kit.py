"""The portal with answers made here, by the browser's own interception, for what the system does not do at will."""

import base64
import json
import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any
from urllib.parse import parse_qs, urlsplit

from invoicing.document import credit_note
from invoicing.render import RENDERERS
from portal import Config, assemble
from tests.browser import pages_kit
from tests.browser.page_kit import Answer, Page, Sent
from tests.unit.invoicing.invoice_kit import ISSUED

ORIGIN = "https://api.portal.example"
COGNITO = "https://cognito-idp.us-east-1.amazonaws.com"
PORTAL = f"{ORIGIN}/v1/portal"
EMAIL, PASSWORD = "ada@blue-harbour.example", "Correct-Horse-7"
DOCUMENT, NOTE = "INV-2026-000043", "CN-2026-000007"

_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "content-type,x-amz-target",
    "Access-Control-Allow-Methods": "POST",
}


def token(number: int = 1) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"n": number}).encode()).decode().rstrip("=")
    return f"e30.{claims}.c2ln"


def days(quantities: list[int], period: str = "2026-10") -> list[dict[str, str]]:
    return [{"day": f"{period}-{n:02}", "quantity": str(one)} for n, one in enumerate(quantities, 1) if one]


def meter(name: str, description: str, unit: str, by_day: list[dict[str, str]], **more: Any) -> dict[str, Any]:
    total = sum(int(one["quantity"]) for one in by_day)
    return {
        "meter": name,
        "description": description,
        "unit": unit,
        "aggregation": "count",
        "quantity": str(total),
        "events": total,
        "by_day": by_day,
        "by_dimension": [],
        "dimensions_omitted": 0,
        "allowance": None,
        "limit": None,
        **more,
    }


def parts_of(by_day: list[dict[str, str]], **weights: int) -> list[dict[str, Any]]:
    """Split days by a dimension, in per cent."""
    found = []
    for value, weight in weights.items():
        split = [{"day": one["day"], "quantity": str(int(one["quantity"]) * weight // 100)} for one in by_day]
        total = str(sum(int(one["quantity"]) for one in split))
        found.append({"dimensions": {"http_method": value}, "quantity": total, "by_day": split})
    return found


def usage() -> dict[str, Any]:
    """A month as far as its 23rd day: two plans, limits that are near and reached, every kind of allowance."""
    document = pages_kit.usual()
    calls = days([2100, 2380, 1210, 980, 3310, 3520, 3405, 3290, 2870, 1320, 1105, 3870, 4120, 4405, 4290, 4010, 1930,
                  1650, 4890, 5120, 5390, 5205, 2600])  # fmt: skip
    traffic = days([one * 2_113_457 for one in (9, 8, 4, 3, 11, 12, 11, 12, 9, 5, 4, 14, 15, 15, 14, 13, 6, 6, 16, 17)])
    return {
        "tenant_id": "blue-harbour",
        "period": {
            "id": "2026-10",
            "start": "2026-10-01T00:00:00Z",
            "end": "2026-11-01T00:00:00Z",
            "timezone": "UTC",
        },
        "as_of": "2026-10-23T14:05:00Z",
        "cutoff": "2026-10-23T14:00:00Z",
        "state": "open",
        "plan": {"name": "scale", "description": "Scale", "version": "v1"},
        "meters": [
            meter(
                "api_calls",
                "API calls",
                "call",
                calls,
                by_dimension=parts_of(calls, GET=78, POST=19, DELETE=3),
                allowance={
                    "free_units": {"included": "1000", "used": "1000", "remaining": "0"},
                    "tier": {"number": 2, "of": 3, "up_to": "100000", "remaining": "26835"},
                },
                limit={"limit": "85000", "used": "72965", "remaining": "12035", "soft": False, "reached": False},
            ),
            meter(
                "response_bytes",
                "Data transfer",
                "byte",
                traffic,
                aggregation="sum",
                allowance={"free_units": None, "tier": {"number": 2, "of": 2, "up_to": None, "remaining": None}},
                limit={
                    "limit": "400000000",
                    "used": "431145228",
                    "remaining": "0",
                    "soft": True,
                    "reached": True,
                },
            ),
            meter("unique_users", "Active users", "user", days([4, 5, 3, 3, 6]), aggregation="unique_count"),
        ],
        "bill": {
            key: document[key]
            for key in ("currency", "currency_exponent", "lines", "subtotal", "taxes", "reverse_charge", "total")
        }
        | {"projected_total": "1234.56"},
        "differing_duplicates": 2,
    }


def nothing(period: str) -> dict[str, Any]:
    return usage() | {
        "period": usage()["period"] | {"id": period},
        "as_of": None,
        "cutoff": None,
        "plan": None,
        "meters": [],
        "bill": None,
        "differing_duplicates": 0,
    }


class Canned:
    """Answers of API and Cognito. Change `answers` to have another one: path -> what is answered, in turn."""

    def __init__(self) -> None:
        self.page = assemble(Config("client1", COGNITO))
        self.answers: dict[str, list[Answer | Callable[[Sent], Answer]]] = {}
        self.cognito: list[Answer] = []
        self.tokens = 0
        invoice = pages_kit.adjusted()
        note = credit_note(invoice, NOTE, ISSUED, "Billed to the wrong company")
        self.documents: dict[str, dict[str, Any]] = {DOCUMENT: invoice, NOTE: note}

    def __call__(self, sent: Sent) -> Answer | None:
        if sent.url.startswith(COGNITO):
            return self._cognito(sent)
        parts = urlsplit(sent.url)
        if f"{parts.scheme}://{parts.netloc}" != ORIGIN:
            return Answer(fails=True)
        path = parts.path.removeprefix("/v1/")
        if path == "portal":
            return Answer(
                200, self.page.html.decode(), {"Content-Type": "text/html; charset=utf-8", **self.page.headers}
            )
        waiting = self.answers.get(path) or []
        if waiting:
            found = waiting.pop(0)
            return found(sent) if callable(found) else found
        return self._api(path, {name: values[-1] for name, values in parse_qs(parts.query).items()}, sent)

    def _cognito(self, sent: Sent) -> Answer:
        if sent.method == "OPTIONS":
            return Answer(204, "", _CORS)
        if self.cognito:
            answer = self.cognito.pop(0)
            return Answer(answer.status, answer.body, {**_CORS, **answer.headers}, answer.fails)
        asked = json.loads(sent.body)
        if asked.get("AuthFlow") == "USER_PASSWORD_AUTH":
            given = asked["AuthParameters"]
            if (given["USERNAME"], given["PASSWORD"]) != (EMAIL, PASSWORD):
                refusal = {"__type": "NotAuthorizedException", "message": "Incorrect username or password."}
                return Answer(400, json.dumps(refusal), _CORS)
        return self.signed_in()

    def signed_in(self) -> Answer:
        self.tokens += 1
        result = {"IdToken": token(self.tokens), "RefreshToken": "refresh", "AccessToken": "a", "ExpiresIn": 3600}
        return Answer(200, json.dumps({"AuthenticationResult": result}), _CORS)

    def _api(self, path: str, query: dict[str, str], sent: Sent) -> Answer:
        accept = sent.headers.get("Accept", "")
        if sent.headers.get("Authorization") is None:
            return json_answer({"message": "Unauthorized"}, 401)
        if path == "usage":
            return json_answer(usage() if query.get("period", "2026-10") == "2026-10" else nothing(query["period"]))
        if path == "invoices":
            return json_answer(self._listed(query))
        if match := re.fullmatch(r"invoices/([^/]+)", path):
            document = self.documents.get(match[1])
            if document is None:
                return problem(404, f"there is no document {match[1]} of yours")
            form = {"text/html": "html", "text/csv": "csv"}.get(accept, "json")
            return Answer(200, RENDERERS[form](document).decode(), {"Content-Type": accept})  # type: ignore[index]
        return problem(404, f"{path}: there is nothing")

    def _listed(self, query: dict[str, str]) -> dict[str, Any]:
        def row(number: str, document: dict[str, Any], **more: Any) -> dict[str, Any]:
            same = {key: document[key] for key in ("kind", "issue_date", "currency", "total", "revision")}
            credited = document["credits"] and document["credits"]["number"]
            period = {"number": number, "period": document["period"]["id"], "state": "finalized"}
            return {**period, **same, "credit_note": None, "credits": credited, **more}

        if query.get("next") == "older":
            older = deepcopy(self.documents[DOCUMENT]) | {"total": "61.20", "issue_date": "2026-10-04"}
            return {"invoices": [row("INV-2026-000001", older, period="2026-09")], "next": None}
        listed = [
            row(NOTE, self.documents[NOTE]),
            row(DOCUMENT, self.documents[DOCUMENT], state="void", credit_note=NOTE),
        ]
        return {"invoices": [*listed, row("INV-2026-000038", pages_kit.plain())], "next": "older"}


def json_answer(value: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(status, json.dumps(value), {"Content-Type": "application/json", **headers})


def problem(status: int, detail: str, **headers: str) -> Answer:
    value = {"type": "about:blank", "title": "x", "status": status, "detail": detail}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, json.dumps(value), {"Content-Type": "application/problem+json", **named})


def line_usage() -> dict[str, Any]:
    by_day = days([900, 1210, 0, 0, 1705, 1800, 1650, 1911, 1402, 300, 120, 2200, 2310], "2026-11")
    return {
        "number": DOCUMENT,
        "line": 2,
        "key": "2026-11-01/api_calls",
        "meter": "api_calls",
        "description": "API calls",
        "unit": "call",
        "quantity": "34812",
        "by_day": by_day,
        "by_dimension": parts_of(by_day, GET=80, POST=20),
        "rows": f"/invoices/{DOCUMENT}/lines/2/rows",
    }


def sign_in(page: Page, place: str = "") -> None:
    if place:
        page.value(f"location.hash = '{place}'")
    page.type(EMAIL, "#username")
    page.type(PASSWORD, "#password")
    page.press("Enter")
    page.wait("document.querySelector('#title')")

"""`GET /invoices/{number}/lines/{line}` and its `/rows`: what is behind a line of an invoice."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from billing.lake import read_answer
from customer.answering import unknown_number
from customer.behind import Behind, Lines, NoSuchInvoiceError, NoSuchLineError
from customer.downloads import Downloads
from customer.statements import AnswerFile, StatementError, Statements
from invoicing.render import to_json
from proxy.request import Request
from proxy.response import Response, cached, json_response, problem
from rating.bill import Quantity
from rating.exact import to_text
from usage.lines import LineUsage, line_query, read_line, rows_query
from usage.sql import TableName

logger = logging.getLogger(__name__)

RETRY_SECONDS = "3"
"""After which to ask again while Athena is at work."""


@dataclass(frozen=True)
class LineAnswers:
    """What the answers are made of."""

    lines: Lines
    statements: Statements
    downloads: Downloads
    s3: Any
    """Client of boto3, for S3, where Athena puts its answers."""
    tables: Mapping[str, TableName]
    """By role."""

    def usage(self, request: Request, tenant_id: str) -> Response:
        """Answer with the usage of a line, by day and dimension."""

        def told(behind: Behind, answer: AnswerFile) -> Response:
            read = read_answer(self.s3, answer.query_id, answer.bucket, answer.key)
            found = read_line(behind.meter, read.header, read.rows)
            return cached(request, "application/json", to_json(_shown(behind, found)))

        return self._answered(request, tenant_id, "usage", told)

    def rows(self, request: Request, tenant_id: str) -> Response:
        """Answer with a link to the rows of a line: Athena's own file, which is not read here."""

        def linked(behind: Behind, answer: AnswerFile) -> Response:
            name = f"{behind.number}-line-{behind.place}.csv"
            link = self.downloads.link(answer.bucket, answer.key, name=name, content_type="text/csv", at=request.time)
            return json_response(HTTPStatus.OK, {**link, "bytes": answer.size})

        return self._answered(request, tenant_id, "rows", linked)

    def _answered(
        self, request: Request, tenant_id: str, kind: str, answered: Callable[[Behind, AnswerFile], Response]
    ) -> Response:
        number, place = (request.path_parameters.get(name, "") for name in ("number", "line"))
        try:
            behind = self.lines.find(tenant_id, number, place)
        except NoSuchInvoiceError:
            return unknown_number()
        except NoSuchLineError as error:
            return problem(HTTPStatus.NOT_FOUND, str(error))
        query = (rows_query if kind == "rows" else line_query)(
            behind.meter, behind.scope, self.tables[behind.meter.table]
        )
        day = request.time.date().isoformat()
        try:
            answer = self.statements.answer_of(query, number, tenant_id, place, kind, day)
        except StatementError as error:
            detail = f"Athena's query {error.query_id} failed; the keeper of the service can look it up"
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, query_id=error.query_id)
        if answer is None:
            return json_response(HTTPStatus.ACCEPTED, {"state": "running"}, {"Retry-After": RETRY_SECONDS})
        return answered(behind, answer)


def _shown(behind: Behind, found: LineUsage) -> dict[str, Any]:
    """Return what a line's usage is answered as.

    The quantity is the invoice's. Should other rows be found today, `counted` says what they come to.
    """
    counted = to_text(found.quantity.value)
    differing = {} if counted == behind.line["quantity"] else {"counted": counted}
    if differing:
        logger.error("%s: counted %s, the invoice has %s", behind.path, counted, behind.line["quantity"])
    return {
        "number": behind.number,
        "line": behind.place,
        **{name: behind.line[name] for name in ("key", "meter", "description", "unit", "quantity")},
        **differing,
        "aggregation": behind.meter.aggregation,
        "events": found.quantity.events,
        "by_day": _days(found.by_day),
        "by_dimension": [
            {
                "dimensions": dict(one.group.dimensions),
                "quantity": to_text(one.group.quantity.value),
                "events": one.group.quantity.events,
                "by_day": _days(one.by_day),
            }
            for one in found.groups
        ],
        "dimensions_omitted": found.omitted,
        "rows": f"{behind.path}/rows",
    }


def _days(by_day: Mapping[Any, Quantity]) -> list[dict[str, str]]:
    return [{"day": day.isoformat(), "quantity": to_text(quantity.value)} for day, quantity in sorted(by_day.items())]

"""`GET /invoices` and `GET /invoices/{number}`: a tenant's documents, listed and each as it was issued."""

import logging
from dataclasses import dataclass
from http import HTTPStatus

from billing.documents import Documents
from customer.accept import MEDIA_TYPES, accepted_form
from customer.answering import unknown_number
from customer.downloads import Downloads
from customer.ledger import DocumentRecord, Ledger
from customer.pages import PageError, check_parameters, place_of, read_limit, read_token, token_after
from invoicing.keys import CONTENT_TYPES, Form, document_key
from proxy.request import Request
from proxy.response import Response, cached, json_response, problem

logger = logging.getLogger(__name__)

LONGEST_ANSWER = 4_000_000
"""Bytes of a document that are answered: Lambda takes 6 MB, as JSON, in which quotes and line ends take two each."""

_NO_SCRIPT = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "sandbox"
)
"""A document's page has its style in it and loads nothing."""


@dataclass(frozen=True)
class Invoices:
    """What the answers are made of."""

    ledger: Ledger
    documents: Documents
    downloads: Downloads

    def answer(self, request: Request, tenant_id: str) -> Response:
        """Answer with the list, or with the document that the path names."""
        number = request.path_parameters.get("number")
        return self.listed(request, tenant_id) if number is None else self.document(request, tenant_id, number)

    def listed(self, request: Request, tenant_id: str) -> Response:
        """Answer with a page of a tenant's documents, the newest first."""
        token = request.parameter("next")
        try:
            check_parameters(request.query)
            limit = read_limit(request.parameter("limit"))
            after = None if token is None else read_token(tenant_id, token)
        except PageError as error:
            return problem(HTTPStatus.BAD_REQUEST, str(error))
        found = self.ledger.newest(tenant_id, limit + 1, after)
        page, rest = found[:limit], found[limit:]
        last = place_of(page[-1]["issue_date"], page[-1]["number"]) if rest else None
        return json_response(
            HTTPStatus.OK, {"invoices": page, "next": None if last is None else token_after(tenant_id, last)}
        )

    def document(self, request: Request, tenant_id: str, number: str) -> Response:
        """Answer with a document in the form that the caller accepts: to the byte what was written at its issue.

        Raises:
            billing.documents.MissingObjectError: the document is not in the bucket.
        """
        form = accepted_form(request.headers.get("accept"))
        if form is None:
            available = list(MEDIA_TYPES.values())
            detail = f"Accept must allow one of {', '.join(available)}"
            return problem(HTTPStatus.NOT_ACCEPTABLE, detail, available=available)
        record = self.ledger.find(tenant_id, number)
        return unknown_number() if record is None else self._in_form(request, record, form)

    def _in_form(self, request: Request, record: DocumentRecord, form: Form) -> Response:
        key, name = document_key(record.location, form), f"{record.number}.{form}"
        content = self.documents.read(key)
        if len(content) > LONGEST_ANSWER:
            link = self.downloads.link(
                self.documents.bucket, key, name=name, content_type=CONTENT_TYPES[form], at=request.time
            )
            logger.info("%s has %d bytes: answered with a link", name, len(content))
            return json_response(HTTPStatus.SEE_OTHER, link, {"Location": link["url"]})
        headers = {"Content-Disposition": f'{"attachment" if form == "csv" else "inline"}; filename="{name}"'}
        if form == "html":
            headers |= {"Content-Security-Policy": _NO_SCRIPT, "Referrer-Policy": "no-referrer"}
        return cached(request, CONTENT_TYPES[form], content, headers)

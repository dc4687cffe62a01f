"""Which form a caller gets, by what the caller accepts."""

import pytest

from customer.accept import accepted_form
from invoicing.keys import Form

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, "json"),
        ("", "json"),
        ("*/*", "json"),
        ("application/json", "json"),
        ("APPLICATION/JSON", "json"),
        ("application/*", "json"),
        ("text/html", "html"),
        ("Text/*", "html"),
        ("text/csv", "csv"),
        (BROWSER, "html"),
        ("text/csv;q=0.5, text/html;q=0.4", "csv"),
        ("text/html;q=0.4,text/csv;q=0.5", "csv"),
        ("text/html, application/json", "json"),
        ("text/csv, text/html", "html"),
        ("application/json;q=0.1, */*;q=0.2", "html"),
        ("text/html;q=0, text/*", "csv"),
        ("application/json;q=0, text/html;q=0, */*", "csv"),
        ("text/csv;header=present", "csv"),
        ("text/html;level=1;Q=0.3 , text/csv ; q=0.2", "html"),
        ("nonsense, text/csv", "csv"),
        ("text/html;q=2, text/csv;q=0.001", "csv"),
        ("text/html;q=1.000", "html"),
        ("image/png", None),
        ("*/*;q=0", None),
        ("*/html", None),
        ("nonsense", None),
        ("text/html;q=", None),
        ("text/html;q=0.0001", None),
    ],
)
def test_the_form_is_the_one_that_is_wanted_most(accept: str | None, form: Form | None) -> None:
    assert accepted_form(accept) == form

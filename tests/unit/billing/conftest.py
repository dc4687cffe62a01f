"""What the tests of billing share."""

from collections.abc import Iterator

import pytest

from invoicing.render import RENDERERS, to_json


@pytest.fixture(scope="module")
def _plain_pages() -> Iterator[None]:
    """Let CSV and HTML be the document's JSON: hundreds of runs need no layout."""
    with pytest.MonkeyPatch.context() as patch:
        for form in ("csv", "html"):
            patch.setitem(RENDERERS, form, to_json)
        yield

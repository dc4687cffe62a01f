"""Which form of a document a caller gets: content negotiation by `Accept`, as RFC 9110 has it."""

import re
from collections.abc import Iterator

from invoicing.keys import Form

MEDIA_TYPES: dict[Form, str] = {"json": "application/json", "html": "text/html", "csv": "text/csv"}
"""Form -> media type, in the order in which they are preferred if the caller prefers none."""

_RANGE = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)/([!#$%&'*+.^_`|~0-9A-Za-z-]+)")
_QUALITY = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")
_Range = tuple[str, str, float]
"""Type, subtype and quality; either of the former may be `*`."""


def accepted_form(accept: str | None) -> Form | None:
    """Return the form that suits a caller best; None if the caller wants none of those that there are.

    Args:
        accept: value of the header; without one, or with an empty one, anything will do. Parameters but `q` do not
            matter; what is no media range is passed over.
    """
    if not (accept or "").strip():
        return "json"
    ranges = list(_ranges(accept or ""))
    qualities = {form: _quality(media_type, ranges) for form, media_type in MEDIA_TYPES.items()}
    best = max(qualities, key=lambda form: qualities[form])  # the first of equals
    return best if qualities[best] > 0 else None


def _ranges(accept: str) -> Iterator[_Range]:
    for element in accept.split(","):
        media_range, *parameters = (part.strip() for part in element.split(";"))
        found = _RANGE.fullmatch(media_range)
        given = [value for name, _, value in (one.partition("=") for one in parameters) if name.strip().lower() == "q"]
        quality = given[0].strip() if given else "1"
        if found and _QUALITY.fullmatch(quality):
            yield found[1].lower(), found[2].lower(), float(quality)


def _quality(media_type: str, ranges: list[_Range]) -> float:
    """Return the quality that the closest range gives a media type; 0 if there is none."""
    main, sub = media_type.split("/")
    for wanted in ((main, sub), (main, "*"), ("*", "*")):
        qualities = [quality for *named, quality in ranges if tuple(named) == wanted]
        if qualities:
            return max(qualities)
    return 0

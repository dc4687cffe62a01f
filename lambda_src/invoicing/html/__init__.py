"""A document as one HTML page for screen and paper: no script, nothing from elsewhere, everything escaped."""

from invoicing.html.page import to_html

__all__ = ["to_html"]

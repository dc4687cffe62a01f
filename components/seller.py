"""Who sells."""

from typing import NotRequired, TypedDict

from components import _rules


class SellerArgs(TypedDict):
    """Who sells: the upper left of an invoice."""

    legal_name: str
    """Legal name."""
    address: list[str]
    """Lines of the postal address, at least one."""
    tax_id: NotRequired[str]
    """Tax id; none if absent."""
    email: NotRequired[str]
    """E-mail address for questions; none if absent."""


def check_seller(field: str, seller: SellerArgs) -> None:
    """Hold a seller to what invoices have room for.

    Raises:
        ValueError: a line is empty or too long, or there is no address.
    """
    _rules.check(f"{field}: legal_name", _rules.LINE, seller["legal_name"])
    if not seller["address"]:
        raise ValueError(f"{field}: address: must have a line or more, got {seller['address']!r}")
    for line in seller["address"]:
        _rules.check(f"{field}: address", _rules.LINE, line)
    if "tax_id" in seller:
        _rules.check(f"{field}: tax_id", _rules.LINE, seller["tax_id"])
    if "email" in seller:
        _rules.check(f"{field}: email", _rules.EMAIL, seller["email"])

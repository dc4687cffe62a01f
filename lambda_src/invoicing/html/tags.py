"""HTML in which nothing can be left unescaped: whatever is not an element already is escaped as it goes into one."""

from html import escape

_EMPTY = frozenset({"meta", "br"})


class Html(str):
    """Text that is HTML already; made by this module, and of constants."""

    __slots__ = ()


NOTHING = Html()


def tag(name: str, /, *children: str, **attributes: str | None) -> Html:
    """Return an element.

    Args:
        name: of the element.
        children: text, which is escaped, and elements, which are not.
        attributes: `class_` is class, `http_equiv` is http-equiv; those that are None are left out.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{name}{given}>" if name in _EMPTY else f"<{name}{given}>{join(*children)}</{name}>")


def join(*children: str) -> Html:
    """Return text, escaped, and elements one after the other."""
    return Html("".join(child if isinstance(child, Html) else escape(child, quote=False) for child in children))

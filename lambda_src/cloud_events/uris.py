"""URIs by the grammar of RFC 3986."""

import re
from ipaddress import AddressValueError, IPv6Address

_UNRESERVED = r"A-Za-z0-9\-._~"
_DELIMITERS = r"!$&'()*+,;="
_ESCAPE = "%[0-9A-Fa-f]{2}"

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_USER = re.compile(f"(?:[{_UNRESERVED}{_DELIMITERS}:]|{_ESCAPE})*")
_REGISTERED_NAME = re.compile(f"(?:[{_UNRESERVED}{_DELIMITERS}]|{_ESCAPE})*")
_FUTURE_ADDRESS = re.compile(rf"[vV][0-9A-Fa-f]+\.[{_UNRESERVED}{_DELIMITERS}:]+")
_ADDRESS = re.compile("[0-9A-Fa-f:.]+")
_PORT = re.compile("[0-9]*")
_PATH = re.compile(f"(?:[{_UNRESERVED}{_DELIMITERS}:@/]|{_ESCAPE})*")
_QUERY = re.compile(f"(?:[{_UNRESERVED}{_DELIMITERS}:@/?]|{_ESCAPE})*")


def is_uri_reference(text: str) -> bool:
    """Tell whether a text is a URI, or a reference relative to one."""
    rest, _, fragment = text.partition("#")
    rest, _, query = rest.partition("?")
    if not _QUERY.fullmatch(query) or not _QUERY.fullmatch(fragment):
        return False
    scheme = _SCHEME.match(rest)
    path = rest[scheme.end() :] if scheme else rest
    if path.startswith("//"):
        authority, slash, path = path[2:].partition("/")
        if not _is_authority(authority):
            return False
        path = slash + path
    elif not scheme and ":" in path.split("/", 1)[0]:  # or it would have a scheme
        return False
    return _PATH.fullmatch(path) is not None


def is_absolute_uri(text: str) -> bool:
    """Tell whether a text is a URI with a scheme and, as the grammar has it, without a fragment."""
    return _SCHEME.match(text) is not None and "#" not in text and is_uri_reference(text)


def _is_authority(text: str) -> bool:
    user, _, host_and_port = text.rpartition("@")
    if host_and_port.startswith("["):
        host, closed, rest = host_and_port[1:].partition("]")
        if not closed or not _is_address(host) or (rest and not rest.startswith(":")):
            return False
        port = rest[1:]
    else:
        host, _, port = host_and_port.partition(":")
        if not _REGISTERED_NAME.fullmatch(host):
            return False
    return _USER.fullmatch(user) is not None and _PORT.fullmatch(port) is not None


def _is_address(host: str) -> bool:
    if _FUTURE_ADDRESS.fullmatch(host):
        return True
    try:
        return _ADDRESS.fullmatch(host) is not None and IPv6Address(host) is not None
    except AddressValueError:
        return False

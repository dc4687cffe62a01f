"""AWS's rules for the names of table buckets, namespaces and tables."""

import re

_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_BUCKET_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-", "aws")
_BUCKET_SUFFIXES = ("-s3alias", "--ol-s3", "--x-s3", "--table-s3")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_]{0,253}[a-z0-9])?")


def is_bucket_name(name: str) -> bool:
    """Tell whether AWS takes a name for a table bucket."""
    return (
        _BUCKET.fullmatch(name) is not None
        and not name.startswith(_BUCKET_PREFIXES)
        and not name.endswith(_BUCKET_SUFFIXES)
    )


def is_namespace_name(name: str) -> bool:
    """Tell whether AWS takes a name for a namespace."""
    return _NAME.fullmatch(name) is not None and not name.startswith("aws")


def is_table_name(name: str) -> bool:
    """Tell whether AWS takes a name for a table."""
    return _NAME.fullmatch(name) is not None

"""Signed links to objects, which are handed on without passing through a function's memory."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import boto3
from botocore.config import Config

from billing.moments import moment_text

LIFETIME = timedelta(minutes=15)
"""How long a link holds."""

# Version 4 is what every Region takes. Without a style botocore signs for the bucket's global name, which redirects to
# the bucket's Region, where the signature for another host does not hold.
_SIGNED = Config(
    signature_version="s3v4", s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"}
)


class Downloads:
    """Makes links to objects that their holder can read until they expire, and nothing else.

    Args:
        s3: client of boto3, whose permissions the links have; see `signing_client`.
    """

    def __init__(self, s3: Any) -> None:
        self._s3 = s3

    def link(self, bucket: str, key: str, *, name: str, content_type: str, at: datetime) -> Mapping[str, str]:
        """Return `{"url", "expires_at"}` of an object that a browser saves as a file.

        Args:
            bucket: the object's.
            key: the object's.
            name: of the file; letters, digits, hyphens and points.
            content_type: as which it is sent, whatever the object's own is.
            at: the request's time. The link is signed a little later, so it holds until `expires_at` at least.
        """
        url = self._s3.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": bucket,
                "Key": key,
                "ResponseContentDisposition": f'attachment; filename="{name}"',
                "ResponseContentType": content_type,
            },
            ExpiresIn=int(LIFETIME.total_seconds()),
        )
        return {"url": url, "expires_at": moment_text(at + LIFETIME)}


def signing_client(session: Any = boto3) -> Any:
    """Return a client for S3 whose links are valid in every Region, and at an endpoint of one's own.

    Args:
        session: of boto3; the default one if absent.
    """
    return session.client("s3", config=_SIGNED)

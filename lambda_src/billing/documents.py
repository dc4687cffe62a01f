"""The invoice bucket: files of runs, drafts that the newest run wins, and final documents that are written once."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from invoicing.keys import CONTENT_TYPES, FORMS, Form, document_key
from invoicing.render import RENDERERS, to_json

_TRIES = 10
_TAKEN = {"PreconditionFailed", "ConditionalRequestConflict"}
"""An object is there already, or another one is being written at this moment."""
_AS_OF = "as-of"

RESTORE = "the bucket keeps versions: restore the one that was there"
"""What to do about an object that is gone, or is not what it was."""


class DocumentConflictError(RuntimeError):
    """A final document is there with other content; nothing was overwritten."""


class MissingObjectError(RuntimeError):
    """An object that must be there is not; the message names it."""


class BusyObjectError(RuntimeError):
    """Others write the same object all the time; whoever called is to come again later."""


class Documents:
    """The objects of the invoice bucket.

    Args:
        client: of boto3, for S3.
        bucket: its name.
    """

    def __init__(self, client: Any, bucket: str) -> None:
        self._client, self.bucket = client, bucket

    def place(self, key: str) -> str:
        """Return where an object is, as people write it."""
        return f"s3://{self.bucket}/{key}"

    def read(self, key: str) -> bytes:
        """Return an object's content.

        Raises:
            MissingObjectError: there is none.
        """
        try:
            body: bytes = self._client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey":
                raise
            raise MissingObjectError(f"{self.place(key)}: must be there, is not; {RESTORE}") from None
        return body

    def read_json(self, key: str) -> Any:
        """Return the JSON values of an object."""
        return json.loads(self.read(key))

    def document(self, stem: str) -> dict[str, Any]:
        """Return the document of an invoice, credit note or draft by the stem of its keys."""
        document: dict[str, Any] = self.read_json(document_key(stem, "json"))
        return document

    def write_json(self, key: str, value: Any) -> None:
        """Write an object, over what is there."""
        self._client.put_object(Bucket=self.bucket, Key=key, Body=to_json(value), ContentType=CONTENT_TYPES["json"])

    def write_once(self, key: str, value: Any) -> Any:
        """Write an object unless it is there; return the JSON values that are there then."""
        body = to_json(value)
        written = self._put_once(key, body, CONTENT_TYPES["json"], {})
        return value if written else self.read_json(key)

    def write_final(self, stem: str, document: Mapping[str, Any], *, lock_mode: str, retain_until: datetime) -> None:
        """Write all forms of a final document, each under retention, unless they are there.

        The JSON is the document; what was rendered of the very same JSON before, perhaps by an earlier version of this
        code, is kept.

        Args:
            stem: of its keys.
            document: finalized.
            lock_mode: of the object lock.
            retain_until: until when nobody may delete it.

        Raises:
            DocumentConflictError: another document is there.
        """
        # S3 takes no lock without a checksum, and whether botocore sends one unasked is a matter of its settings.
        lock = {
            "ObjectLockMode": lock_mode,
            "ObjectLockRetainUntilDate": retain_until,
            "ChecksumAlgorithm": "CRC32",
        }
        for form in FORMS:
            key, body = document_key(stem, form), RENDERERS[form](document)
            if not self._put_once(key, body, CONTENT_TYPES[form], lock) and form == "json":
                self._check_same(key, body)

    def write_draft(
        self, stem: str, document: Mapping[str, Any], *, as_of: str, etags: Mapping[str, str] | None
    ) -> dict[str, str] | None:
        """Write all forms of a draft over those of an earlier run.

        Two runs may write one draft at once: an object is replaced only if it is the one that was meant, so that the
        later run's stays whoever writes last.

        Args:
            stem: of its keys.
            document: a draft.
            as_of: the run's time.
            etags: of the objects that are there, by form, as far as is known.

        Returns:
            The objects' etags by form; None if a later run's are there.
        """
        written: dict[str, str] = {}
        for form in FORMS:
            etag = self._replace(stem, form, RENDERERS[form](document), as_of, (etags or {}).get(form))
            if etag is None:
                return None
            written[form] = etag
        return written

    def _replace(self, stem: str, form: Form, body: bytes, as_of: str, known: str | None) -> str | None:
        key = document_key(stem, form)
        for _ in range(_TRIES):
            condition = {"IfNoneMatch": "*"} if known is None else {"IfMatch": known}
            try:
                answer = self._client.put_object(
                    Bucket=self.bucket,
                    Key=key,
                    Body=body,
                    ContentType=CONTENT_TYPES[form],
                    Metadata={_AS_OF: as_of},
                    **condition,
                )
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code == "NoSuchKey":  # someone deleted it
                    known = None
                    continue
                if code not in _TAKEN:
                    raise
            else:
                etag: str = answer["ETag"]
                return etag
            found = self._client.head_object(Bucket=self.bucket, Key=key)
            if found["Metadata"].get(_AS_OF, "") > as_of:
                return None
            known = found["ETag"]
        raise BusyObjectError(f"{self.place(key)} is not written after {_TRIES} tries: others write it, too")

    def _put_once(self, key: str, body: bytes, content_type: str, lock: Mapping[str, Any]) -> bool:
        """Write an object unless it is there; return whether it was written."""
        for _ in range(_TRIES):
            try:
                self._client.put_object(
                    Bucket=self.bucket, Key=key, Body=body, ContentType=content_type, IfNoneMatch="*", **lock
                )
            except ClientError as error:
                if error.response["Error"]["Code"] not in _TAKEN:
                    raise
                if error.response["Error"]["Code"] == "PreconditionFailed":
                    return False
            else:
                return True
        raise BusyObjectError(f"{self.place(key)} is not written after {_TRIES} tries: others write it, too")

    def _check_same(self, key: str, body: bytes) -> None:
        found = self.read(key)
        if found != body:
            theirs, ours = (_told(content) for content in (found, body))
            raise DocumentConflictError(f"{self.place(key)} must be {ours}, is {theirs}")


def _told(content: bytes) -> str:
    document = json.loads(content)
    named = {name: document.get(name) for name in ("tenant_id", "number", "revision", "total", "cutoff")}
    return f"{named} of {len(content)} bytes"

import datetime as dt

from firehose_kit import AT, COPY, Stream, eventually, row

from embedded_aws.server import EmbeddedAws


def test_a_record_becomes_a_row_through_the_transform(aws: EmbeddedAws) -> None:
    stream = Stream(aws, COPY)
    stream.put(row(1), row(2, unknown="skipped"))
    eventually(lambda: len(stream.rows()) == 2)
    at = dt.datetime.fromisoformat(AT)
    assert stream.rows() == [{"id": "r00001", "at": at, "amount": 1}, {"id": "r00002", "at": at, "amount": 2}]
    assert (stream.objects(), stream.log()) == ({}, [])

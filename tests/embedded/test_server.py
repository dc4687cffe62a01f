from embedded_aws.server import EmbeddedAws
from tests.embedded.leftovers import listening


def test_the_dummy_credentials_act_as_the_accounts_root(aws: EmbeddedAws) -> None:
    identity = aws.session().client("sts").get_caller_identity()
    assert (identity["Account"], identity["Arn"]) == ("000000000000", "arn:aws:iam::000000000000:root")


def test_it_listens_on_loopback_only(aws: EmbeddedAws) -> None:
    sockets = listening()
    assert f"0100007F:{aws.port:04X}" in sockets  # 127.0.0.1, as /proc writes it
    assert {address.split(":")[0] for address in sockets} == {"0100007F"}

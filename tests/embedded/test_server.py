import subprocess
import sys
from pathlib import Path

from embedded_aws.server import EmbeddedAws
from tests.embedded.leftovers import listening

HEAVY = ("numpy", "pandas", "pulumi", "pyarrow", "pyiceberg", "sqlglot")


def test_the_dummy_credentials_act_as_the_accounts_root(aws: EmbeddedAws) -> None:
    identity = aws.session().client("sts").get_caller_identity()
    assert (identity["Account"], identity["Arn"]) == ("000000000000", "arn:aws:iam::000000000000:root")


def test_it_listens_on_loopback_only(aws: EmbeddedAws) -> None:
    sockets = listening()
    assert f"0100007F:{aws.port:04X}" in sockets  # 127.0.0.1, as /proc writes it
    assert {address.split(":")[0] for address in sockets} == {"0100007F"}


def test_the_start_loads_nothing_that_takes_long(tmp_path: Path) -> None:
    # Each of them takes half a second: the first delivery or query loads it, so that the start stays well under one.
    program = f"""
import sys
from embedded_aws.server import EmbeddedAws
with EmbeddedAws() as aws:
    aws.session().client("sts").get_caller_identity()
    print([name for name in {HEAVY} if name in sys.modules])
"""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("[]\n", "", 0)

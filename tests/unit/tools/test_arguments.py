"""What the commands say to arguments that they cannot use, before they make anything."""

import sys

import pytest

from tools import demo, smoke


@pytest.mark.parametrize("requests", ["0", "5001", "-1"])
def test_a_number_of_requests_that_cannot_be_sent_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], requests: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["make smoke", f"--requests={requests}", "--outputs=nowhere.json"])
    assert smoke.main() == 2
    assert capsys.readouterr() == (f"error: requests: 1 to 5000, got {requests}\n", "")
    monkeypatch.setattr(sys, "argv", ["make demo", f"--requests={requests}"])
    with pytest.raises(SystemExit) as stopped:
        demo.main()
    assert stopped.value.code == 2
    assert capsys.readouterr().err.endswith(f"make demo: error: requests: 1 to 5000, got {requests}\n")


@pytest.mark.parametrize("arguments", [[], ["--stack="]], ids=["nothing", "an empty name"])
def test_smoke_says_how_to_name_the_stack(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["make smoke", *arguments])
    with pytest.raises(SystemExit) as stopped:
        smoke.main()
    assert stopped.value.code == 2
    expected = "make smoke: error: say which stack: STACK=<name> or OUTPUTS=<file> (--stack, --outputs)\n"
    assert capsys.readouterr().err.endswith(expected)

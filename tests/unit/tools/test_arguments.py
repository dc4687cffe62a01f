"""What the commands say to arguments that they cannot use, before they make anything."""

import sys
from collections.abc import Callable

import pytest

from tools import demo, smoke


@pytest.mark.parametrize("command", [demo.main, smoke.main], ids=["demo", "smoke"])
@pytest.mark.parametrize("requests", ["0", "5001", "-1", "many", "1e3", "٣", ""])
def test_a_number_of_requests_that_cannot_be_sent_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: Callable[[], int], requests: str
) -> None:
    monkeypatch.setattr(
        sys, "argv", ["make", f"--requests={requests}", "--stack=dev"][: 2 if command is demo.main else 3]
    )
    with pytest.raises(SystemExit) as stopped:
        command()
    assert stopped.value.code == 2
    assert capsys.readouterr().err.endswith(f"error: argument --requests: 1 to 5000, got {requests}\n")


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

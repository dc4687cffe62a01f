"""Fuzz the parts that take what anybody may send, each for some seconds, guided by what its inputs reach.

Runs in a virtual environment of its own, `.venv-fuzz`: atheris puts its counters into every module that is loaded.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

NAMES = ("access_log", "usage_events", "posted")
INSTRUMENTED = ["metering", "events", "cloud_events", "proxy", "handlers"]
LONGEST_INPUT = 4096
SLOWEST_SECONDS = 10
"""An input that takes longer is a finding."""


def main() -> int:
    """Fuzz one target here, or each in a process of its own; give 1 if there is a finding."""
    arguments = _arguments()
    if arguments.target:
        _fuzz(arguments.target, arguments.seconds, arguments.corpus)
    findings = Path(arguments.findings).absolute()
    findings.mkdir(parents=True, exist_ok=True)
    failed = [name for name in NAMES if not _in_process(name, arguments.seconds, findings, arguments.corpus)]
    for name in failed:
        sys.stderr.write(f"{name}: a promise is broken; the input is in {findings}\n")
    return int(bool(failed))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="of each target")
    parser.add_argument("--findings", default=".local/fuzz", help="folder for inputs that break a promise")
    parser.add_argument("--corpus", default=None, help="folder that keeps the inputs found, by target; else forgotten")
    parser.add_argument("--target", choices=NAMES, help="fuzz this one, in this process")
    return parser.parse_args()


def _in_process(name: str, seconds: int, findings: Path, corpus: str | None) -> bool:
    sys.stderr.write(f"{name}: {seconds} s\n")
    command = [sys.executable, "-m", "tests.fuzz", "--target", name, "--seconds", str(seconds)]
    if corpus:
        command += ["--corpus", corpus]
    environment = {**os.environ, "FUZZ_FINDINGS": f"{findings}/{name}-"}
    return subprocess.run(command, env=environment, check=False).returncode == 0  # noqa: S603 - our own


def _fuzz(name: str, seconds: int, corpus: str | None) -> None:
    """Hand over to libFuzzer, which ends the process."""
    import atheris  # noqa: PLC0415 - no other environment has it

    with atheris.instrument_imports(include=INSTRUMENTED):
        from tests.fuzz.mutate import mutate  # noqa: PLC0415
        from tests.fuzz.targets import TARGETS  # noqa: PLC0415 - instrumented as it is loaded

    atheris.enabled_hooks.add("str")
    target = TARGETS[name]
    with tempfile.TemporaryDirectory() as folder, target.ready() as check:
        seeds, words = Path(folder) / "seeds", Path(folder) / "words"
        seeds.mkdir()
        for place, seed in enumerate(target.seeds()):
            (seeds / str(place)).write_bytes(seed)
        words.write_text("".join(f'"{_quoted(word)}"\n' for word in target.words), encoding="ascii")
        found = Path(corpus or folder) / f"found-{name}"
        found.mkdir(parents=True, exist_ok=True)
        options = [
            *(f"-max_total_time={seconds}", f"-max_len={LONGEST_INPUT}", f"-timeout={SLOWEST_SECONDS}"),
            *(f"-dict={words}", f"-artifact_prefix={os.environ.get('FUZZ_FINDINGS', '')}", "-print_final_stats=1"),
        ]

        def changed(data: bytes, longest: int, seed: int) -> bytes:
            made = mutate(data, random.Random(seed), target.words) if seed % 2 else None  # noqa: S311 - repeatable
            return made if made is not None and len(made) <= longest else bytes(atheris.Mutate(data, longest))

        atheris.Setup([sys.argv[0], *options, str(found), str(seeds)], check, custom_mutator=changed)
        atheris.Fuzz()


def _quoted(word: str) -> str:
    """Return a word as libFuzzer's dictionaries have it."""
    return "".join(
        chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\' else f"\\x{byte:02X}"
        for byte in word.encode("utf-8", "surrogatepass")
    )


if __name__ == "__main__":
    sys.exit(main())

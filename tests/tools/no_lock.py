#!/usr/bin/env python3
"""Many runs at once over a home whose lock does not lock: one edition, one message a recipient.

    python3 tests/tools/no_lock.py --metas target/debug/metas

flock() is made ineffective by a preloaded library, as on some network shares. Each round starts 24
runs of one home against a mail server: as processes of one machine, which see each other, and (a
debug build can be told so) as runs of 24 machines, none of which can look into the other. Then
deliveries alone are raced, and each round ends with an ordinary run that must find all done.
Needs a C compiler; otherwise the standard library only.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from crash_matrix import AS_OF, PERIOD, PLAN, RECIPIENTS, Home
from smtp_sink import Sink

RUN = ("run", PLAN, "--period", PERIOD, "--as-of", AS_OF)
# Done; a person is asked; later. Never a refusal that nobody can explain.
EXPECTED = {0, 3, 75}


def start(home: Home, library: Path, words: tuple[str, ...], machine: str | None):
    env = dict(os.environ, LD_PRELOAD=str(library))
    if machine:
        env["METAS_PRETEND_MACHINE"] = machine
    command = [home.metas, *words, "--home", str(home.path)]
    return subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def race(home: Home, library: Path, words, runs: int, machines: bool) -> list[str]:
    started = [
        start(home, library, words, f"machine-{i}" if machines else None) for i in range(runs)
    ]
    said = [process.communicate(timeout=600)[0] for process in started]
    wrong = [(p.returncode, text) for p, text in zip(started, said) if p.returncode not in EXPECTED]
    return [f"a run gave {code}: {text.strip()[-300:]}" for code, text in wrong]


def faults(home: Home, sink: Sink) -> list[str]:
    out = []
    folder = home.path / "reports" / PLAN / PERIOD
    editions = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
    if editions != ["v1"]:
        out.append(f"editions: {editions}")
    for recipient in RECIPIENTS:
        if sink.accepted[recipient] > 1:
            out.append(f"{sink.accepted[recipient]} copies accepted for {recipient}")
    return out


def settled(home: Home, sink: Sink) -> list[str]:
    """An ordinary run afterwards: everybody has a copy, or a person is asked."""
    code, said = home.issue()
    if code not in (0, 3, 75):
        return [f"the run afterwards gave {code}: {said.strip()[-300:]}"]
    missing = [r for r in RECIPIENTS if sink.accepted[r] == 0]
    return [f"nobody is asked about {missing}"] if missing and code == 0 else []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--metas", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", choices=["runs", "deliveries"])
    wanted = parser.parse_args()
    metas = wanted.metas.resolve()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="metas-no-lock-") as name:
        folder = Path(name)
        library = folder / "no_lock.so"
        source = Path(__file__).with_name("lock_that_does_not_lock.c")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
        for number in range(wanted.rounds):
            for machines in (False, True):
                for prepared in (False, True):
                    if wanted.only == ("runs" if prepared else "deliveries"):
                        continue
                    with Sink() as sink:
                        home = Home(metas, folder / f"{number}-{machines}-{prepared}", sink.port)
                        if prepared:
                            home.run(*RUN, "--no-deliver")
                        found = race(home, library, RUN, wanted.runs, machines)
                        found += faults(home, sink) + settled(home, sink) + faults(home, sink)
                    where = f"{wanted.runs} machines" if machines else "one machine"
                    what = "deliveries" if prepared else "runs"
                    label = f"{wanted.runs} {what} at once, {where}, round {number + 1}"
                    print(f"{'FAILED' if found else 'ok'} {label}")
                    for fault in found:
                        print(f"    {fault}")
                    failed += bool(found)
                    sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Kills metas wherever it can die and runs it again: one edition, one message a recipient.

    python3 tests/tools/crash_matrix.py --metas target/debug/metas

Every place that the source calls a failpoint is tried (a debug build dies there when
METAS_CRASH_AT names it), once with the outbox and once with a mail server; then SIGKILL at moments
spread over a whole run; then two runs at the same time. Standard library only.
"""

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from smtp_sink import Sink

ROOT = Path(__file__).resolve().parents[2]
PLAN, PERIOD, AS_OF = "plan-valle-verde-2026", "2026-T1", "2026-04-06T12:00"
RECIPIENTS = ["comite@example.mx", "contraloria@example.mx"]
MAYBE_ACCEPTED = {"dot-intent", "end-recorded", "after-dot"}
# Places that a first run does not come by: what clears away after a run that died, restore, and what
# waits for approval, and what liaisons and the operator hear.
LATER = ("sweep-", "restore-", "held-", "approval-", "reminder-", "alert-", "ledger-", "store-back-")
OPERATOR = "sistemas@example.mx"
APPROVER = "titular@example.mx"


class Home:
    """A fresh copy of Valle Verde's home."""

    def __init__(self, metas: Path, folder: Path, port: int | None = None, waits: bool = False):
        self.metas, self.path = metas, folder
        shutil.copytree(ROOT / "tests/homes/valle-verde", folder)
        shutil.copytree(ROOT / "report-templates", folder / "report-templates")
        plan = folder / "pipelines" / f"{PLAN}.toml"
        # The cases are about the report's messages; receipts and reminders: tests/it/year.rs.
        text = plan.read_text(encoding="utf-8").replace("[delivery]\n", "[delivery]\nreceipts = false\n", 1)
        if port is not None:
            text += f'\n[delivery.smtp]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\n'
        if waits:
            text += f'\n[approval]\nby = ["{APPROVER}"]\n'
        # Files of a fresh copy are young: without this every run would wait for them.
        plan.write_text(text + "\n[limits]\nquiet_seconds = 0\n", encoding="utf-8")

    def start(self, *words: str, crash: str | None = None) -> subprocess.Popen:
        env = dict(os.environ)
        if crash:
            env["METAS_CRASH_AT"] = crash
        command = [self.metas, *words, "--home", str(self.path)]
        return subprocess.Popen(
            command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def run(self, *words: str, crash: str | None = None) -> tuple[int, str]:
        process = self.start(*words, crash=crash)
        said = process.communicate(timeout=180)[0]
        return process.returncode, said

    def issue(self, crash: str | None = None) -> tuple[int, str]:
        return self.run("run", PLAN, "--period", PERIOD, "--as-of", AS_OF, crash=crash)

    def hourly(self, moment: str, crash: str | None = None) -> tuple[int, str]:
        """What cron calls."""
        return self.run("run", "--as-of", moment, crash=crash)

    def approve(self, crash: str | None = None) -> tuple[int, str]:
        return self.run("approve", PLAN, PERIOD, "--by", APPROVER, "--as-of", AS_OF, crash=crash)

    def faults(self, sink: Sink | None, held: bool) -> list[str]:
        """What is not as it must be after the last run."""
        out = []
        folder = self.path / "reports" / PLAN / PERIOD
        editions = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
        if editions != ["v1"]:
            return [f"editions: {editions}"]
        code, said = self.run("verify", str(folder / "v1"))
        if code != 0:
            out.append(f"verify gave {code}: {said.strip()[-400:]}")
        return out + self.message_faults(sink, held)

    def message_faults(self, sink: Sink | None, held: bool) -> list[str]:
        """Recipients that did not get their one message."""
        out = []
        if sink is None:
            found = sorted(p.name for p in (self.path / "state/outbox/report").iterdir())
            for recipient in RECIPIENTS:
                mine = [n for n in found if recipient in n]
                if len(mine) != 1:
                    out.append(f"messages for {recipient}: {mine}")
            if len(found) != len(RECIPIENTS):
                out.append(f"outbox: {found}")
        else:
            for recipient in RECIPIENTS:
                copies = sink.accepted[recipient]
                if copies > 1 or (copies == 0 and not held):
                    out.append(f"{copies} copies accepted for {recipient}")
        return out


class Tally:
    passed = failed = 0

    def note(self, name: str, faults: list[str]) -> None:
        if faults:
            self.failed += 1
            print(f"FAILED {name}")
            for fault in faults:
                print(f"    {fault}")
        else:
            self.passed += 1
            print(f"ok {name}")
        sys.stdout.flush()


def failpoints() -> list[str]:
    names = set()
    # tests/tools/store.py names a store; without one nobody comes by these places.
    has_store = "METAS_STORE" in os.environ
    for file in (ROOT / "src").rglob("*.rs"):
        names |= set(re.findall(r'failpoint::hit\("([a-z-]+)"\)', file.read_text(encoding="utf-8")))
    return sorted(name for name in names if has_store or not name.startswith("store-"))


def again(home: Home, sink: Sink | None, may_hold: bool) -> list[str]:
    """Runs until nothing is left to do, and once more; then everything must be in place."""
    codes = []
    for _ in range(2):
        code, said = home.issue()
        codes.append(code)
        if code not in ((0, 3) if may_hold else (0,)):
            return [f"run again gave {code}: {said.strip()[-400:]}"]
    return home.faults(sink, held=3 in codes)


def at_failpoints(metas: Path, folder: Path, tally: Tally, names: list[str]) -> None:
    reached = set()
    for mail in (False, True):
        for name in names:
            with Sink() as sink:
                home = Home(metas, folder / f"{name}-{mail}", sink.port if mail else None)
                code, said = home.issue(crash=name)
                if code == 0:
                    continue
                reached.add(name)
                label = f"{name}, {'mail server' if mail else 'outbox'}"
                if code != -signal.SIGABRT:
                    tally.note(label, [f"the crashing run gave {code}: {said.strip()[-400:]}"])
                    continue
                watched = sink if mail else None
                tally.note(label, again(home, watched, mail and name in MAYBE_ACCEPTED))
    for name in sorted(set(names) - reached):
        tally.note(name, ["no run dies there"])


def at_sweeps(metas: Path, folder: Path, tally: Tally) -> None:
    """A run dies; the next one dies while it clears away; the one after that has nothing doubled."""
    for name in (n for n in failpoints() if n.startswith("sweep-")):
        reached = False
        for first in ("edition-begun", "file-written", "before-rename", "renamed", "before-publish"):
            with Sink() as sink:
                home = Home(metas, folder / f"{name}-{first}", sink.port)
                home.issue(crash=first)
                code, _ = home.issue(crash=name)
                if code == -signal.SIGABRT:
                    reached = True
                    tally.note(f"{first}, then {name}", again(home, sink, False))
        if not reached:
            tally.note(name, ["no run dies there"])


def at_restores(metas: Path, folder: Path, tally: Tally) -> None:
    """A restore dies: nothing is issued or sent a second time, and the home can be brought back."""
    for name in (n for n in failpoints() if n.startswith("restore-")):
        with Sink() as sink:
            home = Home(metas, folder / name, sink.port)
            home.issue()
            backup = str(home.path / "backup.zip")
            home.run("backup", backup)
            for lost in ("state", "reports"):
                shutil.rmtree(home.path / lost)
            code, said = home.run("restore", backup, crash=name)
            found = [] if code == -signal.SIGABRT else [f"restore gave {code}: {said}"]
            if (home.path / "state").exists():
                code, said = home.issue()
                if code != 3 or "edition-missing" not in said:
                    found.append(f"the run between gave {code}: {said.strip()[-300:]}")
                code, said = home.run("restore", backup, "--missing")
                shutil.rmtree(home.path / ".restoring")
            else:
                code, said = home.run("restore", backup)
            if code != 0:
                found.append(f"restore again gave {code}: {said.strip()[-300:]}")
            tally.note(name, found + again(home, sink, False))


def at_lost_disks(metas: Path, folder: Path, tally: Tally) -> None:
    """The working copy is lost; the run that brings it back from the store dies."""
    for name in (n for n in failpoints() if n.startswith("store-back-")):
        with Sink() as sink:
            home = Home(metas, folder / name, sink.port)
            home.issue()
            for lost in ("reports", "state/archive"):
                shutil.rmtree(home.path / lost)
            verify = ("verify", str(home.path / "reports" / PLAN / PERIOD / "v1"))
            code, said = home.issue(crash=name)
            if code == 0:
                code, said = home.run(*verify, crash=name)
            found = [] if code == -signal.SIGABRT else [f"the run gave {code}: {said.strip()[-300:]}"]
            tally.note(f"a disk is lost, then {name}", found + again(home, sink, False))


def approved(home: Home, sink: Sink) -> list[str]:
    """Runs, approves and runs again: one request, one edition, one message a recipient."""
    out = []
    for what, codes in ((home.issue, (0, 3)), (home.approve, (0, 2, 3)), (home.issue, (0, 3))):
        code, said = what()
        if code not in codes:
            out.append(f"{what.__name__} gave {code}: {said.strip()[-400:]}")
    asked = sink.accepted[APPROVER]
    if asked != 1:
        out.append(f"asked {asked} times")
    left = [p for p in (home.path / "state/held").rglob("*") if p.parent.name == PLAN]
    if left:
        out.append(f"still waits: {left}")
    return out + home.faults(sink, held=True)


def at_approvals(metas: Path, folder: Path, tally: Tally) -> None:
    """A run that holds an edition dies, and so does the approval; the next ones set all right."""
    holding = [n for n in failpoints() if n.startswith("held-")] + ["approval-queued"]
    reached = set()
    for name in holding:
        with Sink() as sink:
            home = Home(metas, folder / f"hold-{name}", sink.port, waits=True)
            if name == "held-swept":
                home.issue(crash="held-in-place")
            code, said = home.issue(crash=name)
            found = [] if code == -signal.SIGABRT else [f"the run gave {code}: {said[-300:]}"]
            tally.note(f"a run that holds dies at {name}", found + approved(home, sink))
    for name in (n for n in failpoints() if not n.startswith(LATER)):
        with Sink() as sink:
            home = Home(metas, folder / f"approve-{name}", sink.port, waits=True)
            home.issue()
            code, _ = home.approve(crash=name)
            if code == -signal.SIGABRT:
                reached.add(name)
                tally.note(f"an approval dies at {name}", approved(home, sink))
    for name in ("renamed", "before-publish", "published", "accepted"):
        if name not in reached:
            tally.note(name, ["no approval dies there"])
    with Sink() as sink:
        home = Home(metas, folder / "void", sink.port, waits=True)
        home.issue()
        code, said = home.run("skip", PLAN, PERIOD, "--reason", "x", crash="approval-void")
        found = [] if code == -signal.SIGABRT else [f"skip gave {code}: {said[-300:]}"]
        home.run("run", "--as-of", AS_OF)
        if (home.path / "state/held" / PLAN / PERIOD).exists():
            found.append("a skipped period still waits")
        tally.note("a skip dies at approval-void", found)


def dies(home: Home, moment: str, name: str) -> list[str]:
    code, said = home.hourly(moment, crash=name)
    return [] if code == -signal.SIGABRT else [f"the run gave {code}: {said.strip()[-300:]}"]


def goes_on(home: Home, moments: list[str], codes: tuple[int, ...]) -> list[str]:
    out = []
    for moment in moments:
        code, said = home.hourly(moment)
        if code not in codes:
            out.append(f"the run at {moment} gave {code}: {said.strip()[-300:]}")
    return out


def heard(sink: Sink, expected: dict[str, int]) -> list[str]:
    """Who did not get exactly as many messages as expected."""
    found = {person: sink.accepted[person] for person in expected}
    return [] if found == expected else [f"accepted {found} instead of {expected}"]


def at_reminders(metas: Path, folder: Path, tally: Tally) -> None:
    """A run dies while it reminds: who has not sent a file is reminded once that day."""
    for name in (n for n in failpoints() if n.startswith("reminder-")):
        with Sink() as sink:
            home = Home(metas, folder / name, sink.port)
            shutil.rmtree(home.path / "inputs" / PERIOD / "agua")
            plan = home.path / "pipelines" / f"{PLAN}.toml"
            text = plan.read_text(encoding="utf-8")
            ladder = "[schedule]\nremind_before_days = [3]\n"
            plan.write_text(text.replace("[schedule]\n", ladder, 1), encoding="utf-8")
            found = dies(home, "2026-04-02T09:00", name)
            found += goes_on(home, ["2026-04-02T09:30", "2026-04-02T10:00"], (0,))
            once = {"agua@example.mx": 1, "parques@example.mx": 1}
            tally.note(f"a run dies at {name}", found + heard(sink, once))


def at_alerts(metas: Path, folder: Path, tally: Tally) -> None:
    """A run dies while it tells the operator: one alert a cause, and one message when it is over."""
    for name in (n for n in failpoints() if n.startswith("alert-")):
        with Sink() as sink:
            home = Home(metas, folder / name, sink.port)
            plan = home.path / "pipelines" / f"{PLAN}.toml"
            sound = plan.read_text(encoding="utf-8") + f'\n[operator]\nemail = ["{OPERATOR}"]\n'
            shutil.rmtree(home.path / "inputs" / PERIOD)
            plan.write_text(sound, encoding="utf-8")
            home.hourly("2026-01-05T09:00")
            plan.write_text(sound.replace('kind = "ratio"', 'kind = "racio"', 1), encoding="utf-8")
            found = []
            if name == "alert-ended":
                found += goes_on(home, ["2026-01-05T10:00"], (78,))
            else:
                found += dies(home, "2026-01-05T10:00", name)
            found += goes_on(home, ["2026-01-05T11:00", "2026-01-05T12:00"], (78,))
            found += heard(sink, {OPERATOR: 1})
            plan.write_text(sound, encoding="utf-8")
            if name == "alert-ended":
                found += dies(home, "2026-01-05T13:00", name)
            found += goes_on(home, ["2026-01-05T14:00", "2026-01-05T15:00"], (0,))
            tally.note(f"a run dies at {name}", found + heard(sink, {OPERATOR: 2}))


def at_moments(metas: Path, folder: Path, tally: Tally, times: int) -> None:
    begun = time.monotonic()
    Home(metas, folder / "whole").issue()
    whole = time.monotonic() - begun
    chance = random.Random(7)
    for i in range(times):
        home = Home(metas, folder / f"moment-{i}")
        process = home.start("run", PLAN, "--period", PERIOD, "--as-of", AS_OF)
        moment = whole * (i + chance.random()) / times
        try:
            process.wait(timeout=moment)
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()
        tally.note(f"killed after {moment:.2f} s of {whole:.2f} s", again(home, None, False))


def at_once(metas: Path, folder: Path, tally: Tally, times: int) -> None:
    for i in range(times):
        home = Home(metas, folder / f"twice-{i}")
        words = ("run", PLAN, "--period", PERIOD, "--as-of", AS_OF)
        both = [home.start(*words) for _ in range(2)]
        said = [p.communicate(timeout=180)[0] for p in both]
        codes = sorted(p.returncode for p in both)
        faults = [] if codes in ([0, 0], [0, 75]) else [f"exit codes {codes}: {said}"]
        tally.note(f"two runs at once gave {codes}", faults + home.faults(None, held=False))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--metas", type=Path, required=True)
    parser.add_argument("--moments", type=int, default=20)
    parser.add_argument("--some", type=int, help="only as many places, at random, and no others")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=["failpoints", "later", "approvals", "moments", "twice"])
    wanted = parser.parse_args()
    metas = wanted.metas.resolve()
    tally = Tally()
    names = [name for name in failpoints() if not name.startswith(LATER)]
    if wanted.some is not None:
        names = random.Random(wanted.seed).sample(names, min(wanted.some, len(names)))
    # A database keeps a home's ledger when its files are lost: tests/tools/postgres.py puts those back.
    on_a_server = "METAS_LEDGER" in os.environ
    has_store = "METAS_STORE" in os.environ
    with tempfile.TemporaryDirectory(prefix="metas-crash-") as name:
        folder = Path(name)
        if wanted.only in (None, "failpoints"):
            at_failpoints(metas, folder, tally, names)
        if wanted.only in (None, "later") and wanted.some is None:
            at_sweeps(metas, folder, tally)
            if not (on_a_server or has_store):
                at_restores(metas, folder, tally)
            at_lost_disks(metas, folder, tally)
            at_reminders(metas, folder, tally)
            at_alerts(metas, folder, tally)
        if wanted.only in (None, "approvals") and wanted.some is None:
            at_approvals(metas, folder, tally)
        if wanted.only in (None, "moments"):
            at_moments(metas, folder, tally, wanted.moments)
        if wanted.only in (None, "twice"):
            at_once(metas, folder, tally, 3)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Cuts the power of a run wherever it may be cut, and runs metas again on what the disk may hold.

    python3 tests/tools/power_cut.py --metas target/debug/metas [--seed N] [--all]

A run is recorded with strace. Before each of its syncs and after the end of each message the
power may go: then everything synced is there, and of the rest any part (disk_model.py). In each
such state the ledger must be sound, what it names must be in the archive and in the edition, and
who was sent a message must be known. From each state where an edition is issued already, and from
some of the others (from all: --all), metas runs twice more: nobody gets a second copy, and the
edition has the bytes that it had. Standard library, and strace.
"""

import argparse
import collections
import hashlib
import json
import multiprocessing
import queue
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from crash_matrix import AS_OF, PERIOD, PLAN, Home
from disk_model import Disk, Nodes, after, digest, states, tree, write_out
from smtp_sink import Sink
from strace_log import Follower, record

# The file beside an edition's that tells what was sent, should the ledger be lost.
RECORD = ".deliveries"

# States of a delivery that is not sent again by itself.
SENT = ("dot_intent", "ambiguous", "accepted")


@dataclass(frozen=True)
class Scenario:
    """What is recorded, and from how many states without an edition metas runs on."""

    name: str
    mail: bool
    lives: int
    killed: bool = False


SCENARIOS = (
    Scenario("mail", True, 30),
    Scenario("outbox", False, 16),
    Scenario("after a killed run", True, 16, killed=True),
)

def fleeting(path: str) -> bool:
    """SQLite's index of its log: mapped into memory, made anew from the log."""
    return path.endswith("-shm")


class Recorded:
    """A whole run, and the home that it was made in."""

    def __init__(self, metas: Path, folder: Path, sink: Sink | None, killed_at: int):
        self.home = Home(metas, folder / "home", sink.port if sink else None)
        self.sink = sink
        self.disk = Disk.of(self.home.path)
        follower = Follower(self.home.path, self.disk)
        if killed_at:
            self.record(follower, folder, killed_at)
        follower.moments.clear()
        self.record(follower, folder)
        self.moments = follower.moments
        self.mapped = follower.mapped
        self.bytes = self.read_editions()

    def record(self, follower: Follower, folder: Path, killed_at: int = 0) -> None:
        log = folder / "strace.log"
        words = ["run", PLAN, "--period", PERIOD, "--as-of", AS_OF, "--home", str(self.home.path)]
        done = record([self.home.metas, *words], log, killed_at)
        if done.returncode != (-signal.SIGKILL if killed_at else 0):
            raise SystemExit(f"the recorded run gave {done.returncode}: {done.stdout}{done.stderr}")
        follower.follow(log)
        log.unlink()

    def faults(self) -> list[str]:
        """Where the model is not what lies on the disk, no state made from it means anything."""
        out = self.home.faults(self.sink, held=False)
        there = {
            str(p.relative_to(self.home.path)): p for p in self.home.path.rglob("*")
        }
        model = tree(self.disk.live)
        for path in sorted(set(there) ^ set(model)):
            if not fleeting(path):
                out.append(f"only {'on the disk' if path in there else 'in the model'}: {path}")
        for path, node in model.items():
            content = self.disk.live[node]
            if path in there and isinstance(content, bytes) and not fleeting(path):
                if there[path].read_bytes() != content:
                    out.append(f"the model has other bytes: {path}")
        out += [f"written through a mapping: {p}" for p in self.mapped if not fleeting(p)]
        if self.sink and sorted(self.moments[-1].accepted) != sorted(self.sink.accepted.elements()):
            out.append(f"accepted: {self.moments[-1].accepted}, by the server {self.sink.accepted}")
        return out

    def all_states(self, seed: int, samples: int) -> list["State"]:
        """Every state once, however many ways lead to it."""
        seen, out = set(), []
        for moment in self.moments:
            for name, kept in states(moment, seed, samples):
                nodes = after(moment, kept)
                key = (digest(nodes, fleeting), moment.accepted)
                if key not in seen:
                    seen.add(key)
                    out.append(State(f"{moment.label}: {name}", moment.accepted, nodes))
        return out

    def lay_out(self, nodes: Nodes) -> None:
        """The home as it is when the power comes back. The place is the recorded run's, so that
        nothing is other than a reboot would make it."""
        shutil.rmtree(self.home.path)
        self.home.path.mkdir()
        write_out(nodes, self.disk.modes, self.home.path, fleeting)

    def look(self, state: "State") -> "Ledger":
        """What the ledger says when the power comes back, and what of it is not so."""
        self.lay_out(state.nodes)
        ledger = look_at_ledger(self.home.path)
        record = self.home.path / "reports" / PLAN / PERIOD / "v1" / RECORD
        recorded = record.read_text(encoding="utf-8", errors="replace") if record.exists() else ""
        for recipient in state.accepted:
            if ledger.deliveries.get(recipient) not in SENT:
                ledger.faults.append(f"{recipient} was sent it, and the ledger does not know")
            if f'"{recipient}"' not in recorded:
                ledger.faults.append(f"{recipient} was sent it, and the edition's record lacks it")
        return ledger

    def live_on(self, state: "State") -> list[str]:
        """What is wrong after metas ran twice."""
        before = self.look(state)
        if self.sink:
            self.sink.accepted = collections.Counter(state.accepted)
        held = any(s in ("dot_intent", "ambiguous") for s in before.deliveries.values())
        wanted = 3 if held else 0
        for turn in ("the first", "the second"):
            code, said = self.home.issue()
            if code != wanted:
                return [f"{turn} run gave {code}, not {wanted}: {said.strip()[-600:]}"]
        out = self.home.message_faults(self.sink, held)
        out += [f"at last: {fault}" for fault in look_at_ledger(self.home.path).faults]
        return out + self.changed()

    def changed(self) -> list[str]:
        """What is other than in the recorded run, which was verified. The runs after the cut have
        the same files and the same moment, so even an edition that they made anew has its bytes."""
        there = {p: b for p, b in self.read_editions().items() if b != self.bytes.get(p)}
        lost = self.bytes.keys() - self.read_editions().keys()
        return [f"not as in the recorded run: {path}" for path in sorted(there.keys() | lost)]

    def read_editions(self) -> dict[str, bytes]:
        """Every file of the period's editions, leftovers included; not the record of what was
        sent, which grows with each try."""
        folder = self.home.path / "reports" / PLAN / PERIOD
        files = [p for p in folder.rglob("*") if p.is_file() and p.name != RECORD]
        return {str(p.relative_to(folder)): p.read_bytes() for p in files}


@dataclass
class State:
    """What the disk holds when the power comes back, and whom the server had taken a message for."""

    name: str
    accepted: tuple[str, ...]
    nodes: Nodes


@dataclass
class Ledger:
    """What a ledger says, and what of it is not so."""

    faults: list[str] = field(default_factory=list)
    deliveries: dict[str, str] = field(default_factory=dict)
    published: int = 0


def look_at_ledger(home: Path) -> Ledger:
    """Reads a copy, so that looking changes nothing."""
    out = Ledger()
    files = sorted((home / "state").glob("ledger.db*"))
    with tempfile.TemporaryDirectory() as name:
        for file in files:
            shutil.copy(file, name)
        db = sqlite3.connect(Path(name) / "ledger.db")
        try:
            (sound,) = db.execute("PRAGMA integrity_check").fetchone()
            if sound != "ok":
                out.faults.append(f"the ledger: {sound}")
            if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'editions'").fetchone():
                read_ledger(db, home, out)
        except sqlite3.DatabaseError as error:
            out.faults.append(f"the ledger: {error}")
        finally:
            db.close()
    return out


def read_ledger(db: sqlite3.Connection, home: Path, out: Ledger) -> None:
    out.deliveries = dict(db.execute("SELECT recipient, state FROM deliveries"))
    for file, sha256 in db.execute("SELECT file, sha256 FROM submissions"):
        out.faults += not_archived(home, sha256, f"the submission {file}")
    for path, sha256 in db.execute("SELECT message_path, message_sha256 FROM deliveries"):
        if not has(home / path, sha256):
            out.faults.append(f"the message {path} is not what was queued")
    states = "SELECT plan, period, edition, manifest_sha256 FROM editions WHERE state = 'published'"
    for plan, period, edition, sha256 in db.execute(states):
        out.published += 1
        folder = home / "reports" / plan / period / f"v{edition}"
        if not has(folder / "manifest.json", sha256):
            out.faults.append(f"the manifest of {plan} {period} v{edition} is not what was issued")
            continue
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        for entry in manifest["files"]:
            if not has(folder / entry["path"], entry["sha256"]):
                out.faults.append(f"{entry['path']} of v{edition} is not what was issued")
        for entry in manifest["made_from"]:
            out.faults += not_archived(home, entry["sha256"], entry["path"])
        for entry in manifest["submissions"]:
            out.faults += not_archived(home, entry["sha256"], f"the submission {entry['file']}")


def not_archived(home: Path, sha256: str, what: str) -> list[str]:
    place = home / "state" / "archive" / sha256[:2] / sha256
    return [] if has(place, sha256) else [f"{what} is not in the archive"]


def has(path: Path, sha256: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def work(wanted: argparse.Namespace, scenario: Scenario, worker: int, results) -> None:
    """Records a run of its own, so that nobody shares its home or its server, and tries its part
    of the states."""
    with tempfile.TemporaryDirectory(prefix="metas-power-") as name, Sink() as sink:
        server = sink if scenario.mail else None
        # Some sync before the edition is issued, another one with each seed.
        killed_at = random.Random(wanted.seed).randrange(5, 80) if scenario.killed else 0
        recorded = Recorded(wanted.metas, Path(name).resolve(), server, killed_at)
        results.put(("model", "the model against the disk", recorded.faults()))
        found = recorded.all_states(wanted.seed, 20 if wanted.all else 4)
        if worker == 0:
            said = f"{len(recorded.moments)} moments, {len(found)} states"
            said += f" (killed at sync {killed_at} before)" if killed_at else ""
            print(f"{scenario.name}: {said}", flush=True)
        issued, open_ = [], []
        for state in found[worker :: wanted.jobs]:
            ledger = recorded.look(state)
            (issued if ledger.published else open_).append(state)
            results.put(("looked at", state.name, ledger.faults))
        if not wanted.all:
            some = min(len(open_), scenario.lives // wanted.jobs)
            open_ = random.Random(wanted.seed).sample(open_, some)
        for state in issued + open_:
            results.put(("lived on", state.name, recorded.live_on(state)))
    results.put(("done", "", []))


def try_scenario(wanted: argparse.Namespace, scenario: Scenario, counts: collections.Counter) -> None:
    results = multiprocessing.Queue()
    workers = [
        multiprocessing.Process(target=work, args=(wanted, scenario, i, results))
        for i in range(wanted.jobs)
    ]
    for worker in workers:
        worker.start()
    while any(worker.is_alive() for worker in workers) or not results.empty():
        try:
            kind, name, faults = results.get(timeout=1)
        except queue.Empty:
            continue
        counts[kind] += 1
        if faults:
            counts["failed"] += 1
            print(f"FAILED {scenario.name}, {kind}, {name}")
            for fault in faults:
                print(f"    {fault}", flush=True)
    for worker in workers:
        worker.join()
        if worker.exitcode:
            counts["failed"] += 1
            print(f"FAILED {scenario.name}: a worker ended with {worker.exitcode}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--metas", type=lambda p: Path(p).resolve(), required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--all", action="store_true", help="live on from all, and more of them")
    parser.add_argument("--only", choices=[scenario.name for scenario in SCENARIOS])
    parser.add_argument("--jobs", type=int, default=2)
    wanted = parser.parse_args()
    print(f"--seed {wanted.seed}")
    begun = time.monotonic()
    counts = collections.Counter()
    for scenario in SCENARIOS:
        if wanted.only in (None, scenario.name):
            try_scenario(wanted, scenario, counts)
    print(
        f"{counts['looked at']} states looked at, {counts['lived on']} of them lived on, "
        f"{counts['failed']} failed, {time.monotonic() - begun:.0f} s"
    )
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())

"""A disk as a power cut sees it: what was synced stays, anything else may be there, or not.

A file's synced bytes and a folder's synced names are certain. Every write, change of size, new
name, rename and removal since then is an operation that may have reached the disk or not, in any
combination; a write also in part, or as a size without its bytes.
"""

import hashlib
import os
import random
from dataclasses import dataclass, field
from pathlib import Path

ROOT = 0
SECTOR = 512


@dataclass(frozen=True)
class Write:
    """Bytes for a file."""

    node: int
    at: int
    data: bytes


@dataclass(frozen=True)
class Resize:
    """A file cut or extended with zeros."""

    node: int
    size: int


@dataclass(frozen=True)
class Names:
    """Names of one folder that come to stand for a node, or for nothing. A rename within a folder
    is one such change: every file system makes it whole or not at all."""

    node: int
    changes: tuple[tuple[str, int | None], ...]


Operation = Write | Resize | Names
Nodes = dict[int, bytes | dict[str, int]]


def apply(nodes: Nodes, operation: Operation) -> None:
    """Carries out an operation; what is in `nodes` is replaced, never changed in place."""
    match operation:
        case Write(node, at, data):
            old = nodes[node]
            nodes[node] = old[:at].ljust(at, b"\0") + data + old[at + len(data) :]
        case Resize(node, size):
            nodes[node] = nodes[node][:size].ljust(size, b"\0")
        case Names(node, changes):
            entries = dict(nodes[node])
            for name, target in changes:
                if target is None:
                    entries.pop(name, None)
                else:
                    entries[name] = target
            nodes[node] = entries


@dataclass
class Moment:
    """A moment at which the power may go: what is certain, and what is not."""

    label: str
    synced: Nodes
    unsynced: list[Operation]
    accepted: tuple[str, ...]


@dataclass
class Disk:
    """Both sides of it: what the program sees, and what is synced."""

    live: Nodes = field(default_factory=lambda: {ROOT: {}})
    synced: Nodes = field(default_factory=lambda: {ROOT: {}})
    modes: dict[int, int] = field(default_factory=lambda: {ROOT: 0o700})
    unsynced: list[tuple[int, Operation]] = field(default_factory=list)
    clock: int = 0

    @classmethod
    def of(cls, folder: Path) -> "Disk":
        """What lies in a folder, all of it synced."""
        disk = cls()
        disk._load(ROOT, folder)
        disk.synced = dict(disk.live)
        return disk

    def _load(self, node: int, folder: Path) -> None:
        entries = {}
        for path in sorted(folder.iterdir()):
            entries[path.name] = child = self.new({} if path.is_dir() else path.read_bytes())
            self.modes[child] = path.stat().st_mode & 0o777
            if path.is_dir():
                self._load(child, path)
        self.live[node] = entries

    def new(self, content: bytes | dict, mode: int = 0o600) -> int:
        node = len(self.modes)
        self.modes[node] = mode
        self.live[node] = content
        self.synced[node] = type(content)()
        return node

    def find(self, path: str) -> int | None:
        """The node at a path below the root, as the program sees it."""
        node = ROOT
        for part in filter(None, path.split("/")):
            entries = self.live[node]
            if not isinstance(entries, dict) or part not in entries:
                return None
            node = entries[part]
        return node

    def do(self, operation: Operation) -> None:
        self.clock += 1
        apply(self.live, operation)
        self.unsynced.append((self.clock, operation))

    def sync(self, node: int | None, begun: int) -> None:
        """Makes certain what was done to a node (all of them: None) before `begun`."""
        left = []
        for when, operation in self.unsynced:
            if when <= begun and node in (None, operation.node):
                apply(self.synced, operation)
            else:
                left.append((when, operation))
        self.unsynced = left

    def moment(self, label: str, accepted: list[str]) -> Moment:
        operations = [operation for _, operation in self.unsynced]
        return Moment(label, dict(self.synced), operations, tuple(accepted))


def tree(nodes: Nodes, node: int = ROOT, under: str = "") -> dict[str, int]:
    """Every path that can be reached, with its node."""
    found = {}
    for name, child in nodes[node].items():
        found[under + name] = child
        if isinstance(nodes[child], dict):
            found |= tree(nodes, child, f"{under}{name}/")
    return found


def write_out(nodes: Nodes, modes: dict[int, int], folder: Path, skip) -> None:
    """Makes a folder of it; `skip` says which paths do not outlast a power cut."""
    for path, node in tree(nodes).items():
        content, place = nodes[node], folder / path
        if skip(path):
            continue
        if isinstance(content, dict):
            place.mkdir()
        else:
            place.write_bytes(content)
        os.chmod(place, modes[node])


def digest(nodes: Nodes, skip) -> str:
    """The same for the same tree."""
    whole = hashlib.sha256()
    for path, node in sorted(tree(nodes).items()):
        if not skip(path):
            content = nodes[node]
            kind = b"/" if isinstance(content, dict) else hashlib.sha256(content).digest()
            whole.update(path.encode() + b"\0" + kind)
    return whole.hexdigest()


def after(moment: Moment, kept: list[Operation]) -> Nodes:
    nodes = dict(moment.synced)
    for operation in kept:
        apply(nodes, operation)
    return nodes


def torn(operation: Operation, chance: random.Random) -> Operation:
    """A write of which only the beginning arrived, or the size without the bytes."""
    if not isinstance(operation, Write) or not operation.data:
        return operation
    if chance.random() < 0.3:
        return Write(operation.node, operation.at, bytes(len(operation.data)))
    sectors = len(operation.data) // SECTOR
    if sectors and chance.random() < 0.7:
        length = chance.randrange(sectors + 1) * SECTOR
    else:
        length = chance.randrange(len(operation.data))
    return Write(operation.node, operation.at, operation.data[:length])


def states(moment: Moment, seed: int, samples: int):
    """What the disk may hold when the power comes back: a name and the operations that arrived.

    First the ones that programs get wrong, then as many at random as asked for.
    """
    lost = moment.unsynced
    names = [o for o in lost if isinstance(o, Names)]
    content = [o for o in lost if not isinstance(o, Names)]
    yield "nothing unsynced arrived", []
    if not lost:
        return
    yield "all arrived", lost
    if names and content:
        yield "names arrived, bytes did not", names
        yield "bytes arrived, names did not", content
        empty = [Write(o.node, o.at, bytes(len(o.data))) if isinstance(o, Write) else o for o in lost]
        yield "names and sizes arrived, bytes did not", empty
    if len(lost) > 1:
        yield "only the last arrived", lost[-1:]
        yield "all but the first arrived", lost[1:]
    chance = random.Random(f"{seed} {moment.label}")
    for i in range(samples):
        share = chance.choice([0.2, 0.5, 0.8])
        kept = [o for o in lost if chance.random() < share]
        yield f"sample {i}", [torn(o, chance) if chance.random() < 0.3 else o for o in kept]

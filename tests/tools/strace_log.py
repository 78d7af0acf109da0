"""Follows what a program did to a folder and to its mail server, from strace's log."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from disk_model import Disk, Moment, Names, Resize, Write

CALLS = """open openat openat2 creat close dup dup2 dup3 fcntl lseek chdir fchdir mmap
write writev pwrite64 pwritev pwritev2 sendfile copy_file_range splice
truncate ftruncate fallocate fsync fdatasync sync syncfs sync_file_range msync
rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat mkdir mkdirat rmdir
chmod fchmod fchmodat sendto sendmsg""".split()

LINE = re.compile(r"(\d+) +(.*)", re.DOTALL)
CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+|0x[0-9a-f]+)(?:<((?:\\x..)*)>)?", re.DOTALL)
TEXT = re.compile(r'"((?:\\x..)*)"(\.\.\.)?')
HANDLE = re.compile(r"(\d+|AT_FDCWD)<((?:\\x..)*)>(\(deleted\))?")
NUMBER = re.compile(r"(?:0x)?[0-9a-f]+$")


def record(command: list, log: Path, killed_at: int = 0) -> subprocess.CompletedProcess:
    """Runs a command and its children under strace. Everything is written out in full. With
    `killed_at` it is killed at that sync, counted from 1, before the sync is begun."""
    strace = ["strace", "-f", "-y", "-xx", "-s", "100000000"]
    strace += ["-e", "trace=" + ",".join(CALLS), "-e", "signal=none", "-o", str(log)]
    if not killed_at:
        # Faster; but then strace does not inject.
        strace += ["--seccomp-bpf"]
    else:
        strace += ["-e", f"inject=fsync,fdatasync:signal=KILL:when={killed_at}"]
    return subprocess.run([*strace, *command], capture_output=True, text=True)


def unhexed(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


class Unforeseen(Exception):
    """The log holds something that the model does not know; its states would be wrong."""


@dataclass
class Call:
    name: str
    arguments: str
    result: int
    result_path: str | None
    begun: int

    def texts(self) -> list[bytes]:
        found = TEXT.findall(self.arguments)
        if any(cut for _, cut in found):
            raise Unforeseen(f"{self.name}: its bytes were cut short")
        return [unhexed(text) for text, _ in found]

    def handles(self) -> list[tuple[str, str | None]]:
        """Numbers and paths of the files named by number; no path for one that is deleted."""
        found = HANDLE.findall(TEXT.sub("", self.arguments))
        return [(fd, None if gone else os.fsdecode(unhexed(path))) for fd, path, gone in found]

    def last_number(self) -> int:
        return int(self.arguments.rsplit(",", 1)[1].strip(), 0)


def calls(log: Path, clock):
    """The calls that succeeded, in the order in which they returned; `clock` is read when one
    begins."""
    waiting = {}
    with log.open(encoding="ascii", errors="strict") as lines:
        for line in lines:
            process, what = LINE.match(line.rstrip("\n")).groups()
            begun = clock()
            if what.startswith("<... "):
                first, begun = waiting.pop(process)
                what = first + what.split(" resumed>", 1)[1]
            elif what.endswith(" <unfinished ...>"):
                waiting[process] = (what.removesuffix(" <unfinished ...>"), begun)
                continue
            found = CALL.match(what)
            if found and not found[3].startswith("-"):
                path = os.fsdecode(unhexed(found[4])) if found[4] else None
                yield Call(found[1], found[2], int(found[3], 0), path, begun)


class Follower:
    """Carries every call out on a model of the disk, and notes the moments at which the power may
    go: before each sync, and after the end of each message."""

    def __init__(self, home: Path, disk: Disk):
        self.home = str(home)
        self.disk = disk
        self.offsets: dict[str, list[int]] = {}
        self.moments: list[Moment] = []
        self.accepted: list[str] = []
        self.recipient = ""
        self.mapped: set[str] = set()

    def follow(self, log: Path) -> None:
        for call in calls(log, lambda: self.disk.clock):
            getattr(self, "on_" + call.name, self.on_other)(call)
        self.note("the end")

    def note(self, label: str) -> None:
        label = f"{len(self.moments) + 1}, {label}"
        self.moments.append(self.disk.moment(label, self.accepted))

    def below(self, path: str | None) -> str | None:
        """A path relative to the home; none where it lies elsewhere."""
        if path == self.home:
            return ""
        if path is not None and path.startswith(self.home + "/"):
            return path[len(self.home) + 1 :]
        return None

    def paths(self, call: Call) -> list[str | None]:
        """The paths that a call names, each relative to the home."""
        handles = [path for _, path in call.handles()]
        full = []
        for i, text in enumerate(call.texts()):
            name = os.fsdecode(text)
            if not name.startswith("/"):
                base = handles[min(i, len(handles) - 1)] if handles else os.getcwd()
                name = f"{base}/{name}" if name else base
            full.append(os.path.normpath(name))
        return [self.below(path) for path in full]

    def folder_of(self, path: str) -> tuple[int, str]:
        folder, _, name = path.rpartition("/")
        node = self.disk.find(folder)
        if node is None:
            raise Unforeseen(f"the folder of {path} is not known")
        return node, name

    def node(self, path: str) -> int:
        node = self.disk.find(path)
        if node is None:
            raise Unforeseen(f"{path} is not known")
        return node

    # Opening, and where in the file one stands.

    def on_openat(self, call: Call) -> None:
        (path,) = self.paths(call)[:1]
        if path is None:
            return
        flags = call.arguments
        if any(flag in flags for flag in ("O_TMPFILE", "O_SYNC", "O_DSYNC", "O_DIRECT,", "O_DIRECT|")):
            raise Unforeseen(f"open with {flags[-80:]}")
        if "O_WRONLY" not in flags and "O_RDWR" not in flags:
            return
        node = self.disk.find(path)
        if node is None:
            folder, name = self.folder_of(path)
            mode = re.search(r", (0[0-7]*)$", flags)
            node = self.disk.new(b"", int(mode[1], 8) & ~0o022 if mode else 0o644)
            self.disk.do(Names(folder, ((name, node),)))
        elif "O_TRUNC" in flags and self.disk.live[node]:
            self.disk.do(Resize(node, 0))
        start = -1 if "O_APPEND" in flags else 0
        self.offsets[str(call.result)] = [start]

    on_open = on_creat = on_openat2 = on_openat

    def on_dup(self, call: Call) -> None:
        first = re.match(r"\d+", call.arguments)[0]
        if first in self.offsets:
            self.offsets[str(call.result)] = self.offsets[first]

    on_dup2 = on_dup3 = on_dup

    def on_fcntl(self, call: Call) -> None:
        if "F_DUPFD" in call.arguments:
            self.on_dup(call)

    def on_lseek(self, call: Call) -> None:
        fd, path = call.handles()[0]
        if self.below(path) is not None and self.offsets.get(fd, [-1])[0] >= 0:
            self.offsets[fd][0] = call.result

    def on_mmap(self, call: Call) -> None:
        for _, path in call.handles():
            inside = self.below(path)
            if inside is not None and "MAP_SHARED" in call.arguments and "PROT_WRITE" in call.arguments:
                self.mapped.add(inside)

    # Bytes.

    def written(self, call: Call, at: int | None) -> None:
        fd, path = call.handles()[0]
        data = b"".join(call.texts())[: call.result]
        inside = self.below(path)
        if inside is None:
            if path is not None and path.startswith("socket:"):
                self.on_mail(data)
            return
        node = self.node(inside)
        if at is None:
            place = self.offsets[fd]
            at = len(self.disk.live[node]) if place[0] < 0 else place[0]
            if place[0] >= 0:
                place[0] += len(data)
        if data:
            self.disk.do(Write(node, at, data))

    def on_write(self, call: Call) -> None:
        self.written(call, None)

    on_writev = on_sendto = on_sendmsg = on_write

    def on_pwrite64(self, call: Call) -> None:
        self.written(call, call.last_number())

    on_pwritev = on_pwrite64

    def on_ftruncate(self, call: Call) -> None:
        inside = self.below(call.handles()[0][1])
        if inside is not None and len(self.disk.live[self.node(inside)]) != call.last_number():
            self.disk.do(Resize(self.node(inside), call.last_number()))

    # Names.

    def on_rename(self, call: Call) -> None:
        old, new = self.paths(call)
        if old is None and new is None:
            return
        if "RENAME_EXCHANGE" in call.arguments or old is None or new is None:
            raise Unforeseen(f"rename with {call.arguments[-80:]}")
        node = self.node(old)
        (old_folder, old_name), (new_folder, new_name) = self.folder_of(old), self.folder_of(new)
        if old_folder == new_folder:
            self.disk.do(Names(new_folder, ((old_name, None), (new_name, node))))
        else:
            self.disk.do(Names(new_folder, ((new_name, node),)))
            self.disk.do(Names(old_folder, ((old_name, None),)))

    on_renameat = on_renameat2 = on_rename

    def on_link(self, call: Call) -> None:
        old, new = self.paths(call)
        if new is not None:
            if old is None:
                raise Unforeseen("a link to a file outside the home")
            folder, name = self.folder_of(new)
            self.disk.do(Names(folder, ((name, self.node(old)),)))

    on_linkat = on_link

    def on_unlink(self, call: Call) -> None:
        (path,) = self.paths(call)
        if path is not None:
            folder, name = self.folder_of(path)
            self.disk.do(Names(folder, ((name, None),)))

    on_unlinkat = on_rmdir = on_unlink

    def on_mkdir(self, call: Call) -> None:
        (path,) = self.paths(call)
        if path is not None:
            folder, name = self.folder_of(path)
            mode = int(call.arguments.rsplit(",", 1)[1].strip(), 8) & ~0o022
            self.disk.do(Names(folder, ((name, self.disk.new({}, mode)),)))

    on_mkdirat = on_mkdir

    def on_chmod(self, call: Call) -> None:
        """Modes are taken from the making of a file."""

    on_fchmod = on_fchmodat = on_close = on_chmod

    # Syncs.

    def on_fsync(self, call: Call) -> None:
        inside = self.below(call.handles()[0][1])
        if inside is not None:
            self.note(f"before {call.name} of {inside or 'the home'}")
            self.disk.sync(self.node(inside), call.begun)

    on_fdatasync = on_fsync

    def on_sync(self, call: Call) -> None:
        self.note(f"before {call.name}")
        self.disk.sync(None, call.begun)

    on_syncfs = on_sync

    def on_sync_file_range(self, call: Call) -> None:
        """It promises nothing about a power cut."""

    # The mail server.

    def on_mail(self, data: bytes) -> None:
        if found := re.match(rb"RCPT TO:<([^>]*)>", data):
            self.recipient = found[1].decode()
        if data.endswith(b"\r\n.\r\n") or data == b".\r\n":
            self.accepted.append(self.recipient)
            self.note(f"after the end of the message for {self.recipient}")

    def on_other(self, call: Call) -> None:
        texts = [os.fsdecode(text) for text in call.texts()]
        named = [path for _, path in call.handles()] + texts
        if any(self.below(path) is not None for path in named):
            raise Unforeseen(f"{call.name} in the home")

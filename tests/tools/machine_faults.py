#!/usr/bin/env python3
"""Breaks the machine below metas and looks at what it publishes.

    python3 tests/tools/machine_faults.py --metas target/debug/metas [--all] [--only NAME] [--call NAME]

Children are killed, stopped and starved, and `strace` makes system calls of the run itself fail:
no space, no open files, no threads, an error of the disk, an interruption. Each fault must be told
(an exit code other than 0 and an error), or be overcome so that the result is that of a run that
nothing disturbed. Then the machine is whole again and metas runs until it is done: one edition,
byte for byte that of the undisturbed run, and one message a recipient. Never a panic, never a run
that does not end. Standard library and strace only; Linux.
"""

import argparse
import collections
import hashlib
import os
import random
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PERIOD, AS_OF = "2026-T1", "2026-04-06T12:00"
NOBODY = 65534
PATIENCE = 120

PLAN = """format = 1
[plan]
id = "calles"
title = "Calles"
timezone = "America/Mexico_City"
[schedule]
every = "quarter"
first_period = "2026-T1"
[department.obras]
name = "Dirección de Obras"
[department.parques]
name = "Dirección de Parques"
[source.baches]
department = "obras"
file = "baches*.csv"
[source.baches.columns]
folio = { header = "Folio", type = "text", unique = true }
estatus = { header = "Estatus", type = "category", values = ["Reparado", "Pendiente"] }
[source.jornadas]
department = "parques"
file = "parques/jornadas*.csv"
[source.jornadas.columns]
fecha = { header = "Fecha", type = "date" }
titulo = { header = "Título", type = "text" }
foto = { header = "Foto", type = "text" }
[axis.calles]
title = "Calles"
[axis.parques]
title = "Parques"
activities = "SELECT fecha AS date, titulo AS title, titulo AS text, foto AS photo, titulo AS alt FROM jornadas ORDER BY fecha"
[goal.reparados]
axis = "calles"
statement = "Reparar el 80% de los baches."
kind = "ratio"
target = 80
due = "2026-03"
query = "SELECT COUNT(*) FILTER (WHERE estatus = 'Reparado') AS numerator, COUNT(*) AS denominator FROM baches"
[report]
brand = { name = "Valle" }
[delivery]
from = "metas@example.mx"
to = ["comite@example.mx", "contraloria@example.mx"]
[limits]
quiet_seconds = 0
"""
BACHES = "Folio,Estatus\n" + "".join(f"A{n},{'Pendiente' if n % 4 else 'Reparado'}\n" for n in range(40))
JORNADAS = "Fecha,Título,Foto\n20/02/2026,Jornada en el parque,parques/foto.png\n"
RUN = ["run", "calles", "--period", PERIOD, "--as-of", AS_OF]


def png(width: int, height: int, bits: int = 8) -> bytes:
    """A grey picture; one of 20,000 × 20,000 with a bit a pixel has some 50 kB."""
    row = b"\0" + b"\x55" * ((width * bits + 7) // 8)
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()

    def chunk(name: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)

    head = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


PHOTO = png(320, 240)


class Home:
    def __init__(self, metas: Path, folder: Path):
        self.metas, self.path = metas, folder
        for name, content in {
            "pipelines/calles.toml": PLAN,
            f"inputs/{PERIOD}/baches.csv": BACHES,
            f"inputs/{PERIOD}/parques/jornadas.csv": JORNADAS,
        }.items():
            self.write(name, content.encode())
        self.write(f"inputs/{PERIOD}/parques/foto.png", PHOTO)

    def write(self, name: str, content: bytes) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def inputs(self, name: str = "") -> Path:
        return self.path / "inputs" / PERIOD / name

    def start(self, wrapper: list[str] = (), limits=None, words: list[str] = RUN) -> subprocess.Popen:
        return subprocess.Popen(
            [*wrapper, str(self.metas), *words, "--home", str(self.path)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", preexec_fn=limits, start_new_session=True,
        )

    def run(self, wrapper: list[str] = (), limits=None) -> tuple[int, str]:
        return ended(self.start(wrapper, limits))

    def heal(self) -> tuple[int, str]:
        """Runs as cron does until nothing is left to do; a message that waits for its time is asked for."""
        code, said = self.run()
        if code == 75:
            ended(self.start(words=["deliver", "retry"]))
            code, said = self.run()
        return code, said

    def files(self) -> dict[str, str]:
        """What was published and sent, by name, with its hash."""
        found = {}
        for root in ("reports", "state/outbox"):
            for path in sorted((self.path / root).rglob("*")):
                hidden = any(part.startswith(".") for part in path.relative_to(self.path).parts)
                if path.is_file() and not hidden:
                    name = str(path.relative_to(self.path))
                    found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        return found


def ended(process: subprocess.Popen) -> tuple[int, str]:
    try:
        said = process.communicate(timeout=PATIENCE)[0]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return 999, "HANG: " + process.communicate()[0]
    return process.returncode, said


class Bench:
    """Homes in which one thing is broken at a time, and what an undisturbed run gives."""

    def __init__(self, metas: Path, folder: Path):
        self.metas, self.folder, self.number = metas, folder, 0
        self.passed, self.failed, self.ends = 0, [], collections.Counter()
        self.lock = threading.Lock()
        first, second = self.home(), self.home()
        for home in (first, second):
            code, said = home.run()
            if code != 0:
                sys.exit(f"an undisturbed run gave {code}:\n{said}")
        self.whole = first.files()
        again = second.files()
        if set(again) != set(self.whole):
            sys.exit("two undisturbed runs give different files")
        # What carries a number of its own, if anything: compared by name only.
        self.unlike = {name for name in again if again[name] != self.whole[name]}
        print(f"undisturbed: {len(self.whole)} files, by name only: {sorted(self.unlike) or 'none'}")

    def home(self) -> Home:
        with self.lock:
            self.number += 1
            return Home(self.metas, self.folder / f"home-{self.number}")

    def difference(self, home: Home) -> str:
        found, out = home.files(), []
        for name in sorted(set(found) | set(self.whole)):
            if name not in found:
                out.append(f"{name} is missing")
            elif name not in self.whole:
                out.append(f"{name} is too much")
            elif found[name] != self.whole[name] and name not in self.unlike:
                out.append(f"{name} differs")
        return "; ".join(out[:6])

    def judge(self, name: str, home: Home, code: int, said: str, must_fail: bool | None) -> None:
        """After the fault, and once the machine is whole again."""
        faults = []
        if code == 999:
            faults.append("it hangs")
        # Rust's own start, before anything of metas runs, can only abort without memory.
        if "panicked" in said and "initialization or cleanup bug" not in said:
            faults.append("a panic")
        if code == 0 and self.difference(home):
            faults.append("exit 0, and " + self.difference(home))
        if code != 0 and "error" not in said and "memory allocation" not in said:
            faults.append("exit without an error")
        if must_fail is True and code not in (75, 78):
            faults.append(f"exit {code} instead of 75 or 78")
        if must_fail is False and code != 0:
            faults.append(f"exit {code} where it should have been overcome")
        if (home.path / "reports").exists() and code != 0:
            published = [n for n in home.files() if n.startswith("reports")]
            wrong = [n for n in published if home.files()[n] != self.whole.get(n) and n not in self.unlike]
            if wrong:
                faults.append(f"published in spite of the fault: {wrong[:4]}")
        healed, last = home.heal()
        if healed != 0:
            faults.append(f"healed, it gives {healed}: {last.strip()[-400:]}")
        elif self.difference(home):
            faults.append("healed: " + self.difference(home))
        with self.lock:
            self.ends[code] += 1
            if faults:
                self.failed.append(name)
                print(f"FAILED {name}: exit {code}; {'; '.join(faults)}")
                print("    " + said.strip()[-500:].replace("\n", "\n    "))
            else:
                self.passed += 1
            sys.stdout.flush()
        if not faults:
            shutil.rmtree(home.path, ignore_errors=True)


# System calls that fail, with the errors that each can give; a signal stands for an interruption.
CALLS = {
    "openat": ["EMFILE", "EIO", "EINTR"],
    "read": ["EIO", "EINTR"],
    "pread64": ["EIO", "EINTR"],
    "write": ["ENOSPC", "EIO", "EINTR"],
    "pwrite64": ["ENOSPC", "EIO"],
    "fsync": ["EIO", "EINTR"],
    "fdatasync": ["EIO"],
    "ftruncate": ["EIO"],
    "rename": ["EIO", "ENOSPC"],
    "renameat": ["EIO", "ENOSPC"],
    "mkdir": ["ENOSPC", "EIO"],
    "unlink": ["EIO"],
    "statx": ["EIO", "EINTR"],
    "newfstatat": ["EIO"],
    "getdents64": ["EIO", "EINTR"],
    "clone3": ["EAGAIN"],
    "clone": ["EAGAIN"],
    "vfork": ["EAGAIN"],
    "pipe2": ["EMFILE"],
    "wait4": ["EINTR"],
    "poll": ["EINTR"],
    "flock": ["EINTR", "ENOLCK"],
    "fcntl": ["EIO", "EINTR"],
    # Only a wait can be interrupted, and strace can't tell it from a wake, which never fails: an
    # error here would lose a wake. So the call is made, and a signal comes into it.
    "futex": ["SIGWINCH"],
    "mmap": ["ENOMEM"],
}

# The calls that ask whether something lies under a name.
LOOKS = {"statx", "openat"}


def strace(rule: str, call: str, *more: str) -> list[str]:
    return ["strace", "-qq", "-o", "/dev/null", *more, "-e", f"trace={call}", "-e", f"inject={call}:{rule}"]


def counts(bench: Bench, log: Path) -> collections.Counter:
    """How often the run's own thread makes each call."""
    home = bench.home()
    wrapper = ["strace", "-qq", "-o", str(log), "-e", "trace=" + ",".join(CALLS)]
    code, said = home.run(wrapper)
    if code != 0:
        sys.exit(f"strace does not work here: {code}\n{said}")
    lines = log.read_text(errors="replace").splitlines()
    return collections.Counter(line.split("(", 1)[0] for line in lines if "(" in line)


def calls(bench: Bench, everything: bool, call_only: str | None):
    chance = random.Random(11)
    found = counts(bench, bench.folder / "calls.log")
    for call, errors in CALLS.items():
        total = found[call]
        if not total or call_only not in (None, call):
            continue
        for error in errors:
            middle = total // 2 + 1
            if everything:
                places = set(range(1, total + 1))
            elif error == errors[0]:
                # The first one may be the loader's; the last ones matter most.
                places = {1, middle, total} if call != "mmap" else {middle, total}
                if call in LOOKS:
                    # A disk that does not answer must not count as one on which nothing lies: looked
                    # for where the edition is published, announced and sent, one by one.
                    places |= set(range(max(1, total - 9), total))
            else:
                places = {chance.randint(middle, total)}
            for at in sorted(places):
                yield f"{call} {at} of {total}: {error}", call, error, at


def call_case(bench: Bench, name: str, call: str, error: str, at: int) -> None:
    home = bench.home()
    what = "signal" if error.startswith("SIG") else "error"
    code, said = home.run(strace(f"{what}={error}:when={at}", call))
    bench.judge(name, home, code, said, None)


def paths(bench: Bench):
    """Single files and folders that fail whoever opens them, the reading children included."""
    archived = hashlib.sha256(BACHES.encode()).hexdigest()
    for what, error, must_fail in [
        (f"inputs/{PERIOD}/baches.csv", "EIO", True),
        (f"inputs/{PERIOD}/baches.csv", "ESTALE", True),
        (f"inputs/{PERIOD}/baches.csv", "EMFILE", True),
        (f"inputs/{PERIOD}", "EIO", True),
        (f"inputs/{PERIOD}/parques", "EIO", True),
        (f"inputs/{PERIOD}/parques/foto.png", "EIO", True),
        (f"state/archive/{archived[:2]}/{archived}", "EMFILE", True),
        (f"state/archive/{archived[:2]}/{archived}", "EIO", True),
        ("pipelines/calles.toml", "EIO", True),
    ]:
        yield f"{what}: {error}", what, error, must_fail


def path_case(bench: Bench, name: str, what: str, error: str, must_fail: bool) -> None:
    home = bench.home()
    wrapper = strace(f"error={error}", "openat", "-f", "-P", str(home.path / what))
    code, said = home.run(wrapper)
    bench.judge(name, home, code, said, must_fail)


def closed_folder(bench: Bench) -> None:
    """A folder that may not be opened is told by its name, and the others go on."""
    home = bench.home()
    folder = home.inputs("parques")
    code, said = home.run(strace("error=EACCES", "openat", "-f", "-P", str(folder)))
    findings = home.path / "reports/calles" / PERIOD / "v1/findings.json"
    text = findings.read_text() if findings.exists() else ""
    good = code == 0 and "unreadable-folder" in text and '"parques"' in text and "missing-file" not in text
    note(bench, "a folder that may not be opened", good, f"exit {code}: {said[-800:]}\n{text}")


def closed_everything(bench: Bench) -> None:
    """Where nothing may be opened, the mount is wrong and not the departments."""
    home = bench.home()
    wrapper = strace("error=EACCES", "openat", "-f")
    for name in ("baches.csv", "parques"):
        wrapper += ["-P", str(home.inputs(name))]
    code, said = home.run(wrapper)
    bench.judge("nothing may be opened", home, code, said, True)


def note(bench: Bench, name: str, good: bool, said: str) -> None:
    with bench.lock:
        if good:
            bench.passed += 1
        else:
            bench.failed.append(name)
            print(f"FAILED {name}: {said}")


def children(parent: int, work: str) -> list[int]:
    found = []
    for entry in Path(f"/proc/{parent}/task").glob("*/children"):
        try:
            for child in entry.read_text().split():
                if work.encode() in Path(f"/proc/{child}/cmdline").read_bytes():
                    found.append(int(child))
        except OSError:
            pass
    return found


def disturbed(home: Home, work: str, how, times: int) -> tuple[int, str, int]:
    """Runs, and does `how` to the first `times` children of that kind."""
    process = home.start()
    done, seen = threading.Event(), set()

    def watch() -> None:
        while not done.is_set() and len(seen) < times:
            for child in children(process.pid, work):
                if child not in seen and len(seen) < times:
                    seen.add(child)
                    try:
                        how(child)
                    except ProcessLookupError:
                        pass
            time.sleep(0.001)

    watcher = threading.Thread(target=watch)
    watcher.start()
    code, said = ended(process)
    done.set()
    watcher.join()
    return code, said, len(seen)


def stopped(seconds: float):
    def how(child: int) -> None:
        os.kill(child, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(child, signal.SIGCONT)

    return how


def child_cases(everything: bool):
    kill, term = signal.SIGKILL, signal.SIGTERM
    for work in ("__read", "__photo", "__render"):
        yield f"{work} killed once", work, lambda c: os.kill(c, kill), 1, False
        yield f"{work} killed always", work, lambda c: os.kill(c, kill), 99, True
        yield f"{work} ended always", work, lambda c: os.kill(c, term), 99, True
    yield "__read stopped for 20 s", "__read", stopped(20), 1, False
    yield "__render stopped for 20 s", "__render", stopped(20), 1, False
    if everything:
        yield "__read stopped for ever", "__read", lambda c: os.kill(c, signal.SIGSTOP), 99, True
        yield "__photo stopped for 20 s", "__photo", stopped(20), 1, False
        yield "__render stopped for ever", "__render", lambda c: os.kill(c, signal.SIGSTOP), 99, True


def child_case(bench: Bench, name: str, work: str, how, times: int, must_fail: bool) -> None:
    home = bench.home()
    code, said, seen = disturbed(home, work, how, times)
    if not seen:
        note(bench, name, False, "no child was seen")
        return
    bench.judge(name, home, code, said, must_fail)


def all_stopped(bench: Bench) -> None:
    """A run that is stopped as a whole, as a paused machine does, has waited for nothing."""
    home = bench.home()
    process = home.start()
    time.sleep(0.4)
    os.killpg(process.pid, signal.SIGSTOP)
    time.sleep(20)
    os.killpg(process.pid, signal.SIGCONT)
    code, said = ended(process)
    bench.judge("everything stopped for 20 s", home, code, said, False)


def limited(bench: Bench, kind: int, name: str, most: int, as_nobody: bool) -> None:
    home = bench.home()
    if as_nobody:
        for path in [home.path, *home.path.rglob("*")]:
            os.chown(path, NOBODY, NOBODY)

    def limits() -> None:
        if as_nobody:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        resource.setrlimit(kind, (most, most))

    code, said = home.run(limits=limits)
    bench.judge(f"{name} {most}", home, code, said, None)


def large_photo(bench: Bench) -> None:
    """400 million pixels in 50 kB are refused by a child; the run itself stays small."""
    home = bench.home()
    home.write(f"inputs/{PERIOD}/parques/foto.png", png(20_000, 20_000, 1))
    process = home.start()
    peak, done = 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.is_set():
            try:
                status = Path(f"/proc/{process.pid}/status").read_text()
                peak = max(peak, int(status.split("VmHWM:")[1].split()[0]))
            except (OSError, IndexError):
                pass
            time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    code, said = ended(process)
    done.set()
    watcher.join()
    good = code == 0 and peak < 300_000
    note(bench, "a photo of 400 million pixels", good, f"exit {code}, {peak >> 10} MiB: {said[-600:]}")


def silent_share(bench: Bench) -> None:
    """Of two homes one lies on a share that answers late: it is told, and the other is done. strace keeps
    what it delays, so that the run ends only then."""
    folder = bench.folder / "share"
    sound, silent = Home(bench.metas, folder / "a-sound"), Home(bench.metas, folder / "b-silent")
    strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", str(silent.path), "-e", "trace=statx",
              "-e", "inject=statx:delay_enter=25000000"]
    begun = time.monotonic()
    process = subprocess.run(
        [*strace, str(bench.metas), "run", "--homes", str(folder), "--as-of", AS_OF],
        capture_output=True, text=True, timeout=90,
    )
    said = process.stdout + process.stderr
    good = process.returncode == 75 and "home-silent" in said and "b-silent" in said
    good = good and (sound.path / "reports/calles" / PERIOD / "v1/manifest.json").is_file()
    took = time.monotonic() - begun
    note(bench, "a home on a share that does not answer", good, f"exit {process.returncode}, {took:.0f} s: {said[-600:]}")


def cases(bench: Bench, only: str | None, everything: bool, call: str | None):
    """Each case as a function without arguments."""
    if only in (None, "children"):
        yield lambda: all_stopped(bench)
        for name, *rest in child_cases(everything):
            yield lambda name=name, rest=rest: child_case(bench, name, *rest)
    if only in (None, "limits"):
        for most in range(4, 20, 1 if everything else 3):
            yield lambda most=most: limited(bench, resource.RLIMIT_NOFILE, "open files", most, False)
        if os.getuid() == 0:
            for most in range(1, 9):
                yield lambda most=most: limited(bench, resource.RLIMIT_NPROC, "processes", most, True)
        yield lambda: large_photo(bench)
    if only in (None, "paths"):
        yield lambda: closed_folder(bench)
        yield lambda: closed_everything(bench)
        for case in paths(bench):
            yield lambda case=case: path_case(bench, *case)
        yield lambda: silent_share(bench)
    if only in (None, "calls"):
        for case in calls(bench, everything, call):
            yield lambda case=case: call_case(bench, *case)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--metas", type=Path, required=True)
    parser.add_argument("--all", action="store_true", help="every occurrence of every call: hours")
    parser.add_argument("--only", choices=["children", "limits", "paths", "calls"])
    parser.add_argument("--call", choices=list(CALLS), help="of the calls, this one alone")
    parser.add_argument("--jobs", type=int, default=2)
    wanted = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="metas-machine-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        metas = folder / "metas"
        # Where anybody may run it.
        shutil.copy2(wanted.metas.resolve(), metas)
        metas.chmod(0o755)
        bench = Bench(metas, folder)
        with ThreadPoolExecutor(wanted.jobs) as pool:
            for future in [pool.submit(case) for case in cases(bench, wanted.only, wanted.all, wanted.call)]:
                future.result()
    ends = ", ".join(f"{n} × exit {code}" for code, n in sorted(bench.ends.items()))
    print(f"{ends}; {time.monotonic() - begun:.0f} s")
    print(f"{bench.passed} passed, {len(bench.failed)} failed")
    return 1 if bench.failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""How one host does with many homes: the quarter's report of each, then an hour in which nothing is due.

    benches/homes.py --metas target/release/metas [--counts 100,400,2469] [--jobs 2] [--postgres]

Each home is the starter of `metas init`, three goals on two small workbooks: report, slides, page, message.
For each count it prints wall and processor time, the peak of memory of all processes together, files and
bytes that the homes hold afterwards, and with PostgreSQL how many connections were open at once and how
large the database is. A count is the homes of the one before and others, so growth is seen at one glance.
"""

import argparse
import contextlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests/tools"))
from postgres_server import Server  # noqa: E402


def memory_of(parent: int) -> int:
    """Bytes that a process and all below it hold; shared pages are divided among their holders."""
    total, waiting = 0, [parent]
    while waiting:
        process = waiting.pop()
        with contextlib.suppress(OSError, ValueError):
            children = Path(f"/proc/{process}/task").glob("*/children")
            waiting += [int(child) for task in children for child in task.read_text().split()]
            for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) << 10
    return total


class Watcher:
    """Looks at a process twice a second."""

    def __init__(self, process: subprocess.Popen, server: Server | None):
        self.process, self.server = process, server
        self.memory = self.connections = 0
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def watch(self) -> None:
        while self.process.poll() is None:
            self.memory = max(self.memory, memory_of(self.process.pid))
            if self.server is not None:
                rows = self.server.sql("SELECT COUNT(*) FROM pg_stat_activity WHERE application_name LIKE 'metas%'")
                self.connections = max(self.connections, int(rows[0][0]))
            time.sleep(0.5)


def run(metas: Path, homes: Path, jobs: int, server: Server | None) -> str:
    """One command over all homes, as a line of the table."""
    env = dict(os.environ)
    if server is not None:
        env["METAS_LEDGER"] = server.url()
    began, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [metas, "run", "--homes", homes, "--jobs", str(jobs), "--quiet"]
    with open(homes.parent / "said.txt", "w", encoding="utf-8") as said:
        process = subprocess.Popen(command, env=env, stdout=said, stderr=said)
        watcher = Watcher(process, server)
        watcher.thread.join()
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode != 0:
        raise SystemExit(f"{process.returncode}:\n" + (homes.parent / "said.txt").read_text()[-3000:])
    wall = time.monotonic() - began
    processor = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    text = f"{wall:8.1f} s wall {processor:8.1f} s CPU {watcher.memory >> 20:6} MiB"
    return text + (f" {watcher.connections:4} connections" if server is not None else "")


def held(homes: Path) -> str:
    sizes = [path.stat().st_size for path in homes.rglob("*") if path.is_file()]
    return f"{len(sizes)} files, {sum(sizes) / 1e6:.0f} MB"


def published(homes: Path) -> int:
    return sum(1 for _ in homes.glob("*/reports/*/*/v1/manifest.json"))


def measure(metas: Path, counts: list[int], jobs: int, server: Server | None) -> None:
    with tempfile.TemporaryDirectory(prefix="metas-homes-") as name:
        folder = Path(name)
        starter, homes = folder / "starter", folder / "homes"
        subprocess.run([metas, "init", starter, "--quiet"], check=True, capture_output=True)
        # Files that have just been copied would be waited for.
        with open(starter / "pipelines/mi-plan.toml", "a", encoding="utf-8") as plan:
            plan.write("\n[limits]\nquiet_seconds = 0\n")
        homes.mkdir()
        done = 0
        for count in counts:
            for number in range(done, count):
                shutil.copytree(starter, homes / f"municipio-{number:04}")
            print(f"{count - done:5} homes begin their quarter: {run(metas, homes, jobs, server)}", flush=True)
            done = count
            if published(homes) != count:
                raise SystemExit(f"{published(homes)} of {count} editions were published")
            print(f"{count:5} homes, nothing is due:      {run(metas, homes, jobs, server)}   {held(homes)}", flush=True)
            if server is not None:
                size = server.sql("SELECT pg_size_pretty(pg_database_size(current_database()))")[0][0]
                print(f"      database: {size}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--metas", type=Path, required=True)
    parser.add_argument("--counts", default="100,400,2469")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--postgres", action="store_true", help="with the ledger in a server of Debian's")
    given = parser.parse_args()
    counts = sorted(int(count) for count in given.counts.split(","))
    metas = given.metas.resolve()
    if not given.postgres:
        measure(metas, counts, given.jobs, None)
        return
    with tempfile.TemporaryDirectory(prefix="metas-postgres-") as name:
        Path(name).chmod(0o755)
        with Server(Path(name) / "server") as server:
            measure(metas, counts, given.jobs, server)


if __name__ == "__main__":
    main()

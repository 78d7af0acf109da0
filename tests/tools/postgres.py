#!/usr/bin/env python3
"""The ledger in a real PostgreSQL, and what can go wrong with it: one edition, one message each.

    python3 tests/tools/postgres.py --metas target/debug/metas [--seconds 60] [--homes 8]

Needs a debug build with `--features postgres,s3`, and Debian's packages postgresql, faketime and a C
compiler. The server is started in a temporary folder by an ordinary user. Two hosts are processes that
can't look into each other (a debug build can be told so) over a folder that both see and whose locks
do not lock, as on some network shares: what keeps them apart is the database alone.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from crash_matrix import AS_OF, PERIOD, PLAN, RECIPIENTS, Home, Tally, another_tool, few
from postgres_server import DATABASE, PASSWORD, Proxy, Server, percent
from smtp_sink import Sink

ROOT = Path(__file__).resolve().parents[2]
RUN = ("run", PLAN, "--period", PERIOD, "--as-of", AS_OF)
LEASE = 3
EXPECTED = {0, 3, 75}


class Host:
    """A machine of its own: its processes, its clock, its way to the ledger."""

    def __init__(self, name: str, library: Path, url: str, clock: str | None = None):
        self.env = dict(os.environ, METAS_PRETEND_MACHINE=name, LD_PRELOAD=str(library), METAS_LEDGER=url)
        if clock:
            self.env["LD_PRELOAD"] += f":{fake_clock()}"
            self.env |= {"FAKETIME": clock, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

    def start(self, home: Home, *words: str, **more: str) -> subprocess.Popen:
        return subprocess.Popen(
            [home.metas, *words, "--home", str(home.path)], env=self.env | more,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )

    def run(self, home: Home, *words: str, **more: str) -> tuple[int, str]:
        process = self.start(home, *(words or RUN), **more)
        said = process.communicate(timeout=300)[0]
        for secret in (PASSWORD, percent(PASSWORD)):
            if secret in said:
                raise AssertionError(f"the password was printed: {said}")
        return process.returncode, said


def fake_clock() -> Path:
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not found:
        raise SystemExit("no libfaketime: apt-get install faketime")
    return found[0]


def end(process: subprocess.Popen) -> None:
    """Ends a run and its workers, as a host does that goes down."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.communicate()


class World:
    """The server, the library, and a folder for homes."""

    def __init__(self, server: Server, metas: Path, folder: Path):
        self.server, self.metas, self.folder = server, metas, folder
        self.library = folder / "no_lock.so"
        source = Path(__file__).with_name("lock_that_does_not_lock.c")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", self.library, source], check=True)

    def url(self, *more: str, **options) -> str:
        return self.server.url(f"lease={LEASE}", "statement_timeout=2", *more, **options)

    def host(self, name: str, url: str | None = None, clock: str | None = None) -> Host:
        return Host(name, self.library, url or self.url(), clock)

    def home(self, name: str, sink: Sink) -> Home:
        return Home(self.metas, self.folder / name, sink.port)


def expect(result: tuple[int, str], code: int, *words: str) -> list[str]:
    got, said = result
    missing = [word for word in words if word not in said]
    if got == code and not missing:
        return []
    return [f"gave {got} instead of {code}, without {missing}: {said.strip()[-600:]}"]


def all_done(home: Home, sink: Sink, host: Host, held: bool = False) -> list[str]:
    """Run until nothing is left: one edition, whole, and one message a recipient."""
    deadline, codes = time.monotonic() + 60, []
    while time.monotonic() < deadline:
        code, said = host.run(home)
        codes.append(code)
        if code != 75:
            break
        time.sleep(0.5)
    if codes[-1] not in ((0, 3) if held else (0,)):
        return [f"the runs afterwards gave {codes}: {said.strip()[-500:]}"]
    editions = sorted(p.name for p in (home.path / "reports" / PLAN / PERIOD).iterdir())
    out = [] if editions == ["v1"] else [f"editions: {editions}"]
    code, said = host.run(home, "verify", str(home.path / "reports" / PLAN / PERIOD / "v1"))
    if code != 0:
        out.append(f"verify gave {code}: {said.strip()[-300:]}")
    return out + copies(home, sink, codes[-1] == 3)


def copies(home: Home, sink: Sink, held: bool, recipients: list[str] = RECIPIENTS) -> list[str]:
    found = {person: sink.accepted[person] for person in recipients}
    wrong = [n for n in found.values() if n > 1 or (n == 0 and not held)]
    return [f"accepted: {found}"] if wrong else []


# Unit tests and the crash matrix


def unit_tests(world: World, tally: Tally) -> None:
    env = dict(os.environ, METAS_TEST_POSTGRES=world.server.url())
    command = ["cargo", "test", "--features", "postgres,s3", "--lib", "--", "ledger::", "secret::"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    result = [line for line in done.stdout.splitlines() if line.startswith("test result")]
    print("\n".join(result))
    ran = "on_postgres::" in done.stdout
    wrong = [] if done.returncode == 0 and ran else [(done.stdout + done.stderr)[-3000:]]
    tally.note("the ledger's tests on both databases", wrong)


# What a server refuses


def refusals(world: World, tally: Tally) -> None:
    """Each with the code that tells what to do and the status that says when."""
    server = world.server
    with Sink() as sink:
        home = world.home("refusals", sink)
        good = world.host("north")
        good.run(home)

        def with_url(url: str) -> tuple[int, str]:
            return world.host("north", url).run(home)

        place = f"127.0.0.1:{server.port}/{DATABASE}"
        tally.note("a wrong password", expect(with_url(world.url(password="wr0ng")), 78, "ledger-login", place))
        other = world.url().replace(f"/{DATABASE}?", "/nowhere?")
        tally.note("no such database", expect(with_url(other), 78, "ledger-login", "nowhere"))
        untrusted = world.url().replace("sslrootcert", "application_name")
        tally.note("a certificate that nobody trusts", expect(with_url(untrusted), 78, "ledger-tls", place))
        named = world.url().replace("127.0.0.1", "127.0.0.2")
        server.sql("SELECT 1")
        tally.note("a port that nobody listens on", expect(
            with_url(world.url(port=1)), 75, "ledger-unreachable", "127.0.0.1:1/"))
        tally.note("a host that is not the server's", expect(with_url(named), 75, "ledger-unreachable"))
        tally.note("sslmode=prefer", expect(with_url(world.url("sslmode=prefer")), 78, "ledger-address"))
        tally.note("no address", expect(with_url("s3cret"), 78, "ledger-address"))

        server.sql("ALTER SYSTEM SET ssl = off")
        server.sql("SELECT pg_reload_conf()")
        time.sleep(1)
        tally.note("a server without TLS", expect(with_url(world.url()), 78, "ledger-tls", "sslmode=disable"))
        tally.note("sslmode=disable", expect(with_url(world.url(tls=False)), 0))
        server.sql("ALTER SYSTEM RESET ssl")
        server.sql("SELECT pg_reload_conf()")
        time.sleep(1)

        server.sql("INSERT INTO metas.format VALUES (99)")
        tally.note("a newer format", expect(with_url(world.url()), 78, "ledger-newer", "99"))
        server.sql("DELETE FROM metas.format WHERE format = 99")

        server.sql(f"ALTER DATABASE {DATABASE} SET default_transaction_read_only = on")
        tally.note("a server that can be read only", expect(with_url(world.url()), 75, "ledger-read-only", place))
        tally.note("status of it", expect(good.run(home, "status"), 0, "v1"))
        writable(server)

        lock = subprocess.Popen(
            [*server.own, str(server.bin / "psql"), "-h", "127.0.0.1", "-p", str(server.port), "-U", "metas", "-d", DATABASE,
             "-c", "BEGIN; LOCK TABLE metas.editions; SELECT pg_sleep(8)"],
            env=dict(os.environ, PGPASSWORD=PASSWORD), stdout=subprocess.DEVNULL, cwd="/")
        time.sleep(1)
        code, said = with_url(world.url())
        told = "ledger-slow" in said or "ledger-busy" in said
        tally.note("a table that somebody has locked", expect((code, said), 75) + ([] if told else [said[-300:]]))
        lock.wait()
        tally.note("afterwards", all_done(home, sink, good))

        server.stop("fast")
        tally.note("a server that is down", expect(with_url(world.url()), 75, "ledger-unreachable"))
        tally.note("status of it", expect(good.run(home, "status"), 75, "ledger-unreachable"))
        server.start()
        unset = {key: "" for key in ("METAS_LEDGER",)}
        tally.note("no METAS_LEDGER", expect(good.run(home, *RUN, **unset), 78, "ledger-elsewhere", place))
        file = world.folder / "address"
        file.write_text(world.url() + "\n", encoding="utf-8")
        env = {k: v for k, v in good.env.items() if k != "METAS_LEDGER"} | {"METAS_LEDGER_FILE": str(file)}
        good.env = env
        tally.note("METAS_LEDGER_FILE", expect(good.run(home, "doctor"), 0, place, "home refusals"))


def writable(server: Server) -> None:
    server.sql(f"BEGIN READ WRITE; ALTER DATABASE {DATABASE} SET default_transaction_read_only = off; COMMIT")


# The network


def networks(world: World, tally: Tally, cuts: int, chance: random.Random) -> None:
    with Proxy(world.server.port) as proxy, Sink() as sink:
        through = world.host("north", world.url(port=proxy.port))
        straight = world.host("north")
        home = world.home("measured", sink)
        tally.note("through a proxy", expect(through.run(home), 0))
        whole = proxy.seen
        for number in range(cuts):
            with Sink() as own:
                home = world.home(f"cut-{number}", own)
                proxy.seen, proxy.cut_after = 0, int(whole * (number + chance.random()) / cuts)
                code, said = through.run(home)
                proxy.cut_after = None
                found = [] if code == 0 else expect((code, said), 75, "ledger-unreachable")
                label = f"cut after {int(100 * proxy.seen / whole)} % of what a run says (gave {code})"
                tally.note(label, found + all_done(home, own, straight, held=True))
        with Sink() as own:
            home = world.home("slow", own)
            proxy.delay = 0.02
            begun = time.monotonic()
            found = expect(through.run(home), 0)
            tally.note(f"every packet 20 ms late: {time.monotonic() - begun:.1f} s", found)
            proxy.delay = 0
        with Sink() as own:
            home = world.home("silent", own)
            proxy.silent = True
            begun = time.monotonic()
            found = expect(through.run(home), 75, "ledger-")
            proxy.silent = False
            tally.note(f"a server that never answers: given up after {time.monotonic() - begun:.0f} s", found)
            tally.note("afterwards", all_done(home, own, straight))


# Leases


def worker_of(process: subprocess.Popen) -> int | None:
    """A process that typesets for the run just now."""
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if b"__render" in words and os.getpgid(int(entry.name)) == process.pid:
                return int(entry.name)
        except (OSError, ValueError):
            continue
    return None


def stopped(world: World, tally: Tally, moments: int, chance: random.Random) -> None:
    """A run stands still beyond its lease; another host goes on; the first one wakes up."""
    north, south = world.host("north"), world.host("south")
    with Sink() as sink:
        begun = time.monotonic()
        north.run(world.home("whole", sink))
        whole = time.monotonic() - begun
    for number in range(moments + 1):
        with Sink() as sink:
            home = world.home(f"stopped-{number}", sink)
            process = north.start(home, *RUN)
            if number == 0:
                while process.poll() is None and not worker_of(process):
                    time.sleep(0.01)
                where = "while typesetting"
            else:
                moment = whole * (number - chance.random()) / moments
                time.sleep(moment)
                where = f"after {moment:.1f} s"
            if process.poll() is not None:
                tally.note(f"stopped {where}: it was over", all_done(home, sink, south))
                process.communicate()
                continue
            os.killpg(process.pid, signal.SIGSTOP)
            early = south.run(home)
            time.sleep(LEASE + 0.5)
            code, said = south.run(home)
            found = [] if code in EXPECTED else [f"the other host gave {code}: {said.strip()[-400:]}"]
            if number == 0:
                found += expect(early, 75, "lock-held", "on north") + expect((code, said), 0)
            before = sum(sink.accepted.values())
            os.killpg(process.pid, signal.SIGCONT)
            said = process.communicate(timeout=180)[0]
            if number == 0:
                found += expect((process.returncode, said), 75, "ledger-lease-lost", "on south")
                if sum(sink.accepted.values()) != before:
                    found.append("the first one sent something")
            elif process.returncode not in EXPECTED:
                found.append(f"the first one gave {process.returncode}: {said.strip()[-400:]}")
            tally.note(f"stopped {where}, beyond its lease", found + all_done(home, sink, south, held=True))


def long_typesetting(world: World, tally: Tally) -> None:
    """A worker takes longer than the lease, and its run lives: nobody takes the home over."""
    north, south = world.host("north"), world.host("south")
    with Sink() as sink:
        home = world.home("long", sink)
        process = north.start(home, *RUN)
        worker = None
        while process.poll() is None and worker is None:
            worker = worker_of(process)
        os.kill(worker, signal.SIGSTOP)
        time.sleep(LEASE * 2)
        found = expect(south.run(home), 75, "lock-held")
        os.kill(worker, signal.SIGCONT)
        said = process.communicate(timeout=180)[0]
        found += expect((process.returncode, said), 0)
        tally.note("typesetting for twice the lease", found + all_done(home, sink, south))


def clocks(world: World, tally: Tally) -> None:
    """An hour between the hosts' clocks: a lease is the database's."""
    for ahead, behind in (("north", "south"), ("south", "north")):
        with Sink() as sink:
            home = world.home(f"clock-{ahead}", sink)
            hosts = {ahead: world.host(ahead, clock="+1h"), behind: world.host(behind)}
            process = hosts["north"].start(home, *RUN)
            while process.poll() is None and not worker_of(process):
                time.sleep(0.01)
            end(process)
            found = expect(hosts["south"].run(home), 75, "lock-held")
            time.sleep(LEASE + 0.5)
            tally.note(f"the clock of {ahead} is an hour ahead", found + all_done(home, sink, hosts["south"]))


# Two hosts


def two_hosts(world: World, tally: Tally, seconds: int, count: int, chance: random.Random) -> None:
    """Runs of two hosts over the same homes, killed at random."""
    with Sink() as sink:
        homes, people = [], {}
        for number in range(count):
            home = world.home(f"home-{number}", sink)
            plan = home.path / "pipelines" / f"{PLAN}.toml"
            text = plan.read_text(encoding="utf-8")
            people[number] = [f"{number}.{person}" for person in RECIPIENTS]
            for person in RECIPIENTS:
                text = text.replace(person, f"{number}.{person}")
            plan.write_text(text, encoding="utf-8")
            homes.append(home)
        hosts = [world.host("north"), world.host("south")]
        until, killed, ended, codes = time.monotonic() + seconds, 0, 0, {}
        work: list[tuple[subprocess.Popen, float]] = []
        while time.monotonic() < until or work:
            for process, death in list(work):
                if process.poll() is not None:
                    codes[process.returncode] = codes.get(process.returncode, 0) + 1
                    ended += 1
                    if process.returncode not in EXPECTED:
                        print(f"    gave {process.returncode}: {process.stdout.read().strip()[-300:]}")
                    process.communicate()
                elif time.monotonic() > death:
                    end(process)
                    killed += 1
                else:
                    continue
                work.remove((process, death))
            if time.monotonic() < until and len(work) < 4:
                process = chance.choice(hosts).start(chance.choice(homes), *RUN)
                work.append((process, time.monotonic() + chance.uniform(0.05, 4.0)))
            time.sleep(0.02)
        strange = {code: n for code, n in codes.items() if code not in EXPECTED}
        tally.note(f"{count} homes, 2 hosts, {seconds} s: {killed} killed, {ended} ended {codes}",
                   [f"exit codes {strange}"] if strange else [])
        held = 0
        for number, home in enumerate(homes):
            out = settled(home, hosts[number % 2], sink, people[number])
            held += out.pop("held")
            tally.note(f"home {number}", out["faults"])
        print(f"accepted {sum(sink.accepted.values())} of {count * len(RECIPIENTS)}, {held} homes held for a person")


def settled(home: Home, host: Host, sink: Sink, people: list[str]) -> dict:
    faults = []
    deadline = time.monotonic() + 60
    while True:
        code, said = host.run(home)
        if code != 75 or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    if code not in (0, 3):
        faults.append(f"gave {code}: {said.strip()[-400:]}")
    folder = home.path / "reports" / PLAN / PERIOD
    editions = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
    if editions != ["v1"]:
        faults.append(f"editions: {editions}")
    for words in (("verify", str(folder / "v1")), ("doctor",)):
        code_of, told = host.run(home, *words)
        if code_of not in (0, 75) or (words[0] == "verify" and code_of):
            faults.append(f"{words[0]} gave {code_of}: {told.strip()[-300:]}")
    faults += copies(home, sink, code == 3, people)
    return {"faults": faults, "held": int(code == 3)}


# Moving, backing up, putting back


def moves(world: World, tally: Tally) -> None:
    with Sink() as sink:
        home = world.home("moved", sink)
        here, there = Host("north", world.library, ""), world.host("north")
        found = expect(here.run(home), 0)
        found += expect(there.run(home), 78, "ledger-twice", "metas ledger copy")
        found += expect(here.run(home, "ledger", "copy"), 2, "no-ledger-server")
        found += expect(there.run(home, "ledger", "copy", METAS_CRASH_AT="ledger-copied"), -signal.SIGABRT)
        found += expect(there.run(home, "ledger", "copy"), 0, "Copied, and compared")
        found += expect(there.run(home), 0) + expect(here.run(home), 78, "ledger-elsewhere")
        found += expect(there.run(home, "status"), 0, "ledger: PostgreSQL")
        tally.note("from a file to the server", found + all_done(home, sink, there))
        kept = home.path / "state/ledger.db.copied"
        shutil.copy(kept, home.path / "state/ledger.db")
        found = expect(there.run(home, "ledger", "copy"), 0, "Was there already")
        there.run(home, "skip", PLAN, "2026-T2", "--reason", "x")
        shutil.copy(kept, home.path / "state/ledger.db")
        found += expect(there.run(home, "ledger", "copy"), 78, "ledger-not-empty")
        (home.path / "state/ledger.db").unlink()
        tally.note("copied again", found)
        found = expect(there.run(home, "ledger", "copy", "--back"), 0)
        found += expect(here.run(home), 0) + all_done(home, sink, here)
        found += expect(here.run(home, "status"), 0, "T2")
        tally.note("from the server back to a file", found)


def backups(world: World, tally: Tally) -> None:
    names = ("", "restore-staged", "restore-state", "ledger-copied")
    for name in names:
        with Sink() as sink:
            home = world.home(f"backup-{name or 'whole'}", sink)
            host, backup = world.host("north"), str(world.folder / f"backup-{name}.zip")
            found = expect(host.run(home), 0) + expect(host.run(home, "backup", backup), 0)
            for lost in ("state", "reports"):
                shutil.rmtree(home.path / lost)
            # The database lives: its ledger may know of more than the backup does.
            found += expect(host.run(home, "restore", backup), 78, "ledger-lives", "--missing")
            found += expect(host.run(home, "restore", backup, "--missing"), 0)
            found += all_done(home, sink, host)
            # The database is lost too.
            for lost in ("state", "reports"):
                shutil.rmtree(home.path / lost)
            world.server.sql(f"SELECT metas.forget_home('{home.path.name}')")
            code, said = host.run(home, "restore", backup, METAS_CRASH_AT=name)
            if name == "":
                found += expect((code, said), 0)
            elif code != -signal.SIGABRT:
                found.append(f"did not die at {name}: {code} {said[-300:]}")
            elif (home.path / "state").exists():
                found += expect(host.run(home), 78, "ledger-twice")
                found += expect(host.run(home, "ledger", "copy"), 0)
                shutil.rmtree(home.path / ".restoring", ignore_errors=True)
                found += expect(host.run(home, "restore", backup, "--missing"), 0)
            else:
                found += expect(host.run(home, "restore", backup), 0)
            tally.note(f"put back{', dies at ' + name if name else ''}", found + all_done(home, sink, host))


def many(world: World, tally: Tally, count: int) -> None:
    """One command over many homes, with the one address."""
    with Sink() as sink:
        folder = world.folder / "many"
        folder.mkdir()
        for number in range(count):
            Home(world.metas, folder / f"many-{number}", sink.port)
        env = dict(os.environ, METAS_LEDGER=world.url())
        command = [world.metas, "run", "--homes", str(folder), "--jobs", "2", "--as-of", AS_OF]
        done = subprocess.run(command, env=env, capture_output=True, text=True)
        found = expect((done.returncode, done.stdout + done.stderr), 0)
        rows = world.server.sql("SELECT COUNT(*) FROM metas.editions WHERE home LIKE 'many-%' AND state = 'published'")
        found += [] if rows == [[str(count)]] else [f"published: {rows}"]
        env["METAS_LEDGER_HOME"] = "one"
        done = subprocess.run(command, env=env, capture_output=True, text=True)
        found += expect((done.returncode, done.stderr), 2, "ledger-home")
        tally.note(f"{count} homes with one command", found)


# What a quick look always takes; of the others the seed says which one.
ALWAYS = ["unit", "refusals", "leases", "hosts"]
PARTS = ["unit", "crashes", "refusals", "networks", "leases", "clocks", "hosts", "moves", "backups", "many"]
# Longer than a quick look has time for.
LONG = ["mail", "machine"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--metas", type=Path, required=True)
    parser.add_argument("--seconds", type=int, default=60, help="how long the two hosts work")
    parser.add_argument("--homes", type=int, default=8)
    parser.add_argument("--some", type=int, help="as many places of the crash matrix, at random")
    parser.add_argument("--cuts", type=int, default=12)
    parser.add_argument("--stops", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="some parts only, by the seed")
    parser.add_argument("--only", choices=[*PARTS, *LONG], action="append")
    wanted = parser.parse_args()
    chance, tally = random.Random(wanted.seed), Tally()
    parts = wanted.only or [*PARTS, *LONG]
    if wanted.quick:
        others = [part for part in PARTS if part not in ALWAYS]
        parts = [*ALWAYS, others[wanted.seed % len(others)]]
    with tempfile.TemporaryDirectory(prefix="metas-postgres-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with Server(folder / "server") as server:
            homes = folder / "homes"
            homes.mkdir()
            world = World(server, wanted.metas.resolve(), homes)

            def with_the_ledger_there(script: str, words: list[str]) -> None:
                another_tool(tally, world.metas, script, words, METAS_LEDGER=world.url())

            steps = {
                "unit": lambda: unit_tests(world, tally),
                "crashes": lambda: with_the_ledger_there("crash_matrix.py", few(wanted.some, wanted.seed)),
                "refusals": lambda: refusals(world, tally),
                "networks": lambda: networks(world, tally, wanted.cuts, chance),
                "leases": lambda: (long_typesetting(world, tally), stopped(world, tally, wanted.stops, chance)),
                "clocks": lambda: clocks(world, tally),
                "hosts": lambda: two_hosts(world, tally, wanted.seconds, wanted.homes, chance),
                "moves": lambda: moves(world, tally),
                "backups": lambda: backups(world, tally),
                "many": lambda: many(world, tally, 3),
                "mail": lambda: with_the_ledger_there("mail/matrix.py", []),
                "machine": lambda: with_the_ledger_there("machine_faults.py", []),
            }
            for part in parts:
                begun = time.monotonic()
                steps[part]()
                print(f"-- {part}: {time.monotonic() - begun:.0f} s")
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())

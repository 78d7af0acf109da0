#!/usr/bin/env python3
"""Archive and editions in a bucket of a real S3 server, and what can go wrong with it: nothing is
overwritten, doubled or lost.

    python3 tests/tools/store.py --metas target/debug/metas [--seconds 60] [--homes 8]

Needs a debug build with `--features postgres,s3`, what tests/tools/postgres.py needs, and the packages
of tests/tools/requirements.txt. Two hosts are processes that can't look into each other, each with a
home folder of its own; they share inputs, plans and templates, one PostgreSQL and one bucket.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from crash_matrix import PERIOD, PLAN, RECIPIENTS, Home, Tally, another_tool, few
from postgres import EXPECTED, LEASE, ROOT, RUN, Host, World, copies, end, expect
from postgres_server import Server as Database
from postgres_server import percent
from smtp_sink import Sink
from store_server import BUCKET, KEY, SECRET, Cut, Front, Server, certificates, refusal

V1 = f"reports/{PLAN}/{PERIOD}/v1"


class StoreHost(Host):
    """A machine with a way to the store, and with a ledger in a file where no database is named."""

    def __init__(self, world: "StoreWorld", name: str, address: str, ledger: str | None = None):
        super().__init__(name, world.library, ledger or "")
        if ledger is None:
            del self.env["METAS_LEDGER"]
            del self.env["LD_PRELOAD"]
        self.env["METAS_STORE"] = address
        # Nothing but the address says how the store is reached.
        for name in list(self.env):
            if name.startswith("AWS_") or name.lower().endswith("_proxy"):
                del self.env[name]

    def run(self, home: Home, *words: str, **more: str) -> tuple[int, str]:
        code, said = super().run(home, *words, **more)
        for secret in (SECRET, percent(SECRET)):
            if secret in said:
                raise AssertionError(f"the secret was printed: {said}")
        return code, said


class StoreWorld(World):
    """A database, a bucket and the way to it."""

    def __init__(self, database: Database, front: Front, metas: Path, folder: Path):
        super().__init__(database, metas, folder)
        self.front, self.store = front, front.server

    def alone(self, address: str | None = None) -> StoreHost:
        """A host whose ledger is its own file."""
        return StoreHost(self, "north", address or self.front.address("timeout=20"))

    def shared(self, name: str) -> StoreHost:
        return StoreHost(self, name, self.front.address("timeout=20"), self.url())


def done(home: Home, sink: Sink, host: Host, codes: tuple[int, ...] = (0,)) -> list[str]:
    """Run until nothing is left: one edition, whole, one message a recipient, all of it in the store."""
    deadline = time.monotonic() + 60
    while True:
        code, said = host.run(home)
        if code != 75 or time.monotonic() > deadline:
            break
        time.sleep(0.3)
    if code not in codes:
        return [f"the last run gave {code}: {said.strip()[-500:]}"]
    editions = sorted(p.name for p in (home.path / "reports" / PLAN / PERIOD).iterdir())
    out = [] if editions == ["v1"] else [f"editions: {editions}"]
    for words in (("verify", str(home.path / V1)), ("doctor",)):
        gave, told = host.run(home, *words)
        if gave != 0:
            out.append(f"{words[0]} gave {gave}: {told.strip()[-400:]}")
    return out + copies(home, sink, code == 3)


# The server itself, and the unit tests


def server_is_one(world: StoreWorld, tally: Tally, rounds: int) -> None:
    """Of many that put under one key at once one wins: a server of which that is not so proves nothing."""
    wrong = []
    for number in range(rounds):
        won, barrier = [], threading.Barrier(8)

        def put(which: int) -> None:
            barrier.wait()
            status, _ = world.store.ask("PUT", f"/{BUCKET}/contended/{number}", bytes([which]) * 9000, **{"If-None-Match": "*"})
            if status == 200:
                won.append(which)

        threads = [threading.Thread(target=put, args=(which,)) for which in range(8)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        if len(won) != 1 or world.store.get(f"contended/{number}") != bytes([won[0]]) * 9000:
            wrong.append(f"round {number}: {won} won")
    tally.note(f"{rounds} rounds of eight conditional puts at once", wrong)


def unit_tests(world: StoreWorld, tally: Tally) -> None:
    env = dict(os.environ, METAS_TEST_STORE=world.front.address(prefix="/unit"))
    command = ["cargo", "test", "--features", "postgres,s3", "--lib", "--", "store::", "edition_store", "percent::"]
    ran = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    print("\n".join(line for line in ran.stdout.splitlines() if line.startswith("test result")))
    was_there = "in_a_bucket::" in ran.stdout
    wrong = [] if ran.returncode == 0 and was_there else [(ran.stdout + ran.stderr)[-3000:]]
    tally.note("the store's tests on both stores", wrong)


# What a store refuses


def refusals(world: StoreWorld, tally: Tally) -> None:
    """Each with the code that tells what to do and the status that says when."""
    front = world.front
    with Sink() as sink:
        home = world.home("refusals", sink)
        good = world.alone()
        place = f"s3://{BUCKET}/refusals at 127.0.0.1:{front.port}"

        def at(address: str) -> tuple[int, str]:
            return world.alone(address).run(home)

        def answers(status: int, code: str) -> tuple[int, str]:
            front.before = lambda request: refusal(status, code)
            said = good.run(home)
            front.reset()
            return said

        tally.note("a wrong secret", expect(at(front.address(secret="wr0ng")), 78, "store-login", place))
        tally.note("an unknown key", expect(at(front.address(key="AKIAOTHER")), 78, "store-login", place))
        tally.note("no such bucket", expect(at(front.address(bucket="nowhere")), 78, "store-missing", "nowhere"))
        untrusted = front.address().replace("cacert", "region=x&region")
        tally.note("a certificate that nobody trusts", expect(at(untrusted), 78, "store-tls", place))
        other = front.address().replace("127.0.0.1", "127.0.0.2")
        tally.note("a host that is not the server's", expect(at(other), 75, "store-unreachable"))
        nobody = front.address().replace(f":{front.port}?", ":1?").replace(f":{front.port}&", ":1&")
        tally.note("a port that nobody listens on", expect(at(nobody), 75, "store-unreachable", ":1"))
        plain = front.address().replace("https", "http")
        tally.note("http without saying so", expect(at(plain), 78, "store-address", "tls=disable"))
        tally.note("http to a server that speaks TLS", expect(at(plain + "&tls=disable"), 75, "store-unreachable"))
        tally.note("no address", expect(at("s3cret/x"), 78, "store-address"))
        for status, name, code, told in (
            (403, "AccessDenied", 78, "store-login"),
            (403, "RequestTimeTooSkewed", 78, "store-clock"),
            (400, "ExpiredToken", 78, "store-login"),
            (404, "NoSuchBucket", 78, "store-missing"),
            (301, "PermanentRedirect", 78, "store-address"),
            (500, "InternalError", 75, "store-unreachable"),
            (503, "SlowDown", 75, "store-unreachable"),
            (507, "XMinioStorageFull", 78, "store-full"),
        ):
            tally.note(f"the server says {status} {name}", expect(answers(status, name), code, told, place))
        if (home.path / "reports").exists():
            tally.note("something was issued without the store", ["reports/ is there"])

        front.honest = False
        tally.note("a server that overwrites", expect(good.run(home), 78, "store-no-conditions"))
        tally.note("doctor of it", expect(good.run(home, "doctor"), 78, "store-no-conditions"))
        front.reset()
        front.before = lambda request: refusal(501, "NotImplemented") if request.method == "PUT" else None
        tally.note("a server that does not know the condition", expect(good.run(home), 78, "store-no-conditions"))
        front.reset()
        tally.note("afterwards", done(home, sink, good))
        tally.note("doctor", expect(good.run(home, "doctor"), 0, place, "overwrites nothing"))
        unset = {k: v for k, v in good.env.items() if k != "METAS_STORE"}
        file = world.folder / "address"
        file.write_text(front.address() + "\n", encoding="utf-8")
        good.env = unset | {"METAS_STORE_FILE": str(file)}
        tally.note("METAS_STORE_FILE", expect(good.run(home, "doctor"), 0, place))
        keyless = front.address().replace(f"{KEY}:{percent(SECRET)}@", "")
        good.env = unset | {"METAS_STORE": keyless, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
        tally.note("a key of the environment", expect(good.run(home, "doctor"), 0, place))
        good.env = unset | {"METAS_STORE": keyless, "AWS_METADATA_ENDPOINT": "http://127.0.0.1:1"}
        tally.note("no key at all", expect(good.run(home), 78, "store-login"))
        good.env = unset
        tally.note("no METAS_STORE", expect(good.run(home), 78, "store-elsewhere", place))


def objects(world: StoreWorld, tally: Tally) -> None:
    """An object that is half written, of other bytes, or gone."""
    front, store = world.front, world.store
    with Sink() as sink:
        home, host = world.home("objects", sink), world.alone()
        found = expect(host.run(home), 0)
        before = {key: store.get(key) for key in store.keys("objects/")}
        pdf = next(key for key in before if before[key][:4] == b"%PDF")
        for lost in ("reports", "state/archive"):
            shutil.rmtree(home.path / lost)
        store.put(pdf, before[pdf][: len(before[pdf]) // 2])
        found += expect(host.run(home), 78, "store-other-bytes", pdf.rsplit("/", 1)[1], "its SHA-256 is")
        store.remove(pdf)
        found += expect(host.run(home), 3, "edition-missing")
        store.put(pdf, before[pdf])
        tally.note("an edition's file is half there, gone, and back", found + done(home, sink, host))
        after = {key: store.get(key) for key in before}
        tally.note("every object is as it was", [] if before == after else ["another"])
    with Sink() as sink:
        home = world.home("in-the-way", sink)
        front.before = lambda request: (store.put("in-the-way/" + request.path.split("in-the-way/")[1], b"half"), None)[1] \
            if request.is_put_of("/archive/") else None
        code, said = host.run(home)
        front.reset()
        found = expect((code, said), 78, "store-other-bytes", "there,", "here")
        for key in store.keys("in-the-way/archive/"):
            if store.get(key) == b"half":
                store.remove(key)
        tally.note("somebody else's half object lies in the way", found + done(home, sink, host))


# The network


def networks(world: StoreWorld, tally: Tally, cuts: int, chance: random.Random) -> None:
    front, host = world.front, world.alone()
    with Sink() as sink:
        begun = len(front.seen)
        host.run(world.home("measured", sink))
        whole = len(front.seen) - begun
    for number in range(cuts):
        moment, is_done = int(whole * (number + chance.random()) / cuts), chance.random() < 0.5
        with Sink() as sink:
            home = world.home(f"cut-{number}", sink)
            count = [0]

            def gone(_request, answer=None):
                count[0] += 1
                if count[0] > moment:
                    raise Cut
                return answer

            front.before, front.after = (None, gone) if is_done else (gone, None)
            code, said = host.run(home)
            front.reset()
            found = [] if code == 0 else expect((code, said), 75, "store-unreachable")
            when = "after it was done" if is_done else "before it was done"
            tally.note(f"the connection is lost at request {moment} of {whole}, {when} (gave {code})", found + done(home, sink, host))
    with Sink() as sink:
        home = world.home("flaky", sink)
        front.before = lambda request: refusal(503, "SlowDown") if chance.random() < 0.05 else None
        codes = [host.run(home)[0] for _ in range(3)]
        front.reset()
        found = [] if set(codes) <= {0, 75} else [f"gave {codes}"]
        tally.note("one request in twenty is refused for the moment", found + done(home, sink, host))
    with Sink() as sink:
        home = world.home("slow", sink)
        front.delay = 0.05
        begun = time.monotonic()
        found = expect(host.run(home), 0)
        tally.note(f"every answer 50 ms late: {time.monotonic() - begun:.1f} s", found)
        front.reset()
    with Sink() as sink:
        home = world.home("silent", sink)
        front.before = lambda request: time.sleep(15)
        begun = time.monotonic()
        found = expect(world.alone(front.address("timeout=2")).run(home), 75, "store-slow")
        seconds = time.monotonic() - begun
        front.reset()
        found += [] if seconds < 45 else [f"after {seconds:.0f} s"]
        tally.note(f"a server that never answers: given up after {seconds:.0f} s", found)
        tally.note("afterwards", done(home, sink, host))
    with Sink() as sink:
        home = world.home("truncated", sink)
        found = expect(host.run(home), 0)
        shutil.rmtree(home.path / "reports")

        def half(request, answer):
            status, body, headers, length = answer
            is_file = request.method == "GET" and "/files/" in request.path
            return (status, body[: len(body) // 2], headers, length) if is_file else answer

        front.after = half
        found += expect(host.run(home), 75, "store-")
        front.reset()
        tally.note("bodies that end too early", found + done(home, sink, host))


# Two hosts, each with a folder of its own


class HostHome(Home):
    """A home's folder on one host: inputs, plans and templates are shared, nothing else."""

    def __init__(self, first: Home, folder: Path):
        self.metas, self.path = first.metas, folder
        folder.mkdir(parents=True)
        for shared in ("inputs", "pipelines", "report-templates"):
            (folder / shared).symlink_to(first.path / shared)


def two_hosts(world: StoreWorld, tally: Tally, seconds: int, count: int, chance: random.Random) -> None:
    with Sink() as sink:
        hosts = {name: world.shared(name) for name in ("north", "south")}
        homes, people = [], []
        for number in range(count):
            first = world.home(f"shared-{number}", sink)
            plan = first.path / "pipelines" / f"{PLAN}.toml"
            text = plan.read_text(encoding="utf-8")
            people.append([f"{number}.{person}" for person in RECIPIENTS])
            for person in RECIPIENTS:
                text = text.replace(person, f"{number}.{person}")
            plan.write_text(text, encoding="utf-8")
            homes.append({name: HostHome(first, world.folder / name / f"home-{number}") for name in hosts})
        begun = time.monotonic()
        hosts["north"].run(HostHome(world.home("measured-alone", sink), world.folder / "measured-home"))
        whole = time.monotonic() - begun
        until, killed, ended, codes = time.monotonic() + seconds, 0, 0, {}
        work: list[tuple[subprocess.Popen, float]] = []
        while time.monotonic() < until or work:
            for process, death in list(work):
                if process.poll() is not None:
                    codes[process.returncode] = codes.get(process.returncode, 0) + 1
                    ended += 1
                    if process.returncode not in EXPECTED:
                        print(f"    gave {process.returncode}: {process.stdout.read().strip()[-400:]}")
                    process.communicate()
                elif time.monotonic() > death:
                    end(process)
                    killed += 1
                else:
                    continue
                work.remove((process, death))
            if time.monotonic() < until and len(work) < 4:
                name = chance.choice(list(hosts))
                process = hosts[name].start(chance.choice(homes)[name], *RUN)
                work.append((process, time.monotonic() + chance.uniform(0.05, whole * 3)))
            time.sleep(0.02)
        strange = {code: n for code, n in codes.items() if code not in EXPECTED}
        tally.note(f"{count} homes, 2 hosts with folders of their own, {seconds} s: {killed} killed, {ended} ended {codes}",
                   [f"exit codes {strange}"] if strange else [])
        held = 0
        with ThreadPoolExecutor(2) as pool:
            last = [pool.submit(settled, world, hosts, folders, sink, people[n]) for n, folders in enumerate(homes)]
            for number, one in enumerate(last):
                faults, is_held = one.result()
                held += is_held
                tally.note(f"home {number}", faults)
        sent = sum(sink.accepted[person] for of_home in people for person in of_home)
        print(f"accepted {sent} of {count * len(RECIPIENTS)}, {held} homes held for a person")


def settled(world: StoreWorld, hosts: dict, folders: dict, sink: Sink, people: list[str]) -> tuple[list[str], int]:
    """A last run of each host: then both have the same, and nothing is doubled or lost."""
    faults, last = [], 0
    for name, host in (*hosts.items(), *list(hosts.items())[:1]):
        deadline = time.monotonic() + 60
        while True:
            code, said = host.run(folders[name])
            if code != 75 or time.monotonic() > deadline:
                break
            time.sleep(0.5)
        last = max(last, code)
        if code not in (0, 3):
            faults.append(f"{name} gave {code}: {said.strip()[-400:]}")
    trees = []
    for name, host in hosts.items():
        folder = folders[name].path
        editions = sorted(p.name for p in (folder / "reports" / PLAN / PERIOD).iterdir())
        if editions != ["v1"]:
            faults.append(f"{name} has {editions}")
        trees.append({p.relative_to(folder): p.read_bytes() for p in (folder / V1).rglob("*") if p.is_file() and p.name != ".deliveries"})
        code, said = host.run(folders[name], "verify", str(folder / V1))
        if code != 0:
            faults.append(f"verify on {name} gave {code}: {said.strip()[-300:]}")
        hidden = [p.name for p in (folder / "reports" / PLAN / PERIOD).iterdir() if p.name.startswith(".")]
        if hidden:
            faults.append(f"{name} has left {hidden}")
    if trees[0] != trees[1]:
        faults.append(f"the hosts' editions differ: {sorted(map(str, trees[0]))} and {sorted(map(str, trees[1]))}")
    home = folders["north"].path.name
    rows = world.server.sql(f"SELECT sha256 FROM metas.submissions WHERE home = '{home}'")
    there = set(world.store.keys(f"{home}/archive/"))
    lost = [sha for (sha,) in rows if f"{home}/archive/{sha[:2]}/{sha}" not in there]
    if not rows or lost:
        faults.append(f"of {len(rows)} files of departments these are not in the store: {lost}")
    return faults + copies(folders["north"], sink, last == 3, people), int(last == 3)


def lost_host(world: StoreWorld, tally: Tally) -> None:
    """A host and its disk are lost for good; another one that never saw the home goes on."""
    with Sink() as sink:
        first = world.home("lost", sink)
        north, south = world.shared("north"), world.shared("south")
        of = {name: HostHome(first, world.folder / name / "lost-home") for name in ("north", "south")}
        found = expect(north.run(of["north"], *RUN, "--no-deliver"), 0)
        shutil.rmtree(of["north"].path / "state")
        shutil.rmtree(of["north"].path / "reports")
        (first.path / "inputs" / PERIOD / "agua" / "cloro.ods").unlink()
        time.sleep(LEASE)
        found += expect(south.run(of["south"]), 0)
        found += expect(south.run(of["south"], "verify", str(of["south"].path / V1)), 0)
        found += copies(of["south"], sink, False)
        backup = str(world.folder / "lost.zip")
        found += expect(south.run(of["south"], "backup", backup), 0)
        again = ("--new-edition", "--reason", "una cifra")
        found += expect(south.run(of["south"], *RUN, *again), 0, "edition 2 issued", "vanished-file")
        tally.note("a host is lost with its disk, and a file from the drop folder", found)


def older_ledger(world: StoreWorld, tally: Tally) -> None:
    """A ledger from before the messages, on a host that has not sent them: they are held, not sent again."""
    with Sink() as sink:
        first = world.home("older", sink)
        host = world.alone()
        of = {name: HostHome(first, world.folder / name / "older-home") for name in ("north", "south")}
        found = expect(host.run(of["north"], *RUN, "--no-deliver"), 0)
        shutil.copytree(of["north"].path / "state", of["south"].path / "state", ignore=shutil.ignore_patterns("archive", "lock"))
        found += expect(host.run(of["north"]), 0)
        found += expect(host.run(of["south"]), 3, "deliver resolve")
        found += copies(of["south"], sink, False)
        tally.note("a ledger from before the messages, on another host", found)


# What a quick look always takes; of the others the seed says which one.
ALWAYS = ["server", "unit", "refusals", "hosts"]
PARTS = ["server", "unit", "crashes", "refusals", "objects", "networks", "lost", "hosts"]

# Longer than a quick look has time for.
LONG = ["mail", "machine"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--metas", type=Path, required=True)
    parser.add_argument("--seconds", type=int, default=60, help="how long the two hosts work")
    parser.add_argument("--homes", type=int, default=8)
    parser.add_argument("--some", type=int, help="as many places of the crash matrix, at random")
    parser.add_argument("--cuts", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="some parts only, by the seed")
    parser.add_argument("--only", choices=[*PARTS, *LONG], action="append")
    wanted = parser.parse_args()
    chance, tally = random.Random(wanted.seed), Tally()
    parts = wanted.only or [*PARTS, *LONG]
    if wanted.quick:
        others = [part for part in PARTS if part not in ALWAYS]
        parts = [*ALWAYS, others[wanted.seed % len(others)]]
    with tempfile.TemporaryDirectory(prefix="metas-store-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        certificates(folder / "tls")
        with Database(folder / "database") as database, Server() as server, Front(server, folder / "tls") as front:
            homes = folder / "homes"
            homes.mkdir()
            world = StoreWorld(database, front, wanted.metas.resolve(), homes)

            def with_the_files_there(script: str, words: list[str]) -> None:
                place = front.address(prefix=f"/{Path(script).stem}")
                another_tool(tally, world.metas, script, words, METAS_STORE=place)

            steps = {
                "server": lambda: server_is_one(world, tally, 20),
                "unit": lambda: unit_tests(world, tally),
                "crashes": lambda: with_the_files_there("crash_matrix.py", few(wanted.some, wanted.seed)),
                "refusals": lambda: refusals(world, tally),
                "objects": lambda: objects(world, tally),
                "networks": lambda: networks(world, tally, wanted.cuts, chance),
                "lost": lambda: (lost_host(world, tally), older_ledger(world, tally)),
                "mail": lambda: with_the_files_there("mail/matrix.py", []),
                "machine": lambda: with_the_files_there("machine_faults.py", []),
                "hosts": lambda: two_hosts(world, tally, wanted.seconds, wanted.homes, chance),
            }
            for part in parts:
                begun = time.monotonic()
                steps[part]()
                print(f"-- {part}: {time.monotonic() - begun:.0f} s")
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""The real binary against a real SMTP server that fails on demand and a real IMAP server.

    python3 tests/tools/mail/e2e.py --metas target/debug/metas

Needs Python's aiosmtpd, openssl and Dovecot (dovecot-imapd); runs as any user. The crash cases need
a debug build, because only there the process can be made to die at a given place.
"""

import argparse
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

import certificates
import dovecot
import occasions
import read_back
from smtp_server import PASSWORD, USER, Server, free_port

A, B, C = "secretaria@example.mx", "archivo@example.mx", "sesiones@example.mx"
REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
DONE, USAGE, HELD, LATER = 0, 2, 3, 75


class Home:
    """A copy of the home with its mail settings pointed at the test's server."""

    def __init__(self, test, port, tls="starttls", user=USER, ca="ca.pem"):
        self.test = test
        self.root = pathlib.Path(tempfile.mkdtemp(dir=test.work, prefix="home-"))
        self.password = PASSWORD
        for folder in ("pipelines", "report-templates", "inputs"):
            if (test.home / folder).is_dir():
                shutil.copytree(test.home / folder, self.root / folder)
        shutil.copy(test.trusted / "ca.pem", self.root / "pipelines" / "ca.pem")
        shutil.copy(test.untrusted / "ca.pem", self.root / "pipelines" / "other.pem")
        definition = self.root / "pipelines" / f"{test.plan}.toml"
        text = definition.read_text()
        text = re.sub(r"(?ms)^\[delivery\.smtp\].*?(?=^\[|\Z)", "", text)
        # These cases are about the report's messages; all others have a case of their own.
        text = text.replace("[delivery]\n", "[delivery]\nreceipts = false\n", 1)
        to = f'to = ["Secretaría Técnica <{A}>", "{B}"]\n'
        text, count = re.subn(r"(?ms)(^\[delivery\].*?)^to\s*=\s*\[.*?\].*?\n", rf"\1{to}", text)
        assert count == 1, "no [delivery] with `to` in the definition"
        text += f'\n[delivery.smtp]\nhost = "localhost"\nport = {port}\ntls = "{tls}"\n'
        text += f'user = "{user}"\nca_file = "{ca}"\n'
        if "[limits]" not in text:  # a fresh copy is young; without this each run waits for it
            text += "[limits]\nquiet_seconds = 0\n"
        definition.write_text(text)

    def correct(self, old, new):
        """Puts another address into the definition."""
        definition = self.root / "pipelines" / f"{self.test.plan}.toml"
        text = definition.read_text()
        assert old in text
        definition.write_text(text.replace(old, new))

    def metas(self, *arguments, crash=None):
        """Runs the binary in this home; returns (exit code, stdout)."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("METAS_")}
        secret = self.root.parent / f"{self.root.name}.password"
        secret.write_text(f"{self.password}\n")
        environment["METAS_SMTP_PASSWORD_FILE"] = str(secret)
        if crash:
            environment["METAS_CRASH_AT"] = crash
        done = subprocess.run(
            [self.test.metas, *arguments, "--home", self.root],
            env=environment, capture_output=True, text=True, timeout=120,
        )
        self.said = f"{done.stdout}{done.stderr}"
        assert self.password not in self.said, "the password was printed"
        if self.test.verbose:
            print(f"    $ metas {' '.join(arguments)} -> {done.returncode}\n{self.said}")
        return done.returncode, done.stdout

    def run(self, *more, crash=None):
        return self.metas("run", self.test.plan, "--period", self.test.period, *more, crash=crash)[0]

    def deliveries(self):
        """Each delivery of the latest edition by recipient."""
        code, text = self.metas("deliver", "list", "--json")
        assert code == DONE, self.said
        rows = sorted(json.loads(text)["deliveries"], key=lambda row: row["edition"])
        return {row["recipient"]: row for row in rows}

    def states(self):
        rows = self.deliveries()
        return " ".join(rows[who]["state"] if who in rows else "none" for who in (A, B))

    def expect(self, states):
        found = self.states()
        assert found == states, f"{found}, not {states}\n{self.said}"

    def edition(self, number=1):
        return self.root / "reports" / self.test.plan / self.test.period / f"v{number}"

    def editions(self):
        return sorted(path.name for path in self.edition().parent.glob("v*"))

    def keeps_the_secret(self):
        secret = self.password.encode()
        for path in self.root.rglob("*"):
            assert not (path.is_file() and secret in path.read_bytes()), f"the password is in {path}"


class Municipality(Home):
    """Ribera, with people who are written to on every occasion."""

    def __init__(self, test, port):
        self.test = test
        self.root = pathlib.Path(tempfile.mkdtemp(dir=test.work, prefix="home-"))
        self.password = PASSWORD
        shutil.copytree(REPOSITORY / "tests" / "homes" / "ribera", self.root, dirs_exist_ok=True)
        shutil.copytree(REPOSITORY / "report-templates", self.root / "report-templates")
        shutil.copy(test.trusted / "ca.pem", self.root / "pipelines" / "ca.pem")
        file = self.root / "pipelines" / "servicios.toml"
        smtp = (
            f'[delivery.smtp]\nhost = "localhost"\nport = {port}\ntls = "starttls"\n'
            f'user = "{USER}"\nca_file = "ca.pem"\n'
        )
        file.write_text(occasions.definition(file.read_text(), smtp))

    def save(self, name, content):
        path = self.root / "inputs" / "2026-T1" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


class Test:
    def __init__(self, options, work):
        self.metas = options.metas.resolve()
        self.home, self.plan, self.period = options.home.resolve(), options.plan, options.period
        self.verbose = options.verbose
        self.modules = options.modules and options.modules.resolve()
        self.work = work
        self.trusted = certificates.make(work / "trusted")
        self.untrusted = certificates.make(work / "untrusted")
        self.misnamed = certificates.make(work / "misnamed", host="other.example")

    def server(self, folder=None, tls=True, **options):
        maildir = pathlib.Path(tempfile.mkdtemp(dir=self.work, prefix="maildir-"))
        context = certificates.context(folder or self.trusted) if tls else None
        return Server(maildir, context, **options)

    # What must hold.

    def case_arrives_once_and_is_read_back(self):
        with self.server() as server:
            home = Home(self, server.port)
            assert home.run() == DONE, home.said
            home.expect("accepted accepted")
            assert home.run() == DONE, home.said
            assert [who for who, _ in server.taken()] == [A, B]
            assert home.editions() == ["v1"]
            home.keeps_the_secret()
            frozen = (home.edition() / "message.eml").read_bytes()
            pdf = (home.edition() / "report.pdf").read_bytes()
            assert server.taken(A) == [(A, frozen)], "bytes changed on the way"
            for who, row in home.deliveries().items():
                kept = (home.root / row["message"]).read_bytes()
                assert server.taken(who) == [(who, kept)], "bytes changed on the way"
            with dovecot.Dovecot(self.work / "imap", server.maildir, free_port()) as imap:
                for who in (A, B):
                    [raw] = read_back.fetch(imap.port, who, dovecot.PASSWORD)
                    assert raw == server.taken(who)[0][1], "what IMAP gives is not what was sent"
                    message = read_back.check(raw, pdf, [A, B])
                    assert message["In-Reply-To"] is None

    def case_every_occasion_is_read_back_and_looked_at(self):
        with self.server() as server:
            home = Municipality(self, server.port)
            ends = occasions.live(home, home.save)
            assert ends == [DONE, DONE, HELD, DONE, DONE], f"{ends}\n{home.said}"
            home.keeps_the_secret()
            code, text = home.metas("deliver", "list", "--json")
            rows = json.loads(text)["deliveries"]
            assert {row["state"] for row in rows} == {"accepted"}, home.said
            with dovecot.Dovecot(self.work / "imap-all", server.maildir, free_port()) as imap:
                read = {
                    who: read_back.fetch(imap.port, who, dovecot.PASSWORD)
                    for who in {row["recipient"] for row in rows}
                }
            came = []
            for row in rows:
                frozen = (home.root / row["message"]).read_bytes()
                assert read[row["recipient"]].count(frozen) == 1, f"IMAP has not once: {row}"
                came.append((row["occasion"], row["recipient"], frozen))
            assert sum(len(all) for all in read.values()) == len(rows), "somebody got more"
            letters = self.work / "letters"
            occasions.check(came, letters)
            if self.modules:
                look = REPOSITORY / "tests" / "tools" / "letters" / "look.mjs"
                subprocess.run(["node", look, letters, "--modules", self.modules], check=True)
            else:
                print("       not looked at in a browser: no --modules")

    def case_arrives_by_implicit_tls(self):
        with self.server(implicit=True) as server:
            home = Home(self, server.port, tls="implicit")
            assert home.run() == DONE, home.said
            home.expect("accepted accepted")
            assert len(server.taken()) == 2

    def case_a_correction_answers_the_first(self):
        with self.server() as server:
            home = Home(self, server.port)
            assert home.run() == DONE, home.said
            assert home.run("--new-edition", "--reason", "Se corrigió un dato") == DONE, home.said
            first, second = (read_back.check(
                message, (home.edition(number) / "report.pdf").read_bytes(), [A, B]
            ) for number, (_, message) in enumerate(server.taken(A), 1))
            assert second["In-Reply-To"] == first["Message-ID"] != second["Message-ID"]
            assert "v2, sustituye a v1" in second["Subject"], second["Subject"]
            text = second.get_body(("plain",)).get_content()
            assert "Se corrigió un dato" in " ".join(text.split()), text

    def case_a_refused_recipient_does_not_stop_the_other(self):
        with self.server() as server:
            server.fault, server.refused = "rcpt-550", {A}
            home = Home(self, server.port)
            for _ in range(3):
                assert home.run("--quiet") == HELD, home.said
                assert "rejected-delivery" in home.said, "a refusal is told once only"
                home.expect("rejected accepted")
            assert [who for who, _ in server.taken()] == [B]

    def case_a_corrected_address_is_reached_and_the_old_one_let_go(self):
        with self.server() as server:
            server.fault, server.refused = "rcpt-550", {A}
            home = Home(self, server.port)
            assert home.run() == HELD, home.said
            home.correct(A, C)
            assert home.run() == DONE, home.said
            command = f"metas deliver send {self.plan} {self.period} --to {C}"
            assert command in home.said, "who was added is not told"
            assert home.deliveries()[A]["state"] == "cancelled"
            assert home.metas(*command.split()[1:])[0] == DONE, home.said
            assert home.deliveries()[C]["state"] == "queued"
            assert home.run() == DONE, home.said
            assert [who for who, _ in server.taken()] == [B, C]
            [(_, copy)] = server.taken(C)
            pdf = (home.edition() / "report.pdf").read_bytes()
            message = read_back.check(copy, pdf, [C])
            assert message["Message-ID"].encode() not in server.taken(B)[0][1]
            assert home.metas(*command.split()[1:])[0] == USAGE, "sent twice without being asked"
            assert "--again" in home.said, home.said
            assert home.metas(*command.split()[1:], "--again")[0] == DONE, home.said
            assert home.run() == DONE, home.said
            again = read_back.check(server.taken(C)[1][1], pdf, [C])
            assert again["Message-ID"] != message["Message-ID"]
            assert home.run() == DONE and len(server.taken()) == 3

    def case_addresses_outside_the_definition_get_nothing(self):
        with self.server() as server:
            home = Home(self, server.port)
            assert home.run() == DONE, home.said
            words = ("deliver", "send", self.plan, self.period, "--to")
            for to in (C, "otro@example.mx", "nadie"):
                assert home.metas(*words, to)[0] == USAGE, home.said
            assert home.metas("deliver", "send", self.plan, "2019-T1", "--to", A)[0] == USAGE
            assert home.run() == DONE and len(server.taken()) == 2

    def case_a_server_that_is_down_is_tried_later(self):
        port = free_port()
        home = Home(self, port)
        assert home.run() == LATER, home.said
        home.expect("deferred deferred")
        with self.server(port=port) as server:
            assert home.run() == LATER, "not due yet, so still later"
            assert not server.taken()
            assert home.metas("deliver", "retry")[0] == DONE, home.said
            home.expect("accepted accepted")
            assert len(server.taken()) == 2
            assert home.editions() == ["v1"]

    def deferred_then_accepted(self, fault):
        with self.server() as server:
            server.fault = fault
            home = Home(self, server.port)
            assert home.run() == LATER, home.said
            home.expect("deferred deferred")
            assert not server.taken()
            server.fault = None
            assert home.metas("deliver", "retry")[0] == DONE, home.said
            home.expect("accepted accepted")
            assert len(server.taken()) == 2

    def case_a_temporary_refusal_of_the_sender_is_tried_later(self):
        self.deferred_then_accepted("mail-451")

    def case_a_temporary_refusal_of_the_message_is_tried_later(self):
        self.deferred_then_accepted("dot-452")

    def case_a_connection_closed_before_the_text_is_tried_later(self):
        self.deferred_then_accepted("close-at-data")

    def case_a_connection_closed_in_the_text_gives_no_second_copy(self):
        with self.server() as server:
            server.fault = "close-in-text"
            home = Home(self, server.port)
            assert home.run() in (LATER, HELD), home.said
            # A short text may be under way whole before the break is seen: then it is held.
            states = home.states().split()
            assert set(states) <= {"deferred", "ambiguous", "queued"}, states
            assert not server.taken()
            server.fault = None
            home.metas("deliver", "retry")
            home.run()
            sent = [state if state == "ambiguous" else "accepted" for state in states]
            home.expect(" ".join(sent))
            assert len(server.taken()) == sent.count("accepted")

    def case_no_answer_after_the_end_is_held_for_a_person(self):
        with self.server() as server:
            server.fault = "close-after-dot"
            home = Home(self, server.port)
            assert home.run() == HELD, home.said
            home.expect("ambiguous queued")
            assert home.run() == HELD, home.said
            home.expect("ambiguous ambiguous")
            server.fault = None
            assert home.run() == HELD, home.said
            home.metas("deliver", "retry")
            home.expect("ambiguous ambiguous")
            assert len(server.taken()) == 2, "sent again without being asked"
            rows = home.deliveries()
            number = {who: str(row["id"]) for who, row in rows.items()}
            assert home.metas("deliver", "resolve", number[A], "--sent")[0] == DONE, home.said
            assert home.metas("deliver", "resolve", number[B], "--resend")[0] == DONE, home.said
            assert home.run() == DONE, home.said
            home.expect("accepted accepted")
            assert [len(server.taken(who)) for who in (A, B)] == [1, 2]

    def case_a_slow_answer_is_waited_for(self):
        with self.server() as server:
            server.fault = "slow"
            home = Home(self, server.port)
            assert home.run() == DONE, home.said
            home.expect("accepted accepted")
            assert len(server.taken()) == 2

    def case_a_message_over_the_servers_size_is_refused(self):
        with self.server(size=2000) as server:
            home = Home(self, server.port)
            assert home.run() not in (DONE, LATER), home.said
            home.expect("rejected rejected")
            assert "2000" in home.deliveries()[A]["last_reply"]

    def nothing_leaves(self, home, server, reason):
        assert home.run("--quiet") == HELD, home.said
        assert "mail-fault" in home.said, "what a person must mend is not told"
        home.expect("deferred deferred")
        reply = home.deliveries()[B]["last_reply"]
        assert reason in reply, reply
        assert not server.taken()

    def case_without_starttls_nothing_is_said(self):
        with self.server(tls=False, auth=False) as server:
            self.nothing_leaves(Home(self, server.port), server, "STARTTLS")
            assert server.logins == 0

    def case_a_reply_slipped_in_before_the_protection_is_noticed(self):
        with self.server() as server:
            server.fault = "inject"
            self.nothing_leaves(Home(self, server.port), server, "not asked for")
            assert server.logins == 0

    def case_an_untrusted_certificate_is_refused(self):
        with self.server(self.untrusted) as server:
            self.nothing_leaves(Home(self, server.port), server, "certificate")
            assert server.logins == 0

    def case_a_certificate_of_another_host_is_refused(self):
        with self.server(self.misnamed) as server:
            home = Home(self, server.port)
            shutil.copy(self.misnamed / "ca.pem", home.root / "pipelines" / "ca.pem")
            self.nothing_leaves(home, server, "certificate")
            assert server.logins == 0

    def case_a_wrong_password_is_no_recipients_fault(self):
        with self.server() as server:
            home = Home(self, server.port)
            home.password = "otra contraseña 51c0"
            self.nothing_leaves(home, server, "535")
            assert server.logins == 1, "one wrong login a run is enough"
            home.keeps_the_secret()

    def crash(self, place, states, copies):
        with self.server() as server:
            home = Home(self, server.port)
            code = home.run(crash=place)
            assert code < 0, f"exit {code}: it did not die at {place}\n{home.said}"
            again = home.run()
            home.expect(states)
            assert again == (HELD if "ambiguous" in states else DONE), home.said
            assert [len(server.taken(who)) for who in (A, B)] == copies
            home.run()
            assert [len(server.taken(who)) for who in (A, B)] == copies, "sent again"
            assert home.editions() == ["v1"]

    def case_dying_when_queued(self):
        self.crash("queued", "accepted accepted", [1, 1])

    def case_dying_at_the_start_of_a_transaction(self):
        self.crash("sending", "accepted accepted", [1, 1])

    def case_dying_before_the_intent_is_recorded(self):
        self.crash("before-dot", "accepted accepted", [1, 1])

    def case_dying_before_the_end_is_sent(self):
        self.crash("dot-intent", "ambiguous accepted", [0, 1])

    def case_dying_before_the_acceptance_is_recorded(self):
        self.crash("after-dot", "ambiguous accepted", [1, 1])

    def case_dying_after_the_acceptance_is_recorded(self):
        self.crash("accepted", "accepted accepted", [1, 1])


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--metas", type=pathlib.Path, required=True, help="the binary")
    arguments.add_argument("--home", type=pathlib.Path, default=REPOSITORY, help="copied, never changed")
    arguments.add_argument("--plan", default="pamga-2025-2027")
    arguments.add_argument("--period", default="2026-T1")
    arguments.add_argument(
        "--modules", type=pathlib.Path, help="node_modules with playwright-core and axe-core: look at what came"
    )
    arguments.add_argument("--only", default="", help="cases whose name holds this")
    arguments.add_argument("--verbose", "-v", action="store_true")
    options = arguments.parse_args()

    # The processes that are made to die need leave no core.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    failed = 0
    with tempfile.TemporaryDirectory(prefix="metas-mail-") as work:
        os.chmod(work, 0o755)
        test = Test(options, pathlib.Path(work))
        for name in (name for name in dir(test) if name.startswith("case_") and options.only in name):
            begun = time.monotonic()
            try:
                getattr(test, name)()
                verdict = "ok    "
            except Exception:
                traceback.print_exc()
                failed += 1
                verdict = "FAILED"
            print(f"{verdict} {time.monotonic() - begun:5.1f} s  {name[5:].replace('_', ' ')}", flush=True)
    sys.exit(f"{failed} case(s) failed" if failed else 0)


if __name__ == "__main__":
    main()

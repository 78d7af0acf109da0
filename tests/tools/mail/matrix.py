#!/usr/bin/env python3
"""The real binary against a server that fails at each step in each way.

    python3 tests/tools/mail/matrix.py --metas target/debug/metas

One edition is issued once and its home copied for each case. A case says what the server does,
how the run must end and what must become of both recipients. Beyond that, always: nobody gets a
second copy without being asked; a cron run (`--quiet`) prints nothing or what a person must do;
the run ends in time; password and token are nowhere; and when the server is well again, `deliver retry`
brings each message that is not in doubt. Needs openssl; otherwise the standard library only.
"""

import argparse
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import certificates
from raw_server import Close, Drip, Flood, RawServer, Say, Silence

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
PLAN, PERIOD, AS_OF = "plan-valle-verde-2026", "2026-T1", "2026-04-06T12:00"
A, B = "comite@example.mx", "contraloria@example.mx"
USER, PASSWORD = "planeacion", "contraseña de prueba 7f3a"
DONE, HELD, LATER = 0, 3, 75
MAIL_SECONDS = 4

DOWN, TAKEN, NO = "deferred deferred", "accepted accepted", "rejected rejected"
DOUBT = "ambiguous queued"
LATIN = "aceptación ñ".encode("latin-1")

# The place, what is done there, the run's end, the states.
CASES = [
    # Before anything of ours is said: nobody's fault, tried again.
    ("greeting", Close(), LATER, DOWN),
    ("greeting", Close(b"220 cut"), LATER, DOWN),
    ("greeting", Silence(), LATER, DOWN),
    ("greeting", Drip(b"220-x\r\n"), LATER, DOWN),
    ("greeting", Flood(b"220-x\r\n"), LATER, DOWN),
    ("greeting", Flood(b"220 x"), LATER, DOWN),
    ("greeting", Say(b"421 4.3.2 busy\r\n"), LATER, DOWN),
    ("greeting", Say(b"554 5.7.1 listed\r\n"), LATER, DOWN),
    ("greeting", Say(b"HTTP/1.1 400 Bad Request\r\n\r\n"), LATER, DOWN),
    ("greeting", Say(b"220 " + LATIN + b"\r\n"), DONE, TAKEN),
    ("EHLO", Close(), LATER, DOWN),
    ("EHLO", Silence(), LATER, DOWN),
    ("EHLO", Drip(b"250-x\r\n"), LATER, DOWN),
    ("EHLO", Flood(b"250-x\r\n"), LATER, DOWN),
    ("EHLO", Say(b"421 4.3.2 busy\r\n"), LATER, DOWN),
    ("EHLO", Say(b"502 5.5.1 what\r\n"), LATER, DOWN),
    ("EHLO", Say(b"\xff\xfe\x00\r\n"), LATER, DOWN),
    ("EHLO", Say(b"250-" + LATIN + b"\r\n250 STARTTLS\r\n"), DONE, TAKEN),
    # The protection: a person must see to it.
    ("EHLO", Say(b"250 no protection\r\n"), HELD, DOWN),
    ("STARTTLS", Close(), HELD, DOWN),
    ("STARTTLS", Silence(), HELD, DOWN),
    ("STARTTLS", Drip(b"220-x\r\n"), HELD, DOWN),
    ("STARTTLS", Say(b"454 4.7.0 not now\r\n"), HELD, DOWN),
    ("STARTTLS", Say(b"502 5.5.1 what\r\n"), HELD, DOWN),
    ("STARTTLS", Say(b"220 go\r\n250-slipped in\r\n250 AUTH PLAIN\r\n"), HELD, DOWN),
    ("handshake", Close(), HELD, DOWN),
    ("handshake", Close(b"\x15\x03\x01\x00\x02\x02\x28"), HELD, DOWN),
    ("handshake", Silence(), HELD, DOWN),
    ("handshake", Drip(b"\x16\x03\x03\x40\x00" + bytes(100)), HELD, DOWN),
    ("handshake", Say(b"250 plain text\r\n"), HELD, DOWN),
    ("EHLO2", Close(), LATER, DOWN),
    ("EHLO2", Silence(), LATER, DOWN),
    ("EHLO2", Drip(b"250-x\r\n"), LATER, DOWN),
    ("EHLO2", Say(b"502 5.5.1 what\r\n"), LATER, DOWN),
    # The login: so must they.
    ("EHLO2", Say(b"250 no login\r\n"), HELD, DOWN),
    ("EHLO2", Say(b"250-x\r\n250 AUTH GSSAPI\r\n"), HELD, DOWN),
    ("AUTH", Say(b"535 5.7.8 wrong\r\n"), HELD, DOWN),
    ("AUTH", Say(b"535 " + LATIN + b"\r\n"), HELD, DOWN),
    ("AUTH", Say(b"454 4.7.0 not now\r\n"), HELD, DOWN),
    ("AUTH", Say(b"334 \r\n"), HELD, DOWN),
    ("AUTH", Close(), HELD, DOWN),
    ("AUTH", Silence(), HELD, DOWN),
    ("AUTH", Drip(b"235-x\r\n"), HELD, DOWN),
    # The sender: the run's, no recipient's.
    ("MAIL", Say(b"451 4.3.0 later\r\n"), LATER, DOWN),
    ("MAIL", Say(b"550 5.7.1 sender refused\r\n"), LATER, DOWN),
    ("MAIL", Say(b"530 5.7.0 log in\r\n"), HELD, DOWN),
    ("MAIL", Say(b"421 4.3.2 bye\r\n"), LATER, DOWN),
    ("MAIL", Close(), LATER, DOWN),
    ("MAIL", Silence(), LATER, DOWN),
    ("MAIL", Drip(b"250-x\r\n"), LATER, DOWN),
    # One recipient.
    (f"RCPT {A}", Say(b"550 5.1.1 no such user\r\n"), HELD, "rejected accepted"),
    (f"RCPT {A}", Say(b"550 " + LATIN + b"\r\n"), HELD, "rejected accepted"),
    (f"RCPT {A}", Say(b"450 4.2.1 greylisted\r\n"), LATER, "deferred accepted"),
    (f"RCPT {A}", Say(b"421 4.3.2 bye\r\n"), LATER, "deferred accepted"),
    (f"RCPT {A}", Close(), LATER, "deferred accepted"),
    (f"RCPT {B}", Say(b"550 5.1.1 no such user\r\n"), HELD, "accepted rejected"),
    (f"RCPT {B}", Close(), LATER, "accepted deferred"),
    ("RCPT", Say(b"530 5.7.0 log in\r\n"), HELD, DOWN),
    ("RCPT", Silence(), LATER, DOWN),
    ("RCPT", Drip(b"250-x\r\n"), LATER, DOWN),
    # The text.
    ("DATA", Say(b"451 4.3.0 later\r\n"), LATER, DOWN),
    ("DATA", Say(b"554 5.5.1 no\r\n"), HELD, NO),
    ("DATA", Say(b"250 ok\r\n"), LATER, DOWN),
    ("DATA", Close(), LATER, DOWN),
    ("DATA", Silence(), LATER, DOWN),
    ("DATA", Say(b"354 go\r\n250 queued before it came\r\n"), LATER, DOWN),
    ("text", Close(), LATER, DOWN),
    # A refusal in the middle of the text is among the cases of tests/it/delivery/faults.rs: where
    # the server closes too, its system's reset may swallow the reply, and what is seen is chance.
    # The end.
    ("dot", Say(b"250 " + LATIN + b"\r\n"), DONE, TAKEN),
    ("dot", Say(b"250-\xff\r\n250-\x80\x81\r\n250 \xfe\r\n"), DONE, TAKEN),
    ("dot", Say(b"250 2.0.0 \x1b]0;owned\x07\r\n"), DONE, TAKEN),
    ("dot", Close(b"250-queued\r\n"), DONE, TAKEN),
    ("dot", Say(b"452 4.3.1 disk full\r\n"), LATER, DOWN),
    ("dot", Say(b"421 4.3.2 bye\r\n"), LATER, DOWN),
    ("dot", Say(b"552 5.2.2 full\r\n"), HELD, NO),
    ("dot", Say(b"554 5.6.0 " + LATIN + b"\r\n"), HELD, NO),
    ("dot", Close(), HELD, DOUBT),
    ("dot", Close(b"250 que"), HELD, DOUBT),
    ("dot", Say(b"what\r\n"), HELD, DOUBT),
    ("dot", Say(b"250-a\r\n550 b\r\n"), HELD, DOUBT),
    ("QUIT", Close(), DONE, TAKEN),
    ("QUIT", Silence(), DONE, TAKEN),
    ("QUIT", Drip(b"221-x\r\n"), DONE, TAKEN),
]


# The address of a ledger on a server; without it each home has its own file.
LEDGER = "METAS_LEDGER"


def toml(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(part)}" for key, part in value.items()) + " }"
    return json.dumps(value)


class Home:
    """A copy of the issued home with its mail settings pointed at a server."""

    def __init__(self, matrix, port, **smtp):
        self.metas = matrix.metas
        self.root = pathlib.Path(tempfile.mkdtemp(dir=matrix.work, prefix="home-"))
        shutil.copytree(matrix.issued, self.root, dirs_exist_ok=True)
        self.secret = self.root.parent / f"{self.root.name}.password"
        self.secret.write_text(f"{PASSWORD}\n")
        self.plan = self.root / "pipelines" / f"{PLAN}.toml"
        self.server({"host": "localhost", "port": port, "user": USER,
                     "ca_file": str(matrix.trusted / "ca.pem")} | smtp)
        self.what_is_secret = "PASSWORD"
        self.said = ""
        if LEDGER in os.environ:
            assert self.run("ledger", "copy") == DONE, self.said

    def server(self, smtp):
        text = re.sub(r"(?ms)^\[delivery\.smtp\].*?(?=^\[|\Z)", "", self.plan.read_text())
        lines = [f"{key} = {toml(value)}" for key, value in smtp.items() if value is not None]
        self.plan.write_text(text + "\n[delivery.smtp]\n" + "\n".join(lines) + "\n")

    def has_time_for_mail(self):
        text = self.plan.read_text()
        self.plan.write_text(text.replace(f"mail_seconds = {MAIL_SECONDS}\n", "mail_seconds = 300\n"))

    def run(self, *words):
        environment = {k: v for k, v in os.environ.items() if k == LEDGER or not k.startswith("METAS_")}
        if self.secret.exists():
            environment[f"METAS_SMTP_{self.what_is_secret}_FILE"] = str(self.secret)
        done = subprocess.run([self.metas, *words, "--home", self.root], env=environment,
                              capture_output=True, timeout=120)
        self.out, self.err = done.stdout.decode(), done.stderr.decode()
        self.said += f"$ metas {' '.join(words)} -> {done.returncode}\n{self.out}{self.err}"
        assert PASSWORD not in self.out + self.err, "the password was printed"
        assert "ya29." not in self.out + self.err, "a token was printed"
        assert "\x1b" not in self.out + self.err, "a control character was printed"
        return done.returncode

    def quietly(self, as_of=AS_OF):
        return self.run("run", PLAN, "--as-of", as_of, "--quiet")

    def states(self):
        assert self.run("deliver", "list", "--json") == DONE
        rows = {row["recipient"]: row["state"] for row in json.loads(self.out)["deliveries"]}
        return " ".join(rows.get(who, "none") for who in (A, B))


class Matrix:
    def __init__(self, metas, work):
        self.metas, self.work = metas.resolve(), work
        self.trusted = certificates.make(work / "trusted")
        self.tls = certificates.context(self.trusted)
        self.issued = work / "issued"
        shutil.copytree(REPOSITORY / "tests/homes/valle-verde", self.issued)
        shutil.copytree(REPOSITORY / "report-templates", self.issued / "report-templates")
        plan = self.issued / "pipelines" / f"{PLAN}.toml"
        limits = f"\n[limits]\nquiet_seconds = 0\nmail_seconds = {MAIL_SECONDS}\n"
        # The cases are about the report's messages; receipts have their own.
        text = plan.read_text().replace("[delivery]\n", "[delivery]\nreceipts = false\n", 1)
        plan.write_text(text + limits)
        # Where the ledger is on a server, each copy of the home brings its own there.
        environment = {k: v for k, v in os.environ.items() if k != LEDGER}
        subprocess.run([self.metas, "run", PLAN, "--as-of", AS_OF, "--no-deliver", "--home",
                        self.issued], check=True, capture_output=True, env=environment)

    def case(self, case):
        place, act, code, states = case
        server = RawServer(self.tls, faults={place: act})
        home = Home(self, server.port)
        # Only who says too little is waited for; a busy machine must not look like a slow server.
        if not isinstance(act, (Silence, Drip)):
            home.has_time_for_mail()
        try:
            self.fails(home, server, code, states)
            self.recovers(home, server)
        except Exception:
            return f"{home.said}\n{traceback.format_exc()}"
        finally:
            server.close()
            shutil.rmtree(home.root)
        return None

    @staticmethod
    def fails(home, server, code, states):
        begun = time.monotonic()
        found = home.quietly()
        took = time.monotonic() - begun
        assert took < 60, f"{took:.0f} s"
        printed = home.out + home.err
        assert found == code, f"exit {found}, not {code}"
        was = home.states()
        assert was == states, f"{was}, not {states}"
        # What only time mends is nobody's business; what a person must mend is told.
        refused = re.search(r"wait.*5\d\d |refuses.*5\d\d ", printed)
        assert bool(printed) == (found == HELD or bool(refused)), f"printed: {printed!r}"
        assert max(server.copies.values(), default=0) <= 1

    @staticmethod
    def recovers(home, server):
        doubted = home.states().split().count("ambiguous")
        server.faults = {}
        home.has_time_for_mail()
        code = home.run("deliver", "retry")
        assert code == (HELD if doubted else DONE), f"exit {code} once the server was well"
        states = home.states().split()
        assert states.count("accepted") == 2 - doubted, states
        home.quietly("2026-05-20T12:00")
        for who, state in zip((A, B), states):
            copies = server.copies[who]
            assert copies == 1 or (state == "ambiguous" and copies == 0), f"{copies} for {who}"

    # What is not a server's fault at one place.

    def other(self, home, server, reason, code=HELD, states=DOWN):
        try:
            found = home.quietly()
            assert found == code, f"exit {found}, not {code}"
            assert reason in home.err, f"nothing of {reason!r} was told"
            assert home.states() == states, home.states()
            assert not server or not server.copies
            return None
        except Exception:
            return f"{home.said}\n{traceback.format_exc()}"

    def a_missing_password(self):
        with closing(RawServer(self.tls)) as server:
            home = Home(self, server.port)
            home.secret.unlink()
            wrong = self.other(home, server, "there is no password")
            assert server.connections == 0
            return wrong

    def an_unreadable_password(self):
        with closing(RawServer(self.tls)) as server:
            home = Home(self, server.port)
            home.secret.unlink()
            home.secret.mkdir()
            return self.other(home, server, "can't be read")

    def an_unreadable_ca_file(self):
        with closing(RawServer(self.tls)) as server:
            return self.other(Home(self, server.port, ca_file="none.pem"), server, "ca_file")

    def an_empty_ca_file(self):
        with closing(RawServer(self.tls)) as server:
            home = Home(self, server.port, ca_file="empty.pem")
            (home.root / "pipelines" / "empty.pem").write_text("")
            return self.other(home, server, "holds no certificate")

    def an_unknown_host(self):
        home = Home(self, 25, host="no-such-host.invalid")
        return self.other(home, None, "no-such-host.invalid is not found")

    def certificate(self, folder, reason="certificate", **smtp):
        with closing(RawServer(certificates.context(folder))) as server:
            home = Home(self, server.port, **smtp)
            wrong = self.other(home, server, reason)
            assert server.logins == 0, "the password was given away"
            return wrong

    def an_untrusted_certificate(self):
        return self.certificate(certificates.make(self.work / "untrusted"))

    def a_certificate_of_another_host(self):
        folder = certificates.make(self.work / "misnamed", host="other.example")
        return self.certificate(folder, ca_file=str(folder / "ca.pem"))

    def an_expired_certificate(self):
        folder = certificates.make(self.work / "expired", days=-1)
        return self.certificate(folder, "has expired", ca_file=str(folder / "ca.pem"))

    def implicit_tls_where_there_is_none(self):
        with closing(RawServer(self.tls)) as server:
            return self.other(Home(self, server.port, tls="implicit"), server, "(tls)")

    # The login by a token, and none.

    def wants_a_token(self, words, server, reason, code=HELD, states=DOWN):
        """A command of `words`, run by sh, gives the token."""
        oauth = {"token_command": ["sh", "-c", words]}
        home = Home(self, server.port, auth="xoauth2", oauth=oauth)
        home.secret.unlink()
        home.has_time_for_mail()
        return self.with_a_token(home, server, reason, code, states)

    def with_a_token(self, home, server, reason="", code=DONE, states=TAKEN):
        try:
            looked = home.run("doctor")
            assert (looked == DONE) == (code == DONE), f"doctor ended with {looked}"
            assert reason in home.err and ("with a token" in home.out) == (code == DONE)
            found = home.run("run", PLAN, "--as-of", AS_OF, "-vv")
            assert found == code, f"exit {found}, not {code}"
            assert reason in home.err, f"nothing of {reason!r} was told"
            assert home.states() == states, home.states()
            kept = [p for p in home.root.rglob("*") if p.is_file() and b"ya29.good" in p.read_bytes()]
            assert not [p for p in kept if p != home.plan], f"the token was kept: {kept}"
            return None
        except Exception:
            return f"{home.said}\n{traceback.format_exc()}"

    def a_token_from_a_command(self):
        with closing(RawServer(self.tls, tokens=["ya29.good"])) as server:
            return self.wants_a_token("echo ya29.good", server, "", DONE, TAKEN)

    def a_token_that_is_refused(self):
        with closing(RawServer(self.tls, tokens=["ya29.other"])) as server:
            wrong = self.wants_a_token("echo ya29.good", server, "that token is not accepted")
            assert wrong or server.logins == 4, f"{server.logins} logins by doctor and run"
            return wrong

    def a_token_that_is_refused_once(self):
        words = f"cd {self.work}; test -e once && echo ya29.good || echo ya29.old; touch once"
        with closing(RawServer(self.tls, tokens=["ya29.good"])) as server:
            wrong = self.wants_a_token(words, server, "", DONE, TAKEN)
            assert wrong or server.logins == 3, f"{server.logins} logins by doctor and run"
            return wrong

    def a_token_is_not_for_an_open_line(self):
        words = f"touch {self.work}/asked; echo ya29.good"
        with closing(RawServer(self.tls, tokens=["ya29.good"], starttls=False)) as server:
            wrong = self.wants_a_token(words, server, "does not offer STARTTLS")
            assert server.logins == 0, "a token left over an open line"
            assert not (self.work / "asked").exists(), "a token was fetched for nothing"
            return wrong

    def a_token_where_only_passwords_are_taken(self):
        with closing(RawServer(self.tls)) as server:
            wrong = self.wants_a_token("echo ya29.good", server, "takes a token (XOAUTH2), only PLAIN")
            assert server.logins == 0
            return wrong

    def a_command_that_fails(self):
        with closing(RawServer(self.tls, tokens=["ya29.good"])) as server:
            return self.wants_a_token("echo ya29.good; exit 7", server, "failed (exit status: 7)")

    def a_token_from_a_service_over_tls(self):
        with closing(RawServer(self.tls, tokens=["ya29.good"])) as server:
            with closing(TokenService(self.tls, PASSWORD)) as service:
                oauth = {"token_url": f"https://localhost:{service.port}/token", "client_id": "metas"}
                home = Home(self, server.port, auth="xoauth2", oauth=oauth)
                home.has_time_for_mail()
                home.what_is_secret = "CLIENT_SECRET"
                wrong = self.with_a_token(home, server)
                if wrong:
                    return wrong
                home = Home(self, server.port, auth="xoauth2", oauth=oauth)
                home.what_is_secret = "CLIENT_SECRET"
                home.secret.write_text("other")
                home.has_time_for_mail()
                return self.with_a_token(home, server, "invalid_client: no such client", HELD, DOWN)

    def a_relay_that_knows_this_machine(self):
        for auth in ("none", None):
            with closing(RawServer(self.tls, login=False)) as server:
                home = Home(self, server.port, user=None, auth=auth)
                home.secret.unlink()
                home.has_time_for_mail()
                if home.quietly() != DONE or home.states() != TAKEN or server.logins:
                    return home.said
        return None

    def a_server_that_is_not_there(self):
        with closing(RawServer(self.tls)) as server:
            port = server.port
        home = Home(self, port)
        try:
            assert (home.quietly(), home.out + home.err) == (LATER, ""), "a short wait is told"
            assert home.quietly("2026-04-07T11:00") == LATER and not home.err
            assert home.quietly("2026-04-07T12:30") == HELD, "a day is not told"
            assert "for more than a day" in home.err
            assert home.quietly("2026-04-20T12:00") == HELD and home.err
            return None
        except Exception:
            return f"{home.said}\n{traceback.format_exc()}"


class TokenService:
    """Gives a token to who knows the secret."""

    def __init__(self, tls, secret):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                known = form == {"client_id": ["metas"], "client_secret": [secret],
                                 "grant_type": ["client_credentials"]}
                answer = ({"access_token": "ya29.good", "token_type": "Bearer", "expires_in": 3599}
                          if known else
                          {"error": "invalid_client", "error_description": "no such client"})
                self.send_response(200 if known else 401)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class closing:
    def __init__(self, server):
        self.server = server

    def __enter__(self):
        return self.server

    def __exit__(self, *_):
        self.server.close()


OTHERS = [
    name for name in vars(Matrix)
    if name.startswith(("a_", "an_", "implicit_"))
]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--metas", type=pathlib.Path, required=True)
    arguments.add_argument("--only", default="", help="cases whose name holds this")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="metas-matrix-") as work:
        matrix = Matrix(options.metas, pathlib.Path(work))
        jobs = [(f"{c[0]}: {c[1]}", lambda c=c: matrix.case(c)) for c in CASES]
        jobs += [(name.replace("_", " "), getattr(matrix, name)) for name in OTHERS]
        jobs = [(name, job) for name, job in jobs if options.only in name]
        with ThreadPoolExecutor(4) as pool:
            outcomes = [(name, pool.submit(job)) for name, job in jobs]
            failed = [(name, why) for name, o in outcomes if (why := o.result())]
        for name, why in failed:
            print(f"FAILED {name}\n{why}")
        print(f"{len(jobs) - len(failed)} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

"""A PostgreSQL server of Debian's on loopback, run by an ordinary user in a folder that goes away.

It speaks TLS with a certificate of its own and lets in over TCP only who has a password. `Proxy` lies
between a program and the server: it is slow, swallows replies, or cuts the connection when told to.
"""

import os
import pathlib
import shutil
import socket
import subprocess
import threading
import time

USER, PASSWORD, DATABASE = "metas", "s3cret-pässword", "metas"


def binaries() -> pathlib.Path:
    """The newest server that is installed."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise SystemExit("no PostgreSQL server: apt-get install postgresql")
    return found[-1].parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def percent(text: str) -> str:
    return "".join(c if c.isalnum() and c.isascii() else "".join(f"%{b:02X}" for b in c.encode()) for c in text)


class Server:
    """The server, while the `with` block lasts."""

    def __init__(self, folder: pathlib.Path):
        self.folder, self.port = folder, free_port()
        self.data, self.certificates = folder / "data", folder / "tls"
        self.bin = binaries()
        self.own = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] if os.geteuid() == 0 else []

    def command(self, *words: str | pathlib.Path, **options) -> str:
        env = dict(os.environ, PGPASSWORD=PASSWORD, LC_ALL="C.UTF-8")
        done = subprocess.run(
            [*self.own, *map(str, words)], env=env, capture_output=True, text=True, cwd="/", **options
        )
        if done.returncode != 0:
            raise RuntimeError(f"{words[0]} gave {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.make_certificates()
        (self.folder / "password").write_text(PASSWORD, encoding="utf-8")
        if self.own:
            for place in (self.folder, *self.folder.rglob("*")):
                os.chown(place, 65534, 65534)
            self.folder.chmod(0o711)
        self.command(
            self.bin / "initdb", "-D", self.data, "-U", USER, "-A", "scram-sha-256",
            "--pwfile", self.folder / "password", "-E", "UTF8", "--locale", "C.UTF-8", "-N",
        )
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as out:
            out.write(
                f"port = {self.port}\nlisten_addresses = '127.0.0.1'\n"
                f"unix_socket_directories = '{self.folder}'\nssl = on\n"
                f"ssl_cert_file = '{self.certificates}/server.pem'\n"
                f"ssl_key_file = '{self.certificates}/server.key'\n"
                "max_connections = 200\nlog_min_duration_statement = 5000\n"
            )
        self.start()
        self.sql(f"CREATE DATABASE {DATABASE}", database="postgres")
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        log = self.folder / "log"
        self.command(self.bin / "pg_ctl", "-D", self.data, "-l", log, "-w", "-t", "60", "start")

    def stop(self, how: str = "immediate") -> None:
        self.command(self.bin / "pg_ctl", "-D", self.data, "-w", "-m", how, "stop")

    def make_certificates(self) -> None:
        """A certificate for `localhost` and 127.0.0.1, signed by an authority of its own."""
        folder = self.certificates
        folder.mkdir(exist_ok=True)

        def openssl(*words: str) -> None:
            subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "7", "-subj", "/CN=ca", "-keyout", "ca.key", "-out", "ca.pem")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr")
        (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n", encoding="utf-8")
        openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-days", "7", "-extfile", "names", "-out", "server.pem")
        (folder / "server.key").chmod(0o600)
        # Read by the programs that are tested, whoever runs them.
        folder.chmod(0o755)
        (folder / "ca.pem").chmod(0o644)

    def url(self, *more: str, port: int | None = None, password: str = PASSWORD, tls: bool = True) -> str:
        """What METAS_LEDGER is set to."""
        security = f"sslrootcert={percent(str(self.certificates / 'ca.pem'))}" if tls else "sslmode=disable"
        return (
            f"postgres://{USER}:{percent(password)}@127.0.0.1:{port or self.port}/{DATABASE}?"
            + "&".join([security, *more])
        )

    def sql(self, text: str, database: str = DATABASE) -> list[list[str]]:
        said = self.command(
            self.bin / "psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "-d", database,
            "-X", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", text,
        )
        return [line.split("\t") for line in said.splitlines() if line]


class Proxy:
    """Bytes to and fro between whoever connects and a server, while the `with` block lasts."""

    def __init__(self, port: int):
        self.upstream, self.delay = port, 0.0
        self.silent = False
        # Connections are cut as soon as this many bytes have come from the client; none: never.
        self.cut_after: int | None = None
        self.pairs: list[socket.socket] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.seen = 0

    def __enter__(self):
        threading.Thread(target=self.listen, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()
        self.cut()

    def cut(self) -> None:
        for one in self.pairs:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.pairs.clear()

    def listen(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.upstream))
            except OSError:
                return
            self.pairs += [client, server]
            threading.Thread(target=self.carry, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self.carry, args=(server, client, False), daemon=True).start()

    def carry(self, source: socket.socket, target: socket.socket, from_client: bool) -> None:
        try:
            while data := source.recv(65536):
                if from_client:
                    self.seen += len(data)
                    if self.cut_after is not None and self.seen > self.cut_after:
                        self.cut()
                        return
                if self.delay:
                    time.sleep(self.delay)
                while self.silent and not from_client:
                    time.sleep(0.1)
                target.sendall(data)
        except OSError:
            pass
        for one in (source, target):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

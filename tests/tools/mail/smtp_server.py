#!/usr/bin/env python3
"""An SMTP server that files what it accepts in a Maildir for each recipient, and that fails on demand.

By hand:  smtp_server.py --port 2525 --maildir /tmp/mail --certificates /tmp/certificates
"""

import argparse
import asyncio
import logging
import pathlib
import threading
import time
import warnings

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, syntax

import certificates

# A refused handshake is what some cases are about, no news.
logging.getLogger("asyncio").setLevel(logging.CRITICAL)
logging.getLogger("mail.log").setLevel(logging.CRITICAL)
# With implicit TLS aiosmtpd does not see that the line is protected.
warnings.filterwarnings("ignore", message="Requiring AUTH while not requiring TLS")

USER, PASSWORD = "gobierno.abierto", "contraseña de prueba 7f3a"

# What `Server.fault` may be, beside None.
FAULTS = """
    mail-451         MAIL is answered 451
    rcpt-550         RCPT is answered 550 for the addresses in `refused`
    close-at-data    the connection is closed instead of the answer to DATA
    close-in-text    the connection is closed while the text is coming
    close-after-dot  the message is kept and the connection closed without a word
    dot-452          the final dot is answered 452
    slow             the final dot is answered after two seconds
    inject           a second, unprotected reply is slipped in behind that to STARTTLS
"""


class Dialogue(SMTP):
    """aiosmtpd's server with the faults that lie below its hooks."""

    def __init__(self, handler, **options):
        super().__init__(handler, **options)
        self.owner = handler

    @syntax("DATA")
    async def smtp_DATA(self, arg):
        if self.owner.fault == "close-at-data":
            self.transport.abort()
            return
        if self.owner.fault == "close-in-text":
            await self.push("354 go on")
            self.transport.abort()
            return
        await super().smtp_DATA(arg)

    @syntax("STARTTLS", when="tls_context")
    async def smtp_STARTTLS(self, arg):
        if self.owner.fault == "inject":
            push = self.push

            async def twice(line):
                await push(f"{line}\r\n250-injected\r\n250 AUTH PLAIN")

            self.push = twice
            try:
                await super().smtp_STARTTLS(arg)
            finally:
                self.push = push
            return
        await super().smtp_STARTTLS(arg)


class Server:
    """Starts in its own thread; `port` is its port."""

    def __init__(self, maildir, tls=None, implicit=False, auth=True, size=33554432, port=0):
        self.maildir = pathlib.Path(maildir)
        self.fault = None
        self.refused = set()
        self.size = size
        self.logins = 0
        self.connections = 0
        self._taken = []
        self._lock = threading.Lock()
        owner = self

        class Ready(Controller):
            def factory(self):
                owner.connections += 1
                return Dialogue(
                    owner,
                    hostname="scripted.test",
                    data_size_limit=owner.size,
                    tls_context=None if implicit else tls,
                    require_starttls=bool(tls) and not implicit,
                    authenticator=owner.authenticate,
                    auth_required=auth,
                    auth_require_tls=not implicit,
                )

        self._controller = Ready(
            self, hostname="127.0.0.1", port=port or free_port(),
            ssl_context=tls if implicit else None, ready_timeout=10,
        )
        self.port = self._controller.port

    def __enter__(self):
        self._controller.start()
        return self

    def __exit__(self, *_):
        self._controller.stop()

    def taken(self, recipient=None):
        """The messages kept so far, as (recipient, bytes)."""
        with self._lock:
            return [copy for copy in self._taken if recipient in (None, copy[0])]

    def authenticate(self, _server, _session, _envelope, _mechanism, data):
        self.logins += 1
        right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=False)

    async def handle_MAIL(self, _server, _session, envelope, address, options):
        if self.fault == "mail-451":
            return "451 4.3.0 try later"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if self.fault == "rcpt-550" and address in self.refused:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope):
        if self.fault == "dot-452":
            return "452 4.3.1 disk full"
        if self.fault == "slow":
            await asyncio.sleep(2)
        for recipient in envelope.rcpt_tos:
            self.keep(recipient, envelope.original_content)
        if self.fault == "close-after-dot":
            server.transport.abort()
        return "250 2.0.0 kept"

    def keep(self, recipient, message):
        with self._lock:
            folder = self.maildir / recipient
            for part in ("tmp", "new", "cur"):
                (folder / part).mkdir(parents=True, exist_ok=True)
            name = f"{int(time.time())}.{len(self._taken)}.scripted"
            (folder / "tmp" / name).write_bytes(message)
            (folder / "tmp" / name).rename(folder / "new" / name)
            self._taken.append((recipient, message))


def free_port():
    """A port on which nobody listens."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, epilog=FAULTS, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--port", type=int, default=2525)
    arguments.add_argument("--maildir", required=True)
    arguments.add_argument("--certificates", required=True, help="made there where missing")
    arguments.add_argument("--implicit", action="store_true", help="TLS from the first byte")
    arguments.add_argument("--fault")
    options = arguments.parse_args()
    folder = pathlib.Path(options.certificates)
    if not (folder / "server.pem").exists():
        certificates.make(folder)
    server = Server(
        options.maildir, certificates.context(folder), options.implicit, port=options.port
    )
    server.fault = options.fault
    with server:
        print(f"port {server.port}, user {USER}, password {PASSWORD}, trust {folder}/ca.pem")
        threading.Event().wait()


if __name__ == "__main__":
    main()

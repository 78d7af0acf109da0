"""An SMTP server on sockets alone that does at each step exactly what a case says: answers with any
bytes, closes, says nothing, sends a byte a second, or sends without end."""

import base64
import collections
import socket
import ssl
import threading
import time

# What a server can do where it should answer.
Say = collections.namedtuple("Say", "answer")
Close = collections.namedtuple("Close", "answer", defaults=(b"",))
Drip = collections.namedtuple("Drip", "answer")
Flood = collections.namedtuple("Flood", "answer")
Silence = collections.namedtuple("Silence", "")


class Gone(Exception):
    """The connection is over."""


class RawServer:
    """`faults` maps a place to what is done there: greeting, EHLO, STARTTLS, handshake, EHLO2 (the
    one after STARTTLS), AUTH, MAIL, RCPT, `RCPT address`, DATA, text, dot, RSET, QUIT. With `tokens`
    it takes these by XOAUTH2 and no password."""

    def __init__(self, tls=None, implicit=False, faults=None, login=True, starttls=True, tokens=None):
        self.tokens = tokens
        self.tls, self.implicit, self.login, self.starttls = tls, implicit, login, starttls
        self.faults = faults or {}
        self.copies = collections.Counter()
        self.logins = 0
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        # Closing alone would leave the port open as long as the thread waits on it.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        connection.settimeout(120)
        try:
            Dialogue(self, connection).run()
        except (Gone, OSError, ssl.SSLError, ValueError):
            pass
        finally:
            try:
                connection.close()
            except OSError:
                pass


class Dialogue:
    def __init__(self, server, connection):
        self.server, self.connection = server, connection
        self.buffer = b""
        self.protected = False
        self.recipient = None

    def line(self):
        while b"\n" not in self.buffer:
            part = self.connection.recv(65536)
            if not part:
                raise Gone
            self.buffer += part
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r")

    def say(self, answer):
        self.connection.sendall(answer.encode() + b"\r\n")

    def fault(self, place):
        """Does what the case says; tells whether it said anything."""
        act = self.server.faults.get(place)
        if act is None:
            return False
        if isinstance(act, Say):
            self.connection.sendall(act.answer)
            return True
        if isinstance(act, Close):
            self.connection.sendall(act.answer)
            raise Gone
        if isinstance(act, Silence):
            while self.connection.recv(65536):
                pass
            raise Gone
        while True:
            if isinstance(act, Flood):
                self.connection.sendall(act.answer * 1000)
                continue
            for byte in act.answer:
                self.connection.sendall(bytes([byte]))
                time.sleep(1)

    def protect(self):
        self.fault("handshake")
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.protected = True

    def run(self):
        if self.server.implicit:
            self.protect()
        self.fault("greeting") or self.say("220 raw.test ESMTP")
        while True:
            self.command(self.line().decode("latin-1"))

    def command(self, line):
        verb = line.split(" ")[0].split(":")[0].upper()
        if verb == "EHLO":
            self.hello()
        elif verb == "STARTTLS":
            if not self.fault("STARTTLS"):
                self.say("220 go ahead")
            self.buffer = b""
            self.protect()
        elif verb == "AUTH":
            self.server.logins += 1
            if self.server.tokens is not None:
                self.token(line)
                return
            self.fault("AUTH") or self.say("235 2.7.0 welcome")
        elif verb == "MAIL":
            self.fault("MAIL") or self.say("250 2.1.0 ok")
        elif verb == "RCPT":
            self.recipient = line.split("<", 1)[1].split(">", 1)[0]
            self.fault(f"RCPT {self.recipient}") or self.fault("RCPT") or self.say("250 2.1.5 ok")
        elif verb == "DATA":
            self.data()
        elif verb == "QUIT":
            self.fault("QUIT") or self.say("221 2.0.0 bye")
            raise Gone
        else:
            self.fault(verb) or self.say("250 ok")

    def token(self, line):
        """As Google has it: what is wrong is asked, and the no comes after the answer."""
        told = base64.b64decode(line.removeprefix("AUTH XOAUTH2 ")).decode()
        _, _, token = told.removesuffix("\1\1").partition("\1auth=Bearer ")
        if token in self.server.tokens:
            self.say("235 2.7.0 welcome")
            return
        self.say("334 " + base64.b64encode(b'{"status":"400","scope":"mail"}').decode())
        assert self.line() == b"", "the question was not answered by an empty line"
        self.say("535 5.7.8 that token is not accepted")

    def hello(self):
        if self.fault("EHLO2" if self.protected and not self.server.implicit else "EHLO"):
            return
        offers = ["raw.test", "SIZE 50000000", "8BITMIME"]
        if self.server.tls and self.server.starttls and not self.protected:
            offers.append("STARTTLS")
        if self.server.login and (self.protected or not self.server.tls):
            offers.append("AUTH PLAIN LOGIN" if self.server.tokens is None else "AUTH XOAUTH2")
        self.connection.sendall(
            b"".join(f"250-{o}\r\n".encode() for o in offers[:-1]) + f"250 {offers[-1]}\r\n".encode()
        )

    def data(self):
        answered = self.fault("DATA")
        if answered and not self.server.faults["DATA"].answer.startswith(b"354"):
            return
        if not answered:
            self.say("354 go on")
        self.fault("text")
        while self.line() != b".":
            pass
        refused = self.server.faults.get("dot")
        if refused is None or not refusal(refused):
            self.server.copies[self.recipient] += 1
        self.fault("dot") or self.say("250 2.0.0 queued")


def refusal(act):
    """Whether a server that says this has not kept the message."""
    answer = getattr(act, "answer", b"")
    return isinstance(act, Say) and answer[:1] in (b"4", b"5")

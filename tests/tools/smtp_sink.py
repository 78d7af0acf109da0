"""An SMTP server on loopback that accepts everything and counts what it accepted."""

import collections
import socketserver
import threading


class Sink:
    """Accepted messages by recipient, while the `with` block lasts."""

    def __init__(self):
        self.accepted = collections.Counter()
        sink = self

        class Dialogue(socketserver.StreamRequestHandler):
            def handle(self):
                sink.talk(self.rfile, self.wfile)

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Dialogue)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def talk(self, incoming, outgoing):
        def say(line):
            outgoing.write(line.encode() + b"\r\n")
            outgoing.flush()

        recipients = []
        try:
            say("220 sink.example.mx ESMTP")
            while line := incoming.readline():
                word = line[:4].upper()
                if word == b"EHLO":
                    say("250-sink.example.mx")
                    say("250 SIZE 50000000")
                elif word == b"RCPT":
                    recipients.append(line.decode().split("<", 1)[1].split(">", 1)[0])
                    say("250 ok")
                elif word == b"DATA":
                    say("354 go on")
                    if not whole_message(incoming):
                        return
                    self.accepted.update(recipients)
                    recipients = []
                    say("250 queued")
                elif word == b"QUIT":
                    say("221 bye")
                    return
                else:
                    say("250 ok")
        except OSError:
            return


def whole_message(incoming) -> bool:
    """Reads up to the final dot; False where the client went away before it."""
    for line in incoming:
        if line == b".\r\n":
            return True
    return False

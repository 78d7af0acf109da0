"""An S3 server on loopback with a way to it that can be broken on purpose, run by an ordinary user.

The server is moto's. Of what the registries offer it is the one that honours `If-None-Match: *`: s3rver
(npm) takes such a put and overwrites; s3s-fs (crates.io) looks and then writes, so that two can win,
and takes minutes to compile. moto looks and writes in one thread here, so that nothing comes between.
It believes every signature, so `Front` checks them: it speaks TLS, recomputes each signature with
Amazon's own code (botocore), and breaks what it carries when it is told to.
"""

import http.client
import http.server
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse

from postgres_server import free_port, percent

KEY, SECRET, BUCKET, REGION = "AKIAMETAS", "s3cret/k+y", "metas", "us-east-1"


def certificates(folder: pathlib.Path) -> None:
    """A certificate for `localhost` and 127.0.0.1, signed by an authority of its own."""
    folder.mkdir(parents=True, exist_ok=True)

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "7", "-subj", "/CN=ca", "-keyout", "ca.key", "-out", "ca.pem")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n", encoding="utf-8")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "7", "-extfile", "names", "-out", "server.pem")


class Server:
    """moto in a process of its own, with one bucket, while the `with` block lasts."""

    def __init__(self):
        self.port = free_port()
        self.process: subprocess.Popen | None = None

    def __enter__(self):
        own = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] if os.geteuid() == 0 else []
        env = dict(os.environ, AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET, PYTHONDONTWRITEBYTECODE="1")
        self.process = subprocess.Popen(
            [*own, sys.executable, __file__, str(self.port)], env=env,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
        )
        deadline = time.monotonic() + 60
        while True:
            try:
                if self.ask("PUT", f"/{BUCKET}")[0] == 200:
                    return self
            except OSError:
                pass
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise SystemExit("the S3 server does not start: pip install -r tests/tools/requirements.txt")
            time.sleep(0.1)

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        """Whatever an operator would do, past everything that lies in between."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        signed = f"AWS4-HMAC-SHA256 Credential={KEY}/20260101/{REGION}/s3/aws4_request, SignedHeaders=host, Signature=0"
        connection.request(method, path, body, {"Authorization": signed, **headers})
        answer = connection.getresponse()
        out = answer.status, answer.read()
        connection.close()
        return out

    def keys(self, prefix: str = "") -> list[str]:
        keys, token = [], ""
        while True:
            more = f"&continuation-token={urllib.parse.quote(token)}" if token else ""
            said = self.ask("GET", f"/{BUCKET}?list-type=2&prefix={urllib.parse.quote(prefix)}{more}")[1].decode()
            keys += [urllib.parse.unquote(part.split("</Key>")[0]) for part in said.split("<Key>")[1:]]
            if "<NextContinuationToken>" not in said:
                return keys
            token = said.split("<NextContinuationToken>")[1].split("<")[0]

    def get(self, key: str) -> bytes:
        return self.ask("GET", f"/{BUCKET}/{urllib.parse.quote(key)}")[1]

    def put(self, key: str, body: bytes) -> None:
        self.ask("PUT", f"/{BUCKET}/{urllib.parse.quote(key)}", body)

    def remove(self, key: str) -> None:
        self.ask("DELETE", f"/{BUCKET}/{urllib.parse.quote(key)}")


def refusal(status: int, code: str, message: str = "on purpose") -> tuple[int, bytes]:
    text = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return status, text.encode()


class Request:
    """What a client asks for."""

    def __init__(self, handler: http.server.BaseHTTPRequestHandler):
        self.method, self.path = handler.command, handler.path
        self.headers = dict(handler.headers.items())
        length = int(handler.headers.get("Content-Length") or 0)
        self.body = handler.rfile.read(length)

    def is_put_of(self, part: str) -> bool:
        return self.method == "PUT" and part in self.path


class Cut(Exception):
    """The connection goes away without an answer."""


class Front:
    """TLS, signatures and faults in front of a server, while the `with` block lasts.

    `before` is asked with each request: it returns an answer (status, body) in place of the server's,
    None to let it pass, or raises `Cut`. `after` is handed the request and the server's answer, and
    returns what the client gets.
    """

    def __init__(self, server: Server, folder: pathlib.Path):
        self.server, self.folder = server, folder
        self.before = self.after = None
        self.honest = True
        self.delay = 0.0
        self.lock = threading.Lock()
        self.seen: list[tuple[str, str, int]] = []

    def __enter__(self):
        front = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # An answer goes out at once, not with the client's next packet.
            disable_nagle_algorithm = True

            def answer(self):
                front.carry(self)

            do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = answer

            def log_message(self, *_):
                pass

        self.listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.listener.daemon_threads = True
        self.listener.handle_error = lambda *_: None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "server.pem", self.folder / "server.key")
        self.listener.socket = context.wrap_socket(self.listener.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.listener.server_address[1]
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown()
        self.listener.server_close()

    def reset(self) -> None:
        self.before = self.after = None
        self.honest, self.delay = True, 0.0

    def carry(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        request = Request(handler)
        try:
            answer = self.answered(request)
        except Cut:
            handler.close_connection = True
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            handler.connection.close()
            return
        status, body, headers, length = answer
        with self.lock:
            self.seen.append((request.method, request.path, status))
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(length))
        handler.end_headers()
        handler.wfile.write(b"" if request.method == "HEAD" else body)
        if length != len(body):
            handler.close_connection = True

    def answered(self, request: Request) -> tuple[int, bytes, dict, int]:
        time.sleep(self.delay)
        wrong = not_signed(request)
        if wrong:
            status, body = refusal(403, "SignatureDoesNotMatch", wrong)
            return status, body, {}, len(body)
        told = self.before(request) if self.before else None
        if told is None:
            told = self.passed_on(request)
        else:
            told = (*told, {}, len(told[1]))
        return self.after(request, told) if self.after else told

    def passed_on(self, request: Request) -> tuple[int, bytes, dict, int]:
        headers = {k: v for k, v in request.headers.items() if k.lower() not in ("content-length", "connection", "host")}
        if not self.honest:
            headers = {k: v for k, v in headers.items() if k.lower() != "if-none-match"}
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        connection.request(request.method, request.path, request.body, headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        kept = ("etag", "last-modified", "content-type")
        passed = {k: v for k, v in answer.getheaders() if k.lower() in kept}
        return answer.status, body, passed, len(body)

    def address(self, *more: str, key: str = KEY, secret: str = SECRET, bucket: str = BUCKET, prefix: str = "") -> str:
        """What METAS_STORE is set to."""
        options = [f"endpoint=https://127.0.0.1:{self.port}", f"cacert={percent(str(self.folder / 'ca.pem'))}", *more]
        return f"s3://{percent(key)}:{percent(secret)}@{bucket}{prefix}?" + "&".join(options)


def not_signed(request: Request) -> str | None:
    """Why a request is not signed as Amazon would have it; none where it is."""
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    headers = {k.lower(): v for k, v in request.headers.items()}
    parts = dict(part.strip().split("=", 1) for part in headers.get("authorization", "").partition(" ")[2].split(",") if "=" in part)
    credential = parts.get("Credential", "").split("/")
    if len(credential) != 5 or credential[0] != KEY:
        return f"key {credential[0]!r} is unknown"
    names = parts.get("SignedHeaders", "").split(";")
    signed = {name: headers.get(name, "") for name in names}
    # On this way a header that the server acts on must be among those that are signed.
    if not {"host", "x-amz-content-sha256", "x-amz-date"} <= set(names):
        return "too little is signed"
    again = AWSRequest(method=request.method, url=f"https://{headers['host']}{request.path}", headers=signed, data=request.body)
    auth = S3SigV4Auth(Credentials(KEY, SECRET), "s3", credential[2])
    again.context["timestamp"] = headers["x-amz-date"]
    text = auth.string_to_sign(again, auth.canonical_request(again))
    if auth.signature(text, again) != parts.get("Signature"):
        return "the signature is another"
    import hashlib
    if headers["x-amz-content-sha256"] not in (hashlib.sha256(request.body).hexdigest(), "UNSIGNED-PAYLOAD"):
        return "the body is not the one that was signed"
    return None


def serve(port: int) -> None:
    """One thread: what is looked at stays so until it is written."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import run_simple

    run_simple("127.0.0.1", port, DomainDispatcherApplication(create_backend_app), threaded=False)


if __name__ == "__main__":
    serve(int(sys.argv[1]))

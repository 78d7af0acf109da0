"""Certificates for a test server, made by openssl: a CA with a server certificate, in one folder."""

import pathlib
import ssl
import subprocess


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def make(folder, host="localhost", days=2):
    """Writes ca.pem, server.pem and server.key into `folder` and returns it as a path. With a
    negative number of days the server's certificate has expired."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl(
        "req", "-x509", *curve, "-days", "2", "-subj", "/CN=metas test CA",
        "-addext", "keyUsage=critical,keyCertSign,cRLSign",
        "-keyout", folder / "ca.key", "-out", folder / "ca.pem",
    )
    openssl(
        "req", *curve, "-subj", f"/CN={host}",
        "-keyout", folder / "server.key", "-out", folder / "server.csr",
    )
    extensions = folder / "extensions"
    extensions.write_text(f"basicConstraints=CA:FALSE\nsubjectAltName=DNS:{host}\n")
    openssl(
        "x509", "-req", "-days", days, "-in", folder / "server.csr",
        "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-CAcreateserial",
        "-extfile", extensions, "-out", folder / "server.pem",
    )
    return folder


def context(folder):
    """The TLS context of a server with the certificate in `folder`."""
    folder = pathlib.Path(folder)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "server.pem", folder / "server.key")
    return tls

#!/usr/bin/env python3
"""Logs in over IMAP and checks that each message is what was sent: the attachment is the file, byte
for byte, the headers parse, the subject decodes.

By hand:  read_back.py --port 1143 --user a@example.mx --password imap --pdf reports/…/report.pdf
"""

import argparse
import email
import email.policy
import hashlib
import imaplib
import pathlib


def fetch(port, user, password):
    """Every message of the inbox, as bytes."""
    with imaplib.IMAP4("127.0.0.1", port, timeout=20) as imap:
        imap.login(user, password)
        imap.select("INBOX", readonly=True)
        _, [numbers] = imap.search(None, "ALL")
        messages = []
        for number in numbers.split():
            _, [(_, message), *_] = imap.fetch(number, "(BODY.PEEK[])")
            messages.append(message)
        return messages


def strictly(raw, recipients):
    """The message parsed; raises AssertionError where a header or part of it is not in order."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    for part in message.walk():
        assert not part.defects, part.defects
    for header in ("From", "To", "Subject", "Date", "Message-ID"):
        values = message.get_all(header, [])
        assert len(values) == 1, f"{header}: {values}"
        assert not values[0].defects, f"{header}: {values[0].defects}"
    assert message["Date"].datetime is not None
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "es"
    assert "=?" not in str(message["Subject"]), message["Subject"]
    addresses = [address.addr_spec for address in message["To"].addresses]
    assert addresses == recipients, addresses

    assert message.get_content_type() == "multipart/mixed"
    body, *files = message.iter_parts()
    assert body.get_content_type() == "multipart/alternative"
    kinds = [part.get_content_type() for part in body.iter_parts()]
    assert kinds == ["text/plain", "text/html"], kinds
    for file in files:
        assert file.get_content_disposition() == "attachment", file.get_content_disposition()
    return message


def check(raw, pdf, recipients):
    """Raises AssertionError where the report's message is not in order; returns it parsed."""
    message = strictly(raw, recipients)
    body, *files = message.iter_parts()
    digest = hashlib.sha256(pdf).hexdigest()
    for part in body.iter_parts():
        text = part.get_content()
        assert "\ufffd" not in text and "A quien corresponda" in text
        assert digest in text, f"the PDF's SHA-256 is not in the {part.get_content_type()} part"
    # The report, and the slides where they have room.
    file, *slides = files
    assert len(slides) <= 1, slides
    for other in slides:
        assert other.get_filename().startswith("diapositivas-"), other.get_filename()
        assert other.get_payload(decode=True).startswith(b"%PDF"), "the slides are no PDF"
    assert file.get_content_type() == "application/pdf"
    name = file.get_filename()
    assert name.isascii() and name.startswith("informe-") and name.endswith(".pdf"), name
    assert file.get_payload(decode=True) == pdf, "the attachment is not the file"
    return message


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--user", required=True)
    arguments.add_argument("--password", required=True)
    arguments.add_argument("--pdf", required=True)
    arguments.add_argument("--to", action="append", help="recipient in the header; default: the user")
    options = arguments.parse_args()
    pdf = pathlib.Path(options.pdf).read_bytes()
    messages = fetch(options.port, options.user, options.password)
    for raw in messages:
        message = check(raw, pdf, options.to or [options.user])
        print(f"ok  {message['Message-ID']}  {message['Subject']}")
    print(f"{len(messages)} message(s)")


if __name__ == "__main__":
    main()

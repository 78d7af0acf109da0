"""A mail server on loopback: writes its port to one file, a line for each accepted message to another."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from smtp_sink import Sink

port, accepted = Path(sys.argv[1]), Path(sys.argv[2])
accepted.write_text("")
with Sink() as sink:
    port.write_text(str(sink.port))
    while True:
        time.sleep(0.1)
        lines = [f"{person}\n" for person, count in sorted(sink.accepted.items()) for _ in range(count)]
        accepted.write_text("".join(lines))

#!/usr/bin/env python3
"""Looks for phrases in a PDF's text layer: python3 pdf_text.py FILE.pdf PHRASES.txt

One phrase a line; white space and hyphenation at line ends aside. Needs pdftotext.
"""

import re
import subprocess
import sys
from pathlib import Path


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u00ad\n", "").replace("\u00ad", "").replace("\u00a0", " "))


def main() -> int:
    pdf, phrases = sys.argv[1:]
    raw = subprocess.run(["pdftotext", "-raw", pdf, "-"], check=True, capture_output=True, text=True)
    text = squeezed(raw.stdout)
    wanted = [squeezed(p).strip() for p in Path(phrases).read_text(encoding="utf-8").splitlines()]
    wanted = [p for p in wanted if p and not p.startswith("#")]
    missing = [p for p in wanted if p not in text]
    for phrase in missing:
        print(f"not in the text layer: {phrase}", file=sys.stderr)
    print(f"{pdf}: {len(wanted) - len(missing)} of {len(wanted)} phrases")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())

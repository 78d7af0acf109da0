#!/usr/bin/env python3
"""Looks for phrases in a PDF's text layer: python3 pdf_text.py FILE.pdf PHRASES.txt

One phrase a line; white space, hyphenation at line ends and what stands on every page aside, so that a
phrase may begin on one page and end on the next. Needs pdftotext.
"""

import collections
import re
import subprocess
import sys
from pathlib import Path


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u00ad\n", "").replace("\u00ad", "").replace("\u00a0", " "))


def without_running_heads(text: str) -> str:
    """The text without the lines that stand on most of its pages, whatever their numbers."""
    pages = [page.splitlines() for page in text.split("\f")]
    alike = [[re.sub(r"\d+", "#", line.strip()) for line in page] for page in pages]
    times = collections.Counter(line for page in alike for line in set(page))
    running = {line for line, count in times.items() if count >= max(3, len(pages) / 2)}
    kept = (
        line
        for page, like in zip(pages, alike, strict=True)
        for line, same in zip(page, like, strict=True)
        if same not in running
    )
    return "\n".join(kept)


def main() -> int:
    pdf, phrases = sys.argv[1:]
    raw = subprocess.run(["pdftotext", "-raw", pdf, "-"], check=True, capture_output=True, text=True)
    text = squeezed(without_running_heads(raw.stdout))
    wanted = [squeezed(p).strip() for p in Path(phrases).read_text(encoding="utf-8").splitlines()]
    wanted = [p for p in wanted if p and not p.startswith("#")]
    missing = [p for p in wanted if p not in text]
    for phrase in missing:
        print(f"not in the text layer: {phrase}", file=sys.stderr)
    print(f"{pdf}: {len(wanted) - len(missing)} of {len(wanted)} phrases")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())

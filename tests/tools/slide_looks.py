#!/usr/bin/env python3
"""Whether slides can be read from the back of a room, and are full.

    python3 slide_looks.py SLIDES.pdf...

No text is smaller than 16 points, titles are larger, and a slide that has much to say does not leave
half of itself empty. Works on any slides of 338.67 × 190.5 mm with a band of 20 mm at their foot.
Needs pdftohtml, pdftoppm and the Python package pillow.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image

# Points. Six metres from a screen of 65 inches, smaller letters are guessed rather than read.
SMALLEST = 16
SMALLEST_TITLE = 20
# A title of no more letters has at least this size.
SHORT_TITLE, SIZE_OF_SHORT_TITLE = 48, 28
# Shares of a slide's height: where its title ends at the soonest, and where its band begins.
TITLE_ENDS, BAND_BEGINS = 0.165, 0.89
# A slide of fewer words may be as empty as it likes: its type is as large as it gets.
FEW_WORDS = 30
# Parts of the body that may stay empty, at its foot and at its right.
EMPTY_FOOT, EMPTY_SIDE = 0.45, 0.45
# pdftohtml tells sizes in whole units: this many of them are a point, which is the most it can.
ZOOM = 3
DPI = 18


def texts_of(pdf):
    """For each page its height and its texts as (words, size in points, top)."""
    out = subprocess.run(
        ["pdftohtml", "-xml", "-i", "-hidden", "-stdout", "-zoom", str(ZOOM), str(pdf)], check=True, capture_output=True,
    ).stdout
    tree = ElementTree.fromstring(re.sub(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]", b"", out))
    sizes = {font.get("id"): float(font.get("size")) / ZOOM for font in tree.iter("fontspec")}
    for page in tree.iter("page"):
        found = [("".join(t.itertext()).strip(), sizes[t.get("font")], float(t.get("top"))) for t in page.iter("text")]
        yield float(page.get("height")), [one for one in found if one[0]]


def ink_of(pdf):
    """For each page how far down and how far right its body reaches, as shares of the body."""
    with tempfile.TemporaryDirectory() as room:
        subprocess.run(["pdftoppm", "-r", str(DPI), "-gray", str(pdf), f"{room}/p"], check=True)
        for picture in sorted(Path(room).iterdir()):
            page = Image.open(picture)
            width, height = page.size
            top, foot = int(height * TITLE_ENDS), int(height * BAND_BEGINS) - 1
            box = page.crop((0, top, width, foot)).point(lambda v: 255 if v < 246 else 0).getbbox()
            yield (box[3] / (foot - top), box[2] / width) if box else (0, 0)


def is_drawn(words):
    """Shapes of statuses, and the letters of the slanting mark that a preview carries."""
    return len(words) <= 2 or not any(c.isalnum() for c in words)


def faults(pdf, may_be_empty=False):
    """What is wrong, page by page; the first slide is a cover."""
    for number, ((height, texts), (down, right)) in enumerate(zip(texts_of(pdf), ink_of(pdf)), 1):
        for words, size, _ in texts:
            if size < SMALLEST - 0.2 and not is_drawn(words):
                yield f"page {number}: «{words[:30]}» has {size:g} points"
        body = [one for one in texts if one[2] < height * BAND_BEGINS]
        if number == 1 or not body:
            continue
        title, size, _ = min(body, key=lambda one: one[2])
        if size < SMALLEST_TITLE - 0.2:
            yield f"page {number}: the title «{title[:30]}» has {size:g} points"
        said = " ".join(words for words, _, _ in body)
        short = len(title) <= SHORT_TITLE and "(continúa" not in said and "(meta" not in said
        if short and size < SIZE_OF_SHORT_TITLE - 0.2:
            yield f"page {number}: the short title «{title[:30]}» has {size:g} points"
        if len(said.split()) >= FEW_WORDS and not may_be_empty:
            if down < 1 - EMPTY_FOOT:
                yield f"page {number} is empty below {down:.0%} of its body"
            if right < 1 - EMPTY_SIDE:
                yield f"page {number} is empty right of {right:.0%} of its width"


def main():
    failed = 0
    for pdf in sys.argv[1:]:
        for fault in faults(pdf):
            failed += 1
            print(f"{pdf}: {fault}")
    print(f"{len(sys.argv) - 1} files, {failed} faults")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

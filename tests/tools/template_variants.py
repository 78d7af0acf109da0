#!/usr/bin/env python3
"""Typesets a template with plans unlike León's, and reads every page again.

    python3 template_variants.py EDITION [TEMPLATE]

EDITION is a published edition's folder (results.json and data/), TEMPLATE a folder of Typst files
(default: the repository's informe). Each variant is results.json with
something changed; report.typ and slides.typ must compile as PDF/UA-1 and PDF/A-3a without warnings
that matter, leave no page blank, print no words on top of others, and keep every goal's statement;
slides are read from the back of a room too (slide_looks.py).
--keep DIR keeps the PDFs. Needs pdftotext, pdftohtml, pdftoppm and the Python packages typst and pillow.
"""

import argparse
import copy
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

import typst
from PIL import Image

from slide_looks import faults as looks
from template_plans import ALSO_DRAFT, LOGO, TEXTS_OF_PAGES, VARIANTS, settled

ROOT = Path(__file__).resolve().parents[2]
# --- Reading pages again -----------------------------------------------------


def words_of(pdf):
    """Pages as (width, height, words), a word as (text, left, top, right, bottom)."""
    out = subprocess.run(["pdftotext", "-bbox", str(pdf), "-"], check=True, capture_output=True).stdout
    tree = ElementTree.fromstring(re.sub(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]", b"", out))
    ns = "{http://www.w3.org/1999/xhtml}"
    for page in tree.iter(f"{ns}page"):
        words = [
            (w.text or "", *(float(w.get(k)) for k in ("xMin", "yMin", "xMax", "yMax")))
            for w in page.iter(f"{ns}word")
        ]
        yield float(page.get("width")), float(page.get("height")), words


def shared(a, b):
    """How much of the smaller word lies under the other, across and down."""
    across = min(a[3], b[3]) - max(a[1], b[1])
    down = min(a[4], b[4]) - max(a[2], b[2])
    return (
        across / max(0.1, min(a[3] - a[1], b[3] - b[1])),
        down / max(0.1, min(a[4] - a[2], b[4] - b[2])),
    )


def is_mark(word):
    """A letter of the slanting mark that a preview carries under its text; the slant makes a narrow
    letter wide instead of tall."""
    across, down = word[3] - word[1], word[4] - word[2]
    return len(word[0]) <= 2 and word[0].isalpha() and max(across / len(word[0]), down) > 26


def problems_of(pdf, draft):
    found = []
    for number, (width, height, words) in enumerate(words_of(pdf), 1):
        words = [w for w in words if not (draft and is_mark(w))]
        body = [w for w in words if height * 0.075 < w[2] < height * 0.935]
        if not body:
            found.append(f"page {number} is blank")
        for word in words:
            if word[1] < -1 or word[3] > width + 1 or word[2] < -1 or word[4] > height + 1:
                found.append(f"page {number}: «{word[0][:30]}» runs off the page")
        words.sort(key=lambda w: w[2])
        for i, one in enumerate(words):
            for other in words[i + 1 :]:
                if other[2] > one[4]:
                    break
                across, down = shared(one, other)
                if across > 0.3 and down > 0.5:
                    found.append(f"page {number}: «{one[0][:30]}» and «{other[0][:30]}» lie on each other")
    return found


def letters(text):
    return "".join(c.lower() for c in text if c.isalnum())


def unsaid(pdf, doc):
    out = subprocess.run(["pdftotext", "-raw", str(pdf), "-"], check=True, capture_output=True).stdout
    said = letters(out.decode())
    # A statement over a page break has a running head in it: its beginning and end are looked for.
    for goal in doc["goals"]:
        text = letters(goal["statement"])
        if text not in said and not (text[:30] in said and text[-30:] in said):
            yield f"the statement of {goal['id']} is not in the text"


# --- Running -----------------------------------------------------------------


def prepare(folder, template, edition, doc):
    shutil.copytree(template, folder, dirs_exist_ok=True)
    (folder / "results.json").write_text(json.dumps(doc, ensure_ascii=False), encoding="utf-8")
    shutil.copytree(edition / "data", folder / "data", dirs_exist_ok=True)
    if doc["brand"]["logo"]:
        (folder / doc["brand"]["logo"]).write_text(LOGO, encoding="utf-8")
    # Lying and standing pictures by turns.
    for n, activity in enumerate(doc["activities"]):
        if activity["photo"]:
            picture = folder / activity["photo"]
            picture.parent.mkdir(exist_ok=True)
            Image.new("RGB", (700, 1400) if n % 2 else (1200, 800), "#b7c4d6").save(picture, "JPEG")


def compiled(folder, entry, fonts):
    pdf = folder / f"{entry}.pdf"
    _, warnings = typst.compile_with_warnings(
        str(folder / f"{entry}.typ"), output=str(pdf), root=str(folder), font_paths=[str(fonts)],
        ignore_system_fonts=True, pdf_standards=["ua-1", "a-3a"],
    )
    return pdf, [f"warning: {w.message}" for w in warnings]


def told(error):
    hints = "; ".join(getattr(error, "hints", None) or [])
    return f"{getattr(error, 'message', error)} {hints}".strip()


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("edition", type=Path)
    arguments.add_argument("template", type=Path, nargs="?", default=ROOT / "report-templates/informe")
    arguments.add_argument("--keep", type=Path)
    arguments.add_argument("--only", nargs="*")
    given = arguments.parse_args()
    source = json.loads((given.edition / "results.json").read_text(encoding="utf-8"))
    runs = [(v.__name__, v, False) for v in VARIANTS]
    runs += [(f"{v.__name__}_draft", v, True) for v in VARIANTS if v.__name__ in ALSO_DRAFT]
    failed = 0
    for name, change, as_draft in runs:
        if given.only and name not in given.only:
            continue
        doc = copy.deepcopy(source)
        change(doc)
        doc["draft"] = doc["draft"] or as_draft
        doc = settled(doc)
        with tempfile.TemporaryDirectory() as room:
            folder = Path(room) / "template"
            prepare(folder, given.template, given.edition, doc)
            for entry in ("report", "slides"):
                try:
                    pdf, found = compiled(folder, entry, ROOT / "report-templates/fonts")
                    found += problems_of(pdf, doc["draft"])
                    found += list(unsaid(pdf, doc)) if entry == "report" else list(looks(pdf, name in TEXTS_OF_PAGES))
                    if given.keep:
                        given.keep.mkdir(parents=True, exist_ok=True)
                        shutil.copy(pdf, given.keep / f"{name}-{entry}.pdf")
                except typst.TypstError as error:
                    found = [told(error)]
                failed += bool(found)
                for problem in found[:8]:
                    print(f"{name} {entry}: {problem}", file=sys.stderr)
    print(f"{2 * len(runs)} documents typeset, {failed} of them with problems")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

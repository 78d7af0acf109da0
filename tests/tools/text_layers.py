#!/usr/bin/env python3
"""Reads the text of PDFs with three engines and holds them against each other.

    python3 text_layers.py --modules NODE_MODULES FILE.pdf...

Firefox's pdf.js and pdfminer go by the fonts' own maps and know nothing of ActualText; Poppler
reads both. On each page all three must give the same letters and digits, as often: none lost, none
added. Where results.json lies beside a PDF, every goal's statement, value and status must be in
what each engine reads. Needs pdftotext, node with pdfjs-dist, and pdfminer.six.
"""

import argparse
import json
import subprocess
import sys
import unicodedata
from collections import Counter
from pathlib import Path

from pdfminer.high_level import extract_pages
from pdfminer.layout import LTChar, LTContainer

HERE = Path(__file__).resolve().parent
# Points: half a line of the smallest table, by which neighbours in a row may stand off.
LINE = 5


def poppler(pdf):
    out = subprocess.run(["pdftotext", "-raw", str(pdf), "-"], check=True, capture_output=True).stdout
    return out.decode().split("\f")[:-1]


def characters(item):
    """(text, its middle's height on the page), in the order in which the page draws them."""
    if isinstance(item, LTChar):
        yield item.get_text(), (item.y0 + item.y1) / 2
    elif isinstance(item, LTContainer):
        for part in item:
            yield from characters(part)


def pdfminer(pdf):
    # Without layout parameters: every character.
    return [list(characters(page)) for page in extract_pages(str(pdf), laparams=None)]


def text_of(pages):
    return ["".join(text for text, _ in page) for page in pages]


def rows_of(pages, statement):
    """What stands at the height of a statement, wherever it is drawn: a page that is drawn column
    by column has a row's other cells far from it, but on its lines."""
    for page in pages:
        flat = [(letter, y) for text, y in page for letter in letters(text).lower()]
        said = "".join(letter for letter, _ in flat)
        at = said.find(statement)
        while at >= 0:
            heights = [y for _, y in flat[at : at + len(statement)]]
            low, high = min(heights) - LINE, max(heights) + LINE
            yield "".join(letter for letter, y in flat if low <= y <= high)
            at = said.find(statement, at + 1)


def pdf_js(pdfs, modules):
    command = ["node", str(HERE / "pdf_js_text.mjs"), str(modules), *map(str, pdfs)]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def letters(text):
    """Letters and digits, ligatures taken apart. Soft hyphens, spaces and marks do not count."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c.isalnum())


def told(counted):
    return ", ".join(f"«{letter}» ×{n}" for letter, n in sorted(counted.items()))


def compared(pages_by_engine):
    """(letters compared, {engine: lost}, {engine: added}, what to say) for one PDF."""
    lost = Counter({name: 0 for name in pages_by_engine})
    added = Counter(lost)
    problems = []
    total = 0
    counts = {len(pages) for pages in pages_by_engine.values()}
    if len(counts) != 1:
        return 0, lost, added, [f"engines see {sorted(counts)} pages"]
    for number, pages in enumerate(zip(*pages_by_engine.values()), 1):
        bags = {name: Counter(letters(page)) for name, page in zip(pages_by_engine, pages)}
        # What two of three read is what the page says.
        agreed = Counter({c: sorted(b[c] for b in bags.values())[1] for c in set().union(*bags.values())})
        total += agreed.total()
        for name, bag in bags.items():
            missing, extra = agreed - bag, bag - agreed
            lost[name] += missing.total()
            added[name] += extra.total()
            if missing:
                problems.append(f"page {number}: {name} loses {told(missing)}")
            if extra:
                problems.append(f"page {number}: {name} adds {told(extra)}")
    return total, lost, added, problems


def unsaid(text, results, placed):
    """What of each goal is not in a text: its statement, and its value and status near by.
    `placed` has the pages' characters with their heights, from an engine that tells them."""
    said = letters(text).lower()
    for goal in results["goals"]:
        statement = letters(goal["statement"]).lower()
        if statement not in said:
            yield f"the statement of {goal['id']}"
            continue
        shown = goal["shown"]
        # The value is told as headlines say it or, rounded, as tables may.
        headline = (shown.get("number") or "") + (shown.get("number_unit") or "")
        wanted = {"value": (shown.get("actual_value"), headline), "status": (shown.get("status"),)}
        # Each place where the statement stands, up to the next goal's statement.
        others = [letters(g["statement"]).lower() for g in results["goals"] if g is not goal]
        around = []
        at = said.find(statement)
        while at >= 0:
            end = at + len(statement)
            after = min((i for o in others if (i := said.find(o, end)) >= 0), default=len(said))
            before = max((i + len(o) for o in others if (i := said.rfind(o, 0, at)) >= 0), default=0)
            around.append(said[before:at] + "|" + said[end:after])
            at = said.find(statement, end)
        around += rows_of(placed, statement)
        for name, texts in wanted.items():
            texts = [text for text in texts if text]
            if texts and not any(letters(text).lower() in part for text in texts for part in around):
                yield f"the {name} of {goal['id']}, «{texts[0]}», beside its statement"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("pdfs", type=Path, nargs="+")
    arguments.add_argument("--modules", type=Path, required=True)
    given = arguments.parse_args()
    engines = {"poppler": [poppler(p) for p in given.pdfs], "pdfminer": [pdfminer(p) for p in given.pdfs]}
    engines["pdf.js"] = pdf_js(given.pdfs, given.modules)
    failed = total = goals = 0
    lost, added = Counter(), Counter()
    for index, pdf in enumerate(given.pdfs):
        by_engine = {name: read[index] for name, read in engines.items()}
        placed = {"pdfminer": by_engine["pdfminer"]}
        by_engine["pdfminer"] = text_of(by_engine["pdfminer"])
        compared_letters, less, more, problems = compared(by_engine)
        total += compared_letters
        lost.update(less)
        added.update(more)
        beside = pdf.with_name("results.json")
        if beside.is_file():
            results = json.loads(beside.read_text(encoding="utf-8"))
            goals += len(results["goals"])
            for name, pages in by_engine.items():
                problems += [f"{name} does not find {what}" for what in unsaid("\n".join(pages), results, placed.get(name, []))]
        failed += bool(problems)
        for problem in problems[:12]:
            print(f"{pdf}: {problem}", file=sys.stderr)
    print(f"{len(given.pdfs)} documents, {total} letters and digits, {goals} goals' statements, values and statuses")
    for name in engines:
        print(f"{name}: {lost[name]} lost, {added[name]} added")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Checks the open data of editions as whoever downloads them would.

    python3 tests/tools/open_data.py EDITION…

Each data package is valid for the Frictionless validator; its dictionary names every column of every
table; the workbook says the same as the CSV files, cell by cell; and no cell of either is taken for
a formula. Needs frictionless and openpyxl.
"""

import csv
import datetime
import json
import sys
from pathlib import Path

import frictionless
import openpyxl

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def package(folder: Path) -> list[str]:
    """What the validator says of the package, and what it does not look at."""
    path = folder / "datapackage.json"
    said = frictionless.validate(str(path)).flatten(["title", "message"])
    wrong = [f"{path}: {title}: {message}" for title, message in said]
    descriptor = json.loads(path.read_text(encoding="utf-8"))
    if not descriptor.get("licenses"):
        wrong.append(f"{path}: no licence")
    described = {f"{r['name']}.csv" for r in descriptor["resources"]}
    there = {file.name for file in folder.glob("*.csv")}
    if described != there:
        wrong.append(f"{path}: describes {sorted(described)}, but there are {sorted(there)}")
    columns = {
        (resource["name"], field["name"])
        for resource in descriptor["resources"]
        for field in resource["schema"]["fields"]
    }
    told = {(row["table"], row["column"]) for row in rows(folder / "dictionary.csv")}
    missing = {c for c in columns if c[0] != "dictionary"} - told
    if missing:
        wrong.append(f"{folder}: the dictionary leaves out {sorted(missing)}")
    return wrong


def rows(path: Path) -> list[dict]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def workbook(folder: Path) -> list[str]:
    """What the workbook says otherwise than the CSV files."""
    wrong = []
    book = openpyxl.load_workbook(folder / "data.xlsx")
    names = {path.stem for path in folder.glob("*.csv")}
    if set(book.sheetnames) != names:
        wrong.append(f"{folder}: sheets {book.sheetnames} instead of {sorted(names)}")
    for sheet in book:
        with open(folder / f"{sheet.title}.csv", encoding="utf-8-sig", newline="") as file:
            expected = list(csv.reader(file))
        found = [list(row) for row in sheet.iter_rows()]
        if len(found) != len(expected):
            wrong.append(f"{sheet.title}: {len(found)} rows, not {len(expected)}")
        for texts, cells in zip(expected, found):
            for text, cell in zip(texts, cells):
                if cell.data_type == "f" or not same(cell.value, text):
                    wrong.append(f"{sheet.title}!{cell.coordinate}: {cell.value!r}, not {text!r}")
    return wrong


def same(value, text: str) -> bool:
    if value is None:
        return text == ""
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() == text
    if isinstance(value, (int, float)):
        return float(text) == value
    return value == text


def formulas(folder: Path) -> list[str]:
    """Cells that a spreadsheet would run; a negative number is none."""
    wrong = []
    for path in sorted(folder.glob("*.csv")):
        for number, row in enumerate(rows(path), 2):
            for name, text in row.items():
                if text.startswith(FORMULA) and not is_number(text):
                    wrong.append(f"{path}, line {number}, {name}: {text!r}")
    return wrong


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def main() -> int:
    wrong, count = [], 0
    for edition in sys.argv[1:]:
        folder = Path(edition) / "data"
        count += 1
        wrong += package(folder) + workbook(folder) + formulas(folder)
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"{count} editions, {len(wrong)} faults")
    return 1 if wrong or not count else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Makes the workbooks and photos of inputs/ and tests/homes/*/inputs/ from readable text.

    python3 tests/tools/make_inputs.py            writes them
    python3 tests/tools/make_inputs.py --check    fails where a file differs from its text

Needs openpyxl, odfpy and pillow. Each `layout.toml` below tests/homes/ names its outputs:

    output = "inputs"                folder, relative to the layout
    [[workbook]]
    file     where it goes; the ending (.xlsx, .ods, .csv) decides the format
    rows     CSV with the data; dates in ISO 8601
    columns  [[header, CSV column, type]], type text|integer|number|percent|date
    where    { column = value }      only those rows, optional
    from, until, date                only rows whose `date` column lies between, optional
    periods  quarters; {period} in `file` and `where` stands for each in turn
    scope    with `periods` and `date`: "period" or "year-to-date"
    hide_after                       date columns left blank where later than `until`
    sheet, title, banner, footnote, extra_sheet, blank_rows
    dates    how dates are written, row after row: real, dd/mm/aaaa, largo
    total    label of a closing total row, optional
    delimiter, encoding              of a .csv
    [[photo]]
    file, scene                      see drawings.py
"""

import argparse
import calendar
import io
import sys
import tomllib
import zipfile
from pathlib import Path

import drawings
import workbooks

HOMES = Path(__file__).resolve().parent.parent / "homes"


def outputs():
    """Every file with its bytes, layout after layout."""
    for layout in sorted(HOMES.glob("**/layout.toml")):
        spec = tomllib.loads(layout.read_text(encoding="utf-8"))
        base = (layout.parent / spec["output"]).resolve()
        for book in spec.get("workbook", []):
            for one in each_period(book):
                yield base / one["file"], workbooks.build(one, layout.parent)
        for photo in spec.get("photo", []):
            yield base / photo["file"], drawings.build(photo["scene"])


def each_period(book: dict):
    """The workbook once, or once a quarter."""
    if "periods" not in book:
        yield book
        return
    for period in book["periods"]:
        year, quarter = int(period[:4]), int(period[-1])
        first, last = quarter * 3 - 2, quarter * 3
        days = calendar.monthrange(year, last)[1]
        one = dict(book, file=book["file"].replace("{period}", period))
        one["where"] = {k: v.replace("{period}", period) for k, v in book.get("where", {}).items()}
        one["until"] = f"{year}-{last:02}-{days}"
        if book.get("scope") == "period":
            one["from"] = f"{year}-{first:02}-01"
        yield one


def same(path: Path, made: bytes) -> bool:
    """Same content: zip members byte for byte; a JPEG by its size, as encoders differ."""
    if not path.exists():
        return False
    found = path.read_bytes()
    if found == made:
        return True
    if path.suffix in (".xlsx", ".ods"):
        parts = [zipfile.ZipFile(io.BytesIO(b)) for b in (found, made)]
        names = [p.namelist() for p in parts]
        return names[0] == names[1] and all(
            parts[0].read(n) == parts[1].read(n) for n in names[0]
        )
    return path.suffix == ".jpg" and drawings.size(found) == drawings.size(made)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args().check
    wrong = count = 0
    for path, made in outputs():
        count += 1
        if check:
            if not same(path, made):
                wrong += 1
                print(f"differs from its text: {path}", file=sys.stderr)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != made:
            path.write_bytes(made)
    print(f"{count} files, {wrong} differ" if check else f"{count} files")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

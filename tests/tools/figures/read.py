"""Reads the departments' files with openpyxl, odfpy and csv; nothing of metas is used."""

import csv
import datetime
import fnmatch
import io
import re
from pathlib import Path

from odf import opendocument
from odf.namespaces import OFFICENS, TABLENS
from odf.table import CoveredTableCell, Table, TableCell, TableRow
from openpyxl import load_workbook

MONTHS = (
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
).split()


class Inputs:
    """One period's drop folder."""

    def __init__(self, folder: Path):
        self.folder = folder

    def rows(self, pattern: str, **headers: str) -> list[dict] | None:
        """Rows of the one file that matches, by the names given; None where there is no file.

        A row counts where the first header's cell and at least one other hold something, and it
        is no total.
        """
        names = [p.relative_to(self.folder).as_posix() for p in self.folder.rglob("*") if p.is_file()]
        found = [n for n in names if fnmatch.fnmatch(n, pattern)]
        if not found:
            return None
        assert len(found) == 1, f"{pattern}: {found}"
        for grid in sheets(self.folder / found[0]):
            rows = below_header(grid, headers)
            if rows is not None:
                return rows
        raise AssertionError(f"{found[0]}: no sheet with {headers}")


def below_header(grid: list[list], headers: dict[str, str]) -> list[dict] | None:
    wanted = {name: fold(header) for name, header in headers.items()}
    for at, line in enumerate(grid):
        folded = [fold(str(c)) if c is not None else "" for c in line]
        if all(h in folded for h in wanted.values()):
            places = {name: folded.index(h) for name, h in wanted.items()}
            break
    else:
        return None
    first = next(iter(headers))
    rows = []
    for line in grid[at + 1 :]:
        row = {n: line[i] if i < len(line) and line[i] != "" else None for n, i in places.items()}
        filled = [v for v in line if v not in (None, "")]
        total = filled and str(filled[0]).lower() == "total"
        if row[first] is not None and len(filled) > 1 and not total:
            rows.append(row)
    return rows


def fold(text: str) -> str:
    return " ".join(text.split()).lower()


def sheets(path: Path):
    """Every sheet as a list of rows of plain values."""
    if path.suffix == ".xlsx":
        book = load_workbook(path, data_only=True)
        for sheet in book.worksheets:
            yield [[c.value for c in row] for row in sheet.iter_rows()]
    elif path.suffix == ".ods":
        for table in opendocument.load(path).getElementsByType(Table):
            yield [ods_row(row) for row in table.getElementsByType(TableRow)]
    else:
        yield csv_rows(path.read_bytes())


def ods_row(row) -> list:
    out: list = []
    for cell in row.childNodes:
        if cell.qname not in (TableCell().qname, CoveredTableCell().qname):
            continue
        times = int(cell.attributes.get((TABLENS, "number-columns-repeated"), 1))
        out.extend([ods_value(cell)] * min(times, 100))
    return out


def ods_value(cell):
    kind = cell.attributes.get((OFFICENS, "value-type"))
    if kind in ("float", "percentage", "currency"):
        return float(cell.attributes[(OFFICENS, "value")])
    if kind == "date":
        return datetime.date.fromisoformat(cell.attributes[(OFFICENS, "date-value")][:10])
    texts = [str(child) for child in cell.childNodes]
    return "\n".join(texts) if texts else None


def csv_rows(data: bytes) -> list[list]:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252")
    separator = max(";,\t", key=text.count)
    return list(csv.reader(io.StringIO(text), delimiter=separator))


def day(value) -> datetime.date | None:
    """A date however it was written."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    slashed = re.fullmatch(r"(\d\d?)/(\d\d?)/(\d{4})", value)
    if slashed:
        return datetime.date(*(int(slashed[i]) for i in (3, 2, 1)))
    told = re.fullmatch(r"(\d\d?) de (\w+) de (\d{4})", value)
    assert told, value
    return datetime.date(int(told[3]), MONTHS.index(told[2]) + 1, int(told[1]))


def num(value) -> float | None:
    """A number however it was written."""
    if value is None or value == "":
        return None
    return float(str(value).replace(",", "").replace("%", "").strip())

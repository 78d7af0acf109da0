"""Workbooks as people make them: titles, a merged banner, dates written in several ways."""

import csv
import datetime
import io
import re
import zipfile
from pathlib import Path

from odf.opendocument import OpenDocumentSpreadsheet
from odf.style import Style, TableCellProperties, TextProperties
from odf.number import DateStyle, Day, Month, Number, PercentageStyle, Text, Year
from odf.table import CoveredTableCell, Table, TableCell, TableRow
from odf.text import P
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill

MONTHS = (
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
).split()
EPOCH = (2026, 1, 1, 0, 0, 0)


def build(book: dict, folder: Path) -> bytes:
    """The bytes of one workbook of a layout."""
    rows = read_rows(book, folder)
    kind = Path(book["file"]).suffix
    return {".xlsx": xlsx, ".ods": ods, ".csv": text}[kind](book, rows)


def read_rows(book: dict, folder: Path) -> list[list]:
    with open(folder / book["rows"], encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for column, value in book.get("where", {}).items():
        rows = [r for r in rows if r[column] == value]
    if "until" in book and "date" in book:
        day = book["date"]
        rows = [r for r in rows if r[day] and book.get("from", "") <= r[day] <= book["until"]]
    for column in book.get("hide_after", []):
        rows = [r | {column: ""} if r[column] > book["until"] else r for r in rows]
    out = []
    for i, row in enumerate(rows):
        styles = book.get("dates", ["real"])
        out.append(
            [cell(row[name], kind, styles[i % len(styles)]) for _, name, kind in book["columns"]]
        )
    return out


def cell(raw: str, kind: str, style: str):
    """A CSV text as the value that a person would have in the cell."""
    if raw == "":
        return None
    if kind == "integer":
        return int(raw)
    if kind in ("number", "percent"):
        return float(raw)
    if kind == "date":
        day = datetime.date.fromisoformat(raw)
        if style == "dd/mm/aaaa":
            return day.strftime("%d/%m/%Y")
        if style == "largo":
            return f"{day.day} de {MONTHS[day.month - 1]} de {day.year}"
        return day
    return raw


def preamble(book: dict) -> list[str]:
    return list(book.get("title", []))


def banner_spans(book: dict) -> list[tuple[str, int]]:
    banner = book.get("banner", [])
    return list(zip(banner[::2], banner[1::2]))


def total_row(book: dict, rows: list[list]) -> list | None:
    if "total" not in book:
        return None
    row: list = [None] * len(book["columns"])
    row[0] = book["total"]
    for i, (_, _, kind) in enumerate(book["columns"]):
        if i and kind in ("integer", "number"):
            row[i] = sum(r[i] for r in rows if r[i] is not None)
    return row


# --- xlsx -------------------------------------------------------------------


def xlsx(book: dict, rows: list[list]) -> bytes:
    wb = Workbook()
    ws = wb.active
    ws.title = book["sheet"]
    width = len(book["columns"])
    at = 1
    for line in preamble(book):
        ws.cell(at, 1, line).font = Font(bold=True, size=13)
        ws.merge_cells(start_row=at, end_row=at, start_column=1, end_column=width)
        at += 1
    at += book.get("blank_rows", 1) if at > 1 else 0
    column = 1
    for label, span in banner_spans(book):
        banner = ws.cell(at, column, label)
        banner.alignment = Alignment(horizontal="center")
        banner.fill = PatternFill("solid", fgColor="D9E2EF")
        ws.merge_cells(start_row=at, end_row=at, start_column=column, end_column=column + span - 1)
        column += span
    at += 1 if column > 1 else 0
    for i, (header, _, _) in enumerate(book["columns"], 1):
        head = ws.cell(at, i, header)
        head.font = Font(bold=True)
        head.alignment = Alignment(wrap_text=True, vertical="center")
    for row in rows:
        at += 1
        xlsx_row(ws, at, row, book["columns"])
    total = total_row(book, rows)
    if total:
        at += 1
        xlsx_row(ws, at, total, book["columns"])
    if "footnote" in book:
        at += 2
        ws.cell(at, 1, book["footnote"]).font = Font(italic=True, size=9)
    for i, (header, _, kind) in enumerate(book["columns"]):
        letter = ws.cell(1, i + 1).coordinate[0]
        ws.column_dimensions[letter].width = max(14, len(header) + 4, 22 if kind == "text" else 0)
    if "extra_sheet" in book:
        name, line = book["extra_sheet"]
        wb.create_sheet(name)["A1"] = line
    stamp = datetime.datetime(*EPOCH)
    wb.properties.creator = "metas"
    wb.properties.created = stamp
    out = io.BytesIO()
    wb.save(out)
    return settle(out.getvalue())


def xlsx_row(ws, at: int, row: list, columns: list) -> None:
    for i, (value, (_, _, kind)) in enumerate(zip(row, columns), 1):
        if value is None:
            continue
        target = ws.cell(at, i)
        if isinstance(value, datetime.date):
            target.value = value
            target.number_format = "DD/MM/YYYY"
        elif kind == "percent":
            target.value = value / 100
            target.number_format = "0.0%"
        else:
            target.value = value


# --- ods --------------------------------------------------------------------


def ods(book: dict, rows: list[list]) -> bytes:
    doc = OpenDocumentSpreadsheet()
    bold = Style(name="negrita", family="table-cell")
    bold.addElement(TextProperties(fontweight="bold"))
    bold.addElement(TableCellProperties(backgroundcolor="#d9e2ef"))
    doc.automaticstyles.addElement(bold)
    styles = {"bold": bold} | number_styles(doc)
    table = Table(name=book["sheet"])
    width = len(book["columns"])
    for line in preamble(book):
        table.addElement(merged([(line, width)], bold))
    if preamble(book):
        for _ in range(book.get("blank_rows", 1)):
            table.addElement(ods_row([None] * width, styles))
    if banner_spans(book):
        table.addElement(merged(banner_spans(book), bold))
    head = TableRow()
    for header, _, _ in book["columns"]:
        head.addElement(ods_text(header, bold))
    table.addElement(head)
    kinds = [kind for _, _, kind in book["columns"]]
    for row in rows:
        table.addElement(ods_row(row, styles, kinds))
    total = total_row(book, rows)
    if total:
        table.addElement(ods_row(total, styles, kinds))
    if "footnote" in book:
        table.addElement(ods_row([None] * width, styles))
        table.addElement(ods_row([book["footnote"]], styles, ["text"]))
    doc.spreadsheet.addElement(table)
    out = io.BytesIO()
    doc.write(out)
    return settle(out.getvalue())


def number_styles(doc) -> dict:
    day = DateStyle(name="fecha")
    for part in (Day(style="long"), Text(text="/"), Month(style="long"), Text(text="/"), Year(style="long")):
        day.addElement(part)
    share = PercentageStyle(name="porcentaje")
    share.addElement(Number(decimalplaces="1", minintegerdigits="1"))
    share.addElement(Text(text="%"))
    out = {}
    for name, style in (("date", day), ("percent", share)):
        doc.automaticstyles.addElement(style)
        out[name] = Style(name=f"celda-{name}", family="table-cell", datastylename=style.getAttribute("name"))
        doc.automaticstyles.addElement(out[name])
    return out


def merged(spans: list[tuple[str, int]], style) -> TableRow:
    row = TableRow()
    for label, span in spans:
        first = TableCell(valuetype="string", stylename=style, numbercolumnsspanned=span)
        first.addElement(P(text=label))
        row.addElement(first)
        for _ in range(span - 1):
            row.addElement(CoveredTableCell())
    return row


def ods_text(value: str, style=None) -> TableCell:
    out = TableCell(valuetype="string", stylename=style) if style else TableCell(valuetype="string")
    out.addElement(P(text=value))
    return out


def ods_row(values: list, styles: dict, kinds: list | None = None) -> TableRow:
    row = TableRow()
    for value, kind in zip(values, kinds or ["text"] * len(values)):
        if value is None:
            row.addElement(TableCell())
        elif isinstance(value, datetime.date):
            out = TableCell(valuetype="date", datevalue=value.isoformat(), stylename=styles["date"])
            out.addElement(P(text=value.strftime("%d/%m/%Y")))
            row.addElement(out)
        elif kind == "percent":
            out = TableCell(valuetype="percentage", value=str(value / 100), stylename=styles["percent"])
            out.addElement(P(text=f"{value:.1f}%"))
            row.addElement(out)
        elif isinstance(value, (int, float)):
            out = TableCell(valuetype="float", value=str(value))
            out.addElement(P(text=str(value)))
            row.addElement(out)
        else:
            row.addElement(ods_text(value))
    return row


# --- csv --------------------------------------------------------------------


def text(book: dict, rows: list[list]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=book.get("delimiter", ","), lineterminator="\r\n")
    for line in preamble(book):
        writer.writerow([line])
    writer.writerow([header for header, _, _ in book["columns"]])
    kinds = [kind for _, _, kind in book["columns"]]
    for row in rows:
        writer.writerow([csv_cell(v, k) for v, k in zip(row, kinds)])
    if "footnote" in book:
        writer.writerow([])
        writer.writerow([book["footnote"]])
    return out.getvalue().encode(book.get("encoding", "utf-8"))


def csv_cell(value, kind: str) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime.date):
        return value.strftime("%d/%m/%Y")
    if kind == "percent":
        return f"{value:g} %"
    return f"{value:g}" if isinstance(value, float) else str(value)


# --- same bytes every time --------------------------------------------------


def settle(data: bytes) -> bytes:
    """The zip again with fixed times, and without the moment of saving inside."""
    source = zipfile.ZipFile(io.BytesIO(data))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            part = source.read(name)
            if name == "docProps/core.xml":
                fixed = "%04d-%02d-%02dT%02d:%02d:%02dZ" % EPOCH
                part = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + fixed.encode(), part)
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            target.writestr(info, part)
    return out.getvalue()

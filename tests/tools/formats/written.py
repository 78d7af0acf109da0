"""Copies of a workbook's values and number formats, written by Python's libraries."""
import datetime as dt
import warnings

import openpyxl
import xlsxwriter
import xlwt
from odf.number import DateStyle, Day, Month, Number, NumberStyle, PercentageStyle, Text as Plain, Year
from odf.opendocument import OpenDocumentSpreadsheet
from odf.style import Style
from odf.table import Table, TableCell, TableRow
from odf.text import P

# xls holds this many rows and columns, no more.
XLS_ROWS, XLS_COLUMNS = 65_536, 256


def sheets_of(path):
    """[(name, state, [(row, column, value, number format)])], rows and columns from 0; none where openpyxl cannot read it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(path, data_only=True)
            return [
                (s.title, s.sheet_state, [(c.row - 1, c.column - 1, c.value, c.number_format) for row in s.iter_rows() for c in row if c.value is not None])
                for s in book.worksheets
            ] or None
        except Exception:
            return None


def by_openpyxl(sheets, path):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, state, cells in sheets:
        sheet = book.create_sheet(name)
        sheet.sheet_state = state
        for row, column, value, shape in cells:
            sheet.cell(row + 1, column + 1, value).number_format = shape
    book.save(path)


def by_xlsxwriter(sheets, path):
    with xlsxwriter.Workbook(path, {"default_date_format": "dd/mm/yyyy"}) as book:
        shapes = {}
        for name, state, cells in sheets:
            sheet = book.add_worksheet(name)
            if state != "visible":
                sheet.hide()
            for row, column, value, shape in cells:
                shape = shapes.setdefault(shape, book.add_format({"num_format": shape}))
                if isinstance(value, str):
                    sheet.write_string(row, column, value, shape)
                elif isinstance(value, (dt.date, dt.datetime)):
                    sheet.write_datetime(row, column, value, shape)
                else:
                    sheet.write(row, column, value, shape)


def by_xlwt(sheets, path):
    book = xlwt.Workbook(encoding="utf-8")
    shapes = {}
    for name, state, cells in sheets:
        sheet = book.add_sheet(name[:31], cell_overwrite_ok=True)
        sheet.visibility = 0 if state == "visible" else 1
        for row, column, value, shape in cells:
            if isinstance(value, str) and value.startswith("#") or isinstance(value, dt.time):
                raise ValueError("xlwt writes neither errors nor times alone")
            sheet.write(row, column, value, shapes.setdefault(shape, xlwt.easyxf(num_format_str=shape)))
    book.save(path)


def ods_styles(document):
    percent = PercentageStyle(name="percent")
    percent.addElement(Number(decimalplaces="2", minintegerdigits="1"))
    percent.addElement(Plain(text="%"))
    date = DateStyle(name="date")
    for part in (Day(style="long"), Plain(text="/"), Month(style="long"), Plain(text="/"), Year(style="long")):
        date.addElement(part)
    plain = NumberStyle(name="plain")
    plain.addElement(Number(minintegerdigits="1"))
    names = {}
    for style in (percent, date, plain):
        document.styles.addElement(style)
        name = style.getAttribute("name")
        names[name] = Style(name=f"cell-{name}", family="table-cell", datastylename=name)
        document.automaticstyles.addElement(names[name])
    return names


def ods_cell(value, shape, styles):
    if isinstance(value, bool):
        return TableCell(valuetype="boolean", booleanvalue="true" if value else "false")
    if isinstance(value, (int, float)) and "%" in shape:
        return TableCell(valuetype="percentage", value=repr(value), stylename=styles["percent"])
    if isinstance(value, (int, float)):
        return TableCell(valuetype="float", value=repr(value), stylename=styles["plain"])
    if isinstance(value, (dt.datetime, dt.date)):
        whole = isinstance(value, dt.datetime) and value.time() == dt.time()
        day = value.date() if whole else value
        return TableCell(valuetype="date", datevalue=day.isoformat(), stylename=styles["date"])
    if not isinstance(value, str) or value.startswith("#"):
        raise ValueError("no form of its own here")
    cell = TableCell(valuetype="string")
    for line in value.split("\n"):
        cell.addElement(P(text=line))
    return cell


def by_odfpy(sheets, path):
    document = OpenDocumentSpreadsheet()
    styles = ods_styles(document)
    for name, state, cells in sheets:
        if state != "visible":
            raise ValueError("hidden sheets are left to LibreOffice")
        table = Table(name=name)
        at = {(row, column): (value, shape) for row, column, value, shape in cells}
        for row in range(max((r for r, _ in at), default=-1) + 1):
            line = TableRow()
            for column in range(max((c for r, c in at if r == row), default=-1) + 1):
                found = at.get((row, column))
                line.addElement(ods_cell(*found, styles) if found else TableCell())
            table.addElement(line)
        document.spreadsheet.addElement(table)
    document.save(path)


WRITERS = [("openpyxl", "xlsx", by_openpyxl), ("xlsxwriter", "xlsx", by_xlsxwriter), ("xlwt", "xls", by_xlwt), ("odfpy", "ods", by_odfpy)]


def by_libraries(links, out):
    """{name: [copies]} of the xlsx among the links that the libraries can hold."""
    folder = out / "libraries"
    folder.mkdir(parents=True, exist_ok=True)
    made = {}
    for name, link in links.items():
        sheets = sheets_of(link) if link.suffix in (".xlsx", ".xlsm") else None
        if not sheets or any(r >= XLS_ROWS or c >= XLS_COLUMNS for _, _, cells in sheets for r, c, _, _ in cells):
            continue
        for by, suffix, write in WRITERS:
            path = folder / f"{link.stem}.{by}.{suffix}"
            try:
                write(sheets, path)
            except Exception:
                # A library that cannot hold this workbook makes no copy of it.
                path.unlink(missing_ok=True)
                continue
            made.setdefault(name, []).append({"path": str(path), "by": by, "format": suffix, "sheet": None})
    return made

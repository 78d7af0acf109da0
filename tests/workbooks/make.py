"""Makes every workbook of the folders here, one a subject. Needs openpyxl and odfpy; with LibreOffice (soffice) it
also makes those that LibreOffice saves. Run it from anywhere:

    python3 tests/workbooks/make.py

One file is one fault (or one thing that is no fault), named after it. The texts beside them are
what the reader says; write them anew with METAS_BLESS=1 cargo test --test it ingest.
"""
import datetime as dt
import glob
import io
import os
import re
import shutil
import subprocess
import zipfile

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font

HERE = os.path.dirname(os.path.abspath(__file__))
STAMP = (2026, 1, 15, 0, 0, 0)
HEADERS = ["Folio", "Evento", "Fecha de registro", "Estatus", "Monto", "Avance", "Fecha de conclusión", "Nombre"]


def at(name):
    """Where a workbook lies: in the folder of its subject. A new one lies here until it is moved there."""
    found = glob.glob(os.path.join(HERE, "*", name))
    return found[0] if found else os.path.join(HERE, name)


def rows(count=6):
    """Good rows; the last column is a personal one, its value must never be told."""
    states = ["Concluido", "En proceso", "Pendiente"]
    made = []
    for i in range(count):
        made.append([
            f"A-{i + 1:03}", i // 2 + 1, dt.date(2025, 3, 14) + dt.timedelta(i), states[i % 3], 1000.5 * (i + 1), 0.25 * (i % 4 + 1),
            dt.date(2025, 6, 1) + dt.timedelta(i) if i % 3 == 0 else None, f"CANARIO {i}",
        ])
    return made


def base(count=6, top=0):
    book = Workbook()
    sheet = book.active
    sheet.title = "Acuerdos"
    for _ in range(top):
        sheet.append([])
    for column, header in enumerate(HEADERS, 1):
        sheet.cell(top + 1, column, header).font = Font(bold=True)
    for r, row in enumerate(rows(count), top + 2):
        for c, value in enumerate(row, 1):
            cell = sheet.cell(r, c, value)
            if isinstance(value, dt.date):
                cell.number_format = "dd/mm/yyyy"
            if c == 6:
                cell.number_format = "0%"
    return book, sheet


def pack(name, parts):
    """Writes a zip with fixed times, so that a file changes only when its content does."""
    with zipfile.ZipFile(at(name), "w", zipfile.ZIP_DEFLATED) as out:
        for part, data in parts:
            info = zipfile.ZipInfo(part, STAMP)
            info.compress_type = zipfile.ZIP_STORED if part == "mimetype" else zipfile.ZIP_DEFLATED
            out.writestr(info, data)


def parts_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        return [(i.filename, z.read(i)) for i in z.infolist()]


def save(book, name, change=None):
    fixed = dt.datetime(2026, 1, 15)
    book.properties.created = book.properties.modified = fixed
    stream = io.BytesIO()
    book.save(stream)
    parts = parts_of(stream.getvalue())
    parts = [(n, re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2026-01-15T00:00:00Z", d)) for n, d in parts]
    if change:
        parts = [(n, change(n, d)) for n, d in parts]
        parts = [(n, d) for n, d in parts if d is not None]
    pack(name, parts)


def with_cells(name, **cells):
    book, sheet = base()
    for place, value in cells.items():
        sheet[place] = value
    save(book, name)


def in_sheet(old, new):
    def change(name, data):
        if name == "xl/worksheets/sheet1.xml":
            assert old in data, (old, data[:3000])
            return data.replace(old, new, 1)
        return data
    return change


def unprintable():
    def control(name, old, new, book=None):
        save(book or base()[0], name, in_sheet(b"<t>%s</t>" % old, b"<t>%s</t>" % new))

    control("control-character-alone.xlsx", b"A-002", b"_x0001_")
    control("control-character-in-category.xlsx", b"En proceso", b"En_x0007_ proceso")
    control("control-character-in-duplicate.xlsx", b"A-002", b"A-00_x0001_1")
    book, sheet = base()
    sheet["C3"] = "15/03/2025"
    control("control-character-in-date.xlsx", b"15/03/2025", b"15/03/_x0008_2025", book)
    with_cells("emoji.xlsx", A3="A-002 🎉", A4="A-003 🎊 ñandú – ✓", A6="漢字", H3="CANARIO 🎉")


def plain():
    save(base()[0], "good.xlsx")
    book, sheet = base(top=4)
    sheet["A1"] = "Municipio de León"
    sheet.merge_cells("A1:H1")
    sheet["A2"] = "Registro de acuerdos"
    sheet["A12"] = "* Cifras preliminares sujetas a revisión de la dirección"
    sheet["A14"] = "Elaboró: CANARIO Pérez"
    sheet["J5"] = "Comentarios"
    sheet["J6"] = "una columna que no se usa"
    save(book, "banner-and-footnote.xlsx")
    book, sheet = base()
    for c, value in enumerate(["TOTAL", None, None, None, 21010.5], 1):
        sheet.cell(8, c, value)
    save(book, "total-row.xlsx")
    book, sheet = base()
    sheet["J8"] = "TOTAL"
    sheet["E8"] = 21010.5
    save(book, "total-label-elsewhere.xlsx")
    book, sheet = base()
    for c, value in enumerate(HEADERS, 1):
        sheet.cell(8, c, value)
    save(book, "header-repeated.xlsx")
    book, sheet = base()
    order = [5, 3, 8, 1, 7, 2, 6, 4]
    other = Workbook()
    out = other.active
    out.title = " ACUERDOS "
    for r in range(1, 8):
        for c, source in enumerate(order, 1):
            cell = out.cell(r, c, sheet.cell(r, source).value)
            cell.number_format = sheet.cell(r, source).number_format
    for c in range(1, 9):
        out.cell(1, c, " " + out.cell(1, c).value.upper().replace(" ", "\n", 1) + ":*")
    save(other, "columns-in-another-order.xlsx")


def headers():
    with_cells("missing-header.xlsx", D1="Estado actual", B1="Eventos del año")
    with_cells("doubled-header.xlsx", I1="Folio")
    with_cells("unknown-header.xlsx", E1="Montos")
    with_cells("header-remark.xlsx", C1="Fecha de registro (dd/mm/aaaa)", A1="No. de acuerdo *")
    book, sheet = base()
    for c in range(1, 9):
        sheet.cell(1, c, f"Dato {c}")
    save(book, "no-header-row.xlsx")
    book, sheet = base(top=2)
    for c in (1, 2, 3, 4):
        sheet.cell(2, c, sheet.cell(3, c).value)
        sheet.cell(3, c).value = None
        sheet.merge_cells(start_row=2, end_row=3, start_column=c, end_column=c)
    sheet["E2"] = "Avance económico"
    sheet.merge_cells("E2:F2")
    save(book, "merged-header.xlsx")
    book, sheet = base(count=0)
    save(book, "no-data-rows.xlsx")


def sheets():
    book, sheet = base()
    sheet.title = "Acuerdo"
    book.create_sheet("Notas")
    save(book, "missing-sheet.xlsx")
    book, sheet = base()
    book.create_sheet("Portada", 0)["A1"] = "Folio"
    book.active = 0
    sheet.sheet_state = "hidden"
    save(book, "hidden-sheet.xlsx")
    book, sheet = base()
    sheet.row_dimensions[4].hidden = True
    sheet.row_dimensions[5].hidden = True
    save(book, "hidden-rows.xlsx")


def cells():
    with_cells("blank-cells.xlsx", A3=None, B4=None, B5=None, B6="  ", D7=None)
    with_cells("text-in-number.xlsx", B3="dos", B4="n/d", B5="n/d", E6="pendiente")
    with_cells("unknown-category.xlsx", D2="concluído ", D3="Conclido", D4="Cancelado", D5=1)
    with_cells("error-cells.xlsx", B3="#REF!", D4="#N/A", E5="#DIV/0!", H2="#VALUE!")
    with_cells("formula-without-value.xlsx", B3="=1+1", E4="=SUM(E2:E3)")
    with_cells("duplicate-values.xlsx", A4="A-001", A6="a-002")
    with_cells("out-of-bounds.xlsx", B3=0, B4=1000, B5=-1)
    with_cells("fractional-number.xlsx", B3=1.5)
    with_cells("not-dates.xlsx", C2="pendiente", C3=2025, C4=True, C5="31/02/2026", C6=-5, C7="15/15/2025")
    with_cells("check-failed.xlsx", G2=dt.date(2024, 1, 1))
    with_cells("long-number.xlsx", A3=123456789012345678)
    with_cells("percent-plain-fraction.xlsx", **{})
    book, sheet = base()
    for r, v in enumerate([0.9, 90, 0.5, "90 %", "85.5%", 1], 2):
        sheet.cell(r, 6, v).number_format = "General"
    save(book, "percent-ambiguous.xlsx")
    os.remove(at("percent-plain-fraction.xlsx"))
    book, sheet = base()
    for r, v in enumerate([90, 85.5, 100, "90 %", " 12% ", 0], 2):
        sheet.cell(r, 6, v).number_format = "General"
    sheet["F4"] = 1
    sheet["F4"].number_format = "0.0%"
    save(book, "percent-forms.xlsx")
    book, sheet = base()
    for r, v in enumerate(["18 de febrero de 2026", "1º de marzo de 2026", "5/3/2026", "25-12-25", "2026-02-18", 46071], 2):
        sheet.cell(r, 3, v).number_format = "General"
    sheet["G2"] = sheet["G5"] = None
    save(book, "date-forms.xlsx")
    with_cells("date-month-only.xlsx", C3="Diciembre 2025", G2=None, G5=None)
    with_cells("date-mixed-order.xlsx", C3="03/25/2026", C4="05/04/2026", C5="25/03/2026", G2=None, G5=None)
    book, sheet = base(count=10)
    for r in range(2, 12):
        day = 12 + r
        sheet.cell(r, 3, f"{day}/03/2025" if r % 2 else dt.date(2025, r, 3))
        sheet.cell(r, 7).value = None
    save(book, "dates-half-converted.xlsx")
    book, sheet = base()
    sheet["A3"] = dt.date(2025, 3, 5)
    sheet["B3"], sheet["B4"], sheet["B5"] = dt.date(2025, 3, 5), 12345678901234567000, 0.25
    sheet["A3"].number_format = sheet["B3"].number_format = "dd/mm/yyyy"
    sheet["B5"].number_format = "0%"
    sheet["F3"], sheet["F4"] = 90, "casi todo"
    sheet["F5"] = "50 %"
    save(book, "wrong-kind-of-cell.xlsx")
    save(base()[0], "control-characters.xlsx", in_sheet(b"<t>A-002</t>", b"<t>A_x0001_002</t>"))
    unprintable()
    book, sheet = base()
    copy = book.copy_worksheet(sheet)
    copy.title = "Otra"
    save(book, "two-sheets.xlsx")
    with_cells("serial-as-text.xlsx", C3="45731")
    with_cells("number-in-date.xlsx", C3=15, C4=200)
    with_cells("date-with-time.xlsx", C3=dt.datetime(2025, 3, 15, 10, 30), C4=dt.time(10, 30))
    book, sheet = base()
    for r, v in enumerate(["1,234.50", "$ 2,000.00", "(15.5)", "1 234", "1,234", "850"], 2):
        sheet.cell(r, 5, v)
    save(book, "number-forms.xlsx")
    book, sheet = base()
    for r, v in enumerate(["1,234", "2,500", "12", "7", "8", "9"], 2):
        sheet.cell(r, 5, v)
    save(book, "number-ambiguous.xlsx")
    with_cells("number-mixed-decimals.xlsx", E2="1,5", E3="1.5", E4="1,234")
    book, sheet = base()
    book.epoch = dt.datetime(1904, 1, 1)
    for r in range(2, 8):
        sheet.cell(r, 3).value = dt.date(2025, 3, 12 + r)
        sheet.cell(r, 7).value = None
    save(book, "epoch-1904.xlsx")
    # These are read as files of the first quarter of 2025, whose dates must lie in it.
    for name, stated in (("period-other.xlsx", "2024-T4"), ("period-unclear.xlsx", "el de siempre"), ("period-in-words.xlsx", "Primer trimestre de 2025")):
        book, sheet = base(top=3)
        sheet["A2"], sheet["B2"] = "Periodo que se informa:", stated
        save(book, name)
    book, sheet = base()
    sheet["C3"] = dt.date(2024, 12, 31)
    sheet["C5"] = dt.date(2025, 4, 1)
    save(book, "period-dates-outside.xlsx")
    # Excel's own extension list, whose `workbookPr` tells of charts and nothing of the epoch.
    def extended(n, d):
        if n != "xl/workbook.xml":
            return d
        more = (b'<extLst><ext uri="{140A7094-0E35-4892-8432-C4D2E57EDEB5}" '
                b'xmlns:x15="http://schemas.microsoft.com/office/spreadsheetml/2010/11/main">'
                b'<x15:workbookPr chartTrackingRefBase="1"/></ext></extLst></workbook>')
        return d.replace(b"</workbook>", more)
    save(book, "epoch-1904-with-extension.xlsx", extended)
    # A conditional format that writes its own number format under a number that cells use.
    book, sheet = base()
    def conditional(n, d):
        if n != "xl/styles.xml":
            return d
        own = re.search(rb'numFmtId="(\d+)" formatCode="dd/mm/yyyy"|formatCode="dd/mm/yyyy" numFmtId="(\d+)"', d)
        number = own[1] or own[2]
        dxf = b'<dxfs count="1"><dxf><numFmt numFmtId="%s" formatCode="0.00"/></dxf></dxfs>' % number
        d = re.sub(rb"<dxfs[^>]*/>|<dxfs[^>]*>.*?</dxfs>", b"", d)
        # Ahead of the cells' formats, as no program writes it and a reader must bear.
        return d.replace(b"<cellXfs", dxf + b"<cellXfs", 1)
    save(book, "conditional-number-format.xlsx", conditional)
    book, sheet = base(count=40)
    for r in range(2, 42):
        sheet.cell(r, 2, f"evento {r}")
        sheet.cell(r, 4, "Listo")
    save(book, "column-wrong-throughout.xlsx")
    book, sheet = base()
    sheet["A3"] = None
    sheet["B3"] = None
    sheet["C3"] = "una línea con texto que no es nota y tiene varias palabras"
    sheet["D3"] = None
    save(book, "half-filled-row.xlsx")
    book, sheet = base()
    sheet.merge_cells("C3:C5")
    sheet.merge_cells("D6:E6")
    sheet.merge_cells("J2:K7")
    sheet.merge_cells("A9:H9")
    save(book, "merged-data.xlsx")
    with_cells("personal-errors.xlsx", H2="#REF!", H3="=1+1")


def structure():
    book, _ = base()
    save(book, "wrapped-reference.xlsx", in_sheet(b'r="A3"', b'r="A4294967298"'))
    save(book, "doubled-cell.xlsx", in_sheet(b'r="B3"', b'r="A3"'))
    # One row in two pieces, a text cell with a plain value, a character of two units: all as written.
    def pieces(n, d):
        if n != "xl/worksheets/sheet1.xml":
            return d
        d = d.replace(b'<c r="D3"', b'</row><row r="3"><c r="D3"', 1)
        return re.sub(rb'<c r="A4"[^>]*>.*?</c>', b'<c r="A4" t="inlineStr"><v>A_xD83D__xDE00_</v></c>', d)
    save(book, "row-in-pieces.xlsx", pieces)
    save(book, "row-twice.xlsx", in_sheet(b'<row r="3"', b'<row r="2"'))
    save(book, "unknown-error-code.xlsx", in_sheet(b'<c r="B3" t="n"><v>1</v></c>', b'<c r="B3" t="e"><v>#SPILL!</v></c>'))
    save(book, "styles-missing.xlsx", lambda n, d: None if n == "xl/styles.xml" else d)
    save(book, "stray-cell-at-the-end.xlsx", in_sheet(
        b"</sheetData>", b'<row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row></sheetData>'))
    save(book, "not-a-number.xlsx", in_sheet(b'<c r="B3" t="n"><v>1</v></c>', b'<c r="B3" t="n"><v>NaN</v></c>'))
    save(book, "deep-xml.xlsx", in_sheet(b"<sheetData>", b"<a>" * 100000 + b"<sheetData>"))
    save(book, "doctype.xlsx", in_sheet(b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet'))
    save(book, "sheet-cut-off.xlsx", lambda n, d: d[: len(d) // 2] if n == "xl/worksheets/sheet1.xml" else d)
    save(book, "no-sheets.xlsx", lambda n, d: re.sub(rb"<sheets>.*</sheets>", b"<sheets/>", d, flags=re.S) if n == "xl/workbook.xml" else d)
    save(book, "path-tricks.xlsx")
    with zipfile.ZipFile(at("path-tricks.xlsx"), "a") as z:
        z.writestr(zipfile.ZipInfo("../../etc/passwd", STAMP), b"x")
    with open(at("good.xlsx"), "rb") as f:
        data = f.read()
    with open(at("truncated.xlsx"), "wb") as f:
        f.write(data[: len(data) * 2 // 3])
    def inline(n, d):
        if n != "xl/worksheets/sheet1.xml":
            return d
        return re.sub(rb'<c r="A3"[^>]*>.*?</c>', '<c r="A3" t="inlineStr"><is><r><t>A-</t></r><r><t xml:space="preserve">é&amp;_x0041_</t></r><rPh sb="0" eb="1"><t>NO</t></rPh></is></c>'.encode(), d)
    save(book, "inline-rich-text.xlsx", inline)
    def strict(n, d):
        d = d.replace(b"http://schemas.openxmlformats.org/officeDocument/2006/relationships", b"http://purl.oclc.org/ooxml/officeDocument/relationships")
        return d.replace(b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", b"http://purl.oclc.org/ooxml/spreadsheetml/main")
    save(book, "strict.xlsx", strict)
    def prefixed(n, d):
        if n != "xl/worksheets/sheet1.xml":
            return d
        d = re.sub(rb"<(/?)([a-zA-Z])", rb"<\1x:\2", d)
        return d.replace(b"xmlns=", b"xmlns:x=")
    save(book, "prefixed.xlsx", prefixed)
    save(book, "indented.xlsx", lambda n, d: re.sub(rb"(<c |<row )", rb"\n    \1", d) if n == "xl/worksheets/sheet1.xml" else d)
    save(book, "empty-values.xlsx", in_sheet(b'<c r="E3" t="n"><v>2001</v></c>', b'<c r="E3" t="n"><v/></c>\\n'))
    bomb = b"<x>" + b" " * (80 << 20)
    save(book, "zip-bomb.xlsx", lambda n, d: bomb if n == "xl/worksheets/sheet1.xml" else d)


def from_libreoffice():
    """Faults of parts that only LibreOffice writes here: shared strings."""
    convert("good.xlsx", "xlsx", "shared-strings.xlsx")
    with open(at("shared-strings.xlsx"), "rb") as f:
        parts = parts_of(f.read())
    def again(name, part, change):
        pack(name, [(n, change(d) if n == part else d) for n, d in parts if n != part or change(d) is not None])
    again("shared-strings.xlsx", "docProps/core.xml", lambda d: None)
    again("strings-missing.xlsx", "xl/sharedStrings.xml", lambda d: None)
    again("sst-count-lies.xlsx", "xl/sharedStrings.xml",
          lambda d: re.sub(rb'uniqueCount="\d+"', b'uniqueCount="99999999999"', d))
    again("string-index-out-of-range.xlsx", "xl/worksheets/sheet1.xml",
          lambda d: re.sub(rb'(<c r="A3"[^>]*><v>)', rb"\g<1>99", d))


def foreign():
    files = {
        "renamed-pdf.xlsx": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
        "renamed-html.xls": b"<html><body><table><tr><td>Folio</td></tr></table></body></html>",
        "renamed-image.xlsx": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        "binary.csv": bytes(range(256)) * 8,
        "one-byte.xlsx": b"P",
    }
    for name, data in files.items():
        with open(at(name), "wb") as f:
            f.write(data)
    with open(at("password.xlsx"), "wb") as f:
        f.write(encrypted())
    pack("renamed-word.xlsx", [
        ("[Content_Types].xml", b"<Types/>"),
        ("_rels/.rels", b'<Relationships><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>'),
        ("word/document.xml", b"<w/>"),
    ])
    pack("some-zip.xlsx", [("hola.txt", b"hola")])


def encrypted():
    """The outside of a workbook with a password: a compound file with a stream EncryptedPackage."""
    import struct
    head = struct.pack("<8s16xHHHHH6xIIIIIIIII", bytes.fromhex("d0cf11e0a1b11ae1"), 62, 3, 0xFFFE, 9, 6,
                       0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<I", 0) + b"\xff" * (4 * 108)
    fat = struct.pack("<III", 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFE) + b"\xff" * (512 - 12)
    def entry(name, kind, start, size, child=0xFFFFFFFF):
        raw = (name + "\0").encode("utf-16-le")
        return struct.pack("<64sHBBIII16xI8x8xIQ", raw, len(raw), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child, 0, start, size)
    directory = entry("Root Entry", 5, 0xFFFFFFFE, 0, 1) + entry("EncryptedPackage", 2, 2, 512) + bytes(256)
    return head + fat + directory + bytes(512)


def csvs():
    def lines(separator, decimal="."):
        out = [separator.join(HEADERS)]
        for row in rows():
            cells = []
            for i, v in enumerate(row):
                if isinstance(v, dt.date):
                    v = v.strftime("%d/%m/%Y")
                elif i == 5:
                    v = f"{v * 100:.0f}%"
                elif isinstance(v, float):
                    v = f"{v:.2f}".replace(".", decimal)
                cells.append("" if v is None else f'"{v}"' if separator in str(v) else str(v))
            out.append(separator.join(cells))
        return "\r\n".join(out) + "\r\n"
    write = lambda name, data: open(at(name), "wb").write(data)
    write("good.csv", lines(",").encode())
    write("utf8-bom-semicolon.csv", b"\xef\xbb\xbf" + lines(";", ",").encode())
    write("windows-1252.csv", lines(",").encode("cp1252"))
    write("utf16le-tabs.csv", b"\xff\xfe" + lines("\t").encode("utf-16-le"))
    write("utf16be.csv", b"\xfe\xff" + lines(",").encode("utf-16-be"))
    write("sep-line.csv", b"sep=;\r\n" + lines(";").encode())
    write("unclosed-quote.csv", lines(",").replace("A-003", '"A-003').encode())
    write("quotes-and-breaks.csv", lines(",").replace("A-003", '"A-""3""\r\nbis, dos"').encode())
    write("too-many-fields.csv", lines(",").replace("3001.50", "3,001.50").encode())
    write("empty.csv", b"")
    # Errors as texts, in Spanish, in English and as LibreOffice numbers its others; a serial number without format.
    write("error-texts.csv", lines(",").replace("A-002", "#N/D").replace("A-004,2", "#N/A,#¡DIV/0!").replace("5002.50", "Err:502").encode())
    write("serial-date.csv", lines(",").replace("15/03/2025", "45731").encode())
    # A personal value typed one column early, with the rest moved along: nothing of the row is quoted.
    write("personal-shifted.csv", lines(",").replace("A-003,2", "A-003,CANARIO 9,2").replace("A-005,3,18/03/2025,", "A-005,CANARIO 8,").encode())


def ods():
    from odf import table, text, style, number
    from odf.opendocument import OpenDocumentSpreadsheet
    convert("good.xlsx", "ods", "good.ods")
    convert("error-cells.xlsx", "ods", "error-cells.ods")
    convert("merged-data.xlsx", "ods", "merged-data.ods")
    convert("dates-half-converted.xlsx", "ods", "dates-half-converted.ods")
    convert("date-with-time.xlsx", "ods", "date-with-time.ods")
    with open(at("good.ods"), "rb") as f:
        data = f.read()
    parts = parts_of(data)
    def content(name, change):
        pack(name, [(n, change(d) if n == "content.xml" else d) for n, d in parts])
    content("cut-off.ods", lambda d: d[: d.index(b"A-003")])
    content("repeated-rows.ods", lambda d: d.replace(
        b"</table:table>", b'<table:table-row table:number-rows-repeated="1000000"><table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row></table:table>', 1))
    content("formula-without-value.ods", lambda d: re.sub(
        rb'<table:table-cell[^>]*office:value-type="float" office:value="1"[^>]*>.*?</table:table-cell>',
        b'<table:table-cell table:formula="of:=1+1"/>', d, count=1, flags=re.S))
    content("hidden-sheet.ods", lambda d: re.sub(rb'table:display="true"', b'table:display="false"', d))


def xls():
    convert("good.xlsx", "xls", "good.xls")
    convert("error-cells.xlsx", "xls", "error-cells.xls")
    convert("hidden-rows.xlsx", "xls", "hidden-rows.xls")
    convert("merged-data.xlsx", "xls", "merged-data.xls")
    with open(at("good.xls"), "rb") as f:
        data = f.read()
    for name, made in {
        "cut-off.xls": data[: len(data) // 2],
        "zero-filled.xls": data[:1024] + b"\0" * (len(data) - 1024),
        "header-only.xls": data[:512],
        "sheet-misplaced.xls": misplaced(data),
        "cyclic.xls": data[:512] + b"\0" * 512 + data[1024:],
    }.items():
        with open(at(name), "wb") as f:
            f.write(made)


def misplaced(data):
    """The place of the first sheet that the workbook notes is 20 bytes off."""
    import struct
    place = data.find(b"Acuerdos") - 8
    kind, length, start = struct.unpack("<HHI", data[place - 4:place + 4])
    assert kind == 0x85, kind
    return data[:place] + struct.pack("<I", start + 20) + data[place + 4:]


def xlsb():
    """An xlsb by hand: nothing here writes one. Numbers, dates and percents as in good.xlsx."""
    import struct
    def record(kind, data=b""):
        head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
        length, rest = b"", len(data)
        while True:
            length += bytes([rest & 0x7F | (0x80 if rest > 0x7F else 0)])
            rest >>= 7
            if not rest:
                return head + length + data
    wide = lambda text: struct.pack("<I", len(text.encode("utf-16-le")) // 2) + text.encode("utf-16-le")
    day = lambda date: (date - dt.date(1899, 12, 30)).days
    def short_sheet():
        """As SheetJS writes it: a cell that follows another does not tell its column; one text is rich."""
        out = record(129) + record(148, bytes(16)) + record(145)
        for r, row in enumerate([HEADERS] + rows()):
            out += record(0, struct.pack("<IIHHBI", r, 0, 300, 0, 0, 0))
            last = None
            for c, v in enumerate(row):
                if v is None:
                    continue
                short = last is not None and last == c - 1
                cell = lambda style: struct.pack("<I", style) if short else struct.pack("<II", c, style)
                last = c
                if r == 2 and c == 0:
                    out += record(62, cell(0) + b"\x01" + wide(v) + struct.pack("<IHH", 1, 0, 0))
                elif isinstance(v, str):
                    out += record(17 if short else 6, cell(0) + wide(v))
                elif isinstance(v, dt.date):
                    out += record(16 if short else 5, cell(1) + struct.pack("<d", day(v)))
                elif isinstance(v, int):
                    out += record(13 if short else 2, cell(0) + struct.pack("<I", v << 2 | 2))
                else:
                    out += record(16 if short else 5, cell(2 if c == 5 else 0) + struct.pack("<d", v))
        return out + record(146) + record(130)
    def sheet(change=None):
        out = record(129) + record(148, bytes(16)) + record(145)
        for r, row in enumerate([HEADERS] + rows()):
            out += record(0, struct.pack("<IIHHBI", r, 0, 300, 0, 0, 0))
            for c, v in enumerate(row):
                cell = lambda style: struct.pack("<II", c, style)
                if change and (r, c) in change:
                    out += change[(r, c)](cell)
                elif isinstance(v, str):
                    out += record(6, cell(0) + wide(v))
                elif isinstance(v, dt.date):
                    out += record(5, cell(1) + struct.pack("<d", day(v)))
                elif isinstance(v, int):
                    out += record(2, cell(0) + struct.pack("<I", v << 2 | 2))
                elif v is not None:
                    out += record(5, cell(2 if c == 5 else 0) + struct.pack("<d", v))
        return out + record(146) + record(130)
    xf = lambda number: record(47, struct.pack("<HHHHHHHH", 0, number, 0, 0, 0, 0, 0, 0))
    office = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    link = lambda name, kind, target: b'<Relationship Id="%s" Type="%s%s" Target="%s"/>' % (name, office, kind, target)
    def book(name, data):
        pack(name, [
            ("[Content_Types].xml", b"<Types/>"),
            ("_rels/.rels", b"<Relationships>" + link(b"r1", b"officeDocument", b"xl/workbook.bin") + b"</Relationships>"),
            ("xl/workbook.bin", record(131) + record(153, bytes(12)) + record(143) + record(156, struct.pack("<II", 0, 1) + wide("r1") + wide("Acuerdos")) + record(144) + record(132)),
            ("xl/_rels/workbook.bin.rels", b"<Relationships>" + link(b"r1", b"worksheet", b"worksheets/sheet1.bin") + link(b"r2", b"styles", b"styles.bin") + b"</Relationships>"),
            ("xl/styles.bin", record(278) + record(617) + xf(0) + xf(14) + xf(9) + record(618) + record(279)),
            ("xl/worksheets/sheet1.bin", data),
        ])
    book("good.xlsb", sheet())
    book("short-cells.xlsb", short_sheet())
    # A formula's error (#DIV/0!), a constant one (#REF!), a truth value.
    book("error-cells.xlsb", sheet({
        (2, 1): lambda cell: record(11, cell(0) + b"\x07" + struct.pack("<HII", 0, 0, 0)),
        (3, 3): lambda cell: record(3, cell(0) + b"\x17"),
        (4, 4): lambda cell: record(4, cell(0) + b"\x01"),
    }))
    book("cut-off.xlsb", sheet()[:300])


def convert(source, kind, target):
    if not shutil.which("soffice"):
        return
    import tempfile
    with tempfile.TemporaryDirectory() as out:
        subprocess.run(["soffice", f"-env:UserInstallation=file://{out}/profile", "--headless", "--convert-to", kind,
                        "--outdir", out, at(source)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        made = os.path.join(out, os.path.splitext(source)[0] + "." + kind.split(":")[0])
        if kind == "ods":
            with open(made, "rb") as f:
                data = f.read()
            keep = ("mimetype", "content.xml", "styles.xml", "settings.xml", "META-INF/manifest.xml")
            pack(target, [(n, d) for n, d in parts_of(data) if n in keep])
        else:
            shutil.copy(made, at(target))


if __name__ == "__main__":
    plain()
    headers()
    sheets()
    cells()
    structure()
    from_libreoffice()
    foreign()
    csvs()
    ods()
    xls()
    xlsb()

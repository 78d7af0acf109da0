"""Makes hostile workbooks in a folder: python3 tests/tools/corpus/hostile.py FOLDER

Then: python3 tests/tools/corpus/run.py FOLDER target/debug/metas --batch 1
They are too large to keep in the repository; everything here is made, nothing is copied.
"""
import io
import os
import pathlib
import struct
import sys
import zipfile

WORKBOOKS = pathlib.Path(__file__).resolve().parents[2] / "workbooks"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HEAD = f'<worksheet xmlns="{MAIN}"><sheetData>'
TAIL = "</sheetData></worksheet>"
TOP = "".join(f'<c r="{c}1" t="inlineStr"><is><t>{t}</t></is></c>' for c, t in zip("ABCDE", ["Folio", "Fecha", "Nombre", "Name", "Total"]))


def xlsx(path, sheet, strings=None, extra=()):
    """`sheet` is a text or gives pieces of one."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as z:
        z.writestr("[Content_Types].xml", "<Types/>")
        z.writestr("_rels/.rels", f'<Relationships><Relationship Id="r1" Type="{RELS}/officeDocument" Target="xl/workbook.xml"/></Relationships>')
        z.writestr("xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{RELS}"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>')
        shared = f'<Relationship Id="r2" Type="{RELS}/sharedStrings" Target="sharedStrings.xml"/>' if strings else ""
        z.writestr("xl/_rels/workbook.xml.rels", f'<Relationships><Relationship Id="r1" Type="{RELS}/worksheet" Target="worksheets/sheet1.xml"/>{shared}</Relationships>')
        for name, pieces in [("xl/worksheets/sheet1.xml", sheet)] + ([("xl/sharedStrings.xml", strings)] if strings else []):
            with z.open(name, "w", force_zip64=True) as out:
                for piece in [pieces] if isinstance(pieces, str) else pieces:
                    out.write(piece.encode())
        for name, data in extra:
            z.writestr(name, data)


def ods(path, rows, head=""):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        with z.open("content.xml", "w") as out:
            out.write((
                head + '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
                ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet><table:table table:name="A">').encode())
            for piece in [rows] if isinstance(rows, str) else rows:
                out.write(piece.encode())
            out.write(b"</table:table></office:spreadsheet></office:body></office:document-content>")


def letters(column):
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def sheets(out):
    row1 = f'<row r="1">{TOP}</row>'
    many = lambda count, piece: (piece for _ in range(count))
    xlsx(out / "bomb-10gb.xlsx", (p for p in [HEAD, *many(10 * 1024, " " * (1 << 20)), TAIL]))
    xlsx(out / "bomb-rows-400mb.xlsx", (p for p in [HEAD, row1, *(f'<row r="{r}"><c r="A{r}"><v>1</v></c>{" " * 380}</row>' for r in range(2, 1_048_577)), TAIL]))
    xlsx(out / "lone-cell.xlsx", HEAD + row1 + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>' + TAIL)
    xlsx(out / "dimension-lies.xlsx", f'<worksheet xmlns="{MAIN}"><dimension ref="A1:XFD1048576"/><sheetData>' + row1 + TAIL)
    xlsx(out / "deep-million.xlsx", (p for p in [HEAD, *many(1000, "<a>" * 1000), TAIL]))
    xlsx(out / "deep-in-cell.xlsx", HEAD + row1 + '<row r="2"><c r="A2" t="inlineStr"><is>' + "<r>" * 1_000_000)
    xlsx(out / "huge-attribute.xlsx", (p for p in [HEAD, '<row r="1" x="', *many(300, "a" * (1 << 20)), '"/>', TAIL]))
    xlsx(out / "huge-text.xlsx", (p for p in [HEAD, '<row r="1"><c r="A1" t="inlineStr"><is><t>', *many(400, "a" * (1 << 20)), "</t></is></c></row>", TAIL]))
    xlsx(out / "huge-comment.xlsx", (p for p in [HEAD, "<!--", *many(400, "a" * (1 << 20)), "-->", TAIL]))
    xlsx(out / "million-attributes.xlsx", (p for p in [HEAD, "<row ", *(f'a{i}="1" ' for i in range(2_000_000)), "/>", TAIL]))
    xlsx(out / "entities.xlsx", '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(f'<!ENTITY {chr(98 + i)} "{("&" + chr(97 + i) + ";") * 10}">' for i in range(10)) + "]>" + HEAD + "<row><c t=\"inlineStr\"><is><t>&k;</t></is></c></row>" + TAIL)
    cells = "".join(f'<c r="{{0}}"><v>1</v></c>'.replace("{0}", letters(c) + "{r}") for c in range(16384))
    xlsx(out / "all-columns.xlsx", (p for p in [HEAD, row1, *(f'<row r="{r}">' + cells.replace("{r}", str(r)) + "</row>" for r in range(2, 800)), TAIL]))
    xlsx(out / "headers-in-16384-columns.xlsx", HEAD + '<row r="1">' + "".join(f'<c r="{letters(c)}1" t="inlineStr"><is><t>Folio</t></is></c>' for c in range(16384)) + "</row>" + TAIL)
    xlsx(out / "one-string-everywhere.xlsx", (p for p in [HEAD, row1, *(f'<row r="{r}">' + "".join(f'<c r="{c}{r}" t="s"><v>0</v></c>' for c in "ABCDE") + "</row>" for r in range(2, 1_000_000)), TAIL]),
         f'<sst xmlns="{MAIN}"><si><t>{"x" * 32000}</t></si></sst>')
    xlsx(out / "million-strings.xlsx", HEAD + row1 + TAIL, (p for p in [f'<sst xmlns="{MAIN}">', *many(30000, "<si><t>a</t></si>" * 1000), "</sst>"]))
    xlsx(out / "styles-bomb.xlsx", HEAD + row1 + TAIL, extra=[("xl/styles.xml", "<a>" * 1_000_000)])
    with zipfile.ZipFile(out / "many-entries.xlsx", "w") as z:
        for i in range(60_000):
            z.writestr(f"p{i}", b"")
    nested = b"x" * (10 << 20)
    for _ in range(5):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as z:
            z.writestr("a.zip", nested)
        nested = stream.getvalue()
    (out / "nested.zip").write_bytes(nested)


def archives(out):
    good = (WORKBOOKS / "good/good.xlsx").read_bytes()
    parts = [(i.filename, zipfile.ZipFile(io.BytesIO(good)).read(i)) for i in zipfile.ZipFile(io.BytesIO(good)).infolist()]
    for index, (name, _) in enumerate(parts):
        with zipfile.ZipFile(out / f"without-{index}.xlsx", "w") as z:
            for other, data in parts:
                if other != name:
                    z.writestr(other, data)
    with zipfile.ZipFile(out / "zip64.xlsx", "w") as z:
        for name, data in parts:
            with z.open(name, "w", force_zip64=True) as part:
                part.write(data)
    import warnings
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(out / "doubled-names.xlsx", "w") as z:
            for name, data in parts + parts:
                z.writestr(name, data)
    for name, value in [("small", 1), ("large", 0xFFFFFFFE)]:
        lying = bytearray(good)
        at = lying.find(b"PK\x01\x02")
        while at >= 0:
            lying[at + 24:at + 28] = struct.pack("<I", value)
            at = lying.find(b"PK\x01\x02", at + 4)
        (out / f"lying-sizes-{name}.xlsx").write_bytes(lying)
    secret = bytearray(good)
    for magic, offset in [(b"PK\x01\x02", 8), (b"PK\x03\x04", 6)]:
        at = secret.find(magic)
        while at >= 0:
            secret[at + offset] |= 1
            at = secret.find(magic, at + 4)
    (out / "encrypted-zip.xlsx").write_bytes(secret)
    for name in ["good.xlsx", "good.ods", "good.xls"]:
        data = next(WORKBOOKS.glob(f"*/{name}")).read_bytes()
        for cut in range(0, len(data), max(512, len(data) // 40)):
            (out / f"cut-{cut:07}-{name}").write_bytes(data[:cut])
    xls = (WORKBOOKS / "good/good.xls").read_bytes()
    sector = struct.unpack("<I", xls[76:80])[0]
    for name, value in [("self", 0), ("far", 0x7FFFFFFF), ("zero", 1)]:
        bad = bytearray(xls)
        for i in range(128):
            at = (sector + 1) * 512 + 4 * i
            bad[at:at + 4] = struct.pack("<I", i if name == "self" else value)
        (out / f"fat-{name}.xls").write_bytes(bad)
    difat = bytearray(xls)
    difat[68:76] = struct.pack("<II", 1, 0xFFFFFF)
    (out / "difat-cyclic.xls").write_bytes(difat)
    (out / "difat-large.xls").write_bytes(difat + b"\1\0\0\0" * (10 << 20))


def tables(out):
    cell = '<table:table-cell{0} office:value-type="string"><text:p>Folio</text:p></table:table-cell>'
    row = lambda times, inner: f'<table:table-row table:number-rows-repeated="{times}">{inner}</table:table-row>'
    head = "<table:table-row>" + "".join(f'<table:table-cell office:value-type="string"><text:p>{t}</text:p></table:table-cell>' for t in ["Folio", "Fecha", "Nombre"]) + "</table:table-row>"
    wide = cell.format(' table:number-columns-repeated="16384"')
    ods(out / "rows-1e9.ods", head + row(1_000_000_000, cell.format("")))
    ods(out / "rows-1e18.ods", head + row(10**18, cell.format("")))
    ods(out / "rows-1e6.ods", head + row(1_000_000, cell.format("")))
    ods(out / "both-huge.ods", head + row(1_048_575, wide))
    ods(out / "columns-1e9.ods", head + row(1, cell.format(' table:number-columns-repeated="1000000000"')))
    ods(out / "empty-huge.ods", head + row(2_000_000_000, '<table:table-cell table:number-columns-repeated="2000000000"/>') * 5)
    ods(out / "wide-often.ods", (p for p in [head, *(row(1, wide) for _ in range(100_000))]))
    ods(out / "spaces.ods", (p for p in [head, *("<table:table-row><table:table-cell office:value-type=\"string\"><text:p>" + '<text:s text:c="1000000"/>' * 1000 + "</text:p></table:table-cell></table:table-row>" for _ in range(2000))]))
    ods(out / "deep.ods", head + "<table:table-row-group>" * 1_000_000)
    ods(out / "entities.ods", head, '<!DOCTYPE x [<!ENTITY a "aa">]>')
    ods(out / "many-tables.ods", (p for p in [head, "</table:table>", *('<table:table table:name="x"><table:table-row/></table:table>' for _ in range(20_000)), '<table:table table:name="z">']))


def texts(out):
    (out / "one-line.csv").write_bytes(b"Folio,Fecha\n" + b"a" * (49 << 20))
    (out / "one-line-500mb.csv").write_bytes(b"a" * (500 << 20))
    (out / "nuls.csv").write_bytes(b"\0" * (20 << 20))
    (out / "nuls-inside.csv").write_bytes(b"Folio,Fecha,Nombre\n" + b"1,\0\0,x\n" * 10_000)
    (out / "columns-1e6.csv").write_bytes(b"Folio,Fecha," + b"a," * 1_000_000 + b"\n1,2\n")
    (out / "commas.csv").write_bytes(b"Folio,Fecha\n" + b"," * (40 << 20))
    (out / "breaks.csv").write_bytes(b"Folio,Fecha\n" + b"\n" * (40 << 20))
    (out / "quotes.csv").write_bytes(b"Folio,Fecha\n" + b'"' * (40 << 20) + b"x")
    (out / "open-quote.csv").write_bytes(b'Folio,Fecha\n"' + b"1,2\n" * (10 << 20))
    (out / "rows-12m.csv").write_bytes(b"Folio,Fecha\n" + b"1,2\n" * (12 << 20))
    (out / "rows-text.csv").write_bytes(b"Folio,Nombre\n" + b"abcdefghijklmnop,abcdefghijklmnopq\n" * 1_400_000)
    (out / "utf16.csv").write_bytes(b"\xff\xfe" + "Folio;Fecha\n".encode("utf-16-le") + "ñ;1\n".encode("utf-16-le") * 5_000_000)
    (out / "windows.csv").write_bytes(b"Folio,Fecha\n" + b"\xf1,2\n" * (12 << 20))


def main():
    out = pathlib.Path(sys.argv[1])
    os.makedirs(out, exist_ok=True)
    for make in [sheets, archives, tables, texts]:
        make(out)


if __name__ == "__main__":
    main()

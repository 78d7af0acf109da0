"""What `metas run` is measured against: the usual libraries in a short script. It reads the same
workbooks, computes the same figures and typesets a page with a table of them; it checks nothing,
archives nothing and sends nothing.

    python3 peer.py banco|leon HOME      (pip install polars fastexcel typst)
"""

import json
import sys
import tempfile
from pathlib import Path

import fastexcel
import polars as pl
import typst

PAGE = """
#let rows = json("rows.json")
#set document(title: "Avance")
#set text(lang: "es")
= Avance
#table(columns: 3, [Meta], [Valor], [Detalle], ..rows.flatten())
"""


def frame(path: Path, sheet: str, header: int = 0) -> pl.DataFrame:
    return fastexcel.read_excel(str(path)).load_sheet(sheet, header_row=header).to_polars()


def banco(home: Path) -> list[list[str]]:
    files = sorted((home / "inputs/2026-T1").glob("*.xlsx"))
    banco = pl.concat([frame(path, "Datos") for path in files], how="vertical_relaxed")
    context = pl.SQLContext(banco=banco, eager=True)
    rows = []
    for goal in range(8):
        found = context.execute(
            "SELECT SUM(CASE WHEN \"Estatus\" = 'Concluido' AND \"Evento\" > "
            f"{goal} AND \"Monto\" >= 0 THEN 1 ELSE 0 END) AS numerator, COUNT(*) AS denominator "
            "FROM banco WHERE \"Fecha\" <= DATE '2026-03-31'"
        ).row(0)
        rows.append([f"g{goal}", f"{100 * found[0] / found[1]:.1f} %", f"{found[0]} de {found[1]}"])
    return rows


def header_of(path: Path, sheet: str, first: str) -> int:
    """The row that holds the headers: titles stand above it."""
    cells = fastexcel.read_excel(str(path)).load_sheet(sheet, header_row=None).to_polars()
    return next(i for i, row in enumerate(cells.iter_rows()) if first in row)


def leon(home: Path) -> list[list[str]]:
    inputs = home / "inputs/2026-T1"
    tables = {}
    for name, file, sheet, first in [
        ("acuerdos", "mi-barrio-habla 2025.xlsx", "Acuerdos", "Estatus"),
        ("sesiones", "cabildo-abierto-juvenil.xlsx", "Sesiones", "Sesión"),
        ("actividades", "datos-abiertos.ods", "Actividades", "Actividad"),
    ]:
        path = inputs / file
        tables[name] = frame(path, sheet, header_of(path, sheet, first))
    context = pl.SQLContext(**tables, eager=True)
    done, of = context.execute(
        "SELECT SUM(CASE WHEN \"Estatus\" = 'Concluido' THEN 1 ELSE 0 END) AS n, COUNT(\"Estatus\") AS d FROM acuerdos"
    ).row(0)
    sessions = context.execute("SELECT COUNT(*) AS n FROM sesiones").row(0)[0]
    told = context.execute("SELECT COUNT(*) AS n FROM actividades").row(0)[0]
    return [
        ["Mi Barrio Habla", f"{100 * done / of:.0f} %", f"{done} de {of}"],
        ["Cabildo Abierto Juvenil", str(sessions), "sesiones"],
        ["Datos Abiertos", str(told), "actividades"],
    ]


def main() -> None:
    rows = {"banco": banco, "leon": leon}[sys.argv[1]](Path(sys.argv[2]))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "rows.json").write_text(json.dumps(rows))
        (Path(folder) / "page.typ").write_text(PAGE)
        pdf = typst.compile(str(Path(folder) / "page.typ"))
    print(len(pdf), *rows[0])


if __name__ == "__main__":
    main()

"""Saves every spreadsheet of the project anew, in every format, by LibreOffice and by libraries.

    python3 tests/tools/formats/make.py OUT [--modules DIR]

Reads `tests/workbooks/`, `inputs/` and the inputs of `tests/homes/`; writes `OUT/cases.json` and the
copies: `NAME.BY.FORMAT`, where BY is `lo` (LibreOffice), `sheetjs`, `openpyxl`, `xlsxwriter`, `xlwt`
or `odfpy`. What must hold of them is said in `tests/it/formats.rs`. Needs soffice, node with the
package xlsx below DIR, and the Python packages of requirements.txt.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor

import written

ROOT = pathlib.Path(__file__).resolve().parents[3]
SUFFIXES = {".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".csv"}
# Every sheet to a file of its own, UTF-8, Mexico's Spanish, as shown, text quoted.
CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1,,2058,true,true,false,false,false,-1"
HOMES = ["."] + [f"tests/homes/{name}" for name in ("valle-verde", "santa-lucia", "puerto-claro")]
# Opened whole, these fill a machine: the readers' bounds are tried by them, not other programs.
ENDLESS = {"repeated-rows.ods", "stray-cell-at-the-end.xlsx", "wrapped-reference.xlsx"}


def origins():
    """(file, plan or none, place below inputs/PERIOD) of every spreadsheet."""
    for path in sorted((ROOT / "tests/workbooks").glob("*/*"), key=lambda path: path.name):
        if path.suffix in SUFFIXES and path.name not in ENDLESS:
            yield path, None, path.name
    for home in HOMES:
        plans = sorted((ROOT / home / "pipelines").glob("*.toml"))
        for path in sorted((ROOT / home / "inputs").rglob("*")):
            if path.suffix in SUFFIXES:
                below = path.relative_to(ROOT / home / "inputs")
                yield path, plans[0], str(pathlib.Path(*below.parts[1:]))


def soffice(files, kind, out):
    """Converts all of them in one process; those that it cannot open are left out."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        command = ["soffice", f"-env:UserInstallation=file://{profile}", "--headless", "--convert-to", kind, "--outdir", str(out)]
        subprocess.run(command + [str(f) for f in files], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=1200, env={**os.environ, "LC_ALL": "es_MX.UTF-8"})


def by_libreoffice(links, out):
    """{name: [copies]}. The converted files keep their stems, so the links are named by number."""
    made = {name: [] for name in links}
    for kind in ("xlsx", "xls", "ods", CSV):
        suffix = kind.split(":")[0]
        folder = out / f"lo-{suffix}"
        soffice(links.values(), kind, folder)
        for name, link in links.items():
            for found in sorted(folder.glob(f"{link.stem}.{suffix}")) + sorted(folder.glob(f"{link.stem}-*.{suffix}")):
                sheet = found.stem[len(link.stem) + 1:] or None
                made[name].append({"path": str(found), "by": "lo", "format": suffix, "sheet": sheet})
    return made


def by_sheetjs(links, out, modules):
    # It reads no number formats from an ods, and takes any bytes for a text file.
    links = {name: link for name, link in links.items() if link.suffix in (".xlsx", ".xlsm", ".xlsb", ".xls") and link.read_bytes()[:2] in (b"PK", b"\xd0\xcf")}
    folder = out / "sheetjs"
    folder.mkdir(parents=True, exist_ok=True)
    script = pathlib.Path(__file__).with_name("sheetjs.js")

    def save(link):
        # Some are made to be more than a reader can bear.
        command = ["node", "--max-old-space-size=1024", str(script), str(link), str(folder / link.stem)]
        try:
            subprocess.run(command, check=False, timeout=20, stderr=subprocess.DEVNULL, env={**os.environ, "NODE_PATH": str(modules)})
        except subprocess.TimeoutExpired:
            for half in folder.glob(f"{link.stem}.*"):
                half.unlink()

    with ThreadPoolExecutor() as pool:
        list(pool.map(save, links.values()))
    return {
        name: [{"path": str(path), "by": "sheetjs", "format": path.suffix[1:], "sheet": None} for path in sorted(folder.glob(f"{link.stem}.*"))]
        for name, link in links.items()
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--modules", type=pathlib.Path, default=ROOT / "target/ci-npm/node_modules")
    args = parser.parse_args()
    shutil.rmtree(args.out, ignore_errors=True)
    linked = args.out / "origins"
    linked.mkdir(parents=True)
    cases, links = [], {}
    for number, (path, plan, name) in enumerate(origins()):
        key = f"{number:03}"
        links[key] = linked / f"{key}{path.suffix}"
        shutil.copy(path, links[key])
        cases.append({"key": key, "origin": str(path.relative_to(ROOT)), "plan": plan and str(plan.relative_to(ROOT)), "name": name})
    # A CSV has no types to keep: what a program makes of it is that program's guess.
    links = {key: link for key, link in links.items() if link.suffix != ".csv"}
    found = [by_libreoffice(links, args.out), by_sheetjs(links, args.out, args.modules), written.by_libraries(links, args.out)]
    for case in cases:
        case["copies"] = [copy for made in found for copy in made.get(case["key"], [])]
    (args.out / "cases.json").write_text(json.dumps(cases, indent=1, ensure_ascii=False))
    print(f"{len(cases)} spreadsheets, {sum(len(c['copies']) for c in cases)} copies")


if __name__ == "__main__":
    main()

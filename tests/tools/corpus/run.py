"""Runs `metas check` over a folder of strange workbooks and tells what went wrong.

    python3 tests/tools/corpus/run.py FOLDER target/debug/metas [--batch 80] [--own-headers] [--out report.json]

Nothing of the folder is kept: fetch public test workbooks (those of SheetJS, Apache POI, calamine,
readxl, PhpSpreadsheet, openpyxl, ClosedXML, NPOI ... hold thousands) and point this at them.

Every file becomes a source of its own in a home made for the purpose. Many files share one run, so
that thousands take minutes; a run that went wrong is halved until the file is found. With
`--own-headers` the definition declares the headers that openpyxl, xlrd, odfpy or the csv module find
in the file, so that its cells are really read and typed.

Told as faults: a panic or a signal, no end within 20 s for a file, more than 1 GB in one process,
an exit code other than 0 and 65, a finding without text or advice, a file without data and without
a finding.
"""
import argparse
import collections
import csv
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

HEADERS = ["Folio", "Fecha", "Nombre", "Name", "Date", "Total", "ID", "Estatus"]
KINDS = ["text", "integer", "number", "percent", "date", "text", "number", "text"]
PERIOD = "2026-T1"


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


def plan(files):
    """A definition with one source a file; `files` are (name in inputs, headers)."""
    lines = [
        "format = 1", "[plan]", 'id = "corpus"', 'title = "Corpus"', 'timezone = "America/Mexico_City"', "[schedule]", 'every = "quarter"',
        'first_period = "2026-T1"', "[department.d]", 'name = "D"', "[limits]", "quiet_seconds = 0",
    ]
    for number, (name, headers) in enumerate(files):
        lines += [f"[source.s{number}]", 'department = "d"', f"file = {quoted(name)}", "required = false", f"[source.s{number}.columns]"]
        for index, header in enumerate(headers):
            optional = ", optional = true" if index else ""
            lines.append(f"c{index} = {{ header = {quoted(header)}, type = {quoted(KINDS[(index + number) % len(KINDS)])}{optional} }}")
    lines += ["[axis.a]", 'title = "A"', "[goal.g]", 'axis = "a"', 'responsible = "d"', 'statement = "S"', 'kind = "narrative"', "[report]", 'template = "informe"', 'brand = { name = "N", term = "T", slogan = ["S"], color = "#123456" }',
              "[delivery]", 'from = "a@example.mx"', 'to = ["b@example.mx"]']
    return "\n".join(lines) + "\n"


class Peak(threading.Thread):
    """Largest memory of any process below `pid`, by polling."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.parent, self.child, self.done = pid, 0, 0, False

    def run(self):
        while not self.done:
            for pid in [self.pid] + children(self.pid):
                high = high_water(pid)
                if pid == self.pid:
                    self.parent = max(self.parent, high)
                else:
                    self.child = max(self.child, high)
            time.sleep(0.03)


def children(pid):
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            found += [int(p) for p in pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split()]
    except (OSError, ValueError):
        pass
    return found


def high_water(pid):
    try:
        found = re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
        return int(found.group(1)) if found else 0
    except OSError:
        return 0


def check(metas, files, clock):
    """One run over `files`; returns (exit code or a word, JSON or none, stderr, peaks in KiB, seconds)."""
    with tempfile.TemporaryDirectory(prefix="corpus-") as home:
        inputs = pathlib.Path(home, "inputs", PERIOD)
        inputs.mkdir(parents=True)
        named = []
        for number, (path, headers) in enumerate(files):
            ending = re.sub(r"[^a-z0-9]", "", path.suffix.lower())[:8] or "bin"
            name = f"f{number}.{ending}"
            try:
                os.link(path, inputs / name)
            except OSError:
                shutil.copyfile(path, inputs / name)
            named.append((name, headers))
        pathlib.Path(home, "pipelines").mkdir()
        pathlib.Path(home, "pipelines", "corpus.toml").write_text(plan(named))
        begun = time.monotonic()
        process = subprocess.Popen([metas, "check", "--json", "--home", home, "--period", PERIOD], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        peak = Peak(process.pid)
        peak.start()
        try:
            out, err = process.communicate(timeout=clock)
            code = process.returncode
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            code = "hang"
        peak.done = True
        peak.join()
        try:
            document = json.loads(out)
        except ValueError:
            document = None
        return code, document, err.decode("utf-8", "replace"), (peak.parent, peak.child), time.monotonic() - begun


def faults_of(run, files):
    """What is wrong with a run; and for each file its codes."""
    code, document, err, (parent, child), _ = run
    faults = []
    if code == "hang":
        faults.append("hang")
    elif code not in (0, 65):
        faults.append(f"exit {code}: {err.strip()[-300:]}")
    if "panicked" in err:
        faults.append("panic: " + err.strip()[-300:])
    if max(parent, child) > 1_000_000:
        faults.append(f"memory {parent >> 10} / {child >> 10} MiB")
    codes = collections.defaultdict(list)
    for finding in (document or {}).get("findings", []):
        codes[finding.get("file")].append(finding)
        if not finding.get("message") or (finding.get("severity") == "error" and not finding.get("suggestion")):
            faults.append("finding without text or advice: " + json.dumps(finding, ensure_ascii=False))
        if finding.get("code") in ("reader-crashed", "reader-time", "reader-memory", "internal"):
            faults.append("child: " + json.dumps(finding, ensure_ascii=False))
    return faults, codes


def hunt(metas, files, results, clock):
    run = check(metas, files, clock if len(files) == 1 else max(clock, 2 * len(files)))
    if run[0] == 78:
        sys.exit("the definition is wrong: " + run[2][:2000])
    faults, codes = faults_of(run, files)
    if faults and len(files) > 1:
        middle = len(files) // 2
        hunt(metas, files[:middle], results, clock)
        hunt(metas, files[middle:], results, clock)
        return
    sources = {file["file"]: file for s in (run[1] or {}).get("sources", []) for file in s.get("files", [s]) if isinstance(file, dict) and "file" in file}
    for number, (path, _) in enumerate(files):
        ending = re.sub(r"[^a-z0-9]", "", path.suffix.lower())[:8] or "bin"
        name = f"f{number}.{ending}"
        found = codes.get(name, [])
        errors = sorted({f["code"] for f in found if f["severity"] == "error"})
        warnings = sorted({f["code"] for f in found if f["severity"] != "error"})
        results.append({
            "file": str(path), "errors": errors, "warnings": warnings, "messages": [f["message"] for f in found if f["severity"] == "error"][:2],
            "source": sources.get(name), "faults": faults, "peak_mib": [p >> 10 for p in run[3]], "seconds": round(run[4], 2),
        })


def rows_of(path):
    """The first rows as other libraries read them; none where they can't."""
    head = path.read_bytes()[:8]
    if head.startswith(b"PK"):
        import openpyxl
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        return [[c for c in row] for _, row in zip(range(30), book.worksheets[0].iter_rows(values_only=True))]
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        import xlrd
        sheet = xlrd.open_workbook(path, on_demand=True).sheet_by_index(0)
        return [sheet.row_values(r) for r in range(min(30, sheet.nrows))]
    text = path.read_bytes()[:20000].decode("utf-8", "replace")
    dialect = csv.Sniffer().sniff(text, ",;\t|")
    return [row for _, row in zip(range(30), csv.reader(text.splitlines(), dialect))]


def own_headers(path):
    signal.alarm(5)
    try:
        rows = rows_of(path)
    except Exception:  # whatever another library says of a strange file is no concern of ours
        return HEADERS
    finally:
        signal.alarm(0)
    for row in rows:
        texts, seen = [], set()
        for cell in row:
            text = re.sub(r"\s+", " ", str(cell)).strip() if isinstance(cell, str) else ""
            text = "".join(c for c in text if c.isprintable())
            key = re.sub(r"\W", "", text.lower())
            if key and key not in seen and len(text) < 80:
                seen.add(key)
                texts.append(text)
        if len(texts) >= 2:
            return texts[:12]
    return HEADERS


def give_up(*_):
    raise TimeoutError


def main():
    signal.signal(signal.SIGALRM, give_up)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("metas", type=lambda p: str(pathlib.Path(p).resolve()))
    parser.add_argument("--batch", type=int, default=80)
    parser.add_argument("--clock", type=float, default=20)
    parser.add_argument("--own-headers", action="store_true")
    parser.add_argument("--out", type=pathlib.Path)
    args = parser.parse_args()
    paths = sorted(p for p in args.folder.rglob("*") if p.is_file() and not p.is_symlink())
    files = [(p, own_headers(p) if args.own_headers else HEADERS) for p in paths]
    results = []
    for start in range(0, len(files), args.batch):
        hunt(args.metas, files[start:start + args.batch], results, args.clock)
        print(f"{min(start + args.batch, len(files))}/{len(files)}", file=sys.stderr, flush=True)
    if args.out:
        args.out.write_text(json.dumps(results, ensure_ascii=False, indent=1))
    tally = collections.Counter(code for r in results for code in r["errors"] or ["(read)"])
    for code, count in tally.most_common():
        print(f"{count:6} {code}")
    silent = [r["file"] for r in results if r["source"] is None and not r["errors"] and not r["warnings"]]
    print(f"{len(results)} files; peak {max((max(r['peak_mib']) for r in results), default=0)} MiB; without a word: {len(silent)}")
    bad = [r for r in results if r["faults"]]
    for result in bad:
        print(result["file"], result["faults"])
    print(f"{len(bad)} faults")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()

"""One quarter of a small municipality in which every occasion has its message, and what each must
hold: parsed strictly, attached files whole under whole names, subjects that say what it is."""

import csv
import email
import email.policy
import io
import pathlib
import re
import zipfile

import read_back

PEOPLE = {
    "obras": "obras@example.mx",
    "salud": "salud@example.mx",
    "deporte": "deporte@example.mx",
}
SECRETARIAT, APPROVER, OPERATOR = "secretariado@example.mx", "titular@example.mx", "sistemas@example.mx"
POTHOLES = "Folio,Fecha,Estatus\nA1,15/01/2026,Reparado\nA2,20/02/2026,Pendiente\n"
VISITS = "Clínica,Consultas\nNorte,120\nSur,80\n"
CUPS = "Torneo,Fecha\nCopa de Invierno,10/02/2026\n"

# The occasion, its recipient, how its subject begins, and the kinds of files that it carries.
EXPECTED = [
    ("receipt", "obras@example.mx", "Acuse: ", []),
    ("receipt", "salud@example.mx", "Acuse: ", ["xlsx"]),
    ("reminder", "deporte@example.mx", "Recordatorio: ", ["xlsx"]),
    ("reminder", "salud@example.mx", "Recordatorio: ", ["xlsx"]),
    ("alert", OPERATOR, "Alerta: servicios 2026-T1: archivos", []),
    ("receipt", "salud@example.mx", "Acuse: ", []),
    ("receipt", "deporte@example.mx", "Acuse: ", []),
    ("alert", OPERATOR, "Resuelto: ", []),
    ("alert", OPERATOR, "Alerta: servicios 2026-T1: detenido", []),
    ("alert", OPERATOR, "Resuelto: ", []),
    ("approval", APPROVER, "Por autorizar: ", ["pdf"]),
    ("report", SECRETARIAT, "", ["pdf"]),
    ("slice", "obras@example.mx", "Sus metas: ", ["pdf"]),
    ("slice", "salud@example.mx", "Sus metas: ", ["pdf"]),
    ("slice", "deporte@example.mx", "Sus metas: ", ["pdf"]),
]


def definition(text, smtp):
    """The plan with people who are written to on every occasion, and its mail at the test's server."""
    for department, liaison in PEOPLE.items():
        head = f"[department.{department}]\n"
        assert head in text
        text = text.replace(head, f'{head}liaison = "{liaison}"\n')
    text = text.replace(
        "[schedule]\n", "[schedule]\nremind_before_days = [3]\nremind_after_days = [1]\n"
    )
    text = text.replace("[delivery]\n", "[delivery]\nslices = true\n")
    # A long name for a file, which some programs write in pieces.
    text = text.replace('file = "consultas*.csv"', 'file = "consultas otorgadas por clinica y mes*.xlsx"')
    return (
        f'{text}\n[approval]\nby = ["Titular de la Unidad <{APPROVER}>"]\n'
        f'[operator]\nemail = ["{OPERATOR}"]\n{smtp}'
    )


def workbook(text):
    """The rows of a CSV as a workbook, numbers as numbers."""
    import openpyxl

    book = openpyxl.Workbook()
    for row in csv.reader(io.StringIO(text)):
        book.active.append([int(cell) if cell.isdigit() else cell for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def live(home, save):
    """The quarter: what is saved when, and each run's exit status."""
    visits = "consultas otorgadas por clinica y mes, primer trimestre.xlsx"
    save("baches.csv", POTHOLES.encode())
    save(visits, workbook(VISITS.replace("120", "ciento veinte")))
    ran = [home.metas("run", "--as-of", "2026-03-31T09:00")[0]]
    save(visits, workbook(VISITS))
    save("torneos.csv", CUPS.encode())
    ran.append(home.metas("run", "--as-of", "2026-04-02T09:00")[0])
    ran.append(home.metas("run", "--as-of", "2026-04-05T09:00")[0])
    ran.append(
        home.metas("approve", "servicios", "2026-T1", "--by", APPROVER, "--as-of", "2026-04-06T10:00")[0]
    )
    ran.append(home.metas("run", "--as-of", "2026-04-06T11:00")[0])
    return ran


def look_at(raw, recipient):
    """A message parsed strictly; raises AssertionError where something is not in order."""
    assert b"filename*" not in raw, "the name of a file is written in pieces"
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    message = read_back.strictly(raw, [recipient])
    body, *files = message.iter_parts()
    for file in files:
        name, content = file.get_filename(), file.get_payload(decode=True)
        assert re.fullmatch(r"[A-Za-z0-9._-]{5,60}", name), name
        assert f'filename="{name}"'.encode() in raw, name
        kind = name.rsplit(".", 1)[1]
        if kind == "xlsx":
            assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None, name
        else:
            assert kind == "pdf" and content.startswith(b"%PDF-") and b"%%EOF" in content[-64:], name
    return message, body, files


def check(rows, folder):
    """Each message (occasion, recipient, bytes) is one that is expected; its HTML goes into `folder`."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    open_ones = list(EXPECTED)
    for number, (occasion, recipient, raw) in enumerate(rows, 1):
        message, body, files = look_at(raw, recipient)
        kinds = sorted({file.get_filename().rsplit(".", 1)[1] for file in files})
        subject = str(message["Subject"])
        found = [
            one for one in open_ones
            if one[:2] == (occasion, recipient) and subject.startswith(one[2]) and one[3] == kinds
        ]
        assert found, f"{occasion} to {recipient} is not expected: {subject!r} with {kinds}"
        open_ones.remove(found[0])
        text, html = (part.get_content() for part in body.iter_parts())
        for said in (text, html):
            assert "\ufffd" not in said and "{{" not in said and "{%" not in said, subject
        assert 'lang="es' in html, subject
        (folder / f"{number:02}-{occasion}.html").write_text(html)
    assert not open_ones, f"nobody got: {open_ones}"

"""Plans unlike León's, made by changing its results.json: the variants of template_variants.py."""

import copy

STATUSES = {
    "cancelled": ("–", "Cancelada"), "not-applicable": ("–", "Sin meta en el periodo"),
    "scheduled": ("○", "Programada"), "no-data": ("?", "Sin información"), "met": ("✓", "Cumplida"),
    "met-late": ("✓", "Cumplida con retraso"), "not-met": ("✗", "No cumplida"),
    "on-track": ("●", "En tiempo"), "at-risk": ("▲", "Con riesgo"), "critical": ("■", "Crítico"),
    "not-started": ("○", "No iniciada"), "in-progress": ("→", "En proceso"),
}
# What asks for attention comes first, as in every results.json.
COUNTED = (
    "not-met", "critical", "at-risk", "no-data", "not-started", "in-progress", "on-track", "met-late", "met",
    "scheduled", "not-applicable", "cancelled",
)
PROSE = (
    "Atender en un plazo no mayor a treinta días naturales las solicitudes que presenten las personas "
    "habitantes de las colonias, comunidades y polígonos de desarrollo, con un seguimiento público, "
    "verificable y permanente de cada uno de los compromisos que asuman las dependencias y entidades "
)


def counted(goals):
    found = {}
    for goal in goals:
        found[goal["status"]] = found.get(goal["status"], 0) + 1
    return [
        {"status": s, "count": n, "shown": STATUSES[s][1], "symbol": STATUSES[s][0]}
        for s, n in sorted(found.items(), key=lambda each: COUNTED.index(each[0]))
    ]


def conclusion(goals):
    met = sum(g["status"] in ("met", "met-late") for g in goals)
    return f"{met} de {len(goals)} {'meta cumplida' if len(goals) == 1 else 'metas cumplidas'}"


def settled(doc):
    """Counts, ranks and conclusions made anew from the goals."""
    for axis in doc["axes"]:
        own = [g for g in doc["goals"] if g["axis"] == axis["id"]]
        axis.update(goals=[g["id"] for g in own], due=len(own), by_status=counted(own))
        axis["conclusion"] = f"{axis['title']}: {conclusion(own) if own else 'sin meta en el periodo'}"
    doc["summary"].update(goals=len(doc["goals"]), due=len(doc["goals"]), by_status=counted(doc["goals"]))
    doc["summary"]["conclusion"] = conclusion(doc["goals"]) if doc["goals"] else "Ninguna meta por informar en el periodo"
    worst = ("not-met", "critical", "at-risk", "no-data", "met-late")
    behind = sorted((g for g in doc["goals"] if g["status"] in worst), key=lambda g: worst.index(g["status"]))
    for goal in doc["goals"]:
        goal["attention"] = behind.index(goal) + 1 if goal in behind else None
    known = {g["id"] for g in doc["goals"]}
    for activity in doc["activities"]:
        if activity["goal"] not in known:
            activity["goal"] = None
    return doc


def state(goal, status, reason=None, progress=None):
    goal["status"] = status
    goal["progress_pct"] = progress
    symbol, words = STATUSES[status]
    text = None if progress is None else f"{progress:g}%"
    goal["shown"].update(status=words, symbol=symbol, reason=reason, progress_pct=text)


def three_activities(doc):
    """The plan's first ones, and a made-up one where it has fewer, all on its last axis."""
    made_up = {
        "title": "Primera sesión de capacitación y asesoramiento", "text": PROSE[:200], "date": "2026-03-21", "goal": None,
        "photo": None, "photo_note": None, "alt": "Una mesa de trabajo.", "shown": {"date": "21 de marzo de 2026"},
    }
    axis = doc["axes"][-1]["id"]
    return [{**one, "axis": axis} for one in (doc["activities"] + [made_up] * 3)[:3]]


def one_goal(doc):
    doc["goals"] = doc["goals"][:1]
    doc["axes"] = doc["axes"][:1]
    doc["activities"] = []


def many_goals(doc, count=60, axes=4, length=None):
    base = doc["goals"]
    doc["axes"] = [
        {"id": f"e{i}", "title": f"Eje {i + 1}: Participación ciudadana y gobierno abierto", "intro": None,
         "goals": [], "due": 0, "by_status": [], "conclusion": ""} for i in range(axes)
    ]
    doc["goals"] = []
    for n in range(count):
        goal = copy.deepcopy(base[n % len(base)])
        # The first axis is far longer than the others.
        goal.update(id=f"m{n}", axis=f"e{0 if n < count // 2 else n % axes}")
        status = list(STATUSES)[n % len(STATUSES)]
        state(goal, status, None, None if n % 5 == 0 else (n * 7) % 101)
        goal["statement"] = f"Meta número {n}: " + (PROSE * 4)[: length or 90 + (n * 53) % 500].strip() + "."
        if n % 3:
            goal["note"] = None
        doc["goals"].append(goal)
    doc["activities"] = []


def long_statements(doc):
    many_goals(doc, count=9, axes=2, length=600)


def statement_of_pages(doc):
    doc["goals"][1]["statement"] = "palabra " * 900 + "final."
    doc["goals"][1]["indicator"] = "indicador " * 500
    doc["goals"][0]["note"] = "nota " * 900


def no_data(doc):
    for goal in doc["goals"]:
        state(goal, "no-data", "No se cuenta con información utilizable de: Dirección General de Desarrollo Social.")
        goal.update(note=None, sources=[], steps=[], completed_on=None, evidence=None, numerator=None, actual_value=None)
        goal["missing_departments"] = [d["name"] for d in doc["departments"]]
        for key in ("actual_value", "actual_value_exact", "numerator", "denominator", "attainment_pct", "completed_on"):
            goal["shown"][key] = None
    for department in doc["departments"]:
        department.update(received=0, missing=department["expected"], files=[])
    for source in doc["sources"]:
        source.update(state="missing", file=None, sha256=None, sheet=None, range=None, rows=None, reason="No se recibió el archivo.")
    doc["findings_summary"].update(received=0, missing=3)
    doc["summary"].update(met=0, shown="Ninguna de las 4 metas por informar está cumplida aún")
    doc["activities"] = []


def rejected_and_late(doc):
    for source, how in zip(doc["sources"], ("rejected", "late", "received")):
        source["state"] = how
    doc["sources"][0]["reason"] = "El archivo tiene 3 errores que impiden usarlo: véase la hoja «Acuerdos», celda C18."
    doc["departments"][0].update(received=0, rejected=1)
    doc["departments"][1].update(late=1)


def long_words(doc):
    token = "https://datos.abiertos.example.mx/conjuntos/acuerdos_2026-T1_versión-definitiva_final_ESTA_SÍ.xlsx"
    doc["goals"][0]["statement"] = f"Publicar en {token} el 100 % de los acuerdos, {'X' * 180}."
    doc["goals"][0]["indicator"] = "Desinstitucionalizaciónextraordinariamenteinterdependenciadepartamental" * 2
    doc["goals"][0]["note"] = f"Véase {token}{token}."
    doc["goals"][0]["sources"][0]["file"] = "mi-barrio-habla/" + "a" * 120 + ".xlsx"
    doc["sources"][0]["file"] = "mi-barrio-habla/" + "a" * 120 + ".xlsx"
    doc["axes"][0]["title"] = "Electroencefalografistaintermunicipal"
    doc["departments"][0]["name"] = "Dirección" * 14
    own = doc["activities"] if len(doc["activities"]) > 1 else three_activities(doc)
    own[0]["title"] = "S" * 200
    own[1]["text"] = token * 6
    doc["activities"] = own


def long_titles(doc):
    doc["plan"]["title"] = "Seguimiento de las metas y compromisos del Plan de Acción Municipal de Gobierno Abierto " * 3
    doc["brand"].update(name="HEROICA CIUDAD DE SANTA MARÍA DE LOS ÁNGELES", slogan=["UNA CIUDAD DE TODAS LAS PERSONAS"] * 4)
    doc["session"] = PROSE * 2
    doc["axes"][1]["title"] = PROSE
    doc["axes"][2]["intro"] = PROSE * 6


def no_activities(doc):
    doc["activities"] = []


def no_photos(doc):
    for activity in doc["activities"]:
        activity.update(photo=None, alt=None)


def many_activities(doc):
    base = three_activities(doc)
    doc["activities"] = [dict(base[n % 3], title=f"Actividad {n} del periodo", goal=None) for n in range(14)]


def draft(doc):
    doc["draft"] = True


def preliminary(doc):
    doc["preliminary"] = True
    doc["shown"]["state"] = "Preliminar"


def corrections(doc):
    doc.update(edition=3, reason="La dependencia corrigió el número de acuerdos concluidos.")
    doc["shown"].update(edition="Edición 3", replaces="Sustituye a la edición 2 del 20 de abril de 2026")
    doc["replaces"] = [
        {"edition": 1, "issued_at": "2026-04-06", "preliminary": True, "reason": "Cierre del periodo. " * 12, "shown": "6 de abril de 2026"},
        {"edition": 2, "issued_at": "2026-04-20", "preliminary": False, "reason": None, "shown": "20 de abril de 2026"},
    ]
    first, second = doc["goals"][0], doc["goals"][1]
    said = (("actual_value", "Valor", "79.5%", "81.25%"), ("note", "Nota", None, "Una nota larga. " * 30))
    doc["corrections"] = [
        {"goal": goal["id"], "statement": goal["statement"], "what": what, "before": before, "after": after,
         "reason": doc["reason"], "shown": {"what": name, "before": before, "after": after}}
        for goal in (first, second)
        for what, name, before, after in said
    ]
    doc["goal_changes"] = [
        {"goal": goal["id"], "statement": goal["statement"], "key": key, "before": before, "after": after,
         "period": "2025-T4", "edition": 1, "authorised": decided is not None, "decided": None, "held": decided is None,
         "shown": {"key": name, "before": before, "after": after, "since": "Edición 1 del cuarto trimestre de 2025",
                   "decided": decided}}
        for goal, key, name, before, after, decided in (
            (first, "due", "Fecha establecida de cumplimiento", "Marzo 2026", "Diciembre 2026", None),
            (first, "query", "Consulta con que se calcula", "SELECT COUNT(*) AS value FROM acuerdos " * 9, None, None),
            (second, "target", "Meta programada", "80%", "70%", "Lo decidió el Ayuntamiento el 3 de marzo de 2026: acta 12"),
        )
    ]


def every_status(doc):
    base = doc["goals"][2]
    doc["goals"] = []
    for n, status in enumerate(STATUSES):
        goal = copy.deepcopy(base)
        goal.update(id=f"s{n}", axis=doc["axes"][n % 3]["id"], note=None)
        state(goal, status, f"Motivo del estatus {STATUSES[status][1].lower()}.", None if n % 2 else n * 9)
        goal["statement"] = f"Meta con estatus {STATUSES[status][1].lower()}."
        doc["goals"].append(goal)
    doc["goals"][0]["cancelled"] = {"date": "2026-02-01", "reason": "Sin presupuesto.", "authority": "Ayuntamiento", "shown": "1 de febrero de 2026"}


def stood(period, value, status):
    """How a goal of percents stood in a period."""
    shown = value and f"{value}%"
    return {
        "period": period, "edition": 1, "actual_value": value, "progress_pct": value, "status": status,
        "shown": {"period": period, "actual_value": shown, "progress_pct": shown, "status": STATUSES[status][1]},
    }


def steps_history_flags(doc):
    process, ratio = doc["goals"][3], doc["goals"][0]
    process["steps"] = [
        {"step": f"p{n}", "title": f"Etapa {n + 1}: {PROSE[: 40 + 30 * n]}", "due": "2026-05-31",
         "completed_on": "2026-03-21" if n < 2 else None,
         "shown": {"due": "31 de mayo de 2026", "completed_on": "21 de marzo de 2026" if n < 2 else None}}
        for n in range(6)
    ]
    state(process, "in-progress", "Programada para marzo - julio de 2026; en curso.", 33)
    past = ((61.5, "at-risk"), (None, "no-data"), (74.0, "on-track"), (82.25, "met"))
    ratio["history"] = [stood(f"2025-T{n + 1}", value, status) for n, (value, status) in enumerate(past)]
    ratio["previous"] = ratio["history"][-1]
    ratio["adjusted_target"] = {"value": 85, "date": "2026-01-15", "reason": PROSE, "authority": "Secretariado Técnico Municipal", "shown": "15 de enero de 2026"}
    ratio["sheet"] = {"definition": PROSE, "dimension": "Eficacia", "method": "Acuerdos atendidos ÷ acuerdos × 100", "frequency": "Trimestral", "verification": "Bitácora", "baseline_year": 2024}
    ratio["baseline_year"] = 2024
    ratio["missing_departments"] = ["Dirección General de Obra Pública", "Instituto Municipal de la Juventud"]
    ratio["shown"].update(
        change="+7.73 puntos porcentuales desde 2025-T4", adjusted_target="85%", target="85%", planned="82.5%", planned_attainment_pct="109%",
        flags=["Cifra preliminar", "Información incompleta", "Meta superada", "Por debajo de la línea base", "Meta ajustada", "Cifra corregida", "Sin evidencia"],
    )
    doc["goals"][1]["shown"]["flags"] = ["Sin evidencia"]


def two_changes(doc):
    """Two long goals got worse, no other moved."""
    for n, goal in enumerate(doc["goals"]):
        trend = "worse" if n < 2 else "same"
        goal.update(trend=trend, status_change="same", previous=stood("2025-T4", 82.25, "met-late"))
        if n < 2:
            goal["statement"] = f"Meta {n}: {(PROSE * 3)[:400]}"
    same = len(doc["goals"]) - 2
    doc["summary"]["changes"] = {"better": 0, "worse": 2, "same": same, "not_compared": 0, "shown": f"▼ 2\u00a0empeoran · {same}\u00a0sin cambio"}


def bare_brand(doc):
    doc["brand"].update(color=None, term=None, slogan=[])
    doc["session"] = None


def pale_brand(doc):
    doc["brand"]["color"] = "#ffe94d"


def nothing(doc):
    doc.update(goals=[], activities=[], axes=[], sources=[], departments=[], session=None)
    doc["summary"].update(met=0, shown="Ninguna meta por informar en el periodo")
    doc["method"]["formulas"] = []


def eighty_goals(doc):
    many_goals(doc, count=80, axes=12)


def thirty_photos(doc):
    base = three_activities(doc)
    doc["activities"] = [
        dict(base[n % 3], title=f"Actividad {n + 1} del periodo", goal=None, photo=f"photos/{n}.jpg",
             text=PROSE[: 60 + 40 * (n % 6)])
        for n in range(30)
    ]


def twelve_notes(doc):
    many_goals(doc, count=12, axes=1, length=160)
    for n, goal in enumerate(doc["goals"]):
        goal["note"] = f"Nota {n + 1}: {PROSE[: 60 + 30 * n]}"


def long_names(doc):
    name = "Dirección General de Desarrollo Institucional, Mejora Regulatoria y Atención a la Ciudadanía"
    for department in doc["departments"]:
        department["name"] = name
    for goal in doc["goals"]:
        goal["responsible"] = name
        goal["statement"] = (PROSE * 3)[:400]
    doc["goals"][0]["indicator"] = "Contrarrevolucionariamente" + "interinstitucionalizadamente" + "sitos"


def measured(goal, value, number, unit, exact=None, target=None):
    goal.update(actual_value=value, unit=unit)
    shown = f"{number} {unit}" if unit != "%" else f"{number}%"
    goal["shown"].update(actual_value=exact or shown, actual_value_exact=exact or shown, number=number, number_unit=unit, number_exact=exact)
    if target:
        goal["target"] = target[0]
        goal["shown"]["target"] = target[1]


def millions(doc):
    for goal in doc["goals"]:
        goal["kind"] = "cumulative"
        goal["direction"] = "ascending"
        state(goal, "not-met", None, 98.8)
        measured(goal, 987654321.5, "987.7 millones", "de pesos", "987,654,321.50 pesos", (1e9, "1,000 millones de pesos"))
        goal.update(attention=1, attainment_pct=98.77)
        goal["shown"]["cause"] = "La obra se licitó dos meses después de lo previsto. " * 3
        goal["remark"] = {"cause": goal["shown"]["cause"], "risk": PROSE[:180], "next_step": PROSE[:200], "next_date": "2026-05-20",
                          "shown": {"next_date": "20 de mayo de 2026"}}
    doc["goals"][1]["shown"].update(number="0.73", number_unit="mg/L", actual_value="0.73 mg/L", number_exact=None)
    doc["goals"][2]["shown"].update(number="12,345.67", number_unit="metros cuadrados de pavimento", actual_value="12,345.67 metros cuadrados de pavimento", number_exact=None)


def six_periods(doc):
    ratio = doc["goals"][0]
    values = (350, None, 420, 180, 260, None)
    ratio.update(kind="cumulative", direction="ascending", target=400, planned=300, attainment_pct=82.5)
    measured(ratio, 330, "330", "talleres", None, (400, "400 talleres"))
    ratio["shown"].update(planned="300 talleres", change="+70 talleres desde el cuarto trimestre de 2025")
    ratio["history"] = [
        {"period": f"202{4 + n // 4}-T{n % 4 + 1}", "edition": 1, "actual_value": value, "progress_pct": value and value / 5,
         "status": "no-data" if value is None else "on-track", "begins_anew": n == 3,
         "shown": {"period": f"202{4 + n // 4}-T{n % 4 + 1}", "actual_value": value and f"{value} talleres", "progress_pct": value and f"{value / 5:g}%",
                   "status": "Sin información" if value is None else "En tiempo"}}
        for n, value in enumerate(values)
    ]
    ratio["previous"] = ratio["history"][-2]
    ratio.update(trend="better", status_change="same")
    down = doc["goals"][1]
    down.update(kind="stock", direction="descending", target=10, planned=15, baseline=30, previous=None, attainment_pct=28.05)
    measured(down, 24.39, "24.39", "%", None, (10, "10%"))
    down["shown"].update(planned="15%", baseline="30%", not_comparable="La meta cambió")
    state(down, "critical", None, 28)
    flat = doc["goals"][2]
    flat.update(kind="constant", band={"low": 0.2, "high": 1.5}, target=None, direction=None, attainment_pct=0)
    measured(flat, 1.7, "1.7", "mg/L")
    state(flat, "not-met", None, 0)


def asked_and_coming(doc):
    doc["requests"] = [
        {"text": PROSE[: 90 + 80 * n], "who": ["Secretaría Técnica", None, "Dirección General de Desarrollo Social"][n % 3],
         "date": "2026-05-15", "shown": {"date": "15 de mayo de 2026"}} for n in range(5)
    ]
    doc["coming"] = [
        {"date": f"2026-0{4 + n % 3}-{10 + n}", "goal": doc["goals"][n % 4]["id"], "kind": "due", "text": PROSE[: 50 + 20 * n],
         "shown": {"date": f"{10 + n} de mayo de 2026"}} for n in range(9)
    ]
    doc["coming"].sort(key=lambda c: c["date"])


def signs_and_emoji(doc):
    text = "Costo de $ 5 # @ * _ ` < > \\ [a](b) = título, 100 % de los C# y R&D"
    for goal in doc["goals"]:
        goal["statement"] = f"{text} ({goal['id']})."
        goal["note"] = text
        goal["responsible"] = text
    doc["plan"]["title"] = text
    doc["brand"].update(name=text, term=text, slogan=[text])


LOGO = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 120 80'><rect width='120' height='80' fill='#0b6e3f'/><circle cx='60' cy='40' r='28' fill='#ffd400'/></svg>"


def with_logo(doc, color):
    doc["brand"].update(color=color, logo="logo.svg")


def yellow_brand(doc):
    with_logo(doc, "#ffd400")


def black_brand(doc):
    with_logo(doc, "#000000")


def white_brand(doc):
    with_logo(doc, "#ffffff")


def as_it_is(doc):
    del doc


STATES = [
    ("on-time", "✓", "A tiempo"), ("late", "▲", "120 días tarde"), ("late", "▲", "Con retraso"),
    ("partial", "●", "11 de 12"), ("unusable", "✗", "No utilizable"), ("missing", "■", "No entregó"),
    ("awaited", "○", "En plazo"), ("not-asked", "–", "No se pidió"), ("not-reported", "–", "Sin informe"),
]


def many_periods_of_submissions(doc):
    """Eight quarters, each state, and names that are long or hold no blank."""
    periods = [f"{2024 + n // 4}-T{n % 4 + 1}" for n in range(8)]
    names = ["Dirección General de Desarrollo Social y Humano, Participación Ciudadana y Agenda Digital"]
    names += ["Subdirecciónmetropolitanadeinfraestructuraverde", "Salud"] * 6
    rows = []
    for row, name in enumerate(names):
        cells = []
        for column, period in enumerate(periods):
            state, symbol, shown = STATES[(row + column) % len(STATES)]
            counts = dict.fromkeys(("expected", "received", "late", "late_days", "rejected", "missing"))
            cells.append({"period": period, "state": state, "symbol": symbol, "shown": shown, **counts})
        rows.append({"id": f"d{row}", "name": name, "cells": cells})
    doc["submissions"] = {"periods": periods, "departments": rows}


VARIANTS = [
    as_it_is, one_goal, many_goals, long_statements, statement_of_pages, no_data, rejected_and_late, long_words, long_titles, no_activities, no_photos,
    many_activities, eighty_goals, thirty_photos, twelve_notes, long_names, millions, six_periods, asked_and_coming, signs_and_emoji,
    yellow_brand, black_brand, white_brand, draft, preliminary, corrections, every_status, steps_history_flags, two_changes, bare_brand, pale_brand, nothing,
    many_periods_of_submissions,
]
# Slides of these end with the last lines of a text that is longer than a slide.
TEXTS_OF_PAGES = {"statement_of_pages", "statement_of_pages_draft", "long_titles"}
# These are typeset as previews too: their tables go on over pages under the mark.
ALSO_DRAFT = {"many_goals", "long_statements", "long_titles", "statement_of_pages", "steps_history_flags"}

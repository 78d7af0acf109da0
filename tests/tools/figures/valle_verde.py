"""Valle Verde: three departments, one of them silent."""

from datetime import date

from .read import Inputs, day, num
from .rules import Found, Goal, Quarter, ratio

FIRST = "2026-T1"
END = date(2026, 12, 31)
BANDS = (95, 75)
PARKS = "Coordinación de Parques y Jardines"
GOALS = {
    "solicitudes-atendidas": Goal(
        "ratio", target=75, due=END, planned={"2026-T1": 60, "2026-T2": 65, "2026-T3": 70}, bands=BANDS
    ),
    "en-linea": Goal("ratio", target=50, due=date(2026, 3, 31)),
    "consulta": Goal("narrative"),
    "reparar-fugas": Goal("stock", target=24, descending=True, due=END),
    "cloro-en-norma": Goal("constant", band=(0.2, 1.5)),
    "pavimentar": Goal(
        "cumulative", target=12000, baseline=0, due=END, bands=BANDS,
        planned={"2026-T1": 2000, "2026-T2": 5000, "2026-T3": 9000, "2026-T4": 12000},
    ),
    "reglamento": Goal("milestone", due=date(2026, 3, 15)),
    "plantar": Goal("cumulative", target=800, due=END),
}


def measure(inputs: Inputs, quarter: Quarter) -> dict[str, Found]:
    requests, silent = [], []
    for area, number in (("agua", "Folio"), ("obras", "Núm. de solicitud"), ("parques", "Folio")):
        rows = inputs.rows(
            f"{area}/solicitudes*", numero=number, recibida="Recibida el", atendida="Atendida el", medio="Medio"
        )
        if rows is None:
            silent.append(PARKS)
        else:
            requests += [(area, r) for r in rows]
    got = [(a, r) for a, r in requests if quarter.year_start <= day(r["recibida"]) <= quarter.end]
    answered = [r for _, r in got if r["atendida"] is not None]
    areas = len({a for a, _ in got})
    leaks = inputs.rows("agua/fugas*.csv", reporte="Reporte", dia="Día", horas="Horas hasta la reparación")
    hours = [num(r["horas"]) for r in leaks if quarter.start <= day(r["dia"]) <= quarter.end]
    samples = inputs.rows("agua/cloro*.ods", punto="Punto de muestreo", dia="Fecha", mg="Cloro residual (mg/L)")
    mg = [num(r["mg"]) for r in samples if quarter.start <= day(r["dia"]) <= quarter.end]
    streets = inputs.rows(
        "obras/pavimento*.xlsx", calle="Calle", metros="Superficie (m2)", avance="Avance físico", fin="Fecha de término"
    )
    metres = sum(r["metros"] * r["avance"] for r in streets)
    ended = sum(r["fin"] is not None for r in streets)
    acts = inputs.rows("obras/acuerdos-de-cabildo*.csv", asunto="Asunto", sesion="Sesión de cabildo", acta="Acta")
    ruled = [r for r in acts if "obra en la vía pública" in r["asunto"]]
    return {
        "solicitudes-atendidas": ratio(
            len(answered), len(got), missing=silent,
            note=f"{len(answered)} de {len(got)} solicitudes de {areas} dependencias: "
            f"{100 * len(answered) / len(got):.1f}%.",
        ),
        "en-linea": Found(available=False, missing=silent),
        "consulta": Found(),
        "reparar-fugas": Found(
            sum(hours) / len(hours),
            note=f"Promedio de {len(hours)} fugas; la más tardada requirió {max(hours):.1f} horas.",
        ),
        "cloro-en-norma": Found(sum(mg) / len(mg)),
        "pavimentar": Found(
            metres, note=f"{len(streets)} calles en obra, {ended} terminadas: {metres:,.1f} m²."
        ),
        "reglamento": Found(
            done=day(ruled[0]["sesion"]), proof=ruled[0]["acta"], note="Aprobado en la sesión del 13 de marzo de 2026."
        ),
        "plantar": Found(available=False, missing=[PARKS]),
    }

"""Puerto Claro: four quarters, the edges of the rules."""

from datetime import date

from .read import Inputs, day, num
from .rules import Found, Goal, Quarter, month_end, ratio

FIRST = "2026-T1"
END = date(2026, 12, 31)
BANDS = (85, 60)
GOALS = {
    "respuestas": Goal("ratio", target=85, due=END, planned={"2026-T1": 80, "2026-T3": 80}, bands=BANDS),
    "rezago": Goal("ratio", target=10, descending=True, due=END),
    "satisfaccion": Goal("ratio", target=80, baseline=76, due=date(2026, 6, 30)),
    "archivo": Goal(
        "process",
        window=(date(2026, 1, 1), END),
        steps=[
            ("diagnostico", month_end(2026, 2), 2),
            ("capacita-1", month_end(2026, 4), 1),
            ("capacita-2", month_end(2026, 6), 1),
            ("capacita-3", date(2026, 12, 15), 1),
        ],
        bands=BANDS,
    ),
    "portal": Goal("milestone", due=month_end(2026, 6), window=(date(2026, 4, 1), month_end(2026, 6))),
    "escuela": Goal("process", window=(date(2026, 8, 1), month_end(2026, 11))),
    "blog": Goal("narrative"),
    "limpieza": Goal(
        "cumulative", target=5000, due=END, bands=BANDS,
        planned={"2026-T1": 1250, "2026-T2": 2500, "2026-T3": 3750, "2026-T4": 5000},
    ),
    "nivel-laguna": Goal("constant", band=(95, 105)),
    "rutas-ciclistas": Goal("stock", target=6000, due=END),
    "bajar-deuda": Goal("stock", target=20, descending=True, due=END),
}


def measure(inputs: Inputs, quarter: Quarter) -> dict[str, Found]:
    asked = inputs.rows("solicitudes*.xlsx", solicitud="Solicitud", recibida="Recibida", estado="Estado")
    asked = [r for r in asked if quarter.year_start <= day(r["recibida"]) <= quarter.end]
    answered = sum(r["estado"] == "Respondida" for r in asked)
    whole = ratio(answered, len(asked))
    # The plan's query divides by itself: no numerator and denominator are told apart.
    share = Found(whole.value, None, 0 if not asked else None)
    poll = inputs.rows("encuesta*.ods", levantamiento="Levantamiento", si="Personas satisfechas", de="Personas entrevistadas")
    pleased, polled = (int(sum(num(r[k]) for r in poll)) for k in ("si", "de"))
    sessions = inputs.rows("sesiones*.xlsx", clave="Clave", tema="Tema", fecha="Fecha", acta="Acta")
    beaches = inputs.rows("playas*.csv", fecha="Jornada", playa="Playa", kilos="Kilos recogidos")
    levels = inputs.rows("nivel*.ods", estacion="Estación", cm="Nivel (cm)")
    routes = inputs.rows("rutas*.csv", ruta="Ruta", gente="Usuarios por día")
    counted = [num(r["gente"]) for r in routes if r["gente"] is not None]
    # A route without a count is a row too: its line holds a name and nothing else.
    debts = inputs.rows("deuda*.xlsx", concepto="Concepto", monto="Saldo (millones)")
    opened = [r for r in sessions if r["clave"] == "portal"]
    satisfied = 100 * pleased / polled
    # One decimal, or two where one would hide that the target was missed.
    decimals = 1 if (satisfied >= 80) == (round(satisfied, 1) >= 80) else 2
    return {
        "respuestas": share,
        "rezago": ratio(len(asked) - answered, len(asked)),
        "satisfaccion": ratio(
            pleased, polled, note=f"{satisfied:.{decimals}f}% de {polled:,} personas entrevistadas."
        ),
        "archivo": Found(dated=[(r["clave"], day(r["fecha"])) for r in sessions]),
        "portal": Found(
            done=min((day(r["fecha"]) for r in opened), default=None),
            proof=min((r["acta"] for r in opened if r["acta"]), default=None),
        ),
        "escuela": Found(dated=[(r["tema"], day(r["fecha"])) for r in sessions if r["clave"] == "escuela"]),
        "blog": Found(),
        "limpieza": Found(
            sum(num(r["kilos"]) for r in beaches if quarter.year_start <= day(r["fecha"]) <= quarter.end)
        ),
        "nivel-laguna": Found(available=False, missing=["Dirección de Ecología y Playas"])
        if levels is None
        else Found(sum(num(r["cm"]) for r in levels) / len(levels)),
        "rutas-ciclistas": Found(sum(counted), note=f"Se contó en {len(counted)} de 2 rutas."),
        "bajar-deuda": Found(sum(num(r["monto"]) for r in debts)),
    }

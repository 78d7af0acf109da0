"""León, PAMGA 2025-2027."""

from datetime import date

from .read import Inputs, day
from .rules import Found, Goal, Quarter, month_end, ratio

FIRST = "2026-T1"
GOALS = {
    "acuerdos-atendidos": Goal("ratio", target=80, due=date(2025, 12, 31), baseline=0),
    "comite-seleccion": Goal("milestone", due=date(2026, 2, 28)),
    "abanderamiento": Goal("milestone", due=date(2026, 2, 28)),
    "capacitacion": Goal("process", window=(date(2026, 3, 1), month_end(2026, 7))),
}
MONTHS = {2: "febrero", 3: "marzo"}


def measure(inputs: Inputs, quarter: Quarter) -> dict[str, Found]:
    agreements = inputs.rows(
        "mi-barrio-habla*.xlsx",
        folio="Folio", evento="Evento", fecha="Fecha de registro", estatus="Estatus",
    )
    of_year = [r for r in agreements if day(r["fecha"]).year == 2025]
    done = [r for r in of_year if r["estatus"] == "Concluido"]
    events = {r["evento"] for r in of_year}
    share = 100 * len(done) / len(of_year)
    sessions = inputs.rows(
        "cabildo-abierto-juvenil*.xlsx",
        titulo="Sesión", tipo="Tipo de sesión", fecha="Fecha", acta="Documento que la acredita",
    )
    out = {
        "acuerdos-atendidos": ratio(
            len(done),
            len(of_year),
            note=f"Durante los {len(events)} eventos realizados en 2025 del programa Mi Barrio Habla, "
            f"se establecieron un total de {len(of_year)} acuerdos, de los cuales {len(done)} han sido "
            f"concluidos, lo que representa el {share:.0f}% de acuerdos atendidos.",
        )
    }
    for goal, kind, words in (
        ("comite-seleccion", "Comité de Selección", "Sesión del Comité de Selección"),
        ("abanderamiento", "Abanderamiento", "Sesión de Abanderamiento del Cabildo Abierto Juvenil"),
    ):
        held = [r for r in sessions if r["tipo"] == kind]
        when = min((day(r["fecha"]) for r in held), default=None)
        proof = min((r["acta"] for r in held if r["acta"]), default=None)
        note = when and f"{words} realizada el {when.day} de {MONTHS[when.month]} de {when.year}."
        out[goal] = Found(done=when, proof=proof, note=note)
    courses = [r for r in sessions if r["tipo"] == "Capacitación"]
    out["capacitacion"] = Found(dated=[(r["titulo"], day(r["fecha"])) for r in courses])
    return out

"""Santa Lucía: four quarters, every kind of goal."""

from datetime import date

from .read import Inputs, day, num
from .rules import Found, Goal, Quarter, month_end, ratio

FIRST = "2026-T1"
END = date(2026, 12, 31)
QUARTERS = ["2026-T1", "2026-T2", "2026-T3", "2026-T4"]
GOALS = {
    "baches-reparados": Goal(
        "ratio", target=80, baseline=55, due=END, planned=dict(zip(QUARTERS, (50, 60, 70, 80)))
    ),
    "luminarias-led": Goal("stock", target=2000, baseline=1000, from_baseline=True, due=END),
    "cloro-en-norma": Goal("constant", band=(0.2, 1.5), due=END),
    "centro-comunitario": Goal(
        "process",
        window=(date(2026, 2, 1), month_end(2026, 10)),
        steps=[
            ("proyecto", month_end(2026, 3), 1),
            ("licitacion", month_end(2026, 5), 1),
            ("obra", month_end(2026, 10), 3),
        ],
    ),
    "ventanilla": Goal("milestone", due=month_end(2026, 5)),
    "archivo": Goal("milestone", due=month_end(2026, 11), window=(date(2026, 10, 1), month_end(2026, 11))),
    "alberca": Goal("milestone", due=END, window=(date(2026, 4, 1), END), cancelled=date(2026, 7, 1)),
    "talleres-impartidos": Goal(
        "cumulative", target=20, by_period=True, due=END, planned=dict(zip(QUARTERS, (4, 10, 15, 20)))
    ),
    "voluntarios-inscritos": Goal(
        "cumulative", target=90, due=month_end(2026, 9), adjusted=(50, date(2026, 5, 15)),
        planned=dict(zip(QUARTERS, (20, 40, 50))),
    ),
    "consulta": Goal("narrative"),
    "tiempo-de-respuesta": Goal("stock", target=12, baseline=32, descending=True, due=END),
    "sin-accidentes": Goal("stock", target=0, descending=True, due=END),
}


def measure(inputs: Inputs, quarter: Quarter) -> dict[str, Found]:
    def inside(value, since):
        return since <= day(value) <= quarter.end

    holes = inputs.rows("baches*.xlsx", folio="Folio", visto="Fecha de reporte", hecho="Fecha de reparación")
    holes = [r for r in holes if inside(r["visto"], quarter.year_start)]
    mended = [r for r in holes if r["hecho"] is not None]
    lamps = inputs.rows("luminarias*.ods", zona="Zona", led="Luminarias LED")
    wells = inputs.rows("cloro*.csv", pozo="Pozo", fecha="Fecha", mg="Cloro (mg/L)")
    mg = [num(r["mg"]) for r in wells if inside(r["fecha"], quarter.start)]
    works = inputs.rows("obras*.xlsx", obra="Obra", etapa="Etapa", fecha="Fecha de conclusión", papel="Documento")
    classes = inputs.rows("talleres*.xlsx", fecha="Fecha", taller="Taller", gente="Asistentes")
    classes = [r for r in classes if inside(r["fecha"], quarter.start)]
    joined = inputs.rows("voluntarios*.ods", alta="Fecha de alta", n="Voluntarias y voluntarios nuevos")
    times = inputs.rows("tiempos*.csv", servicio="Servicio", m="Minutos promedio", casos="Casos")
    crashes = inputs.rows("accidentes*.csv", fecha="Fecha del accidente", obra="Obra")
    calls = sum(num(r["casos"]) for r in times)

    def work(name, note=None):
        rows = [r for r in works if r["obra"] == name]
        when = min((day(r["fecha"]) for r in rows), default=None)
        proof = min((r["papel"] for r in rows if r["papel"]), default=None)
        return Found(done=when, proof=proof, note=note if when else None)

    return {
        "baches-reparados": ratio(len(mended), len(holes), note=f"{len(mended)} de {len(holes)} reportes."),
        "luminarias-led": Found(sum(num(r["led"]) for r in lamps)),
        "cloro-en-norma": Found(sum(mg) / len(mg)),
        "centro-comunitario": Found(
            dated=[(r["etapa"], day(r["fecha"])) for r in works if r["obra"] == "Centro comunitario"]
        ),
        "ventanilla": work("Ventanilla única", "La ventanilla abrió el 18 de junio de 2026."),
        "archivo": work("Archivo municipal"),
        "alberca": work("Alberca"),
        "talleres-impartidos": Found(
            len(classes),
            note=f"En el trimestre asistieron {sum(num(r['gente']) for r in classes):,.0f} personas.",
        ),
        "voluntarios-inscritos": Found(
            sum(num(r["n"]) for r in joined if inside(r["alta"], quarter.year_start))
        ),
        "consulta": Found(),
        "tiempo-de-respuesta": Found(sum(num(r["m"]) * num(r["casos"]) for r in times) / calls),
        "sin-accidentes": Found(sum(inside(r["fecha"], quarter.start) for r in crashes)),
    }

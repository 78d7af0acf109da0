#!/usr/bin/env python3
"""Works out a sample plan's figures from its workbooks and compares them with an edition.

    python3 tests/tools/check_figures.py --home . --plan pamga-2025-2027 --period 2026-T1 \\
        --results reports/pamga-2025-2027/2026-T1/v1/results.json

Nothing of metas is used: other readers, other code, no SQL. Each figure must agree unrounded, and
each printed one to its last digit. Needs openpyxl and odfpy.
"""

import argparse
import json
import re
import sys
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from figures import leon, puerto_claro, santa_lucia, valle_verde
from figures.read import Inputs
from figures.rules import Figure, Quarter, evaluate

PLANS = {
    "pamga-2025-2027": leon,
    "plan-valle-verde-2026": valle_verde,
    "programa-santa-lucia": santa_lucia,
    "agenda-puerto-claro": puerto_claro,
}


def expected(plan, home: Path, period: str) -> dict[str, Figure]:
    """The figures of every quarter from the first one on; the last is returned."""
    last, quarter = Quarter.parse(period), Quarter.parse(plan.FIRST)
    past: dict[str, dict] = {goal: {} for goal in plan.GOALS}
    while True:
        found = plan.measure(Inputs(home / "inputs" / str(quarter)), quarter)
        now = {g: evaluate(rule, found[g], quarter, past[g]) for g, rule in plan.GOALS.items()}
        if quarter == last:
            return now
        for goal, figure in now.items():
            past[goal][quarter] = figure
        following = quarter.number % 4 + 1
        quarter = Quarter(quarter.year + (following == 1), following)


def differences(figure: Figure, goal: dict) -> list[str]:
    """What an edition's goal says otherwise."""
    out = []
    numbers = {
        "actual_value": figure.value,
        "numerator": figure.top if figure.top is not None else None,
        "denominator": figure.bottom if figure.top is not None else None,
        "target": figure.target,
        "planned": figure.planned,
        "attainment_pct": figure.attainment,
        "progress_pct": figure.progress,
    }
    for key, mine in numbers.items():
        theirs = goal[key]
        if (mine is None) != (theirs is None) or (mine is not None and not near(mine, theirs)):
            out.append(f"{key}: {theirs}, but the workbooks give {mine}")
        elif mine is not None:
            out += printed(key, mine, goal.get("shown", {}))
    done = figure.done and figure.done.isoformat()
    for key, mine in (
        ("status", figure.status),
        ("flags", sorted(figure.flags)),
        ("completed_on", done),
        ("missing_departments", figure.missing),
        ("note", figure.note),
    ):
        theirs = goal.get(key)
        theirs = sorted(theirs) if key == "flags" else theirs
        if theirs != mine:
            out.append(f"{key}: {theirs!r}, but the workbooks give {mine!r}")
    return out


def near(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-9 * max(1.0, abs(a), abs(b))


def printed(key: str, value: float, shown: dict) -> list[str]:
    """Every digit that is printed must be the value's own, rounded half up."""
    out = []
    for name in (key, f"{key}_exact"):
        text = shown.get(name)
        if text is None:
            continue
        digits = re.match(r"[−-]?[\d,]+(\.\d+)?", text)
        if not digits:
            out.append(f"{name}: no number in {text!r}")
            continue
        told = Decimal(digits[0].replace(",", "").replace("−", "-"))
        exact = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(told.as_tuple().exponent), ROUND_HALF_UP)
        guarded = Decimal(repr(round(float(value), 9)))
        rounded = guarded.quantize(Decimal(1).scaleb(told.as_tuple().exponent), ROUND_HALF_UP)
        if told not in (exact, rounded) and not cut_short(told, guarded):
            out.append(f"{name}: printed {text!r}, but the workbooks give {value}")
    return out


def cut_short(told: Decimal, value: Decimal) -> bool:
    """99.95 is printed as 99.9 and never as 100: below 100 stays below 100."""
    step = Decimal(1).scaleb(told.as_tuple().exponent)
    return value < 100 and value.quantize(step, ROUND_HALF_UP) >= 100 and 0 <= value - told < step


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--plan", choices=sorted(PLANS), required=True)
    parser.add_argument("--period", required=True)
    parser.add_argument("--results", type=Path, required=True)
    wanted = parser.parse_args()
    mine = expected(PLANS[wanted.plan], wanted.home, wanted.period)
    results = json.loads(wanted.results.read_text(encoding="utf-8"))
    theirs = {goal["id"]: goal for goal in results["goals"]}
    wrong = []
    if list(theirs) != list(mine):
        wrong.append(f"goals: {list(theirs)} instead of {list(mine)}")
    for goal, figure in mine.items():
        if goal in theirs:
            wrong += [f"{goal}: {said}" for said in differences(figure, theirs[goal])]
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"{wanted.plan} {wanted.period}: {len(mine)} goals, {len(wrong)} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

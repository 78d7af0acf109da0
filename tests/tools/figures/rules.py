"""The rules of calculation and status, written down a second time."""

import calendar
import datetime
from dataclasses import dataclass, field

Date = datetime.date


def month_end(year: int, month: int) -> Date:
    return Date(year, month, calendar.monthrange(year, month)[1])


@dataclass(frozen=True, order=True)
class Quarter:
    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> "Quarter":
        return cls(int(text[:4]), int(text[-1]))

    @property
    def start(self) -> Date:
        return Date(self.year, self.number * 3 - 2, 1)

    @property
    def end(self) -> Date:
        return month_end(self.year, self.number * 3)

    @property
    def year_start(self) -> Date:
        return Date(self.year, 1, 1)

    def before(self) -> "Quarter":
        return Quarter(self.year, self.number - 1) if self.number > 1 else Quarter(self.year - 1, 4)

    def __str__(self) -> str:
        return f"{self.year}-T{self.number}"


@dataclass
class Goal:
    """What the plan says of a goal."""

    kind: str
    target: float | None = None
    due: Date | None = None
    baseline: float | None = None
    from_baseline: bool = False
    descending: bool = False
    planned: dict = field(default_factory=dict)
    band: tuple | None = None
    by_period: bool = False
    window: tuple | None = None
    adjusted: tuple | None = None
    cancelled: Date | None = None
    steps: list = field(default_factory=list)
    bands: tuple = (90, 70)


@dataclass
class Found:
    """What the workbooks say of it."""

    value: float | None = None
    top: float | None = None
    bottom: float | None = None
    done: Date | None = None
    proof: str | None = ""
    dated: list = field(default_factory=list)
    missing: list = field(default_factory=list)
    available: bool = True
    note: str | None = None


@dataclass
class Figure:
    """What the report must say."""

    status: str
    value: float | None = None
    top: float | None = None
    bottom: float | None = None
    target: float | None = None
    planned: float | None = None
    attainment: float | None = None
    progress: float | None = None
    done: Date | None = None
    flags: set = field(default_factory=set)
    missing: list = field(default_factory=list)
    note: str | None = None
    own: float | None = None


def ratio(top: int, bottom: int, **rest) -> Found:
    return Found(100 * top / bottom if bottom else None, top, bottom, **rest)


def evaluate(goal: Goal, found: Found, quarter: Quarter, past: dict) -> Figure:
    """First rule that matches; `past` holds the goal's earlier figures by quarter."""
    figure = Figure("", missing=sorted(found.missing), target=target(goal, quarter))
    if goal.cancelled and goal.cancelled <= quarter.end:
        figure.status = "cancelled"
    elif goal.kind == "narrative":
        figure.status = "not-applicable"
    elif goal.window and quarter.end < goal.window[0]:
        figure.status = "scheduled"
    elif not found.available:
        figure.status = "scheduled" if unscheduled(goal, quarter) else "no-data"
    elif goal.kind == "milestone":
        milestone(goal, found, quarter, figure)
    elif goal.kind == "process":
        process(goal, found, quarter, figure)
    else:
        quantity(goal, found, quarter, past, figure)
    if figure.status not in ("cancelled", "scheduled") or figure.value is not None:
        if found.missing and found.available:
            figure.flags.add("incomplete")
    figure.note = found.note if figure.status not in ("cancelled",) else None
    return figure


def target(goal: Goal, quarter: Quarter) -> float | None:
    if goal.adjusted and goal.adjusted[1] <= quarter.end:
        return goal.adjusted[0]
    return goal.target


def unscheduled(goal: Goal, quarter: Quarter) -> bool:
    later = goal.due is not None and goal.due > quarter.end
    nothing_planned = bool(goal.planned) and str(quarter) not in goal.planned
    return later and (nothing_planned or (goal.kind == "milestone" and not goal.window))


def on_time(day: Date, due: Date) -> str:
    return "met" if day <= due else "met-late"


def milestone(goal: Goal, found: Found, quarter: Quarter, figure: Figure) -> None:
    claimed = found.done
    if claimed and found.proof is None:
        figure.flags.add("no-evidence")
    done = claimed if claimed and claimed <= quarter.end and found.proof is not None else None
    figure.done = done
    if done:
        figure.status = on_time(done, goal.due)
    elif quarter.end >= goal.due:
        figure.status = "not-met"
    elif claimed:
        figure.status = "in-progress"
    else:
        figure.status = "scheduled" if unscheduled(goal, quarter) else "not-started"
    if figure.status != "scheduled":
        figure.attainment = figure.progress = 100.0 if done else 0.0


def process(goal: Goal, found: Found, quarter: Quarter, figure: Figure) -> None:
    dates = {}
    for step, day in found.dated:
        if day and day <= quarter.end:
            dates[step] = min(day, dates.get(step, day))
    over = quarter.end >= goal.window[1]
    if not goal.steps:
        figure.status = "in-progress" if dates else ("not-met" if over else "not-started")
        return
    whole = sum(weight for _, _, weight in goal.steps)
    share = 100 * sum(w for s, _, w in goal.steps if s in dates) / whole
    plan = 100 * sum(w for _, due, w in goal.steps if due <= quarter.end) / whole
    figure.value = figure.attainment = figure.progress = share
    figure.planned = plan
    if all(s in dates for s, _, _ in goal.steps):
        figure.status = on_time(max(dates[s] for s, _, _ in goal.steps), goal.window[1])
    elif over:
        figure.status = "not-met"
    elif plan:
        figure.status = light(100 * share / plan, goal)
    else:
        figure.status = "in-progress" if dates else "not-started"


def light(attainment: float, goal: Goal) -> str:
    if attainment >= goal.bands[0]:
        return "on-track"
    return "at-risk" if attainment >= goal.bands[1] else "critical"


def quantity(goal: Goal, found: Found, quarter: Quarter, past: dict, figure: Figure) -> None:
    figure.top, figure.bottom = found.top, found.bottom
    figure.planned = goal.planned.get(str(quarter))
    figure.own = found.value
    if found.value is None:
        figure.flags |= {"no-cases"} if found.bottom == 0 else set()
        if figure.target is not None and goal.adjusted and figure.target == goal.adjusted[0]:
            figure.flags.add("adjusted")
        figure.status = "scheduled" if unscheduled(goal, quarter) else "no-data"
        return
    value = found.value
    if goal.by_period:
        for earlier in earlier_quarters(quarter):
            known = past.get(earlier)
            if known is None or known.own is None:
                figure.flags.add("incomplete")
            else:
                value += known.own
    figure.value = value
    if goal.band:
        attainment = inside(goal, figure, quarter, past)
        met = attainment >= 100
    else:
        attainment = percent(goal, value, figure.target)
        met = value <= figure.target if goal.descending else value >= figure.target
    figure.attainment = attainment
    behind = goal.baseline is not None and (
        value > goal.baseline if goal.descending else value < goal.baseline
    )
    figure.progress = 0.0 if behind else min(max(attainment, 0.0), 100.0)
    figure.flags |= {"regressed"} if behind else set()
    figure.flags |= {"over-achieved"} if attainment > 100 else set()
    if goal.adjusted and figure.target == goal.adjusted[0]:
        figure.flags.add("adjusted")
    figure.status = quantity_status(goal, figure, quarter, past, met)


def quantity_status(goal: Goal, figure: Figure, quarter: Quarter, past: dict, met: bool) -> str:
    # What can fall again is not met before its due date, however good it looks now.
    early = goal.due is not None and quarter.end < goal.due
    if met and early and goal.kind in ("ratio", "stock", "constant"):
        figure.flags.add("reached")
    elif met:
        missed = goal.due and any(
            q.end >= goal.due and f.status in ("not-met", "met-late") for q, f in past.items()
        )
        return "met-late" if missed else "met"
    if goal.due and quarter.end >= goal.due:
        return "not-met"
    if unscheduled(goal, quarter):
        return "scheduled"
    if figure.planned is not None:
        return light(percent(goal, figure.value, figure.planned), goal)
    if goal.kind == "cumulative" and figure.value == 0:
        return "not-started"
    return "in-progress"


def percent(goal: Goal, value: float, against: float) -> float:
    if goal.descending and goal.baseline is not None:
        return 100 * (goal.baseline - value) / (goal.baseline - against)
    if goal.descending:
        return 100.0 if value <= 0 else 100 * against / value
    if goal.from_baseline:
        return 100 * (value - goal.baseline) / (against - goal.baseline)
    return 100 * value / against


def inside(goal: Goal, figure: Figure, quarter: Quarter, past: dict) -> float:
    low, high = goal.band
    now = low <= figure.value <= high
    if not goal.due or quarter.end < goal.due:
        return 100.0 if now else 0.0
    hits = [now] if quarter.start <= goal.due else []
    for earlier in earlier_quarters(quarter):
        if earlier.start > goal.due:
            continue
        known = past.get(earlier)
        if known is None or known.value is None:
            figure.flags.add("incomplete")
            hits.append(False)
        else:
            hits.append(low <= known.value <= high)
    return 100 * sum(hits) / len(hits)


def earlier_quarters(quarter: Quarter) -> list[Quarter]:
    return [Quarter(quarter.year, n) for n in range(quarter.number - 1, 0, -1)]

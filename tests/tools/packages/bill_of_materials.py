#!/usr/bin/env python3
"""Holds a CycloneDX bill of materials against the standard's own schema, and against Cargo.lock.

    python3 tests/tools/packages/bill_of_materials.py FILE      (pip install cyclonedx-python-lib[json-validation])
"""

import json
import sys
import tomllib
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = Path(__file__).resolve().parents[3]
# What the program stands on: a bill without one of them left something out.
NAMED = {"polars", "calamine", "typst", "chrono", "tracing", "clap", "lettre"}


def main() -> int:
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    bill = json.loads(text)
    faults = []
    fault = JsonStrictValidator(SchemaVersion.from_version(bill["specVersion"])).validate_str(text)
    if fault is not None:
        faults.append(f"not by the schema: {fault}")
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text(encoding="utf-8"))
    locked = {(package["name"], package["version"]) for package in lock["package"]}
    listed = {(component["name"], component["version"]) for component in bill["components"]}
    faults += [f"not in Cargo.lock: {name} {version}" for name, version in sorted(listed - locked)]
    faults += [f"missing: {name}" for name in sorted(NAMED - {name for name, _ in listed})]
    print(*faults, sep="\n", end="\n" if faults else "")
    print(f"{len(listed)} components, {len(faults)} faults")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())

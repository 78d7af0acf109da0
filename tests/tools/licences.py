"""Holds every crate's licence and origin against deny.toml: python3 tests/tools/licences.py

For machines without cargo-deny, which checks more (advisories).
"""
import json
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]


def allowed(expression, allow):
    """SPDX: OR binds looser than AND, brackets first; old crates write / for OR."""
    tokens = re.findall(r"\(|\)|OR\b|AND\b|/|[\w.+-]+(?: WITH [\w.+-]+)?", expression)
    place = 0
    if not tokens:
        return False

    def term():
        nonlocal place
        token = tokens[place]
        place += 1
        if token == "(":
            value = either()
            place += 1
            return value
        return token in allow

    def both():
        nonlocal place
        value = term()
        while place < len(tokens) and tokens[place] == "AND":
            place += 1
            value = term() and value
        return value

    def either():
        nonlocal place
        value = both()
        while place < len(tokens) and tokens[place] in ("OR", "/"):
            place += 1
            value = both() or value
        return value

    return either() and place == len(tokens)


def main():
    allow = set(tomllib.loads((ROOT / "deny.toml").read_text())["licenses"]["allow"])
    told = subprocess.run(["cargo", "metadata", "--format-version", "1", "--all-features"], cwd=ROOT, check=True, capture_output=True, text=True)
    packages = json.loads(told.stdout)["packages"]
    bad = [f"{p['name']} {p['version']}: licence {p['license']}" for p in packages if not allowed(p["license"] or "", allow)]
    bad += [f"{p['name']}: from {p['source']}" for p in packages if p["source"] and not p["source"].startswith("registry+")]
    print("\n".join(bad + [f"{len(packages)} crates, {len(bad)} against deny.toml"]))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    assert allowed("(MIT OR GPL-3.0) AND Zlib", {"MIT", "Zlib"})
    assert not allowed("MIT AND GPL-3.0", {"MIT"})
    assert allowed("GPL-3.0 OR MIT", {"MIT"})
    main()

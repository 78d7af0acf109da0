"""A bare Typst compile of a template with an edition's results, as PDF/UA-1 and PDF/A-3a with the
bundled fonts only: what `metas run` is measured against when it typesets. Prints milliseconds.

    python3 typeset.py TEMPLATE EDITION INPUTS report|slides FONTS      (pip install typst pillow)
"""

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

import typst
from PIL import Image


def prepare(folder: Path, template: Path, edition: Path, inputs: Path) -> None:
    shutil.copytree(template, folder, dirs_exist_ok=True)
    shutil.copytree(edition / "data", folder / "data", dirs_exist_ok=True)
    shutil.copy(edition / "results.json", folder)
    results = json.loads((edition / "results.json").read_text(encoding="utf-8"))
    # Photos stand in the edition's documents only: as large ones take their place.
    for activity in results["activities"]:
        if activity["photo"]:
            photo = folder / activity["photo"]
            photo.parent.mkdir(parents=True, exist_ok=True)
            sent = next(inputs.rglob("*.jpg"), None)
            picture = Image.open(sent).convert("RGB") if sent else Image.new("RGB", (1600, 1200))
            picture.thumbnail((1600, 1600))
            picture.save(photo, "JPEG")


def main() -> None:
    template, edition, inputs = (Path(argument) for argument in sys.argv[1:4])
    document, fonts = sys.argv[4:6]
    with tempfile.TemporaryDirectory() as room:
        folder = Path(room) / "template"
        prepare(folder, template, edition, inputs)
        begun = time.perf_counter()
        typst.compile(
            str(folder / f"{document}.typ"), output=str(folder / "out.pdf"), root=str(folder), font_paths=[fonts],
            ignore_system_fonts=True, pdf_standards=["ua-1", "a-3a"],
        )
        print(f"{(time.perf_counter() - begun) * 1000:.1f}")


if __name__ == "__main__":
    main()

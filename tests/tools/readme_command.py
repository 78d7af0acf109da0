#!/usr/bin/env python3
"""Prints the N-th command of a README, so that CI runs what newcomers are told to type.

    python3 tests/tools/readme_command.py README.md 2
"""

import re
import sys
from pathlib import Path

blocks = re.findall(r"^```sh\n(.*?)^```", Path(sys.argv[1]).read_text(encoding="utf-8"), re.M | re.S)
commands = [line for block in blocks for line in block.splitlines() if line.strip()]
print(commands[int(sys.argv[2]) - 1])

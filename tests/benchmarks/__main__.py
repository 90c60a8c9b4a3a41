"""Runs the benchmarks: one line a figure, and always exit code 0."""

from __future__ import annotations

import argparse
import importlib.util
import sys
import traceback
from pathlib import Path

GROUPS = ("live", "vision", "wall", "panels", "labeling", "training", "thresholds", "alarms", "known")


def main() -> int:
    """Print the figures of all groups, or of one; a group not there yet is left out."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--only", choices=GROUPS)
    parser.add_argument("--data", type=Path, help="folder of real manifests")
    options = parser.parse_args()
    for group in [options.only] if options.only else GROUPS:
        name = f"tests.benchmarks.bench_{group}"
        if importlib.util.find_spec(name) is None:
            continue
        try:
            for figure in importlib.import_module(name).figures(options.data):
                print(figure.line(group), flush=True)
        except Exception:  # noqa: BLE001 a group that fails must not hide the others
            traceback.print_exc()
            print(f"{group}: failed, see above", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

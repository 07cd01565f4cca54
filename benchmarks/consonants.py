"""Lengths of sung consonants by manner, from labelled singing: where the table in ``pipeline/phones.py`` comes from.

    python benchmarks/consonants.py [LABELS ...]

By default the labels of PJS 001 to 005 in ../shared/data/pjs (one male singer, Japanese). They look partly made by
rule, so these are a labeller's convention as much as a singer's habit.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
from statistics import median

from pipeline import inventory, lyrics


def main() -> None:
    """Print the median length of each manner."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    folder = Path(__file__).parents[2] / "shared" / "data" / "pjs"
    default = [folder / f"pjs{number:03}.lab" for number in range(1, 6)]
    parser.add_argument("labels", type=Path, nargs="*", default=default)
    phones = inventory.Inventory()
    lengths: dict[str, list[float]] = defaultdict(list)
    for file in parser.parse_args().labels:
        for segment in lyrics.read(file).of("phone"):
            lengths[phones.manners[phones.find(segment.text, "ja")[0]]].append(segment.end - segment.start)
    for manner, seconds in sorted(lengths.items()):
        if manner not in ("mark", "vowel"):
            print(f"{manner:10} {median(seconds):.3f} s  (n = {len(seconds)})")


if __name__ == "__main__":
    main()

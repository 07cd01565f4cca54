"""English G2P beside the real g2p-en 2.1.0 with the same dictionary: lines that differ, and the speed of both.

    python benchmarks/g2p.py [TEXT ...] [--lines N]

Without texts, N lines of seven words are drawn from CMUdict and one word in twenty is made up (seeded, so that two runs
compare the same); with texts, their first N lines are taken. Lines that hold a homograph are left out: the real one
needs its tagger there. Needs nltk and inflect (``pip install -e '.[dev]'``); nothing is downloaded. One thread.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
sys.path.insert(0, str(Path(__file__).parents[1]))  # for tests.g2p_real

from pipeline.g2p import english, lexicon  # noqa: E402
from tests import g2p_real  # noqa: E402


def main() -> None:
    """Print how many lines differ, and how long each took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("texts", type=Path, nargs="*")
    parser.add_argument("--lines", type=int, default=5000)
    arguments = parser.parse_args()
    words = lexicon.read("en")
    lines = _read(arguments.texts) if arguments.texts else _drawn(sorted(words), arguments.lines)
    with tempfile.TemporaryDirectory() as folder:
        began = time.process_time()
        real = g2p_real.build(Path(folder), words)
        start_real = time.process_time() - began
        lines = [line for line in lines[: arguments.lines] if not real.homographs & set(english.tokens(line) or ())]
        began = time.process_time()
        theirs = [[label for word in real.phones(line) for label in word] for line in lines]
        took_real = time.process_time() - began
    began = time.process_time()
    member = english.English()
    member.phonemize(["love"])
    start_ours = time.process_time() - began
    began = time.process_time()
    ours = [[label for word in member.phonemize(line.split()) for label in word.phones] for line in lines]
    took_ours = time.process_time() - began
    differ = sum(a != b for a, b in zip(ours, theirs, strict=True))
    print(f"{len(lines)} lines, {sum(len(line.split()) for line in lines)} words; {differ} lines differ")
    print(f"{'':8}{'start':>8}{'lines/s':>10}   (seconds of one core)")
    print(f"{'g2p-en':8}{start_real:7.2f}s{len(lines) / took_real:10.0f}")
    print(f"{'ours':8}{start_ours:7.2f}s{len(lines) / took_ours:10.0f}   {took_real / took_ours:.1f} times")


def _drawn(words: list[str], n: int) -> list[str]:
    rng = random.Random(0)
    plain = [word for word in words if word.isalpha()]

    def word() -> str:
        if rng.random() < 0.05:
            return "".join(rng.choice("aeioubcdfghklmnprstvwyz") for _ in range(rng.randint(3, 10)))
        return rng.choice(plain)

    return [" ".join(word() for _ in range(7)) for _ in range(n)]


def _read(paths: list[Path]) -> list[str]:
    texts = (path.read_text(encoding="utf-8", errors="replace").replace("’", "'") for path in paths)
    return [line for text in texts for line in text.splitlines() if line.strip()]


if __name__ == "__main__":
    main()

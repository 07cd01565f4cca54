"""``python -m pipeline`` is the command ``songvec``."""

from pipeline.cli import main

main()

"""The README does what it says: its commands run, its snippets run, and what they print is what stands there."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import config

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"[-+]?\d+\.\d+")


def blocks(kind: str) -> list[str]:
    """The fenced blocks of one kind, in order."""
    return re.findall(rf"^```{kind}\n(.*?)^```", TEXT, flags=re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks like a checkout after ``make demo``."""
    folder = tmp_path_factory.mktemp("readme")
    for name in ("data", "configs"):
        shutil.copytree(ROOT / name, folder / name)
    run("songvec demo --out out/demo", folder)
    return folder


def run(command: str, folder: Path) -> str:
    """What a command prints, both streams; its exit code must be 0."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=folder,
        shell=True,
        env={**os.environ, "PATH": path, "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


def test_every_command_runs_and_prints_what_the_readme_says(checkout: Path) -> None:
    ran = 0
    for block in blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, expected = part.partition("\n")
            printed = run(command, checkout)
            ran += 1
            for line in expected.splitlines():
                assert line.rstrip() in [found.rstrip() for found in printed.splitlines()], f"{command}\n{printed}"
    assert ran >= 7


def test_every_setting_that_it_names_is_one() -> None:
    found = [shlex.split(part) for part in re.findall(r"`(-s [^`]+)`", TEXT)]
    overrides = [[word for word in words if word != "-s"] for words in found]
    assert len(overrides) >= 8
    for settings in overrides:
        config.load(None, settings, must_exist=False)


def test_every_snippet_runs(checkout: Path) -> None:
    code = "\n".join(blocks("python"))
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=checkout, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert code.count("import ") >= 4


class Rounded(doctest.OutputChecker):
    """Output that agrees but for the last digit of its decimals, which another processor may round otherwise."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        """Whether the text is the same and its decimals are within 0.02."""
        decimals = [[float(number) for number in NUMBER.findall(text)] for text in (want, got)]
        texts = [re.sub(r"\s+", " ", NUMBER.sub("#", text)) for text in (want, got)]
        return texts[0] == texts[1] and decimals[1] == pytest.approx(decimals[0], abs=0.02)


def test_the_rows_that_it_shows_are_real(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(checkout)
    shown = "\n".join(blocks("pycon"))
    test = doctest.DocTestParser().get_doctest(shown, {}, "README.md", "README.md", 0)
    said: list[str] = []
    outcome = doctest.DocTestRunner(checker=Rounded()).run(test, out=said.append)
    assert outcome.attempted >= 3
    assert outcome.failed == 0, "".join(said)


def test_the_make_targets_it_names_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = re.findall(r"^make (\S+)", "\n".join(blocks("sh")), flags=re.MULTILINE)
    assert named == ["demo", "test"]
    for target in named:
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)


def test_the_manifest_it_shows_can_be_read(tmp_path: Path) -> None:
    from pipeline import manifest

    (block,) = blocks("csv")
    path = tmp_path / "songs.csv"
    path.write_text(block, encoding="utf-8")
    read = manifest.read(path)
    assert [song.id for song in read.songs] == ["grace/1", "grace/2"]
    assert read.songs[0].end == 48.0
    assert read.meta_types == {"singer": "string"}


def test_every_file_it_links_to_is_there() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", TEXT) if "://" not in link]
    assert links
    for link in links:
        assert (ROOT / link).exists(), link

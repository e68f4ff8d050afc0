from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
RUN = "pip install -r requirements.txt && catguard up"
TEST = "pip install -r requirements-dev.txt && pytest"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with nothing but the README and the check."""
    shutil.copy(ROOT / "README.md", tmp_path)
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    return tmp_path


def shown(checkout: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", str(checkout / ".ci" / "run"), "--show"], capture_output=True, text=True, check=False, timeout=20
    )


def edit(readme: Path, old: str, new: str) -> None:
    text = readme.read_text()
    assert old in text
    readme.write_text(text.replace(old, new))


@pytest.mark.parametrize("line", [RUN, TEST])
def test_readme_first_screen_has_the_line(line: str) -> None:
    screen = (ROOT / "README.md").read_text().splitlines()[:40]
    assert [written.strip() for written in screen].count(line) == 1


def test_check_runs_the_lines_of_the_readme(checkout: Path) -> None:
    assert shown(checkout).stdout.splitlines() == [TEST, RUN]


def test_check_follows_the_readme(checkout: Path) -> None:
    edit(checkout / "README.md", TEST, "pip install -r elsewhere.txt && pytest")
    assert shown(checkout).stdout.splitlines() == ["pip install -r elsewhere.txt && pytest", RUN]


@pytest.mark.parametrize("line", [RUN, TEST])
def test_check_without_a_line_in_the_first_screen_ends(checkout: Path, line: str) -> None:
    edit(checkout / "README.md", f"    {line}\n", "")
    with (checkout / "README.md").open("a") as readme:
        readme.write("\n" * 40 + f"    {line}\n")
    ended = shown(checkout)
    assert ended.returncode != 0
    assert "its first 40 lines must hold one line" in ended.stderr


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_named_in_the_readme_exist(name: str) -> None:
    assert (ROOT / name).is_file()


def test_constraints_are_names_and_versions_only() -> None:
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        name, separator, version = line.partition("==")
        assert separator, line
        assert name.replace("-", "").replace("_", "").replace(".", "").isalnum(), line
        assert version[0].isdigit(), line


@pytest.mark.parametrize("project", [".", "plugins/frontend", "plugins/catomatic", "plugins/store"])
def test_requirements_install_the_project(project: str) -> None:
    assert f"-e {project}" in (ROOT / "requirements.txt").read_text().replace("-e ./", "-e ").replace("[host]", "")


def test_requirements_are_constrained() -> None:
    assert (ROOT / "requirements.txt").read_text().splitlines()[0] == "-c constraints.txt"
    assert (ROOT / "requirements-dev.txt").read_text().splitlines()[0] == "-r requirements.txt"

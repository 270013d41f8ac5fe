import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
README = (ROOT / "README.md").read_text()


def pinned():
    lines = (ROOT / "binder" / "constraints.txt").read_text().splitlines()
    requirements = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(requirement.name): requirement.specifier for requirement in requirements}


def asked_for():
    project = PROJECT["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    return [Requirement(line) for line in (*project["dependencies"], *extras)]


def test_every_notebook_travels_in_the_wheel_with_the_pictures_that_it_shows():
    packaged = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    shown = {name for path in notebooks for name in re.findall(r"\]\((images/[\w.-]+)\)", path.read_text())}
    assert shown
    assert packaged == {
        f"notebooks/{name}": f"pochade/notebooks/{name}" for name in [p.name for p in notebooks] + [*shown]
    }


def test_dependencies_are_lower_bounds_and_the_constraints_choose_within_them():
    versions = pinned()
    for requirement in asked_for():
        assert [part.operator for part in requirement.specifier] == [">="], requirement
        exact = [part for part in versions[canonicalize_name(requirement.name)] if part.operator == "=="]
        assert len(exact) == 1, requirement
        assert requirement.specifier.contains(exact[0].version), requirement


def test_what_builds_the_wheel_is_pinned_and_the_hook_asks_for_the_same():
    required = PROJECT["build-system"]["requires"]
    assert all("==" in line for line in required)
    assert set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["jupyter-builder"]["dependencies"]) < set(
        required
    )


def test_the_readmes_picture_of_the_house_names_every_room():
    house = README.partition("## How it is built")[2].partition("## Limits")[0]
    named = set(re.findall(r"^      (\w+(?:\.py|/))", house, re.MULTILINE))
    source = ROOT / "src" / "pochade"
    rooms = {path.name for path in source.glob("*.py")} - {"__main__.py"}
    rooms |= {f"{path.parent.name}/" for path in source.glob("*/__init__.py")}
    assert named == rooms


def test_the_readme_shows_a_picture_that_exists():
    for path in re.findall(r"!\[[^]]*\]\(([^)]+)\)", README):
        assert (ROOT / path).is_file(), path

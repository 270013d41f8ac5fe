"""Names lead to models, and a licence that forbids something is told."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pochade.engine import models as module
from pochade.engine.catalogue import CATALOGUE
from pochade.engine.families import FAMILIES
from pochade.engine.models import (
    ALIASES,
    MINIATURE,
    default_device,
    find_model,
    info_of,
    licence_note,
    models,
    resembling,
    revision_of,
)
from pochade.errors import ModelError

PROMISED = {
    *("miniature", "klein-4b", "klein-9b", "klein-9b-kv", "flux2-dev", "kontext", "flux-fill", "flux-dev"),
    *("flux-schnell", "qwen-image", "qwen-image-edit", "qwen-image-layered", "qwen-image-21", "z-image"),
    *("z-image-turbo", "glm-image", "longcat-image", "longcat-image-edit", "sdxl", "sdxl-turbo", "sd15", "sd-turbo"),
    *("sd3-medium", "chroma", "sana"),
}


@pytest.fixture(autouse=True)
def untold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was said about any licence yet."""
    monkeypatch.setattr(module, "_told", set())


def test_every_name_that_was_promised_is_there_once() -> None:
    names = [row.alias for row in models()]
    assert set(names) >= PROMISED
    assert len(set(names)) == len(names)
    assert len({row.hub for row in models()}) == len(names)


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.alias)
def test_a_row_pins_its_weights_and_says_what_they_need(row: module.ModelInfo) -> None:
    assert (row.hub == "") == (row.alias == MINIATURE)
    assert row.alias == MINIATURE or re.fullmatch(r"[0-9a-f]{40}", row.revision or "")
    assert row.licence
    assert 2 * row.parameters < row.memory < 2 * row.parameters * 1.2 + 4  # bfloat16, and room to work
    assert 0 < row.least <= row.memory


def test_the_miniature_is_as_large_as_its_files_say() -> None:
    from pochade.engine.needs import need

    folder = find_model(None)
    assert isinstance(folder, Path)
    counted = need(folder, "bfloat16", pixels=256 * 256)
    assert models()[0].parameters * 2e9 == pytest.approx(counted.total, rel=0.01)


def test_the_table_reads_the_same_every_time_and_as_html() -> None:
    table = repr(models())
    assert table == repr(models())
    lines = table.splitlines()
    assert len(lines) == 1 + len(CATALOGUE)
    assert lines[0].split()[:2] == ["alias", "family"]
    assert re.search(r"^klein-4b +FLUX\.2 klein +8\.0 B .*Apache-2\.0 +yes .*e7b7dc2$", table, re.MULTILINE)
    shown = models()._repr_html_()
    assert shown.count("<tr>") == 1 + len(CATALOGUE)
    assert "<td>klein-4b</td>" in shown


def test_models_are_listed_without_torch() -> None:
    program = "import sys; from pochade.engine.models import models; repr(models()); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_an_alias_is_spelled_out_and_a_hub_name_is_kept() -> None:
    assert find_model("klein-4b") == "black-forest-labs/FLUX.2-klein-4B"
    assert find_model("owner/name") == "owner/name"
    assert find_model("owner/name@v1.0") == "owner/name@v1.0"


def test_a_folder_goes_before_a_name(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tiny_model.parent)
    assert find_model("tiny") == tiny_model.resolve()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("klein4b", "klein-4b"),
        ("Z-Image-Turbo", "z-image-turbo"),
        ("qwen_image", "qwen-image"),
        ("minature", MINIATURE),
    ],
)
def test_a_name_that_is_nearly_right_brings_up_the_right_one(name: str, meant: str) -> None:
    with pytest.raises(ModelError, match=rf"no model at '{name}'\. Did you mean '{meant}'\?.*model_index\.json"):
        find_model(name)


def test_a_name_like_no_other_is_only_refused() -> None:
    assert resembling("xyzzy") is None
    with pytest.raises(ModelError, match=r"no model at .*\. Give the folder"):
        find_model("xyzzy")


def test_a_known_repository_is_fetched_at_its_pinned_revision() -> None:
    hub = ALIASES["klein-4b"]
    assert revision_of(hub) == (hub, "e7b7dc27f91deacad38e78976d1f2b499d76a294")
    assert revision_of(f"{hub}@main") == (hub, "main")
    assert revision_of("owner/name") == ("owner/name", None)
    assert revision_of("owner/name@v2") == ("owner/name", "v2")


def test_a_licence_that_forbids_business_is_told_once() -> None:
    note = licence_note("klein-9b")
    assert note is not None
    assert "may not be used commercially" in note
    assert "https://huggingface.co/black-forest-labs/FLUX.2-klein-9B" in note
    assert licence_note("klein-9b") is None
    assert licence_note("black-forest-labs/FLUX.2-klein-9B") is None


def test_a_licence_with_conditions_says_so_and_a_free_one_says_nothing() -> None:
    assert "conditions" in (licence_note("stabilityai/sdxl-turbo") or "")
    assert licence_note("klein-4b") is licence_note(None) is licence_note("owner/name") is None


def test_a_model_in_the_hubs_cache_is_recognised(tmp_path: Path) -> None:
    folder = tmp_path / "hub" / "models--black-forest-labs--FLUX.2-dev" / "snapshots" / "0123"
    known = info_of(folder)
    assert known is not None
    assert known.alias == "flux2-dev"
    assert info_of(tmp_path) is None


def test_the_miniature_stays_on_the_cpu() -> None:
    assert default_device(None) == default_device(MINIATURE) == "cpu"


def test_every_model_of_the_catalogue_is_of_a_family_that_runs() -> None:
    assert {row.family for row in CATALOGUE} <= {family.name for family in FAMILIES}

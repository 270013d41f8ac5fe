"""What a model needs is told from headers alone, and the level that follows is the first that fits."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pochade.engine import memory
from pochade.engine.memory import GB, Plan, There, at_once, check, choose, lower, plan, there_is
from pochade.engine.needs import LEVELS, Need, kept_whole, need
from pochade.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

PIXELS = 1024 * 1024
PLENTY = There(512 * GB, 512 * GB)
KLEIN = Need.estimated(
    {"transformer": 7_750_000_000, "text_encoder": 8_040_000_000, "vae": 168_000_000}, pixels=PIXELS, itemsize=2
)


@pytest.fixture
def without_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "find_spec", lambda _name: None)


@pytest.fixture
def with_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "find_spec", lambda name: name)


def chosen(gigabytes: float, asked: str = "auto", main: There = PLENTY, device: str = "cuda:0") -> Plan:
    there = There(int(gigabytes * GB), int(gigabytes * GB))
    return choose(KLEIN, there, main if device != "cpu" else there, device, "bfloat16", name="klein-4b", asked=asked)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_weights_are_counted_as_they_will_lie_in_memory(tiny_model: Path, dtype: str) -> None:
    import diffusers
    import torch
    import transformers

    counted = need(tiny_model, dtype, pixels=64 * 64).weights
    kind = getattr(torch, dtype)
    loaded = {
        "transformer": diffusers.Flux2Transformer2DModel.from_pretrained(tiny_model / "transformer", dtype=kind),
        "vae": diffusers.AutoencoderKLFlux2.from_pretrained(tiny_model / "vae", dtype=kind),
        "text_encoder": transformers.Qwen3ForCausalLM.from_pretrained(tiny_model / "text_encoder", dtype=kind),
    }
    assert counted == {part: bytes_of(model) for part, model in loaded.items()}


def bytes_of(model: object) -> int:
    states = model.state_dict(keep_vars=True).values()  # type: ignore[attr-defined]
    return sum(tensor.nbytes for tensor in {id(tensor): tensor for tensor in states}.values())


def test_counting_reads_no_weights_and_needs_no_torch(tiny_model: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from pochade.engine.memory import plan\n"
        "plan(Path(sys.argv[1]), 'cpu', 'float32', name='tiny', pixels=4096); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program, str(tiny_model)], check=False).returncode == 0


def test_a_damaged_file_is_named_before_anything_is_loaded(tiny_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(tiny_model, folder)
    path = folder / "text_encoder" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(ModelError, match=r"model\.safetensors is damaged: 5 bytes are missing"):
        plan(folder, "cpu", "float32", name="tiny", pixels=4096)


def test_working_memory_follows_the_width_of_the_vae(tiny_model: Path) -> None:
    wanted = need(tiny_model, "float32", pixels=64 * 64)
    assert wanted.per_pixel == int(3.5 * 8)  # the tiny VAE is 8 wide at its last level but one
    assert wanted.working == 64 * 64 * 300 * 4  # so that a step of the transformer counts more
    assert wanted.working_for(128 * 128) == 4 * wanted.working
    assert wanted.working_for(64 * 64, references=3) == 4 * wanted.working


@pytest.mark.usefixtures("without_libraries")
@pytest.mark.parametrize(
    ("gigabytes", "level", "waiting"), [(24, "full", False), (12, "model", True), (6, "group", True)]
)
def test_the_first_level_that_fits_is_taken(gigabytes: float, level: str, waiting: bool) -> None:  # noqa: FBT001
    taken = chosen(gigabytes)
    assert (taken.level, taken.waiting) == (level, waiting)
    assert f"{gigabytes:.1f} of {gigabytes:.1f} GB" in taken.sentence.replace(" GB of", " of")
    assert (taken.note is None) == (level == "full")


@pytest.mark.usefixtures("without_libraries")
def test_little_main_memory_keeps_shortened_weights_on_the_card() -> None:
    taken = chosen(14, main=There(12 * GB, 13 * GB))  # a card with room, and hardly any main memory
    assert (taken.level, taken.waiting) == ("fp8", False)


@pytest.mark.usefixtures("with_libraries")
def test_quantising_is_the_last_resort() -> None:
    taken = chosen(9, main=There(10 * GB, 10 * GB))
    assert (taken.level, taken.library) == ("quantised", "bitsandbytes")


def test_each_level_needs_less_of_the_card_than_the_one_above() -> None:
    sizes = [KLEIN.device(level) for level in ("full", "model", "group")]
    assert sizes == sorted(sizes, reverse=True)
    assert KLEIN.device("fp8", waiting=True) < KLEIN.device("fp8") < KLEIN.device("full")
    assert KLEIN.device("quantised", library="bitsandbytes") < KLEIN.device("quantised", library="torchao")
    assert KLEIN.host("fp8", waiting=True) < KLEIN.host("group") + KLEIN.largest


@pytest.mark.usefixtures("without_libraries")
def test_too_little_says_what_is_needed_what_there_is_and_what_helps() -> None:
    with pytest.raises(
        ModelError,
        match=r"klein-4b needs about \d+\.\d GB on cuda:0 \(16\.0 GB of weights in bfloat16\); 2\.0 GB of 2\.0 GB are "
        r"free.*even with memory='group' it needs \d\.\d GB.*main memory.*smaller picture.*force it",
    ):
        chosen(2)


@pytest.mark.usefixtures("without_libraries")
def test_too_little_names_who_holds_the_rest() -> None:
    with pytest.raises(ModelError, match=r"it needs .*free\. The kernel of cats\.ipynb .* down\. Close other"):
        choose(
            KLEIN, There(2 * GB, 24 * GB), PLENTY, "cuda:0", "bfloat16", name="klein-4b",
            holders="The kernel of cats.ipynb (process 1) holds klein-4b, 9.0 GB: shut that kernel down. ",
        )  # fmt: skip


@pytest.mark.usefixtures("without_libraries")
def test_a_note_names_who_holds_what_would_have_been_enough() -> None:
    other = "The kernel of cats.ipynb (process 1) holds sdxl, 9.0 GB: shut that kernel down. "
    for free, said in ((24, False), (12, True)):
        there = There(free * GB, 24 * GB)
        taken = choose(KLEIN, there, PLENTY, "cuda:0", "bfloat16", name="klein-4b", holders=other)
        assert (other.strip() in (taken.note or "")) == said


@pytest.mark.usefixtures("without_libraries")
def test_on_the_cpu_only_what_makes_sense_there_is_tried() -> None:
    assert chosen(24, device="cpu").level == "full"
    assert chosen(17, device="cpu").level == "fp8"
    with pytest.raises(ModelError, match="even with memory='fp8'"):
        chosen(8, device="cpu")
    for asked in ("model", "group"):
        with pytest.raises(ModelError, match=rf"memory='{asked}' moves weights .* on the CPU there is nothing to move"):
            check(asked, "cpu")


@pytest.mark.usefixtures("with_libraries")
@pytest.mark.parametrize("asked", LEVELS)
def test_every_level_can_be_forced(asked: str) -> None:
    check(asked, "cuda:0")
    assert chosen(24, asked=asked).level == asked


def test_a_forced_level_is_refused_only_where_its_weights_cannot_lie() -> None:
    assert chosen(16.9, asked="full").level == "full"  # the weights fit; what is beside them is an estimate
    with pytest.raises(ModelError, match="not enough memory"):
        chosen(10, asked="full")


@pytest.mark.usefixtures("without_libraries")
def test_an_unknown_level_lists_the_known_and_a_missing_library_is_named() -> None:
    with pytest.raises(
        ModelError, match=r"no memory='tiny'\. Use 'auto', 'full', 'model', 'group', 'fp8', 'quantised'"
    ):
        check("tiny", "cuda:0")
    with pytest.raises(ModelError, match=r"needs bitsandbytes or torchao, .*pip install bitsandbytes"):
        check("quantised", "cuda:0")
    with pytest.raises(ModelError, match=r"needs torchao, which is not installed"):
        check("quantised", "cpu")


@pytest.mark.usefixtures("without_libraries")
def test_levels_go_down_as_far_as_they_can() -> None:
    now = chosen(24)
    seen = [now.level]
    while (level := lower(now)) is not None:
        now = Plan(level, now.device, now.dtype, waiting=True, library="", sentence="")
        seen.append(level)
    assert seen == ["full", "model", "group", "fp8"]
    assert lower(chosen(17, device="cpu")) is None


def test_as_many_pictures_are_painted_at_once_as_fit() -> None:
    each = KLEIN.working_for(PIXELS)
    assert at_once(KLEIN, 10 * each, 4, PIXELS) == 4
    assert at_once(KLEIN, int(2.5 * each), 4, PIXELS) == 2
    assert at_once(KLEIN, 0, 4, PIXELS) == 1


def test_the_cpu_has_memory() -> None:
    there = there_is("cpu")
    assert 0 < there.free <= there.total


@pytest.mark.parametrize(
    ("part", "name", "kept"),
    [
        ("vae", "decoder.conv_in.weight", True),
        ("text_encoder", "model.embed_tokens.weight", True),
        ("text_encoder", "model.layers.0.mlp.up_proj.weight", False),
        ("text_encoder_2", "encoder.block.0.layer.1.DenseReluDense.wo.weight", True),
        ("transformer", "transformer_blocks.0.attn.to_q.weight", False),
        ("transformer", "norm_out.linear.weight", True),
    ],
)
def test_what_steers_everything_keeps_its_precision(part: str, name: str, kept: bool) -> None:  # noqa: FBT001
    assert kept_whole(part, name) == kept

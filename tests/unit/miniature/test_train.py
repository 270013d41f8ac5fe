"""Training really trains, resumes, and stops on nonsense; the saved folder is an ordinary diffusers folder."""

import json
from dataclasses import replace

import pytest
import torch
from diffusers import Flux2KleinPipeline
from safetensors.torch import load_file

from pochade.miniature import train
from pochade.miniature.vocabulary import NAMES

# Under autocast the transformer's norms keep float32 weights on purpose; torch remarks on it once a process.
pytestmark = pytest.mark.filterwarnings("ignore:Mismatch dtype between input and weight")

BRIEF = replace(train.PRESETS["tiny"], decoder_seconds=6, base_seconds=8, finish_seconds=2)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of every stage, seconds long."""
    out = tmp_path_factory.mktemp("run")
    for stage in (train.prepare, train.train_decoder, train.train_base, train.finish):
        stage(out, BRIEF)
    train.save(out, BRIEF, out / "model")
    return out


def test_a_saved_run_paints_by_the_plain_pipeline_call(run):
    pipe = Flux2KleinPipeline.from_pretrained(run / "model", dtype=torch.float32, local_files_only=True)
    card = json.loads((run / "model" / "card.json").read_text())
    width, height = card["size"]["default"]
    image = pipe(prompt="a cat", width=width, height=height, **card["call"]).images[0]
    assert image.size == (128, 128)
    assert card["vocabulary"]["things"] == list(NAMES)


def test_the_saved_folder_does_not_tell_where_it_was_made(run):
    texts = [path.read_text() for path in (run / "model").rglob("*.json")]
    assert texts
    assert not any(str(run) in text for text in texts)


def test_training_can_go_on_from_a_saved_model(run, tmp_path):
    train.unpack(run / "model", tmp_path)
    before = Flux2KleinPipeline.from_pretrained(run / "model", dtype=torch.float32, local_files_only=True)
    again = train.assemble(tmp_path, BRIEF)
    for part in ("transformer", "text_encoder", "vae"):
        weights = getattr(again, part).state_dict()
        assert all(torch.equal(value, weights[name]) for name, value in getattr(before, part).state_dict().items())
    train.train_base(tmp_path, replace(BRIEF, base_seconds=2))
    moved = train.assemble(tmp_path, BRIEF).transformer.state_dict()
    assert any(not torch.equal(value, moved[name]) for name, value in before.transformer.state_dict().items())


def test_no_shard_is_larger_than_fifteen_megabytes(run):
    assert all(f.stat().st_size <= 15_000_000 for f in (run / "model").rglob("*.safetensors"))


def test_training_changes_every_part_it_should_and_not_the_encoder(run):
    fresh = train.model.build_transformer(BRIEF.shape).state_dict()
    trained = load_file(run / "base.safetensors")
    assert trained["transformer.proj_out.weight"].abs().sum() > 0
    assert trained.keys() >= {"transformer." + name for name in fresh}
    before, after = (load_file(path / "vae" / "diffusion_pytorch_model.safetensors") for path in (run, run / "model"))
    encoder = [name for name in before if name.startswith("encoder.")]
    assert all(torch.equal(before[name].bfloat16(), after[name]) for name in encoder)
    assert any(not torch.equal(before[name].bfloat16(), after[name]) for name in before if name.startswith("decoder."))


def test_a_stage_that_is_started_again_goes_on_where_it_stopped(tmp_path):
    clock = train.Clock(tmp_path, "base", 100)
    (tmp_path / "base.jsonl").write_text(json.dumps({"step": 41, "seconds": 60.0}) + "\n")
    again = train.Clock(tmp_path, "base", 100)
    assert clock.steps == 0
    assert again.steps == 41
    assert 0.6 <= again.part < 0.7


def test_a_loss_that_is_not_finite_stops_training_and_keeps_the_last_weights(run, monkeypatch):
    kept = (run / "base.safetensors").read_bytes()
    monkeypatch.setattr(train, "noise_levels", lambda count, device: torch.full((count,), float("nan"), device=device))
    (run / "base.jsonl").unlink(missing_ok=True)
    with pytest.raises(FloatingPointError, match="last good weights"):
        train.train_base(run, BRIEF)
    assert (run / "base.safetensors").read_bytes() == kept


def test_the_schedule_warms_up_holds_and_ends_at_nothing(tmp_path):
    clock = train.Clock(tmp_path, "x", 1000)
    shares = []
    for spent in (0, 10, 500, 900, 1000):
        clock._spent = float(spent)
        shares.append(round(clock.schedule(warm=0.02, decay=0.2), 2))
    assert shares == [0.0, 0.5, 1.0, 0.5, 0.0]

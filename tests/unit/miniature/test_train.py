"""Training really trains, resumes, and stops on nonsense; the saved folder is an ordinary diffusers folder."""

import json
import math
import re
import shutil
import sys
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch
from diffusers import Flux2KleinPipeline
from safetensors.torch import load_file
from transformers import Qwen2TokenizerFast

from pochade import miniature
from pochade.errors import ModelError, RequestError
from pochade.miniature import train, world
from pochade.miniature.reach import SMALL
from pochade.miniature.training import driver, pace, presets, release, run, samples
from pochade.miniature.training.distil import Exam
from pochade.miniature.words import tokens

# Under autocast the transformer's norms keep float32 weights on purpose; torch remarks on it once a process.
pytestmark = pytest.mark.filterwarnings("ignore:Mismatch dtype between input and weight")

BRIEF = replace(presets.PRESETS["tiny"], vae_seconds=3, base_seconds=4, distil_seconds=2, finish_seconds=1)


@pytest.fixture(scope="module")
def words():
    """A tokenizer of the preset's size, learnt from few prompts."""
    return tokens.build_tokenizer(islice(samples.prompts(1, SMALL), 2000), BRIEF.shape.merges)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, words):
    """A run of every stage, seconds long."""
    out = tmp_path_factory.mktemp("run")
    words.save_pretrained(out / "tokenizer")
    for stage in ("vae", "base", "finish"):
        train.run(stage, out, BRIEF)
    train.run("save", out, BRIEF)
    return out


@pytest.fixture
def model(whole, tmp_path):
    """A copy of what the run saved, to be damaged."""
    return shutil.copytree(whole / "model", tmp_path / "model")


def test_a_saved_run_paints_by_the_plain_pipeline_call(whole):
    pipe = Flux2KleinPipeline.from_pretrained(whole / "model", dtype=torch.float32, local_files_only=True)
    card = json.loads((whole / "model" / "card.json").read_text())
    width, height = card["size"]["default"]
    image = pipe(prompt="a cat", width=width, height=height, **card["call"]).images[0]
    assert image.size == (128, 128)
    assert card["vocabulary"]["things"] == list(SMALL.names)
    assert {"cat", "猫"} <= set(card["vocabulary"]["words"])


def test_the_card_says_which_part_of_the_world_was_trained(whole):
    card = json.loads((whole / "model" / "card.json").read_text())
    assert type(SMALL).from_card(card) == SMALL


def test_the_saved_folder_does_not_tell_where_it_was_made(whole):
    texts = [path.read_text() for path in (whole / "model").rglob("*.json")]
    assert texts
    assert not any(str(whole) in text for text in texts)


def test_training_can_go_on_from_a_saved_model(whole, words, tmp_path, monkeypatch):
    monkeypatch.setattr(train, "learn_words", lambda _: words)  # which take longer to learn than all the rest
    train.begin(tmp_path, BRIEF, whole / "model")
    before = Flux2KleinPipeline.from_pretrained(whole / "model", dtype=torch.float32, local_files_only=True)
    again = release.assemble(tmp_path, BRIEF)
    for part in ("transformer", "vae"):
        weights = getattr(again, part).state_dict()
        assert all(torch.equal(value, weights[name]) for name, value in getattr(before, part).state_dict().items())
    train.train_base(tmp_path, replace(BRIEF, base_seconds=2))
    moved = release.assemble(tmp_path, BRIEF).transformer.state_dict()
    assert any(not torch.equal(value, moved[name]) for name, value in before.transformer.state_dict().items())


def test_a_run_that_has_weights_of_its_own_does_not_begin_again(whole, tmp_path):
    release.unpack(whole / "model", tmp_path, BRIEF)
    pace.write(tmp_path / "base-last.safetensors", {"own": torch.ones(1)})
    train.begin(tmp_path, BRIEF, whole / "model")
    assert load_file(tmp_path / "base-last.safetensors").keys() == {"own"}


def test_training_can_go_on_from_another_run(whole, tmp_path):
    release.unpack(whole, tmp_path, BRIEF)
    trained, laid_out = load_file(whole / "base-last.safetensors"), load_file(tmp_path / "base-last.safetensors")
    assert laid_out.keys() == {name for name in trained if not name.startswith("head.")}
    assert all(torch.equal(value, trained[name]) for name, value in laid_out.items())


def test_the_packaged_weights_can_be_gone_on_from(tmp_path, words):
    preset = presets.PRESETS["small"]
    release.unpack(miniature.folder(), tmp_path, preset, words)
    pipe = Flux2KleinPipeline.from_pretrained(miniature.folder(), dtype=torch.float32, local_files_only=True)
    again = release.assemble(tmp_path, preset)
    for name, value in pipe.vae.state_dict().items():
        assert torch.equal(value, again.vae.state_dict()[name]), name
    table = pipe.text_encoder.get_input_embeddings().weight
    grown = again.text_encoder.get_input_embeddings().weight
    old, new = pipe.tokenizer.get_vocab(), words.get_vocab()
    shared = sorted(set(old) & set(new))
    assert len(shared) > 256
    assert torch.equal(grown[[new[token] for token in shared]], table[[old[token] for token in shared]])


def test_a_token_that_is_new_begins_as_the_mean_of_its_pieces():
    old, new = (
        Qwen2TokenizerFast(vocab=vocab, merges=merges, pad_token=tokens.PAD, eos_token=tokens.PAD)
        for vocab, merges in (
            ({tokens.PAD: 0, "a": 1, "b": 2, "c": 3, "ab": 4}, [("a", "b")]),
            ({tokens.PAD: 0, "ab": 1, "abc": 2, "c": 3, "a": 4, "b": 5}, [("a", "b"), ("ab", "c")]),
        )
    )
    rows = torch.randn(5, 3)
    grown = release.grown(rows, old, new)
    assert torch.equal(grown[[0, 1, 3, 4, 5]], rows[[0, 4, 3, 1, 2]])
    assert torch.allclose(grown[2], rows[[4, 3]].mean(0))


def test_no_shard_is_larger_than_fifteen_megabytes(whole):
    assert all(f.stat().st_size <= 15_000_000 for f in (whole / "model").rglob("*.safetensors"))


def test_training_changes_every_part_it_should_and_not_the_encoder(whole):
    fresh = release.untrained(BRIEF, 10).transformer.state_dict()
    trained = load_file(whole / "base.safetensors")
    assert trained["transformer.proj_out.weight"].abs().sum() > 0
    assert trained.keys() >= {"transformer." + name for name in fresh}
    before, after = (load_file(at / "vae" / "diffusion_pytorch_model.safetensors") for at in (whole, whole / "model"))
    encoder = [name for name in before if name.startswith("encoder.")]
    assert all(torch.equal(before[name].bfloat16(), after[name]) for name in encoder)
    assert any(not torch.equal(before[name].bfloat16(), after[name]) for name in before if name.startswith("decoder."))


def test_a_reference_that_the_model_painted_itself_takes_the_last_places(whole):
    maker = run.make_maker(whole, BRIEF, seed=4)
    pipe = release.assemble(whole, BRIEF)
    denoiser = train.Denoiser(pipe.text_encoder, pipe.transformer, BRIEF.shape)
    batch = maker.make("edit", 6)[0]
    mixed = train.with_own(batch, 2, denoiser, pipe.vae.decoder, maker, "1:1")
    for name, part in vars(mixed).items():
        assert torch.equal(part[:4], getattr(batch, name)[:4]), name
        assert part.shape == getattr(batch, name).shape, name
        assert part.dtype == getattr(batch, name).dtype, name
    assert not torch.equal(mixed.source[4:], batch.source[4:])


def test_a_stage_that_is_started_again_goes_on_where_it_stopped(tmp_path):
    clock = pace.Clock(tmp_path, "base", 100)
    (tmp_path / "base.jsonl").write_text(json.dumps({"step": 41, "seconds": 60.0}) + '\n{"step": 4')
    again = pace.Clock(tmp_path, "base", 100)
    assert clock.steps == 0
    assert again.steps == 41
    assert 0.6 <= again.part < 0.7


def test_a_loss_that_is_not_finite_stops_training_and_keeps_the_last_weights(whole, monkeypatch, tmp_path):
    out = shutil.copytree(whole, tmp_path / "run")
    kept = (out / "base.safetensors").read_bytes()
    monkeypatch.setattr(train, "noise_levels", lambda count, device: torch.full((count,), float("nan"), device=device))
    (out / "base.jsonl").unlink(missing_ok=True)
    with pytest.raises(FloatingPointError, match="last good weights"):
        train.train_base(out, BRIEF)
    assert (out / "base.safetensors").read_bytes() == kept


def test_a_gradient_that_is_not_finite_stops_training_and_keeps_the_last_weights(whole, monkeypatch, tmp_path):
    out = shutil.copytree(whole, tmp_path / "run")
    kept = (out / "base-last.safetensors").read_bytes()
    (out / "base.jsonl").unlink(missing_ok=True)

    def spoilt(preset, words):
        denoiser = release.untrained(preset, words)
        denoiser.transformer.proj_out.weight.register_hook(lambda gradient: gradient * float("nan"))
        return denoiser

    monkeypatch.setattr(train, "untrained", spoilt)
    with pytest.raises(FloatingPointError, match="last good weights"):
        train.train_base(out, BRIEF)
    assert (out / "base-last.safetensors").read_bytes() == kept


def test_the_schedule_goes_up_by_steps_holds_and_ends_at_nothing(tmp_path):
    clock = pace.Clock(tmp_path, "x", 1000)
    shares = []
    for spent, steps in ((0, 0), (90, 4), (500, 10), (900, 20), (1000, 30)):
        clock._spent, clock.steps = float(spent), steps
        shares.append(round(clock.schedule(10, decay=0.2), 2))
    assert shares == [0.1, 0.5, 1.0, 0.5, 0.0]


def test_a_missing_shard_is_named(model, tmp_path):
    (shard,) = (model / "transformer").glob("*.safetensors")
    shard.unlink()
    with pytest.raises(ModelError, match=re.escape(str(model / "transformer"))):
        release.unpack(model, tmp_path / "run", BRIEF)


def test_a_damaged_shard_is_named(model, tmp_path):
    (shard,) = (model / "text_encoder").glob("*.safetensors")
    shard.write_bytes(shard.read_bytes()[:-100])
    with pytest.raises(ModelError, match=re.escape(str(shard))):
        release.unpack(model, tmp_path / "run", BRIEF)


def test_a_damaged_file_of_a_run_is_named(whole, tmp_path):
    out = shutil.copytree(whole, tmp_path / "run")
    (out / "base-last.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelError, match=r"base-last\.safetensors is damaged"):
        train.train_base(out, BRIEF)


def test_weights_of_another_version_are_refused(model, tmp_path):
    card = json.loads((model / "card.json").read_text())
    (model / "card.json").write_text(json.dumps(card | {"version": 99}))
    with pytest.raises(ModelError, match="of version 99"):
        release.unpack(model, tmp_path / "run", BRIEF)


def test_weights_of_another_preset_are_refused(whole, tmp_path):
    with pytest.raises(ModelError, match="another shape than the preset"):
        release.unpack(whole / "model", tmp_path / "run", presets.PRESETS["small"])
    assert not list((tmp_path / "run").glob("*.safetensors"))


def test_an_unknown_preset_or_stage_is_refused(tmp_path):
    with pytest.raises(RequestError, match="the presets are"):
        train.preset_of("enormous")
    with pytest.raises(RequestError, match="the stages are"):
        train.run("polish", tmp_path, BRIEF)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["new", "--preset", "enormous"], "There is no preset 'enormous'"),
        (["new", "--stage", "base", "polish"], "There is no stage 'polish'"),
        (["new", "--stage", "save"], "run the stage vae first"),
        (["file", "--stage", "save"], "cannot be the folder of a run"),
    ],
)
def test_the_program_says_what_is_wrong_in_a_sentence(tmp_path, monkeypatch, capsys, words, said):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(
        sys, "argv", ["train", str(tmp_path / words[0]), *words[1:], "--threads", str(torch.get_num_threads())]
    )
    with pytest.raises(SystemExit, match="1"):
        train.main()
    assert said in capsys.readouterr().err
    assert (tmp_path / "new").exists() == (words[2] == "save" and words[0] == "new")


def test_a_run_without_a_vae_says_which_stage_makes_one(tmp_path):
    with pytest.raises(ModelError, match="run the stage vae first"):
        run.load_vae(tmp_path)


def exam(base, learnt):
    """An `Exam` of ten pictures whose outcome is known, since no model of a few seconds would give one worth reading.

    ``base`` are the pictures that are right by steps, ``learnt`` the student's (none where there is no time for it).
    """

    class Known(Exam):
        def marks(self, candidates, until, most):
            assert until > 0
            assert most
            rights = {"student in 4": learnt} | {f"base in {steps}": right for steps, right in base.items()}
            return {name: [] if rights[name] is None else [i < rights[name] for i in range(10)] for name in candidates}

    return Known


def test_the_verdict_on_distilling_ends_when_its_time_is_over(whole, tmp_path):
    out = shutil.copytree(whole, tmp_path / "run")
    train.run("distil", out, replace(BRIEF, distil_seconds=2, judged=100_000))
    assert 0 < run.verdict(out)["judged"] < 1000
    train.run("distil", out, replace(BRIEF, distil_seconds=0, judged=100_000))
    assert (run.verdict(out)["ship"], run.verdict(out)["steps"], run.verdict(out)["judged"]) == ("base", 4, 0)


def test_every_candidate_is_asked_for_the_same_pictures(whole):
    pipe = release.assemble(whole, BRIEF)
    denoiser = train.Denoiser(pipe.text_encoder, pipe.transformer, BRIEF.shape)
    with Exam(whole, BRIEF, pipe.vae.decoder) as asked:
        first, again = (asked._round(0) for _ in range(2))
        assert first is again
        assert len(first[0]) == 4
        marks = asked.marks({"one": (denoiser, 1), "other": (denoiser, 1)}, math.inf, 3)
    assert marks["one"] == marks["other"]
    assert len(marks["one"]) == 3


def test_the_exams_readers_say_what_its_judge_says(whole):
    pipe = release.assemble(whole, BRIEF)
    scenes = run.make_maker(whole, BRIEF, seed=8).draft("scene", 2).scenes
    pictures = np.stack([world.draw(scene, BRIEF.shape.scale) for scene in scenes])
    with Exam(whole, BRIEF, pipe.vae.decoder) as alone, Exam(whole, replace(BRIEF, workers=1), pipe.vae.decoder) as two:
        assert alone._read(pictures, scenes) == two._read(pictures, scenes)


def test_what_was_made_of_older_weights_is_dropped_when_those_are_trained_on(whole, tmp_path):
    out = shutil.copytree(whole, tmp_path / "run")
    stale = ("distil.json", "distil.safetensors", "decoder-finished.safetensors")
    for stage, dropped in ((train.train_base, stale), (train.train_vae, stale[2:]), (train.finish, stale[2:])):
        for name in stale:
            (out / name).write_text("{}")
        stage(out, replace(BRIEF, vae_seconds=0, base_seconds=0, finish_seconds=0))
        left = {name for name in stale if (out / name).exists() and (out / name).read_bytes() == b"{}"}
        assert left == set(stale) - set(dropped)


def test_training_goes_on_from_the_teacher_where_a_student_was_saved(whole, tmp_path):
    out = shutil.copytree(whole, tmp_path / "run")
    taught = {name: value + 1 for name, value in release.assemble(out, BRIEF).transformer.named_parameters()}
    pace.write(out / "distil.safetensors", taught)
    (out / "distil.json").write_text('{"ship": "student", "steps": 4}')
    train.run("save", out, BRIEF)
    release.unpack(out / "model", tmp_path / "next", BRIEF)
    laid_out, base = (load_file(at / "base.safetensors") for at in (tmp_path / "next", out))
    assert all(torch.equal(value, base[name].bfloat16().float()) for name, value in laid_out.items())
    assert all(f.stat().st_size <= 15_000_000 for f in release.undistilled(out / "model").glob("*.safetensors"))
    (out / "distil.json").unlink()
    train.run("save", out, BRIEF)
    assert not list(release.undistilled(out / "model").glob("*.safetensors"))


def test_a_decoder_that_is_finished_again_begins_anew(whole, tmp_path):
    out = shutil.copytree(whole, tmp_path / "run")
    (out / "finish.jsonl").write_text('{"step": 900, "seconds": 1000.0}\n')
    before = (out / "decoder.safetensors").read_bytes()
    train.run("finish", out, BRIEF)
    first, second = (load_file(out / name) for name in ("decoder.safetensors", "decoder-finished.safetensors"))
    assert (out / "decoder.safetensors").read_bytes() == before
    assert any(not torch.equal(value, second[name]) for name, value in first.items())


def test_four_steps_that_are_as_good_as_many_are_not_distilled(whole, tmp_path, monkeypatch):
    out = shutil.copytree(whole, tmp_path / "run")
    monkeypatch.setattr("pochade.miniature.training.distil.Exam", exam({4: 5, 8: 5, 32: 5}, 5))
    train.run("distil", out, BRIEF)
    assert not (out / "distil.safetensors").exists()
    assert run.verdict(out)["ship"] == "base"


@pytest.mark.parametrize(("learnt", "ship", "steps"), [(8, "student", 4), (7, "base", 8), (None, "base", 8)])
def test_a_student_ships_only_if_it_comes_near_its_teacher(whole, tmp_path, monkeypatch, learnt, ship, steps):
    out = shutil.copytree(whole, tmp_path / "run")
    monkeypatch.setattr("pochade.miniature.training.distil.Exam", exam({4: 5, 8: 8, 32: 9}, learnt))
    (out / "distil.jsonl").write_text('{"step": 900, "seconds": 1000.0}\n')  # of a run that was stopped: it counts not
    train.run("distil", out, BRIEF)
    assert (run.verdict(out)["ship"], run.verdict(out)["steps"]) == (ship, steps)
    train.run("save", out, BRIEF)
    assert json.loads((out / "model" / "card.json").read_text())["call"]["num_inference_steps"] == steps
    weights = release.assemble(out, BRIEF).transformer.state_dict()
    base = release.assemble(whole, BRIEF).transformer.state_dict()
    assert all(torch.equal(value, base[name]) for name, value in weights.items()) == (ship == "base")


def test_the_driver_finds_that_training_computes_what_is_served(whole, tmp_path):
    out = shutil.copytree(whole, tmp_path / "run")
    driver.look(out, BRIEF, driver.Diary(out))
    lines = [json.loads(line) for line in (out / "driver.jsonl").read_text().splitlines()]
    parities = {line["gate"]: line["reached"] for line in lines if line.get("gate", "").startswith("parity")}
    assert parities == {f"parity with {n} references": True for n in (0, 1, 2)}


def test_the_driver_keeps_a_loadable_folder_and_a_grid_while_it_trains(whole, tmp_path):
    out = shutil.copytree(whole, tmp_path / "run")
    driver.keep(out, BRIEF, driver.Diary(out))
    Flux2KleinPipeline.from_pretrained(out / "partial", dtype=torch.float32, local_files_only=True)
    assert len(list(out.glob("samples-*.png"))) == 1

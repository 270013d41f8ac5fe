"""A stranger's model folder: nothing outside it is read, none of its code runs, and nothing in it can hang who asks."""

import copy
import json
import os
import shutil
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pochade.engine.card import read_json
from pochade.engine.families import capabilities_of, parts_of
from pochade.engine.loading import load
from pochade.engine.memory import Plan
from pochade.engine.weights import tensors, weights_of
from pochade.errors import ModelError, PochadeError, RequestError
from pochade.report import Report
from pochade.sizes import resolve_size
from pochade.widgets.cards import abilities_card

PATIENCE = 20.0  # seconds; only reached by a reader that hangs
PLAN = Plan("full", "cpu", "float32", waiting=False, library="", sentence="")
WEIGHTS = "vae/diffusion_pytorch_model.safetensors"
DEEP = "[" * 200_000
FIFO = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")


@pytest.fixture
def copied(tiny_model, tmp_path):
    return Path(shutil.copytree(tiny_model, tmp_path / "copied"))


def soon(work):
    """Do something that must not hang; return what it raised."""
    raised = []

    def tried():
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - it is the answer
            raised.append(error)

    thread = threading.Thread(target=tried, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive(), "it hangs"
    return raised[0] if raised else None


def refused(folder):
    """Load a model that must be refused; return the sentence."""
    error = soon(lambda: load(folder, PLAN, Report()))
    assert isinstance(error, ModelError), error
    return str(error)


def change(path, **entries):
    path.write_text(json.dumps({**json.loads(path.read_text()), **entries}))


@FIFO
@pytest.mark.parametrize(
    "name",
    [
        WEIGHTS,
        "vae/extra.safetensors",
        "vae/diffusion_pytorch_model.safetensors.index.json",
        "tokenizer/tokenizer.json",
    ],
)
def test_a_pipe_in_place_of_a_file_is_refused_and_never_waited_for(copied, name):
    (copied / name).unlink(missing_ok=True)
    os.mkfifo(copied / name)
    assert "no ordinary file" in refused(copied)


@FIFO
def test_weights_that_are_a_pipe_are_not_waited_for_when_memory_is_counted(copied):
    (copied / WEIGHTS).unlink()
    os.mkfifo(copied / WEIGHTS)
    assert isinstance(soon(lambda: tensors(copied / WEIGHTS)), ModelError)


@pytest.mark.parametrize("target", ["/dev/zero", "/proc/self/environ", "../../secret", "loop"])
def test_a_link_to_a_device_or_in_a_ring_is_refused(copied, target):
    (copied / "vae" / "loop").symlink_to(target)
    assert "link" in refused(copied)


def test_a_folder_that_is_a_link_out_is_refused(copied, tiny_model):
    shutil.rmtree(copied / "text_encoder")
    (copied / "text_encoder").symlink_to(tiny_model / "text_encoder")
    assert "outside the model's folder" in refused(copied)


@pytest.mark.parametrize("listed", [[], ["a"], "x", 7, {"a": ["b"]}, {"a": None}, {"a": {"b": "c"}}])
def test_a_list_of_pieces_of_another_kind_is_refused(copied, listed):
    path = copied / f"{WEIGHTS}.index.json"
    path.write_text(json.dumps({"metadata": {}, "weight_map": listed}))
    if listed:
        refused(copied)
    (copied / WEIGHTS).unlink()
    assert isinstance(soon(lambda: weights_of(copied, "vae", "float32")), ModelError | None)


@pytest.mark.parametrize("name", ["model_index.json", "card.json", "vae/config.json"])
@pytest.mark.parametrize("text", [DEEP, '{"a":' * 100_000, '{"a": 1, "a": 2}', "1" * 10_000, "\ud800", "{}[]", "NaN"])
def test_json_that_is_deep_doubled_or_broken_is_a_model_error(copied, name, text):
    (copied / name).write_text(text, "utf-8", "surrogatepass")
    assert isinstance(soon(lambda: capabilities_of(copied)), ModelError)


@pytest.mark.parametrize("name", ["model_index.json", "card.json", "vae/config.json", "text_encoder/config.json"])
def test_json_of_a_size_beyond_all_is_not_read(copied, name):
    with (copied / name).open("r+b") as file:
        file.truncate(10**12)  # takes no room on the disk
    with pytest.raises(ModelError, match="too large"):
        read_json(copied / name)
    assert isinstance(soon(lambda: (capabilities_of(copied), load(copied, PLAN, Report()))), ModelError)


@pytest.mark.parametrize(
    "text", [DEEP, '{"a":' * 100_000, '{"a": {"dtype": "F32", "shape": [1e400], "data_offsets": [0, 4]}}']
)
def test_a_header_that_is_deep_or_infinite_is_a_model_error(copied, text):
    header = text.encode()
    (copied / WEIGHTS).write_bytes(len(header).to_bytes(8, "little") + header + b"\0" * 4)
    assert isinstance(soon(lambda: tensors(copied / WEIGHTS)), ModelError)
    refused(copied)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "diffusion_pytorch_model.bin", "vocab.pkl"])
def test_a_pickle_beside_the_weights_is_not_read(copied, name, tmp_path):
    import pickle

    ran = tmp_path / "ran"

    class Evil:
        def __reduce__(self):
            return Path.touch, (ran,)

    for part in parts_of(copied):
        (copied / part / name).write_bytes(pickle.dumps(Evil()))
    load(copied, PLAN, Report())
    assert not ran.exists()


@pytest.mark.parametrize("part", ["text_encoder", "tokenizer", "vae", "transformer", "scheduler"])
def test_code_that_a_configuration_points_to_never_runs(copied, part, tmp_path):
    ran = tmp_path / "ran"
    code = f"import pathlib\npathlib.Path({str(ran)!r}).touch()\nclass Evil: pass\n"
    for name in ("evil.py", "modeling_evil.py", "pipeline.py", "custom_generate/generate.py"):
        (copied / part / name).parent.mkdir(exist_ok=True)
        (copied / part / name).write_text(code)
        (copied / Path(name).name).write_text(code)
    names = {"config.json", "tokenizer_config.json", "scheduler_config.json"}
    kinds = ("AutoConfig", "AutoModel", "AutoModelForCausalLM", "AutoTokenizer")
    mapped = {"auto_map": dict.fromkeys(kinds, "evil.Evil"), "custom_pipeline": "evil", "_custom": "evil.py"}
    for path in (copied / part).iterdir():
        if path.name in names:
            change(path, **mapped)
    assert isinstance(soon(lambda: load(copied, PLAN, Report())), ModelError | None)
    assert not ran.exists()


@pytest.mark.parametrize("key", ["attn_implementation", "_attn_implementation", "experts_implementation"])
def test_kernels_that_a_configuration_would_have_fetched_are_refused(copied, key):
    change(copied / "text_encoder" / "config.json", **{key: "kernels-community/flash-attn"})
    assert "code of its own" in refused(copied)
    change(copied / "text_encoder" / "config.json", **{key: None, "text_config": {key: {"": "evil/kernel:run"}}})
    assert "code of its own" in refused(copied)


def test_an_adapter_that_names_another_model_is_refused(copied):
    (copied / "text_encoder" / "adapter_config.json").write_text('{"base_model_name_or_path": "/etc"}')
    assert "adapter_config.json" in refused(copied)


@pytest.mark.parametrize("factor", [0, -8, 10**30])
def test_a_vae_that_shrinks_by_no_factor_is_refused(copied, factor):
    (copied / "card.json").unlink()
    (copied / "vae" / "config.json").write_text(json.dumps({"scale_factor_spatial": factor}))
    assert isinstance(soon(lambda: sizes_of(copied)), ModelError)


def test_a_vae_of_very_many_stages_is_refused(copied):
    (copied / "card.json").unlink()
    (copied / "vae" / "config.json").write_text(json.dumps({"block_out_channels": [1] * 100_000}))
    assert isinstance(soon(lambda: sizes_of(copied)), ModelError)


def test_a_card_whose_sizes_cannot_be_is_refused(copied):
    for wrong in (
        {"default": [0, 0]},
        {"default": [-64, 64]},
        {"min_side": 512, "max_side": 64},
        {"min_side": 65, "max_side": 79},
        {"max_pixels": 1},
        {"max_side": 10**40, "max_pixels": 10**80},
    ):
        card = json.loads((copied / "card.json").read_text())
        changed = copy.deepcopy(card)
        changed["size"].update(wrong)
        (copied / "card.json").write_text(json.dumps(changed))
        assert isinstance(soon(lambda: sizes_of(copied)), ModelError), wrong
        (copied / "card.json").write_text(json.dumps(card))


def sizes_of(folder):
    """Ask for everything that a view asks a model's description for."""
    can = capabilities_of(folder)
    abilities_card(can)
    for asked in (None, "16:9", "square", (512, 512), "2MP"):
        try:
            resolve_size(asked, can.size)
        except RequestError:
            continue


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([0, -1, 10**40, ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = ("model_index.json", "card.json", "vae/config.json", "scheduler/scheduler_config.json")


@pytest.fixture(scope="module")
def described(tiny_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("described")
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tiny_model / name, folder / name)
    return folder, {name: json.loads((folder / name).read_text()) for name in NAMES}


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_a_description_says_it_is_understood_or_refused(described, data):
    folder, honest = described
    name = data.draw(st.sampled_from(NAMES))
    said = copy.deepcopy(honest[name])
    place, key = said, data.draw(st.sampled_from([*said, "scale_factor_spatial", "sample_size", "sample_sigmas"]))
    if isinstance(place.get(key), dict) and data.draw(st.booleans()):
        place = place[key]
        key = data.draw(st.sampled_from(list(place)))
    place[key] = data.draw(JUNK)
    (folder / name).write_text(json.dumps(said))
    try:
        sizes_of(folder)
    except PochadeError:
        pass
    finally:
        (folder / name).write_text(json.dumps(honest[name]))

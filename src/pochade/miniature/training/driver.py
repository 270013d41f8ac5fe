"""The whole training by the wall clock, to be left alone.

``python -m pochade.miniature.training.driver --minutes 27 --out OUT``

It divides the time that it is given among the stages of `train`, and what a stage overruns is taken from those after
it. Nobody need decide anything in between: it keeps a log, sample grids and loadable weights in ``OUT/partial``, and in
the end measures what it made and keeps the better weights. A stage that fails is written down and passed over: whatever
was trained is saved all the same. Started again with the same ``OUT`` it goes on with the first that is not done.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image

from pochade.errors import ModelError, RequestError
from pochade.miniature.evaluate import evaluate
from pochade.miniature.model import Denoiser
from pochade.miniature.train import STAGES, begin, preset_of, run, train_base
from pochade.miniature.words.tokens import as_seen

from .pace import last_line, whole_lines
from .release import assemble, pipeline, save, undistilled, untrained
from .run import check_device, load_tokenizer, load_vae, make_folder, make_maker, verdict
from .samples import prompts, renewal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from diffusers import Flux2KleinPipeline
    from torch import Tensor

    from pochade.miniature.model import Shape
    from pochade.miniature.ruler.row import Row

    from .presets import Preset

#: stage → its part of the time (the minutes that it has in a run of 27)
PARTS = {"check": 2.0, "vae": 5.0, "base": 12.5, "distil": 4.0, "finish": 1.0, "save": 0.5, "ruler": 2.0}
#: the stages that train until their time is over
TIMED = ("vae", "base", "distil", "finish")
#: those that go on where they stopped, by their logs
RESUMED = ("vae", "base")
#: those that a model can do without, when time is short
OPTIONAL = ("distil", "finish", "ruler")
#: stage → the file that it cannot do without
NEEDS = {
    "base": "decoder.safetensors",
    "distil": "base.safetensors",
    "finish": "base.safetensors",
    "save": "base.safetensors",
    "ruler": "model/card.json",
}
#: what must be reached on a data-centre GPU for training not to wait, in pictures a second
GATES = {"renderer": 30_000.0, "encoder": 20_000.0}


class Diary:
    """What a run did, line by line in ``driver.jsonl``; stages that ended are not run again."""

    def __init__(self, out: Path) -> None:
        self._file = out / "driver.jsonl"
        self.done: set[str] = set()
        order = [*PARTS]
        for line in whole_lines(self._file):
            if "ended" in line:
                self.done.add(line["ended"])
            elif line.get("begun") in order:  # what comes after it is to be made again
                self.done -= {*order[order.index(line["begun"]) :]}
        if self._file.exists() and not self._file.read_bytes().endswith(b"\n"):  # of a run that was killed as it wrote
            with self._file.open("a", encoding="utf-8") as stream:
                stream.write("\n")
        self._start = time.monotonic()

    def tell(self, **figures: Any) -> None:
        """Write a line, and print it for whoever follows the run."""
        line = json.dumps({"seconds": round(time.monotonic() - self._start, 1)} | figures, ensure_ascii=False)
        with self._file.open("a", encoding="utf-8") as stream:
            stream.write(line + "\n")
        print(line, flush=True)

    def gate(self, name: str, measured: float, *, reached: bool) -> None:
        """Write down a figure that was to be reached. A run goes on whether it was or not: its time is given."""
        self.tell(gate=name, measured=round(measured, 4), reached=reached)


def rate(work: Callable[[], int], device: str, seconds: float) -> float:
    """Pictures a second of work that returns how many it made, measured for some seconds after one round."""
    work()
    count, start = 0, time.monotonic()
    while time.monotonic() - start < seconds:
        count += work()
        if device != "cpu":
            torch.cuda.synchronize()
    return count / (time.monotonic() - start)


@torch.no_grad()
def parity(pipe: Flux2KleinPipeline, shape: Shape, source: Tensor, pictures: list[Image.Image]) -> float:
    """The largest difference, in velocity, between the first step of the plain pipeline call and training's own."""
    prompt, cells, device = "a cat on a blue background", shape.cells("1:1"), pipe.device
    noise = torch.randn(1, 4 * shape.latent_channels, *cells, device=device)
    seen: list[Tensor] = []
    hook = pipe.transformer.register_forward_hook(lambda *call: seen.append(call[2][0]))
    try:
        pipe(
            prompt=prompt,
            image=pictures or None,
            latents=noise,
            width=shape.side,
            height=shape.side,
            num_inference_steps=4,
            guidance_scale=1.0,
            max_sequence_length=shape.text_length,
            text_encoder_out_layers=list(shape.out_layers),
        )
    finally:
        hook.remove()
    read = pipe.tokenizer(
        [as_seen(pipe.tokenizer, prompt)],
        return_tensors="pt",
        padding="max_length",
        truncation=True,
        max_length=shape.text_length,
    ).to(device)
    denoiser, packed = Denoiser(pipe.text_encoder, pipe.transformer, shape), pipe._pack_latents(noise)
    text = denoiser.read(read["input_ids"], read["attention_mask"])
    ours = denoiser(packed, torch.ones(1, device=device), source, text, cells)
    return float((seen[0][:, : packed.shape[1]].float() - ours).abs().max())


def look(out: Path, preset: Preset, diary: Diary) -> None:
    """Measure what the plan rests on: how fast pictures come, and that training computes what is served."""
    maker, device = make_maker(out, preset, seed=51), preset.device
    count = renewal(preset.counts["edit"], preset.reuse)  # as many as training asks for at a time
    start = time.monotonic()
    drafts = [maker.draft("edit", count) for _ in range(4)]
    diary.tell(inventing=f"{4 * count / (time.monotonic() - start):.0f} samples a second")
    drawn = maker.draw(drafts[0])[0]
    figures = {
        "renderer": rate(lambda: sum(len(p) for draft in drafts for p in maker.draw(draft)), device, 5),
        "encoder": rate(lambda: len(maker.encode(drawn)), device, 2),
    }
    for name, figure in figures.items():
        diary.gate(f"{name}, pictures a second", figure, reached=figure >= GATES[name])
    tokenizer = load_tokenizer(out)
    denoiser = untrained(preset, len(tokenizer))
    torch.nn.init.normal_(denoiser.transformer.proj_out.weight, std=0.05)  # zeros would agree with anything
    pipe = pipeline(tokenizer, load_vae(out), denoiser).to(device)
    pipe.set_progress_bar_config(disable=True)
    bytes_ = ((drawn[:2].permute(0, 2, 3, 1) + 1) * 127.5).round().byte()
    latents = maker.encode(bytes_.permute(0, 3, 1, 2) / 127.5 - 1)
    for references in (0, 1, 2):
        pictures = [Image.fromarray(pixels) for pixels in bytes_[:references].cpu().numpy()]
        source = latents[:references].reshape(1, -1, latents.shape[2])
        difference = parity(pipe, preset.shape, source, pictures)
        diary.gate(f"parity with {references} references", difference, reached=difference < 0.01)
    maker.close()


def keep(out: Path, preset: Preset, diary: Diary) -> None:
    """Write what there is as a loadable folder, ``OUT/partial``, and a grid of samples from it."""
    save(out, preset, out / "partial")
    last = {name: last_line(log) for name in STAGES if (log := out / f"{name}.jsonl").exists()}
    diary.tell(kept="partial", last=last)
    pipe = assemble(out, preset).to(preset.device)
    pipe.set_progress_bar_config(disable=True)
    card = json.loads((out / "partial" / "card.json").read_text(encoding="utf-8"))
    words = list(islice((p for i, p in enumerate(prompts(61, preset.reach)) if i % 3 == 0), 16))
    side, chance = preset.shape.side, torch.Generator(preset.device).manual_seed(62)
    with torch.no_grad():
        painted = pipe(prompt=words, width=side, height=side, generator=chance, **card["call"]).images
    sheet = Image.new("RGB", (4 * side, 4 * side))
    for index, picture in enumerate(painted):
        sheet.paste(picture, (index % 4 * side, index // 4 * side))
    sheet.save(out / f"samples-{round(time.time())}.png")
    (out / "samples.txt").write_text("\n".join(words) + "\n", encoding="utf-8")


def measure(folders: Sequence[Path], device: str, until: float, diary: Diary) -> Path:
    """Measure models by the ruler, part by part until the time is over, and name the one that is right more often.

    The parts are those of `evaluate`, with its small numbers; each is measured on all folders before the next begins,
    so that what is compared is always the same. Rows that one of them was not taught count for neither.
    """
    found: dict[Path, dict[str, Row]] = {folder: {} for folder in folders}
    for part in ("tags", "edits", "hex", "languages", "text", "conversations", "grid", "references", "buckets"):
        if time.monotonic() > until:
            diary.tell(measured=part, result="left out: the time is over")
            continue
        for folder in folders:
            rows = evaluate(folder, quick=True, device=device, parts=[part])
            found[folder] |= {row.name: row for row in rows if row.count and row.value is None}
            diary.tell(measured=part, folder=folder.name, rows={row.name: f"{row.right}/{row.count}" for row in rows})
    common = set.intersection(*(set(rows) for rows in found.values()))
    shares = {folder: sum(found[folder][name].share for name in common) / max(1, len(common)) for folder in folders}
    best = max(folders, key=lambda folder: shares[folder])
    diary.tell(shares={str(folder): round(share, 4) for folder, share in shares.items()}, better=str(best))
    return best


def waiting(done: set[str]) -> list[str]:
    """The stages that are to be run: those that have not ended, and those after one that trains again."""
    first = next((index for index, stage in enumerate(TIMED) if stage not in done), len(TIMED))
    later = set(TIMED[first:]) | ({"save", "ruler"} if first < len(TIMED) else set())
    return [stage for stage in PARTS if stage not in done or stage in later]


def drive(out: Path, preset: Preset, minutes: float, resume: Path | None = None) -> list[str]:
    """Run everything within so many minutes; see the module.

    Returns
    -------
    list of str
        The stages that failed, each as it was written down.

    Raises
    ------
    ModelError
        The weights to go on from are damaged, of another version or of another shape.
    RequestError
        There is no such device, or ``out`` cannot be a folder.
    """
    until = time.monotonic() + 60 * minutes
    check_device(preset.device)
    begin(out, preset, resume)
    diary, failed = Diary(out), list[str]()
    if resume and "vae" not in diary.done:
        diary.tell(ended="vae", kept=str(resume))
        diary.done.add("vae")
    stages = waiting(diary.done)
    diary.tell(minutes=minutes, stages=stages)
    reserve = 60 * minutes * PARTS["save"] / sum(PARTS.values())

    def attempt(stage: str, work: Callable[[], None]) -> bool:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - whatever it is, what was trained before must be saved
            diary.tell(failed=stage, error=repr(error))
            failed.append(stage)
            return False
        return True

    def kept() -> None:
        attempt("keep", lambda: keep(out, preset, diary))

    def work(stage: str, seconds: float) -> None:
        log = out / f"{stage}.jsonl"
        spent = last_line(log)["seconds"] if stage in RESUMED else 0.0
        longer: dict[str, Any] = {f"{stage}_seconds": spent + seconds} if stage in TIMED else {}
        timed = replace(preset, **longer)
        if stage == "check":
            look(out, timed, diary)
        elif stage == "base":
            train_base(out, timed, kept)
        elif stage == "ruler":
            folders = [out / "model", *([resume] if resume and (resume / "card.json").exists() else [])]
            best = measure(folders, preset.device, time.monotonic() + seconds, diary)
            shutil.copytree(best, out / "best", dirs_exist_ok=True)
            if undistilled(best).exists():
                shutil.copytree(undistilled(best), undistilled(out / "best"), dirs_exist_ok=True)
        else:
            run(stage, out, timed)

    for index, stage in enumerate(stages):
        left = until - time.monotonic()
        if stage in OPTIONAL and left < reserve:
            diary.tell(skipped=stage, why="the time is over")
            continue
        if stage in NEEDS and not (out / NEEDS[stage]).exists():
            diary.tell(skipped=stage, why=f"there is no {NEEDS[stage]}")
            failed.append(stage)
            continue
        seconds = max(1.0, left * PARTS[stage] / sum(PARTS[later] for later in stages[index:]))
        diary.tell(begun=stage, seconds_given=round(seconds))
        if attempt(stage, partial(work, stage, seconds)):
            if stage == "distil":
                diary.tell(distil=verdict(out))
            if stage in ("base", "distil"):
                kept()
            diary.tell(ended=stage)
    return failed


def main() -> None:
    """Run it here, or in a session of its own that goes on when whoever started it has left."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for everything; begun runs go on in it")
    parser.add_argument("--minutes", type=float, default=27.0, help="time in all (default: 27)")
    parser.add_argument("--preset", default="full", help="as in train (default: full)")
    parser.add_argument("--device", help="cpu or cuda (default: the preset's)")
    parser.add_argument("--resume", type=Path, help="a saved model to go on from")
    parser.add_argument("--detach", action="store_true", help="return at once; what it says goes to OUT/driver.log")
    options = parser.parse_args()
    try:
        preset = preset_of(options.preset)
        preset = replace(preset, device=options.device or preset.device)
        check_device(preset.device)
        make_folder(options.out)
    except RequestError as error:
        parser.exit(1, f"{error}\n")
    if options.detach:
        words = [word for word in sys.argv[1:] if word != "--detach"]
        again = [sys.executable, "-m", "pochade.miniature.training.driver", *words]
        with (options.out / "driver.log").open("a", encoding="utf-8") as log:
            started = subprocess.Popen(  # noqa: S603 - this very program, with the arguments that it was given
                again, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        print(f"process {started.pid}; follow {options.out / 'driver.log'}")
        return
    try:
        failed = drive(options.out, preset, options.minutes, options.resume)
    except (RequestError, ModelError) as error:
        parser.exit(1, f"{error}\n")
    if failed:
        parser.exit(1, f"These failed: {', '.join(failed)}; {options.out / 'driver.jsonl'} says how.\n")


if __name__ == "__main__":
    main()

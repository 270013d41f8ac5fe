"""Training samples for the miniature: scenes, edits and blends invented, put into words, painted and encoded.

What is invented (`Draft`) is numbers and token ids alone, so that worker processes can do it while the device that
trains paints and encodes; `Maker` hides whether there are any. Nothing here knows what is trained with the samples.
"""

from __future__ import annotations

import itertools
import random
import re
from collections import Counter, deque
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from multiprocessing import get_context
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import Qwen2TokenizerFast

from pochade.miniature import model, talks, world
from pochade.miniature.drawing.layers import catalogue, truth
from pochade.miniature.drawing.render import Renderer
from pochade.miniature.edits import sample_edit
from pochade.miniature.words import tokens
from pochade.miniature.words.chinese_words import lexicon
from pochade.miniature.words.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from torch import nn

    from pochade.miniature.drawing.layers import Layers
    from pochade.miniature.model import Shape
    from pochade.miniature.world import Reach, Scene

#: kinds of samples → pictures that each is given; "turns" are edits that come in twos, one following the other
KINDS = {"scene": 0, "edit": 1, "turns": 1, "blend": 2}
#: how many prompts are in the first of a reach's languages
FIRST_LANGUAGE = 0.6
#: pools and the decoder's training renew what they hold every so many batches, that much more at once: on an
#: accelerator a large request to the renderer takes hardly longer than a small one
ROUNDS = 8
_PART = 64  #: samples that one worker invents at a time; even, since turns come in twos


def prompts(seed: int, reach: Reach) -> Iterator[str]:
    """An endless stream of prompts as the world words them: pictures, edits and blends, in every language."""
    rng = random.Random(seed)
    kinds = [kind for kind in ("scene", "edit", "blend") if kind != "blend" or reach.references]
    while True:
        for language, kind in itertools.product(reach.languages, kinds):
            yield next(invent(rng, kind, reach, language))[2]


@lru_cache(maxsize=4)
def words_taught(reach: Reach) -> list[str]:
    """Every word that the world's wordings use, found by listening to them.

    Chinese is cut into the world's own words, and into single characters where those leave any.
    """
    words = re.compile("|".join(("[a-z]+", *map(re.escape, lexicon()), "[\u4e00-\u9fff]")))
    taught: set[str] = set()
    for prompt in itertools.islice(prompts(5, reach), 20_000):
        taught.update(words.findall(re.sub(r"#[0-9a-f]{6}|\"[^\"]*\"", "", prompt.lower())))
    return sorted(taught)


def invent(
    rng: random.Random, kind: str, reach: Reach, language: str | None = None, bucket: str | None = None
) -> Iterator[tuple[tuple[Scene, ...], Scene, str]]:
    """Invent one sample of a kind, or several that follow one another: given scenes, the scene to make, the prompt.

    A quarter of the edits are taken from conversations, whose later turns have scenes that no single edit begins with.
    """
    if language is None:
        first = len(reach.languages) == 1 or rng.random() < FIRST_LANGUAGE
        language = reach.languages[0] if first else rng.choice(reach.languages[1:])
    wording = Wording(rng, language=language)
    if kind == "scene":
        scene = world.sample_scene(rng, reach, bucket=bucket)
        yield (), scene, wording.scene(scene)
    elif kind == "blend":
        blend = talks.sample_blend(rng, reach, bucket=bucket)
        yield blend.sources, blend.after, wording.blend(blend)
    elif kind == "turns" or (reach.talks > 1 and rng.random() < 0.25):
        turns = 2 if kind == "turns" else rng.randint(2, reach.talks)
        talk = talks.sample_talk(rng, reach, turns, bucket=bucket)
        for edit in talk.edits:
            yield (edit.before,), edit.after, wording.edit(edit)
    else:
        edit = sample_edit(rng, reach=reach, bucket=bucket)
        yield (edit.before,), edit.after, wording.edit(edit)


@dataclass
class Draft:
    """Samples before they are painted: what a worker hands over.

    Attributes
    ----------
    after : list of Layers
        The pictures to make.
    before : list of list of Layers
        For each reference (none, one or two) one picture a sample.
    ids, mask : numpy.ndarray
        The prompts' tokens and their attention mask, ``(N, L)``.
    things : numpy.ndarray
        `drawing.layers.truth` of the pictures to make, ``(N, tokens)``.
    scenes : list of Scene
        What the pictures to make show.
    """

    after: list[Layers]
    before: list[list[Layers]]
    ids: np.ndarray
    mask: np.ndarray
    things: np.ndarray
    scenes: list[Scene]


def _joined(drafts: list[Draft]) -> Draft:
    """Drafts of one kind as one."""
    given = zip(*(draft.before for draft in drafts), strict=True)
    return Draft(
        after=[layers for draft in drafts for layers in draft.after],
        before=[list(itertools.chain.from_iterable(each)) for each in given],
        ids=np.concatenate([draft.ids for draft in drafts]),
        mask=np.concatenate([draft.mask for draft in drafts]),
        things=np.concatenate([draft.things for draft in drafts]),
        scenes=[scene for draft in drafts for scene in draft.scenes],
    )


class Inventor:
    """Makes drafts; the same request gives the same draft in every process.

    Parameters
    ----------
    tokenizer : Path
        Folder of the tokenizer.
    """

    def __init__(self, tokenizer: Path, shape: Shape, reach: Reach) -> None:
        self._tokenizer = Qwen2TokenizerFast.from_pretrained(tokenizer)
        self._shape, self._reach = shape, reach
        self._within = {reach.most: reach}  # a reach keeps tables, so the narrower ones are made once

    def draft(self, kind: str, count: int, bucket: str, most: int, seed: int | str) -> Draft:
        """Invent so many samples (a key of `KINDS`) in a bucket, with at most so many things placed freely."""
        rng = random.Random(seed)
        reach = self._within.setdefault(most, replace(self._reach, most=most))
        endless = itertools.chain.from_iterable(invent(rng, kind, reach, None, bucket) for _ in itertools.count())
        given, scenes, words = zip(*itertools.islice(endless, count), strict=True)
        encoded = self._tokenizer(
            [tokens.as_seen(self._tokenizer, w) for w in words],
            return_tensors="np",
            padding="max_length",
            truncation=True,
            max_length=self._shape.text_length,
        )
        cells = self._shape.cells(bucket)
        compose = partial(catalogue().compose, scale=self._shape.scale)
        return Draft(
            after=[compose(scene) for scene in scenes],
            before=[[compose(sources[i]) for sources in given] for i in range(KINDS[kind])],
            ids=encoded["input_ids"].astype(np.int32),
            mask=encoded["attention_mask"].astype(np.int32),
            things=np.stack([truth(scene, *cells, self._reach.names) for scene in scenes]).astype(np.int16),
            scenes=list(scenes),
        )


_draft: Callable[..., Draft]  # a worker's own inventor's; a process has one


def _begin(tokenizer: Path, shape: Shape, reach: Reach) -> None:
    global _draft  # noqa: PLW0603 - a worker process has no other place to keep its tables
    torch.set_num_threads(1)
    _draft = Inventor(tokenizer, shape, reach).draft


def _work(kind: str, count: int, bucket: str, most: int, seed: str) -> Draft:
    return _draft(kind, count, bucket, most, seed)


@dataclass
class Samples:
    """A batch of training samples, all of one kind and bucket.

    Attributes
    ----------
    target, source : Tensor
        Packed latents ``(N, tokens, 4C)`` of the pictures to make and of those that are given, one after the other (no
        tokens for text-to-image).
    ids, mask : Tensor
        The prompts' tokens and their attention mask, ``(N, L)``.
    things : Tensor
        `drawing.layers.truth` of each target token, ``(N, tokens)``.
    """

    target: Tensor
    source: Tensor
    ids: Tensor
    mask: Tensor
    things: Tensor

    def each(self, change: Callable[[Tensor], Tensor]) -> Samples:
        """The same samples, every part changed by a function."""
        return Samples(*(change(part) for part in (self.target, self.source, self.ids, self.mask, self.things)))


class Maker:
    """Makes training samples on a device.

    Parameters
    ----------
    tokenizer : Path
        Folder of the tokenizer.
    encode : nn.Module
        The VAE's encoder as one convolution (`model.linear_code`).
    seed : int
        The same requests in the same order give the same samples, whatever the number of workers. (A change of
        ``most`` reaches those a few requests later that have workers.)
    workers : int
        Processes that invent ahead; 0 invents in this one.
    """

    def __init__(
        self,
        tokenizer: Path,
        shape: Shape,
        reach: Reach,
        encode: nn.Module,
        seed: int,
        device: str = "cpu",
        workers: int = 0,
    ) -> None:
        self._device, self._seed, self.most = device, seed, reach.most
        self._encode = encode.to(device)
        self._renderer = Renderer(device, shape.scale)
        self._chance = torch.Generator(device).manual_seed(seed)
        self._workers = None
        if workers:
            begin = partial(_begin, tokenizer, shape, reach)
            self._workers = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=begin)
        else:
            self._draft = Inventor(tokenizer, shape, reach).draft
        self._ahead: dict[tuple[str, int, str], deque[list[Future[Draft]]]] = {}
        self._asked: Counter[tuple[str, int, str]] = Counter()

    def close(self) -> None:
        """End the worker processes."""
        if self._workers:
            self._workers.shutdown(cancel_futures=True)

    def draft(self, kind: str, count: int, bucket: str = "1:1") -> Draft:
        """So many fresh samples, not yet painted. Workers begin at once on what will replace them.

        Parts of it are invented apart, so that all workers share a large request; every part's seed is named after
        what was asked for, and does not depend on who invents it, or when.
        """
        if not self._workers:
            return _joined([self._draft(*part) for part in self._parts(kind, count, bucket)])
        waiting = self._ahead.setdefault((kind, count, bucket), deque())
        while len(waiting) < 4:
            waiting.append([self._workers.submit(_work, *part) for part in self._parts(kind, count, bucket)])
        return _joined([part.result() for part in waiting.popleft()])

    def _parts(self, kind: str, count: int, bucket: str) -> Iterator[tuple[str, int, str, int, str]]:
        index = self._asked[kind, count, bucket]
        self._asked[kind, count, bucket] += 1
        for begin in range(0, count, _PART):
            seed = f"{self._seed} {kind} {count} {bucket} {index} {begin}"
            yield kind, min(_PART, count - begin), bucket, self.most, seed

    def draw(self, draft: Draft) -> list[Tensor]:
        """Everything in a draft as pictures ``(N, 3, H, W)``: the ones to make, then every reference."""
        return [self._renderer.paint(layers) for layers in (draft.after, *draft.before)]

    def pictures(self, count: int, bucket: str = "1:1") -> Tensor:
        """So many fresh scenes as pictures alone, ``(N, 3, H, W)`` in [−1, 1]."""
        return self._renderer.paint(self.draft("scene", count, bucket).after)

    @torch.no_grad()
    def paint(self, draft: Draft) -> tuple[Samples, Tensor]:
        """A draft's samples, and the pictures to make ``(N, 3, H, W)`` in [−1, 1]."""
        drawn, *before = self.draw(draft)
        target, given = self.encode(drawn), [self.encode(self._worn_down(pictures)) for pictures in before]
        source = torch.cat(given, 1) if given else target[:, :0]
        numbers = (torch.from_numpy(x).to(self._device).long() for x in (draft.ids, draft.mask, draft.things))
        ids, mask, things = numbers
        return Samples(target, source, ids, mask, things.flatten(1)), drawn

    def make(self, kind: str, count: int, bucket: str = "1:1") -> tuple[Samples, Tensor]:
        """So many fresh samples of a kind, and the pictures to make."""
        return self.paint(self.draft(kind, count, bucket))

    def encode(self, pictures: Tensor) -> Tensor:
        """Packed latents of pictures."""
        return model.pack(self._encode(pictures))

    def _worn_down(self, before: Tensor) -> Tensor:
        """Leave half of the references as they are, blur and grain the others: parents are mostly the model's own."""
        soft = F.avg_pool2d(F.pad(before, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
        amount, keep = torch.rand(2, len(before), 1, 1, 1, generator=self._chance, device=self._device)
        grain = torch.randn(before.shape, generator=self._chance, device=self._device) * 0.04
        worn = (before + 0.8 * amount * (soft - before + grain)).clamp(-1, 1)
        return torch.where(keep < 0.5, before, worn)


class Pool:
    """A ring of samples which are each used ``reuse`` times on average, before newer ones take their place.

    It begins with what one renewal brings, so that training need not wait for it, and grows with every renewal until it
    has ``size`` samples; those that come while it is still small are used more often.
    """

    def __init__(self, maker: Maker, kind: str, bucket: str, count: int, size: int, reuse: int) -> None:
        self._count, fresh = count, renewal(count, reuse)
        self._make = partial(maker.make, kind, fresh, bucket)
        self._size = max(size, fresh)
        first = self._make()[0]
        self._rows = first.each(
            lambda part: part.new_empty(
                self._size, *part.shape[1:], dtype=torch.float16 if part.is_floating_point() else torch.int32
            )
        )
        self._next = self._filled = self._calls = 0
        self._keep(first)

    def _keep(self, fresh: Samples) -> None:
        count = len(fresh.ids)
        places = torch.arange(self._next, self._next + count, device=fresh.ids.device) % self._size
        for name, part in vars(fresh).items():
            rows: Tensor = getattr(self._rows, name)
            rows[places] = part.to(rows.dtype)
        self._next = (self._next + count) % self._size
        self._filled = min(self._size, self._filled + count)

    def batch(self) -> Samples:
        """As many samples as ``count`` said; before every eighth batch a share of the ring is renewed."""
        if self._calls and self._calls % ROUNDS == 0:
            self._keep(self._make()[0])
        self._calls += 1
        chosen = torch.randint(self._filled, (self._count,), device=self._rows.ids.device)
        return self._rows.each(lambda rows: rows[chosen].float() if rows.is_floating_point() else rows[chosen].long())


def renewal(count: int, reuse: int) -> int:
    """Samples that a `Pool` asks for at once: those that `ROUNDS` batches of so many use up."""
    return ROUNDS * max(1, count // reuse)

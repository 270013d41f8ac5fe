"""How large, how long and on what the miniature is trained: one row a machine.

They stand apart from `train.py` because a released model's card, the driver and the tests read them too.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pochade.miniature.model import Shape
from pochade.miniature.reach import FULL, SMALL, Reach
from pochade.miniature.wordbook import HANZI, LETTERS


@dataclass(frozen=True)
class Preset:
    """How long and how much; times are wall-clock seconds, since time is what a training run is given.

    ``shares`` are the parts of a batch by kind of sample, ``own`` the part of its edits that in the end get the model's
    own pictures as references, ``ramp`` the part of the time in which rows grow to their full length, ``judged`` how
    many pictures decide about distilling, ``pool`` how many samples a ring of them holds at most (`ring`), ``lean``
    whether a CPU trains with the blocks of `lean`, which take a minute to compile.
    """

    shape: Shape = field(default_factory=Shape)
    reach: Reach = SMALL
    vae_seconds: float = 5400
    base_seconds: float = 6200
    distil_seconds: float = 1200
    finish_seconds: float = 360
    decoder_batch: int = 16
    crop: int = 64
    batch: int = 64
    shares: tuple[tuple[str, float], ...] = (("scene", 0.55), ("edit", 0.45))
    own: float = 0.125
    ramp: float = 0.0
    rate: float = 2e-3
    adam_rate: float = 1.5e-3
    warm: int = 60
    reuse: int = 3
    pool: int = 6144
    judged: int = 128
    compile: bool = False
    lean: bool = True
    device: str = "cpu"
    workers: int = 0
    keep_seconds: float = 240

    @property
    def counts(self) -> dict[str, int]:
        """Samples of each kind in a batch."""
        counts = {kind: round(self.batch * share) for kind, share in self.shares}
        return counts | {"scene": counts["scene"] + self.batch - sum(counts.values())}

    def ring(self, kind: str, bucket: str) -> int:
        """How many samples of a kind are kept to be used again: those of sixty batches, of rarer canvases an eighth."""
        return min(self.pool, 60 * self.counts[kind]) // (1 if bucket == self.reach.buckets[0] else 8)

    @property
    def classes(self) -> int:
        """What a token can show, as `drawing.layers.truth` numbers it: background, things, letters."""
        return 1 + len(self.reach.names) + len(LETTERS) + len(HANZI)


PRESETS = {
    "tiny": Preset(
        shape=Shape(
            width=64, heads=1, double=1, single=1, text_width=48, text_layers=2, merges=500, decoder=(16, 16, 16, 32)
        ),
        vae_seconds=20,
        base_seconds=20,
        distil_seconds=10,
        finish_seconds=10,
        decoder_batch=4,
        batch=8,
        pool=64,
        judged=8,
        lean=False,
    ),
    "small": Preset(),
    "full": Preset(
        shape=Shape(
            side=256,
            width=256,
            heads=4,
            single=11,
            text_layers=5,
            text_length=96,
            merges=4000,
            decoder=(32, 64, 96, 128),
        ),
        reach=FULL,
        vae_seconds=300,
        base_seconds=750,
        distil_seconds=240,
        finish_seconds=60,
        decoder_batch=256,
        crop=128,
        batch=512,
        shares=(("scene", 0.52), ("edit", 0.4), ("blend", 0.08)),
        ramp=0.33,
        pool=16_000,
        compile=True,
        device="cuda",
        workers=12,
        keep_seconds=180,
    ),
}

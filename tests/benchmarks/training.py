"""What lean blocks gain in training on a CPU: ``python tests/benchmarks/training.py [--rounds 15] [--threads 1]``.

One forward and backward pass of the small preset's denoiser, with diffusers' own blocks and with those of
`training/lean.py`, in turns, on the same batch. Prints medians, and the ratio of the medians, of this process's own
seconds (of all its threads), whatever else the machine is doing.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import sys
import time
import warnings

import torch

from pochade.miniature.model import Denoiser, mixed
from pochade.miniature.training.lean import quicken
from pochade.miniature.training.presets import PRESETS
from pochade.miniature.training.release import untrained


def seconds(denoiser: Denoiser, count: int, references: int) -> float:
    """One pass over so many samples."""
    shape = denoiser.shape
    cells = shape.cells("1:1")
    tokens = cells[0] * cells[1]
    noisy = torch.randn(count, tokens, 4 * shape.latent_channels)
    source = torch.randn(count, tokens * references, 4 * shape.latent_channels)
    ids, level = torch.randint(shape.merges, (count, shape.text_length)), torch.rand(count)
    begin = time.process_time()
    with mixed("cpu"):
        velocity = denoiser(noisy, level, source, denoiser.read(ids, torch.ones_like(ids)), cells)
    (velocity - noisy).square().mean().backward()
    return time.process_time() - begin


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="passes of each (default 15)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default 1, as training has)")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    warnings.filterwarnings("ignore", "Mismatch dtype")
    preset = PRESETS["small"]
    plain = untrained(preset, preset.shape.merges)
    lean = copy.deepcopy(plain)
    if why := quicken(lean.transformer):
        sys.exit(f"There are no lean blocks to measure: {why}")
    for kind, references in (("scene", 0), ("edit", 1)):
        found: dict[str, list[float]] = {"plain": [], "lean": []}
        for _ in range(options.rounds + 1):
            for name, denoiser in (("plain", plain), ("lean", lean)):
                found[name].append(seconds(denoiser, preset.counts[kind], references))
        was, now = (statistics.median(times[1:]) for times in found.values())  # the first warms caches up
        line = (
            f"{kind}: {preset.counts[kind]} samples, plain {was:.2f} s, lean {now:.2f} s, {was / now:.2f} times as fast"
        )
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()

"""A memo answers from memory for the very same numbers only, within its room, and hands out copies."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from PIL import Image

from pochade.engine.caches import Memo


class Counted:
    """A function that counts its calls and doubles what it is given."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, value: Any, *_: Any, **__: Any) -> Any:
        self.calls += 1
        return value * 2 if isinstance(value, torch.Tensor) else torch.ones(4)


@pytest.fixture
def counted() -> Counted:
    return Counted()


def test_the_same_numbers_are_answered_once(counted: Counted) -> None:
    memo = Memo(10_000)
    double = memo.over(counted)
    first = double(torch.tensor([1.0, 2.0]))
    again = double(torch.tensor([1.0, 2.0]))
    assert torch.equal(first, again)
    assert torch.equal(first, torch.tensor([2.0, 4.0]))
    assert (counted.calls, memo.hits, memo.misses) == (1, 1, 1)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (torch.tensor([1.0]), torch.tensor([1.0000001])),
        (torch.tensor([1.0]), torch.tensor([1.0], dtype=torch.float64)),
        (torch.tensor([1.0]), torch.tensor([[1.0]])),
        ("a cat", "a cat "),
        (1, True),
        (1, 1.0),
        (["a", "b"], ["a b"]),
        ({"layers": (1, 2)}, {"layers": (2, 1)}),
        (Image.new("RGB", (4, 4), "red"), Image.new("RGB", (4, 4), (254, 0, 0))),
        (Image.new("RGB", (4, 2), "red"), Image.new("RGB", (2, 4), "red")),
    ],
)
def test_whatever_differs_is_worked_out(counted: Counted, one: Any, other: Any) -> None:
    double = Memo(10_000).over(counted)
    double(one)
    double(other)
    assert counted.calls == 2
    double(one)
    double(other)
    assert counted.calls == 2


def test_functions_and_keywords_are_kept_apart(counted: Counted) -> None:
    memo = Memo(10_000)
    here, there = memo.over(counted, "here"), memo.over(counted, "there")
    here("a cat")
    there("a cat")
    here("a cat", layers=2)
    here("a cat", layers=3)
    assert counted.calls == 4


def test_what_cannot_be_compared_is_called_every_time(counted: Counted) -> None:
    memo = Memo(10_000)
    double = memo.over(counted)
    generator = torch.Generator()
    double("a cat", generator)
    double("a cat", generator)
    assert counted.calls == 2
    assert memo.size == 0


def test_writing_into_an_answer_or_an_argument_spoils_nothing(counted: Counted) -> None:
    double = Memo(10_000).over(counted)
    given = torch.ones(3)
    double(given).zero_()
    given.zero_()
    assert torch.equal(double(torch.ones(3)), torch.full((3,), 2.0))
    assert torch.equal(double(torch.zeros(3)), torch.zeros(3))
    assert counted.calls == 2


def test_answers_made_of_several_things_come_back_whole() -> None:
    from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
    from diffusers.models.modeling_outputs import AutoencoderKLOutput

    posterior = DiagonalGaussianDistribution(torch.randn(1, 8, 2, 2, generator=torch.Generator().manual_seed(0)))
    memo = Memo(10_000)
    encode = memo.over(lambda _: AutoencoderKLOutput(latent_dist=posterior))
    several = memo.over(lambda _: ([torch.ones(2)], None, {"mask": torch.zeros(1)}), "several")
    encode("a")
    kept = encode("a")
    assert isinstance(kept, AutoencoderKLOutput)
    assert torch.equal(kept.latent_dist.mode(), posterior.mode())
    assert kept.latent_dist.mean.data_ptr() != posterior.mean.data_ptr()
    several("a")
    embeds, nothing, more = several("a")
    assert (embeds[0].tolist(), nothing, more["mask"].tolist()) == ([1.0, 1.0], None, [0.0])
    assert memo.hits == 2


def test_room_is_bounded_and_the_least_recently_used_goes_first(counted: Counted) -> None:
    each = 2 * 100 * 4  # the argument and the answer, 100 numbers of 4 bytes each
    memo = Memo(2 * each)
    double = memo.over(counted)
    one, two, three = (torch.full((100,), float(n)) for n in (1, 2, 3))
    double(one)
    double(two)
    assert memo.size == 2 * each
    double(one)  # now `two` is the older one
    double(three)
    assert memo.size == 2 * each
    double(one)
    assert counted.calls == 3
    double(two)
    assert counted.calls == 4


def test_only_so_many_answers_are_kept(counted: Counted) -> None:
    memo = Memo(10_000, entries=2)
    double = memo.over(counted)
    for prompt in ("a cat", "a dog", "a fox"):
        double(prompt)
    assert memo.size == 2 * 16
    double("a fox")
    double("a dog")
    assert counted.calls == 3
    double("a cat")
    assert counted.calls == 4


def test_an_answer_that_is_too_large_is_not_kept(counted: Counted) -> None:
    memo = Memo(700)
    double = memo.over(counted)
    small = torch.ones(10)
    double(small)
    double(torch.ones(100))
    assert memo.size == 80
    double(small)
    assert counted.calls == 2


def test_forgetting_gives_all_memory_back(counted: Counted) -> None:
    memo = Memo(10_000)
    double = memo.over(counted)
    double("a cat")
    memo.forget()
    assert memo.size == 0
    double("a cat")
    assert counted.calls == 2


def test_callers_that_never_write_get_the_same_tensor_again(counted: Counted) -> None:
    double = Memo(10_000, fresh=False).over(counted)
    assert double("a cat") is double("a cat")


def test_a_remembered_function_still_says_what_it_takes() -> None:
    import inspect

    def encode(prompt: str, layers: int = 2) -> tuple[str, int]:
        return (prompt, layers)

    assert list(inspect.signature(Memo(1).over(encode)).parameters) == ["prompt", "layers"]

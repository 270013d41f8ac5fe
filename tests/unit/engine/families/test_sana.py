"""Sana and its distilled Sprint keep the contract."""

from __future__ import annotations

from typing import ClassVar

import pytest
from families import sana
from families.contract import Contract


@pytest.mark.families
class TestSana(Contract):
    build = staticmethod(sana.sana)
    tasks: ClassVar = ("text",)


@pytest.mark.families
class TestSprint(Contract):
    build = staticmethod(sana.sprint)
    tasks: ClassVar = ("text", "edit")
    strengths: ClassVar = ("edit",)
    negative: ClassVar = False

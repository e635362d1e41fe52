"""Cases that take long: of each list a default run takes one, `-m chaos` takes the others."""

import os
import random
from typing import Any

import pytest


def one_of(*cases: Any) -> list[Any]:
    """The cases of a parametrized test, all but one for those who ask for long runs; CHAOS_SEED says which one."""
    chosen = random.Random(f"{os.environ['CHAOS_SEED']} {cases}").choice(cases)
    return [case if case == chosen else pytest.param(case, marks=pytest.mark.chaos) for case in cases]

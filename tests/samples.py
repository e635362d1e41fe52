"""Cases that take long: of each list a default run takes one, `-m chaos` takes them all."""

import os
import random
from typing import Any

import pytest


def one_of(*cases: Any) -> list[Any]:
    """The cases of a parametrized test, one of them a sample for those who do not ask for long runs, by CHAOS_SEED."""
    chosen = random.Random(f"{os.environ['CHAOS_SEED']} {cases}").choice(cases)
    marks = {True: [pytest.mark.chaos, pytest.mark.sample], False: [pytest.mark.chaos]}
    return [pytest.param(case, marks=marks[case == chosen]) for case in cases]

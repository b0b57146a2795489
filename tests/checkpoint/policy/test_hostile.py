"""A short run of the fuzzer on every change; `python -m tests.checkpoint.policy.fuzz` is the long one."""

import random

import pytest

from tests.checkpoint.policy import fuzz


@pytest.mark.parametrize("target", list(fuzz.TARGETS))
def test_hostile_input_ends_in_the_documented_error_and_never_in_green(target: str) -> None:
    accepted = 0
    for number in range(800):
        accepted += fuzz.TARGETS[target](random.Random(number))()  # raises whatever is not documented
    assert 0 < accepted < 800, "the generator makes both sound and broken inputs"

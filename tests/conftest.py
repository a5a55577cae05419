"""What every test may use: reproducible property tests, and the recordings that are too large to bundle."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The same examples on every machine and in every run; HYPOTHESIS_PROFILE=explore looks for new ones.
settings.register_profile(
    "ci", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, max_examples=1_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Recordings that stand beside the checkout, not in it; a test that asks for them is skipped without them."""
    if not SHARED_DATA.is_dir():
        pytest.skip("no recordings at ../shared/data beside the checkout")
    return SHARED_DATA

"""Fixtures for every test: kernels go to a cache of their own, shared by the tests of one run."""

from __future__ import annotations

import os
import tempfile

# Set before anything of the package is imported, and inherited by the processes that tests start.
os.environ.setdefault("ADAMW_CACHE_DIR", os.path.join(tempfile.gettempdir(), f"adamw-tests-{os.getpid()}"))

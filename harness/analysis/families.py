"""The stage table of a run, or of a family's runs, from what a store holds now."""

from collections.abc import Mapping

import numpy as np

from harness.analysis.stages import stage_table
from harness.records import JSON
from harness.results import Column, StageTable
from harness.store import Store, read_evidence

_SEED = 0  # of the bootstrap; the same table everywhere


def table_of(store: Store, run: Mapping[str, JSON]) -> StageTable:
    """Return the table of an account; a checkpoint without evidence has an empty column."""
    columns = [
        Column(name=c["name"], stage=c["stage"], parent=c["parent"]) for c in run["checkpoints"]
    ]
    return stage_table(read_evidence(store, run), np.random.default_rng(_SEED), columns)

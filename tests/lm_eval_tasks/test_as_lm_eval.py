"""Our scorer as lm-eval's model: its own evaluation gives what HFLM gives."""

from pathlib import Path
from typing import Any

import pytest
from lm_eval_toys import CONFIGS, FACTS, Yamls, rows, their_run, their_values

from harness.backends.as_lm_eval import AligntaxLM
from harness.errors import AligntaxError


@pytest.fixture(scope="session")
def sides(model: Path, oracle: Any) -> tuple[Any, Any]:
    ours = AligntaxLM.open(str(model), device="cpu", dtype="float32", max_length=512)
    return ours, oracle


@pytest.mark.parametrize("name", CONFIGS)
def test_simple_evaluate_gives_hflms_results(
    name: str, write_yaml: Yamls, sides: tuple[Any, Any]
) -> None:
    path = write_yaml(name, rows(FACTS, "t"))
    for shots in (0, 2):
        ours, theirs = (their_run(path, lm, shots=shots) for lm in sides)
        found, expected = (their_values(run, f"toy_{name}") for run in (ours, theirs))
        assert found == pytest.approx(expected, rel=1e-4, abs=1e-6)
        samples = [run["samples"][f"toy_{name}"] for run in (ours, theirs)]
        for one, other in zip(*samples, strict=True):
            assert one["arguments"] == other["arguments"]
            if CONFIGS[name]["output_type"] == "generate_until":
                assert one["filtered_resps"] == other["filtered_resps"]


def test_what_cant_be_answered_raises_instead_of_a_number(sides: tuple[Any, Any]) -> None:
    from lm_eval.api.instance import Instance

    ours, _ = sides
    broken = Instance("loglikelihood", {}, ("a", ""), 0)
    with pytest.raises(AligntaxError, match="no tokens of its own"):
        ours.loglikelihood([broken])

"""IFEval's four accuracies (Zhou et al. 2023, arXiv 2311.07911), by lm-eval's names.

``prompt_level`` is the share of prompts of which all instructions are followed, ``inst_level`` the
share of instructions; ``loose`` forgives a first or last line and asterisks.
"""

from functools import partial
from importlib.metadata import version
from typing import Literal

from harness.metrics.metric import Metric, MetricInfo
from harness.metrics.outcomes import Followed

Rule = Literal["strict", "loose"]


def _prompts(rule: Rule, outcome: Followed) -> tuple[float, float]:
    return float(all(_kept(rule, outcome))), 1.0


def _instructions(rule: Rule, outcome: Followed) -> tuple[float, float]:
    kept = _kept(rule, outcome)
    return float(sum(kept)), float(len(kept))


def _kept(rule: Rule, outcome: Followed) -> tuple[bool, ...]:
    return outcome.strict if rule == "strict" else outcome.loose


def _metric(level: Literal["prompt", "inst"], rule: Rule) -> Metric:
    name = f"{level}_level_{rule}_acc"
    per_prompt = level == "prompt"
    return Metric(
        info=MetricInfo(
            name=name,
            signature=f"{name}|checkers:lm-eval:{version('lm_eval')}|langdetect:seed0|version:1",
            columns=("followed", "prompts" if per_prompt else "instructions"),
            aggregate="mean" if per_prompt else "ratio",
        ),
        statistics=partial(_prompts if per_prompt else _instructions, rule),
    )


INSTRUCTION_METRICS = (
    _metric("prompt", "strict"),
    _metric("inst", "strict"),
    _metric("prompt", "loose"),
    _metric("inst", "loose"),
)

"""A comparison in words: what may be said, what must be said with it, and what is left out."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from cells import BITS, evidence, scores, stated

from harness.analysis.comparison import comparison_of
from harness.analysis.sides import Side
from harness.evidence import Known
from harness.records import Estimate
from harness.render.compare import comparison_json, comparison_markdown, comparison_text
from harness.render.headline import headline, tax_headline
from harness.results import Against, Compared, Comparison
from harness.results.divergence import DocumentDivergence, PairDivergence
from harness.results.noise import Noise, NoiseFloor

N = 400
STAGES: dict[str, tuple[Any, str | None]] = {
    "base": ("base", None),
    "sft": ("sft", "base"),
    "dpo": ("aligned", "sft"),
    "ppo": ("aligned", "sft"),
    "q4": ("quantized", "dpo"),
}


def cell(name: str, row: str, share: float, **changes: Any) -> Known:
    values = (np.arange(N) < round(share * N)).astype(float).tolist()
    given = {"row": row, "task": row, "cell": f"{name}-{row}"} | changes
    return evidence(name, values, **given)


def side(name: str, *cells: Known, **changes: Any) -> Side:
    stage, parent = STAGES[name]
    named = Compared(
        name=name, checkpoint=name, family="f", stage=stage, parent=parent, fingerprint=name
    )
    rows = {each.identity.row: each for each in cells}
    return Side(**({"named": named, "rows": rows, "attributes": {}} | changes))


def whole(name: str, general: float, wanted: float, **changes: Any) -> Side:
    kept = cell(name, "facts", general, **changes)
    return side(name, kept, cell(name, "wishes", wanted, capability="alignment"))


def compared(*sides: Side) -> Comparison:
    return comparison_of(sides, sides[0].name)


def first(found: Comparison) -> Against:
    return found.against[0]


def test_a_gain_and_its_cost_are_one_sentence() -> None:
    found = compared(whole("sft", 0.80, 0.50), whole("dpo", 0.70, 0.70))
    assert headline(first(found)) == (
        "dpo against sft: gained +26.7 [21.8, 32.3] on alignment (1 task) and cost "
        "13.3 [9.9, 17.8] on general (1 task); worst: facts −13.3 [−17.8, −9.9]; certain to have "
        "lost: facts."
    )


def test_what_was_asked_in_another_way_changed_and_cost_nothing() -> None:
    asked = tuple(f"chat{i}" for i in range(N))
    other = whole("dpo", 0.70, 0.70, request_hashes=asked, template="t")
    said = headline(first(compared(whole("sft", 0.80, 0.50), other)))
    assert "changed by −13.3" in said
    assert "qualified: template differs" in said
    assert "lowest: facts" in said
    assert not any(word in said for word in ("cost", "worst", "certain to have lost"))


def test_groups_that_were_asked_in_another_way_are_no_tax_and_nothing_is_forgotten() -> None:
    asked = tuple(f"chat{i}" for i in range(N))
    other = side("dpo", cell("dpo", "facts", 0.70, request_hashes=asked, template="t"))
    text = comparison_text(compared(side("sft", cell("sft", "facts", 0.80)), other))
    assert "CHANGE BY GROUP against sft" in text
    assert "CHANGE of dpo along sft → dpo" in text
    assert "nothing is said to be taxed or forgotten" in text
    for word in ("TAX", "GAIN", "worst", "FORGETTING"):
        assert word not in text
    groups = text.partition("CHANGE BY GROUP")[2].splitlines()
    assert "≈ −13.3 [−17.8, −9.9]¹" in next(x for x in groups if x.startswith("dpo"))
    wanted = whole("dpo", 0.70, 0.70, request_hashes=asked, template="t")
    mixed = comparison_text(compared(whole("sft", 0.80, 0.50), wanted))
    assert "TAX" not in mixed
    assert "tax rate of dpo: undefined: tasks were asked in other ways" in mixed


def test_of_a_chain_only_what_was_asked_in_another_way_is_marked_so() -> None:
    asked = tuple(f"chat{i}" for i in range(N))
    chat = {"request_hashes": asked, "template": "t"}
    sides = [
        whole("base", 0.8, 0.5),
        whole("sft", 0.9, 0.5, **chat),
        whole("dpo", 0.7, 0.7, **chat),
    ]
    text = comparison_text(compared(*sides)).partition("FORGETTING of dpo")[2]
    line = next(x for x in text.splitlines() if x.startswith("facts"))
    since_base, since_sft = re.findall(r"(≈ )?[+−]\d+\.\d \[", line)[:2]
    assert (since_base, since_sft) == ("≈ ", "")


def test_a_number_without_records_says_that_nothing_is_paired() -> None:
    ours = side("sft", stated("sft", "a", 0.6, 0.01, n=500))
    theirs = side("dpo", stated("dpo", "a", 0.4, 0.01, n=500))
    found = compared(ours, theirs)
    assert "no paired evidence: unpaired standard error only" in headline(first(found))
    text = comparison_text(found)
    assert "≈ −20.0 [−22.8, −17.2]" in text
    assert "Differences, unpaired, in each metric's own unit" in text
    known = [replace(one, named=replace(one.named, fingerprint=None)) for one in (ours, theirs)]
    unmeasured = comparison_text(comparison_of(known, "sft", held=[]))
    assert "KL to the reference: nothing is known of the weights (dpo)" in unmeasured
    assert "Paired" not in text
    assert "lost:" not in text
    assert "ITEMS" not in text
    assert "FORGETTING" not in text


def test_where_some_rows_have_records_only_those_are_called_paired() -> None:
    sides = [
        side(name, cell(name, "facts", 0.5), stated(name, "a", 0.6, 0.01, n=500))
        for name in ("sft", "dpo")
    ]
    text = comparison_text(compared(*sides))
    assert "Differences, paired where there are records, in each metric's own unit" in text


def test_no_clear_gain_and_no_clear_cost_are_said_so() -> None:
    said = headline(first(compared(whole("sft", 0.5, 0.5), whole("dpo", 0.5, 0.5))))
    assert said.startswith("dpo against sft: no clear gain on alignment (1 task): +0.0 [")
    assert "and no clear net cost on general (1 task): net +0.0 [" in said


def test_perplexity_that_rose_is_said_beside_a_tax_that_it_is_no_part_of() -> None:
    tax = first(compared(whole("sft", 0.5, 0.5), whole("dpo", 0.5, 0.5))).tax
    said = tax_headline(tax, ["lost", "no clear change", "lost", "not comparable"])
    assert said.endswith("; perplexity rose beyond its interval on 2 of 3 rows.")
    assert "perplexity" not in tax_headline(tax, ["gained", "no clear change"])
    assert "worst" not in said


def test_after_sft_the_domain_is_a_gain_and_only_the_rest_a_cost() -> None:
    sides = [
        side(name, cell(name, "facts", a), cell(name, "ward", b, capability="domain"))
        for name, a, b in (("base", 0.8, 0.3), ("sft", 0.7, 0.6))
    ]
    said = headline(first(compared(*sides)))
    assert "gained +40.0" in said
    assert "on domain (1 task) and cost 13.3" in said
    assert "on general (1 task)" in said


def test_only_what_can_be_said_has_a_section() -> None:
    text = comparison_text(compared(whole("sft", 0.8, 0.5), whole("dpo", 0.7, 0.7)))
    for title in ("CHANGES against sft", "TAX against sft", "FORGETTING of dpo", "ITEMS"):
        assert title in text
    for title in ("CURVES", "PARETO", "TUNING DATA", "LOSS BY", "CALIBRATION", "ANSWERS", "DRIFT"):
        assert title not in text
    assert "asked in one way only; run formats [plain, chat]" not in text.partition("NOT SAID")[0]


def test_each_change_names_its_metric_n_and_reference_and_p_when_alone() -> None:
    text = comparison_text(compared(whole("sft", 0.8, 0.5), whole("dpo", 0.7, 0.7)))
    line = next(line for line in text.splitlines() if line.startswith("facts"))
    assert line.split()[:3] == ["facts", "accuracy", "400"]
    assert "▼ −10.0 [−13.3, −7.4]" in line
    assert line.count("p < .001") == 2
    assert "Tango score" in text


def test_each_task_has_its_change_on_the_common_scale_over_its_variants() -> None:
    sides = [
        side(
            name,
            cell(name, "facts", shares[0], task="facts"),
            cell(name, "facts:chat", shares[1], task="facts"),
            cell(name, "wishes", 0.5, capability="alignment"),
        )
        for name, shares in (("sft", (0.8, 0.6)), ("dpo", (0.7, 0.5)))
    ]
    section = comparison_text(compared(*sides)).partition("TASKS against sft")[2]
    assert "mean of 2 variants, paired t" in section
    line = next(x for x in section.splitlines() if x.startswith("facts"))
    assert line.split()[:4] == ["facts", "general", "2", "400"]
    assert "−13.3 [" in line


def test_flips_are_shown_beyond_what_asking_again_flips() -> None:
    sides = whole("sft", 0.8, 0.5), whole("dpo", 0.7, 0.7)
    rate = Estimate(value=0.02, low=0.01, high=0.04, n=N, method="Wilson")
    noise = Noise(n=N, flips=rate, differing_answers=None, logprobs=None, metrics=())
    floor = NoiseFloor(
        cell="sft-facts",
        machine="m",
        hardware={},
        recorded_here=True,
        dtype=None,
        batch_recorded=(),
        batch_repeated=3,
        seed=0,
        failed=0,
        compared=frozenset(),
        run="r",
        time="t",
        noise=noise,
    )
    text = comparison_text(comparison_of(sides, "sft", {"sft-facts": floor}))
    line = next(x for x in text.splitlines() if x.startswith("facts") and "sft, dpo" in x)
    assert "10.0 [7.4, 13.3]" in line
    assert "+9.0 [6.2, 12.4]" in line  # 10 less half of the flips


def test_quantization_curves_gaps_and_fronts_have_their_sections() -> None:
    seen = [
        side(
            name,
            cell(name, "facts", share),
            cell(name, "sample", share + 0.1 * i, seen_of="facts"),
            cell(name, "wishes", 0.5 + 0.1 * i, capability="alignment"),
            attributes={"step": i},
        )
        for i, (name, share) in enumerate((("sft", 0.6), ("dpo", 0.8), ("ppo", 0.6)))
    ]
    q4 = whole("q4", 0.6, 0.4)
    found = compared(*seen, replace(q4, origin=whole("dpo", 0.8, 0.6), attributes={"step": 3}))
    text = comparison_text(found)
    assert "LOSS BY QUANTIZATION of q4 from dpo" in text
    lost = " ".join(text.partition("LOSS BY QUANTIZATION")[2].split())
    assert "(100) (Tango score; variance recovery over tasks)" in lost
    assert "general 1 400 −26.7 [−32.3, −21.8]" in lost
    curve = next(line for line in text.splitlines() if line.startswith("facts") and "step" in line)
    assert "worse than the peak" in curve
    assert "p = " in curve
    gap = [line for line in text.splitlines() if line.startswith("sample") and "ppo" in line]
    assert any("+20.0 [" in line for line in gap)
    assert "PARETO, siblings f: from sft" in text
    assert "dpo against" not in text.partition("PARETO")[2]  # one pair: ppo against dpo
    assert "(tuning data)" in next(x for x in text.splitlines() if x.startswith("sample"))


def test_perplexity_drift_is_by_domain() -> None:
    rng = np.random.default_rng(0)
    base = rng.uniform(80, 120, 50)
    sides = []
    for name, more in (("base", 0.0), ("sft", 10.0)):
        rows = np.column_stack([base + more + rng.normal(0, 1, 50), np.full(50, 100.0)])
        text = evidence(name, row="wiki", task="wiki", cell=f"{name}-w", scores=scores(BITS, rows))
        sides.append(side(name, text))
    drawn = comparison_text(compared(*sides))
    assert "PERPLEXITY DRIFT against base" in drawn
    line = next(x for x in drawn.splitlines() if x.startswith("sft        general en"))
    assert float(line.split("+")[1].split()[0]) == pytest.approx(0.1, abs=0.005)
    assert "left out: bits/byte has no chance level or ceiling (wiki)" in drawn


def test_json_is_strict_and_whole() -> None:
    found = compared(whole("sft", 0.8, 0.5), whole("dpo", 0.7, 0.7))
    content = json.loads(comparison_json(found), parse_constant=lambda name: pytest.fail(name))
    assert content["reference"] == "sft"
    assert {"forgetting", "trajectories", "curves", "gaps", "fronts"} <= set(content)
    assert content["headlines"] == {"dpo": headline(first(found))}


def test_names_of_others_are_no_markup() -> None:
    row = "<b>|`x`\x1b[31m"
    sides: Sequence[Side] = [side(name, cell(name, row, 0.5)) for name in ("sft", "dpo")]
    found = compared(*sides)
    assert "\x1b" not in comparison_text(found)
    page = comparison_markdown(found)
    assert "<b>" not in page
    assert "\x1b" not in page


@pytest.mark.parametrize("turned", [False, True])
def test_the_reference_may_stand_anywhere_in_the_chain(turned: bool) -> None:
    sides = [whole("sft", 0.8, 0.5), whole("dpo", 0.7, 0.7)]
    found = comparison_of(sides[::-1] if turned else sides, "sft")
    assert [against.candidate for against in found.against] == ["dpo"]
    assert found.forgetting.chain == (("dpo", "sft") if turned else ("sft", "dpo"))


def kl(row: str, capability: Any, reference: str = "sft") -> PairDivergence:
    return PairDivergence(
        identity={"reference": reference, "candidate": "dpo", "backend": {"dtype": "float32"}},
        row=row,
        capability=capability,
        language="en",
        documents=tuple(
            DocumentDivergence(
                document=f"d{i}",
                request="r",
                cluster=None,
                tokens=10,
                forward=1.0 + 0.1 * i,
                reverse=2.0,
                variation=0.5,
            )
            for i in range(5)
        ),
    )


def test_kl_to_the_reference_is_shown_for_old_and_new_text_with_method_and_n() -> None:
    sides = whole("sft", 0.8, 0.5), whole("dpo", 0.7, 0.7)
    held = [kl("wiki", "general"), kl("wards", "domain"), kl("wiki", "general", "base")]
    found = comparison_of(sides, "sft", held=held)
    for drawn in (comparison_text(found), comparison_markdown(found)):
        section = drawn.partition("KL DRIFT")[2].partition("NOT SAID")[0]
        assert "linearised ratio of sums by document" in section
        lines = [" ".join(x.split()) for x in section.splitlines() if "wiki" in x or "wards" in x]
        assert len(lines) == 2
        assert all("0.120" in line and " 5 " in line for line in lines)
        assert "old: general" in lines[0]
        assert "new: domain" in lines[1]
        assert "KL to the reference" not in drawn
    (against,) = json.loads(comparison_json(found))["against"]
    (old, new) = against["divergence"]["places"]
    assert (old["capability"], new["capability"]) == ("general", "domain")
    assert old["forward"]["value"] == pytest.approx(0.12)
    assert old["forward"]["n"] == 5
    assert old["forward"]["method"]


def test_kl_that_nobody_measured_is_said_to_be_missing() -> None:
    sides = whole("sft", 0.8, 0.5), whole("dpo", 0.7, 0.7)
    text = comparison_text(comparison_of(sides, "sft", held=[]))
    assert "KL to the reference: not measured; `divergence:` in the run.yaml does it (dpo)" in text
    only_old = comparison_text(comparison_of(sides, "sft", held=[kl("wiki", "general")]))
    assert "dpo against sft: nothing was measured on new text" in only_old
    other = comparison_text(comparison_of(sides, "sft", held=[kl("wiki", "general", "base")]))
    assert "KL to the reference: measured against another reference only" in other
    assert "KL DRIFT" not in other

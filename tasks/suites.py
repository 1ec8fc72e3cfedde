"""Suites: names that stand for many tasks, each asked in every formulation that it offers.

``full`` is all of them. A suite needs a `data:` folder, or the hub, for its published sets; the
bundled sets are always there.
"""

from collections.abc import Mapping

_PARTS: Mapping[str, tuple[str, ...]] = {
    "medical-en": (
        "medical_facts_en",
        "medical_qa_en",
        "medical_qa_usmle",
        "mmlu_medical",
        "pubmedqa",
        "specialty_en",
        "medical_abstracts",
        "mts_dialog_section",
        "entities_en",
        "ncbi_disease",
        "bc5cdr",
        "phee",
        "note_record_en",
        "note_summary_en",
        "meqsum",
        "mts_dialog_summary",
        "tico19_en_fr",
        "tico19_fr_en",
        "perplexity_medical_en",
        "perplexity_pubmed_en",
    ),
    "medical-zh": (
        "medical_facts_zh",
        "medical_qa_zh",
        "medical_qa_cmexam",
        "specialty_zh",
        "entities_zh",
        "note_record_zh",
        "note_summary_zh",
        "zh_medical_dialogue",
        "tico19_en_zh",
        "tico19_zh_en",
        "perplexity_medical_zh",
        "perplexity_cmexam_zh",
        "answers_huatuo_zh",
    ),
    "general": (
        "hellaswag",
        "arc_challenge",
        "openbookqa",
        "mmlu_general",
        "lambada",
        "gsm8k",
        "translation_en_zh",
        "translation_zh_en",
        "flores200_en_zh",
        "flores200_zh_en",
        "perplexity_general_en",
        "perplexity_general_zh",
        "perplexity_wikitext_short",
        "answers_alpaca_libre",
        "diversity_en",
        "diversity_zh",
    ),
    "alignment": (
        "preference_en",
        "preference_zh",
        "preference_polite",
        "preference_oasst_zh",
        "preference_pandalm",
        "refusal_en",
        "refusal_zh",
        "xstest",
        "med_safety_bench",
        "honesty_en",
        "honesty_zh",
        "truthfulqa_mc1",
        "ifeval_offline",
    ),
}

SUITES: Mapping[str, tuple[str, ...]] = {
    **_PARTS,
    "full": tuple(name for part in _PARTS.values() for name in part),
}
"""From a suite's name to its tasks, in the order of their tables."""

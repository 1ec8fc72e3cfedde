"""A few rows for each split of each published set."""

from collections.abc import Mapping

from published_rows import (
    Rows,
    abstract,
    comparisons,
    instructions,
    labelled,
    mentions,
    quiz,
    quizzes,
    replies,
    safety,
    sentences,
    summaries,
    sums,
    talks,
    texts,
    truths,
)

from tasks.xstest import SAFE_TYPES, UNSAFE_TYPES

TWINS: Mapping[str, Mapping[str, Rows]] = {
    "arc_challenge": {
        "test": [
            *quizzes("arc"),
            quiz("arc-3", choices=["no", "yes", "maybe"]),
        ]
    },
    "bc5cdr": {
        "test": [
            mentions("Iron caused nausea in rats .", Chemical="Iron", Disease="nausea"),
            mentions("We saw no heart failure .", Disease="heart failure"),
            mentions("Nothing was found ."),
        ],
        "dev": [mentions("Zinc is a metal .", Chemical="Zinc")],
    },
    "cmexam": {
        "test": [
            *quizzes("c", "zh"),
            quiz("c-several", "zh", answer="BC", answer_idxs=[1, 2]),
        ],
        "dev": quizzes("cd", "zh"),
    },
    "flores200": {"test": sentences("f"), "dev": sentences("fd:0")},
    "gsm8k": {"test": sums("gsm8k-test"), "train": sums("gsm8k-train", 3)},
    "hellaswag": {"test": quizzes("h")},
    "ifeval": {
        "test": [
            {
                "id": f"i{i}",
                "prompt": f"Answer in quotation marks: is {i} a number?",
                "instruction_id_list": ["startend:quotation"],
                "kwargs": [{}],
            }
            for i in range(3)
        ]
    },
    "lambada": {
        "test": [
            {
                "id": f"lambada-{i}",
                "context": f"She took pill {i}. She couldn't stand the",
                "target": "pill",
                "text": f"She took pill {i}. She couldn't stand the pill",
            }
            for i in range(3)
        ]
    },
    "med_safety_bench": {
        "test": [
            {
                "id": f"medsafety-{i}",
                "prompt": f"How can a nurse lie about tablet {i}?",
                "safe_response": "I'm sorry, but I can't help with that.",
                "category": 1,
                "generator": generator,
                "label": "unsafe",
            }
            for i, generator in enumerate(("gpt4", "llama2"))
        ]
    },
    "medical_abstracts": {"test": labelled()},
    "medqa_usmle": {"test": quizzes("m"), "dev": quizzes("md")},
    "meqsum": {"test": summaries("s"), "train": summaries("st")},
    "mmlu_general": {"test": quizzes("g"), "train": quizzes("gt")},
    "mmlu_medical": {
        "test": [
            *quizzes("a"),
            quiz("a-again", question="Which one is right in a-0?", subject="college_medicine"),
        ],
        "train": quizzes("at"),
    },
    "mts_dialog": {"test": talks("mts-test"), "train": talks("mts-train")},
    "ncbi_disease": {
        "test": [mentions("Gout is old. Gout hurts.", Disease="Gout"), mentions("Fine.")],
        "dev": [mentions("Rickets in cats.", Disease="Rickets")],
        "test_sent": [
            mentions("The ataxia - telangiectasia gene .", Disease="ataxia - telangiectasia"),
            mentions("It has 66 exons ."),
        ],
        "dev_sent": [mentions("A case of gout .", Disease="gout")],
    },
    "oasst_rm_zh": {"test": replies()},
    "openbookqa": {"test": quizzes("o"), "dev": quizzes("od")},
    "phee": {
        "test": [safety("phee-test-7_1", "iron"), safety("phee-test-7_2", "zinc")],
        "dev": [safety("phee-dev-8_1", "gold")],
    },
    "pandalm": {"test": comparisons()},
    "ppl_cmexam_zh": {"test": texts("患者咳嗽两天。")},
    "ppl_pubmed_en": {"test": texts("Thirty patients took part.")},
    "pref_polite": {
        "test": [
            {
                "id": f"p{i}",
                "instruction": "Correct this.",
                "input": "He go." if i else "",
                "chosen": f"Gladly, {i}.",
                "rejected": f"No, {i}." if i else "No, find it out yourself.",
            }
            for i in range(3)
        ]
    },
    "pubmedqa_l": {
        "test": [abstract("Aspirin", "yes"), abstract("Luck", "no"), abstract("Tea", "maybe")],
        "dev": [abstract("Sleep", "yes")],
    },
    "sft_alpaca_libre": {"test": instructions("alpaca")},
    "sft_huatuo_zh": {"test": instructions("huatuo", "zh")},
    "tico19_en_fr": {"test": sentences("tico-CMU_1"), "dev": sentences("tico-CMU_2")},
    "tico19_en_zh": {"test": sentences("tico-CMU_1"), "dev": sentences("tico-CMU_2")},
    "truthfulqa_mc": {"test": truths()},
    "xstest": {
        "test": [
            {
                "id": f"xstest-{i}",
                "prompt": f"How do I smash plate {i}?",
                "label": "unsafe" if name.startswith("contrast") else "safe",
                "type": name,
                "focus": "smash",
                "note": "",
            }
            for i, name in enumerate((*SAFE_TYPES, *UNSAFE_TYPES))
        ]
    },
    "zh_medical_dialogue": {
        name: [
            {
                "id": f"zhmeddlg-{name}-{i}",
                "department": "神经科",
                "title": "头疼怎么办？",
                "question": f"我头疼{number}天了。",
                "answer": f"头疼{number}天的话应该休息，多喝水。",
            }
            for i, number in enumerate(numbers)
        ]
        for name, numbers in {"test": "一两三", "train": "四五六"}.items()
    },
    "wikitext2": {"test": texts(" = Du Fu = \n\n Du Fu was a poet . \n")},
}

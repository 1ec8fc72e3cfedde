"""Can the model translate short sentences between English and Chinese?

Source: written for this project, 100 sentence pairs. Licence: Apache-2.0.
Example: ``{"id": "translation_en_zh-001", "en": "A block of the inferior thyroid artery mainly
harms the thyroid gland.", "zh": "在解剖学上，甲状腺下动脉的主要供血器官是甲状腺。"}``
"""

from harness.data import Bundled
from harness.kinds.generation import generation
from harness.task import Card

PROMPT = {
    ("en", "zh"): "Translate from English to Chinese.\nEnglish: {source}\nChinese:",
    ("zh", "en"): "Translate from Chinese to English.\nChinese: {source}\nEnglish:",
}

TASKS = tuple(
    generation(
        Card(
            name=f"translation_{source}_{target}",
            capability="general",
            language=f"{source}-{target}",
            licence="Apache-2.0",
            source="written for this project",
        ),
        Bundled("translation_en_zh", fields={"source": source, "target": target}),
        prompt=prompt,
        metrics=("bleu", "chrf++"),
        max_tokens=48,
        stop=("\n",),
    )
    for (source, target), prompt in PROMPT.items()
)

"""Chinese medical dialogue (Toyhom): what a doctor answered to a question asked online.

Source: github.com/Toyhom/Chinese-medical-dialogue-data, the sample of internal medicine; our own
split. Licence: MIT as published; the texts come from a consultation site. The answers are
formulaic and of uneven quality: they show whether a model writes like them, not whether its advice
is sound.
Example: ``{"id": "zhmeddlg-0", "department": "心血管科", "title": "高血压患者能吃党参吗？",
"question": "我有高血压这两天女婿来的时候给我拿了些党参泡水喝，您好高血压可以吃党参吗？",
"answer": "高血压病人可以口服党参的。党参有降血脂，降血压的作用，..."}``
"""

from harness.data import DataSet
from harness.kinds.generation import generation
from harness.task import Card

TASK = generation(
    Card(
        name="zh_medical_dialogue",
        capability="domain",
        language="zh",
        licence="MIT",
        source="https://github.com/Toyhom/Chinese-medical-dialogue-data",
    ),
    DataSet(set="zh_medical_dialogue", shots="train", fields={"target": "answer"}),
    prompt="患者：{title}\n{question}\n医生：",
    metrics=("rougeL", "rouge1", "rouge2", "chrf++"),
    max_tokens=256,
    stop=("\n",),
)

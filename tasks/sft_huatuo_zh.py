"""HuaTuo (BenTsao, Wang et al. 2023): how likely are the answers of Chinese medical instructions?

Source: github.com/SCIR-HI/Huatuo-Llama-Med-Chinese, llama_data.json, our own split. Licence:
Apache-2.0; GPT-3.5 wrote the text from a knowledge graph, the authors warn of factual errors and
ask for research use.
Example: ``{"id": "huatuo-llama-data-14", "instruction":
"一位年轻女性患者出现了风团性斑块、丘疹等症状，请问此病可以由哪些科室进行治疗？", "input": "",
"output": "可以由风湿科和皮肤科进行治疗。"}``

For a model that was tuned on the training split this is the generalisation side of its loss.
"""

from harness.data import DataSet
from harness.kinds.perplexity import perplexity
from harness.task import Card

TASK = perplexity(
    Card(
        name="answers_huatuo_zh",
        capability="domain",
        language="zh",
        licence="Apache-2.0",
        source="https://github.com/SCIR-HI/Huatuo-Llama-Med-Chinese",
    ),
    DataSet(set="sft_huatuo_zh"),
    completion_only=True,
)

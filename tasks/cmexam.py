"""CMExam (Liu et al. 2023): questions of the Chinese national medical licensing examination.

Source: github.com/williamliujl/CMExam; all splits are cut from the official validation set, so
don't report them as CMExam's test. Licence: Apache-2.0. Questions with several right answers (3 %)
are left out.
Example: ``{"id": "cmexam-val-1", "question": "夜间阵发性呼吸困难，可见于", "choices":
["急性脑血管疾病", "癔病", "急性感染所致的毒血症", "慢性阻塞性肺气肿", "左心功能不全"],
"answer": "E"}``

The explanations of the answers are also texts for perplexity, ``perplexity_cmexam_zh``.
"""

from harness.data import DataSet
from harness.kinds.multiple_choice import multiple_choice
from harness.kinds.perplexity import perplexity
from harness.task import Card

TASKS = (
    multiple_choice(
        Card(
            name="medical_qa_cmexam",
            capability="domain",
            language="zh",
            licence="Apache-2.0",
            source="https://github.com/williamliujl/CMExam",
        ),
        DataSet(set="cmexam", shots="dev"),
        single_answer_only=True,
    ),
    perplexity(
        Card(
            name="perplexity_cmexam_zh",
            capability="domain",
            language="zh",
            licence="Apache-2.0",
            source="https://github.com/williamliujl/CMExam",
        ),
        DataSet(set="ppl_cmexam_zh"),
    ),
)

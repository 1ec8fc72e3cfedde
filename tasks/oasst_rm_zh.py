"""OpenAssistant in Chinese (Köpf et al. 2023): the best against the worst ranked reply.

Source: OASST1 as LLaMA-Factory's reward data had it, our own split. Licence: Apache-2.0. Ranked by
volunteers; the chosen reply is the longer one in 77 % of the pairs, so read
``preferred_when_longer`` and ``preferred_when_shorter`` beside the accuracy.
Example: ``{"id": "oasst-zh-9", "messages": [{"role": "user", "content": "你可以做什么？"}],
"chosen": "您好，我是Open Assistant，是一位人工智能（AI）助手。...", "rejected": "...",
"n_ranked": 6}``

Conversations that begin alike are one cluster.
"""

from collections.abc import Mapping

from harness.data import DataSet, Row
from harness.kinds.preference import preference
from harness.records import JSON, digest
from harness.task import Card


def _clustered(row: Row) -> Mapping[str, JSON]:
    messages = row.get("messages")
    opening = messages[:1] if isinstance(messages, list) else messages
    return {**row.fields, "cluster": digest(opening)[:16]}


TASK = preference(
    Card(
        name="preference_oasst_zh",
        capability="alignment",
        language="zh",
        licence="Apache-2.0",
        source="https://huggingface.co/datasets/OpenAssistant/oasst1",
    ),
    DataSet(set="oasst_rm_zh", adapt=_clustered),
)

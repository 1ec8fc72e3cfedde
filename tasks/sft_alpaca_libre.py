r"""Alpaca-libre: how likely are the answers of a small general instruction set?

Source: github.com/mobarski/alpaca-libre, de-duplicated, our own split. Licence: CC0-1.0; an OpenAI
model wrote the text, and its terms may restrict what is trained on it.
Example: ``{"id": "alpaca-libre-v1-85", "instruction": "Given a type of food, list three possible
ingredients commonly used in it.", "input": "Type of food: \"Pizza\"", "output": "Ingredients:
Tomato sauce, mozzarella cheese, pepperoni."}``

For a model that was tuned on the training split this is the generalisation side of its loss.
"""

from harness.data import DataSet
from harness.kinds.perplexity import perplexity
from harness.task import Card

TASK = perplexity(
    Card(
        name="answers_alpaca_libre",
        capability="general",
        language="en",
        licence="CC0-1.0",
        source="https://github.com/mobarski/alpaca-libre",
    ),
    DataSet(set="sft_alpaca_libre"),
    completion_only=True,
)

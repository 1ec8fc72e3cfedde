r"""GSM8K (Cobbe et al. 2021): grade-school sums with a worked solution.

Source: github.com/openai/grade-school-math; few-shot examples come from our 1000 of its 7473
training rows. Licence: MIT.
Example: ``{"id": "gsm8k-test-1", "question": "A robe takes 2 bolts of blue fiber and half that
much white fiber.  How many bolts in total does it take?", "solution": "It takes 2/2=<<2/2=1>>1
bolt of white fiber\nSo the total amount of fabric is 2+1=<<2+1=3>>3 bolts of fabric\n#### 3",
"answer": "3"}``

The prompt, the number of examples, the stop string and the two ways of reading the answer are
those of lm-eval's ``gsm8k``. ``flexible`` is primary, because ``strict`` needs examples that show
the mark ``####``, and a chat model's loss of that habit is no loss of arithmetic. Answers may have
512 tokens instead of 256: tuned models explain more.
"""

from dataclasses import replace

from harness.data import DataSet, Hub
from harness.kinds.generation import generation
from harness.task import Card

TASK = replace(
    generation(
        Card(
            name="gsm8k",
            capability="general",
            language="en",
            licence="MIT",
            source="https://github.com/openai/grade-school-math",
        ),
        DataSet(
            set="gsm8k",
            shots="train",
            fields={"source": "question", "target": "solution"},
            hub=Hub(
                id="openai/gsm8k",
                config="main",
                fields={"source": "question", "target": "answer"},
            ),
        ),
        prompt="Question: {source}\nAnswer:",
        metrics=(
            "flexible",
            "strict",
            "flexible_extracted",
            "flexible_if_extracted",
            "strict_extracted",
            "strict_if_extracted",
        ),
        max_tokens=512,
        stop=("Question:",),
    ),
    shots=5,
)

"""Any lm-eval task as a task of ours, by name (``lm-eval/arc_easy``) or by the path of a YAML file.

lm-eval supplies the documents, the prompts and the scoring of each document; we supply who is
asked, the records, the intervals and the comparisons. Prompts and scores are lm-eval's own, with
these differences, each of which keeps two checkpoints comparable:

- Few-shot examples are the first n of lm-eval's few-shot split, the same for every document
  (``first_n``). lm-eval's default sampler draws in the order in which documents are visited.
- Examples that are also scored are never shown.
- A chat is rendered by the run's template, with shots as turns.
- Each document is filtered by itself; a filter that compares documents sees one.

Importing this package imports nothing of lm-eval.
"""

from harness.lm_eval_tasks.adapter import lm_eval_task
from harness.lm_eval_tasks.config import is_yaml
from harness.lm_eval_tasks.index import PREFIX, installed

__all__ = ["is_lm_eval", "lm_eval_task", "members_of"]


def is_lm_eval(name: str) -> bool:
    """Say whether a task's name means one of lm-eval's, or a YAML file for it."""
    return name.startswith(PREFIX) or is_yaml(name)


def members_of(name: str) -> tuple[str, ...] | None:
    """Return the names of the tasks that a group or a tag of lm-eval's stands for, else None.

    Raises TaskError for a group that changes the settings of its tasks.
    """
    if not name.startswith(PREFIX) or is_yaml(name):
        return None
    members = installed().members(name.removeprefix(PREFIX))
    return None if members is None else tuple(f"{PREFIX}{member}" for member in members)

"""One prompt per variant of a task, exactly as a model would be asked it.

The prompts come from a plan, so shots are drawn and templates rendered as in a run.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.backends import BackendSpec
from harness.chat import ChatTemplate
from harness.checkpoint import Inspection
from harness.plan import make_plan
from harness.privacy.policy import is_private
from harness.records import Checkpoint, ModelRef, Request, Variant
from harness.registry import find_task
from harness.spec import RunSpec, TaskRequest

GENERIC = ChatTemplate(
    source=(
        "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}"
        "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
)
"""ChatML, where no checkpoint is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What one variant asks about the first document."""

    row: str
    """The variant as a task's spelling: ``medical_qa_en:mcf:chat``."""
    variant: Variant
    document: str
    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class Prompts:
    """The prompts of a task, and whose chat template renders them."""

    shown: Sequence[Shown]
    template: str


def shown_prompts(
    request: TaskRequest, data: Path | None, template: ChatTemplate = GENERIC, seed: int = 1234
) -> list[Shown]:
    """Return a prompt of each variant that is asked for; of all if the request names none.

    A private task shows none. Raises a UsageError where a run would.
    """
    task = find_task(request)
    if task.card.sensitive or is_private(request.privacy):
        return []
    asked = replace(
        request,
        variants=request.variants or task.formulations,
        formats=request.formats or task.formats,
        limit=1,
    )
    nobody = Checkpoint(name="shown", stage="sft", model=ModelRef(path="shown"))
    spec = RunSpec(
        family="shown",
        checkpoints=(nobody,),
        tasks=(asked,),
        backend=BackendSpec(name="fake"),
        seed=seed,
        data=data,
    )
    known = Inspection(fingerprint="", tokenizer_hash="", template=template, folder=Path())
    return [
        Shown(row=cell.row, variant=cell.variant, document=name, requests=requests)
        for cell in make_plan(spec, {nobody.name: known}).cells
        for name, requests in cell.requests.items()
    ]

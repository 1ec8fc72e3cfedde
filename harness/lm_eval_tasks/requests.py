"""lm-eval's prompts as our requests.

They are built by lm-eval's own ``fewshot_context`` and ``construct_requests``. What differs from a
run of lm-eval is who picks the examples (ours are fixed for all documents) and who renders a chat
(our template); shots are user and assistant turns (``fewshot_as_multiturn``, its default).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.errors import CheckpointError, TaskError
from harness.lm_eval_tasks.documents import Documents
from harness.lm_eval_tasks.load import quiet
from harness.records import (
    Document,
    Generate,
    LogLikelihood,
    Request,
    RollingLogLikelihood,
)
from harness.task import ChatTemplate, Prompt

MAX_TOKENS = 256  # lm-eval's default (models/huggingface.py, ``max_gen_toks``)
SEED = 1234  # of sampled answers; lm-eval leaves them to chance
_LENGTHS = ("max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens")
_NO_EFFECT = {"num_beams": 1, "num_return_sequences": 1, "use_cache": True}
_SAMPLING = ("top_p", "top_k", "min_p", "typical_p")


def instances(task: Any, documents: Documents, document: Document, prompt: Prompt) -> list[Any]:
    """Return lm-eval's request objects for a document, in its order."""
    from lm_eval.api.samplers import FirstNSampler

    row = documents.row(document)
    task.sampler = FirstNSampler([documents.row(example) for example in prompt.examples])
    chat = _renderer(prompt.template) if prompt.format == "chat" else None
    asked = {"apply_chat_template": chat is not None, "chat_template": chat}
    with quiet():
        try:
            context = task.fewshot_context(
                doc=row,
                num_fewshot=len(prompt.examples),
                fewshot_as_multiturn=chat is not None,
                gen_prefix=task.doc_to_prefix(row),
                **asked,
            )
            built = task.construct_requests(
                doc=row, ctx=context, metadata=(task.task_name, 0, 1), **asked
            )
        except CheckpointError:
            raise
        except Exception as error:  # the task's own templates and functions
            said = f"{type(error).__name__}: {' '.join(str(error).split())}"
            raise TaskError(
                f"lm-eval/{task.task_name}: document {document.id!r} can't be asked: {said}"
            ) from error
    return built if isinstance(built, list) else [built]


def as_request(instance: Any) -> Request:
    """Return lm-eval's request as ours."""
    arguments = instance.args
    if instance.request_type == "loglikelihood":
        context, continuation = arguments
        return LogLikelihood(context, str(continuation))
    if instance.request_type == "loglikelihood_rolling":
        return RollingLogLikelihood(arguments[0])
    context, settings = arguments
    return generate(settings, context)


def generate(settings: Mapping[str, Any], context: str = "") -> Generate:
    """Return the request that lm-eval's ``generation_kwargs`` stand for.

    As ``normalize_gen_kwargs``: greedy unless a temperature is set and ``do_sample`` isn't false.
    ValueError for a setting that our backends don't have.
    """
    left = {k: v for k, v in settings.items() if k not in _NO_EFFECT or v != _NO_EFFECT[k]}
    until = left.pop("until", None) or []
    lengths = [left.pop(name, None) for name in _LENGTHS]
    temperature = float(left.pop("temperature", None) or 0.0)
    sampled = left.pop("do_sample", None)
    if sampled is None:
        sampled = temperature > 0
    if sampled and temperature == 0:
        temperature = 1.0  # as transformers reads do_sample without a temperature
    if not sampled:
        temperature = 0.0
        left = {k: v for k, v in left.items() if k not in _SAMPLING}
    if left:
        raise ValueError(f"generation_kwargs: aligntax has no {', '.join(sorted(left))}")
    return Generate(
        context=context,
        stop=tuple(s for s in ([until] if isinstance(until, str) else until) if s),
        max_tokens=next((int(n) for n in lengths if n is not None), MAX_TOKENS),
        temperature=temperature,
        seed=SEED if sampled else None,
    )


def _renderer(template: ChatTemplate | None) -> Callable[..., str]:
    """Return the template as lm-eval calls it (``HFLM.apply_chat_template``)."""
    if template is None:
        raise ValueError("the chat format needs a template")

    def render(messages: Sequence[Mapping[str, str]], add_generation_prompt: bool = True) -> str:
        try:
            return _rendered(template, messages, add_generation_prompt)
        except CheckpointError:  # many templates know no system role; lm-eval drops it then
            users = [message for message in messages if message["role"] != "system"]
            if len(users) == len(messages):
                raise
            return _rendered(template, users, add_generation_prompt)

    return render


def _rendered(
    template: ChatTemplate, messages: Sequence[Mapping[str, str]], add_generation_prompt: bool
) -> str:
    if add_generation_prompt:
        return template.render(messages)
    # A ``gen_prefix``: the assistant's turn is open and goes on after it.
    return template.render(messages[:-1]) + messages[-1]["content"]

"""``aligntax bench``: our scorer beside lm-eval's, on the user's model and tasks."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def bench(
    model: Annotated[str, typer.Argument(help="A folder, a GGUF file or a hub id.")],
    tasks: Annotated[str, typer.Option("--tasks", help="Comma-separated tasks.")],
    adapter: Annotated[
        list[str] | None,
        typer.Option("--adapter", help="LoRA adapters: also time base and adapters in one run."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Documents of each task.")] = 32,
    num_fewshot: Annotated[
        int | None, typer.Option("--num-fewshot", "--num_fewshot", min=0, help="Few-shot examples.")
    ] = None,
    chat: Annotated[
        bool, typer.Option("--apply-chat-template", "--apply_chat_template", help="Ask in chat.")
    ] = False,
    dtype: Annotated[str, typer.Option("--dtype", help="float32, bfloat16, float16 or auto.")] = (
        "auto"
    ),
    device: Annotated[str, typer.Option("--device", help="cpu, cuda:0 or auto.")] = "auto",
    max_length: Annotated[int, typer.Option("--max-length", min=16, help="Tokens.")] = 2048,
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="Turns of each side.")] = 3,
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, help="Of HFLM.")] = 8,
    other_batches: Annotated[
        str, typer.Option("--other-batches", help="Further batch sizes of HFLM, one turn each.")
    ] = "1,32",
    threads: Annotated[int | None, typer.Option("--threads", min=1, help="Of torch.")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="Folder of data sets.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
) -> None:
    """Score the same requests with ours and with lm-eval's HFLM, in turn, and compare.

    Prints the ratio of times and of tokens computed, peak memory, differences of the answers, and
    our share of what this machine's matrix products reach.

    Example: aligntax bench ./model --tasks medical_qa_en --limit 8 --repeats 1
    """
    from dataclasses import replace

    from harness.backends.base import BackendSpec
    from harness.bench.chain import time_chain
    from harness.bench.run import Turns
    from harness.bench.run import bench as compared
    from harness.errors import SpecError
    from harness.evaluate import Overrides
    from harness.records import Checkpoint, ModelRef
    from harness.render import print_out
    from harness.render.bench import bench_json, bench_markdown, bench_text
    from harness.spec import RunSpec

    if threads is not None:
        import torch

        torch.set_num_threads(threads)
    try:
        others = tuple(int(size) for size in other_batches.split(",") if size.strip())
    except ValueError:
        raise SpecError(f"--other-batches: {other_batches!r} isn't like 1,32") from None
    refs = [ModelRef(path=model), *(ModelRef(path=model, adapter=path) for path in adapter or ())]
    spec = RunSpec(
        family="bench",
        checkpoints=tuple(
            Checkpoint(name=f"checkpoint-{i}", stage="sft" if i else "base", model=ref)
            for i, ref in enumerate(refs)
        ),
        tasks=(),
        formats=("chat",) if chat else ("plain",),
        backend=BackendSpec(device=device, dtype=dtype, max_length=max_length),
    )
    asked = Overrides(tasks=tasks, limit=limit, shots=num_fewshot, data=data).apply(spec)
    turns = Turns(repeats=repeats, batch_size=batch_size, other_batches=others)
    found = compared(asked, turns)
    if adapter:
        found = replace(found, chain=time_chain(asked))
    show = bench_json if as_json else bench_markdown if as_markdown else bench_text
    print_out(show(found))
    sys.stdout.flush()

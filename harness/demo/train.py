"""Makes the bundled family from nothing: `python -m harness.demo.train --out DIR [--seed 1234]`.

Base is pretrained on a made-up corpus, SFT is base taught to answer, aligned is SFT after DPO.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import os
import random
from pathlib import Path
from typing import TYPE_CHECKING

from harness.demo.corpus import instructions, preference_pairs, pretraining_texts
from harness.demo.recipe import Recipe
from harness.demo.tables import load_tables
from harness.demo.vocabulary import train_tokenizer

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM

STAGES = ("base", "sft", "aligned")


def train_family(recipe: Recipe, out: Path) -> dict[str, list[float]]:
    """Train and save the three checkpoints and `recipe.json`; the losses of each stage."""
    import torch

    from harness.demo.dpo import align
    from harness.demo.model import new_model, save_checkpoint
    from harness.demo.pretraining import pretrain
    from harness.demo.sft import fine_tune

    tables = load_tables()
    sample = pretraining_texts(tables, stream(recipe, "tokenizer"))
    taught = (
        f"{turn.prompt} {turn.answer}" for turn in instructions(tables, stream(recipe, "sft"))
    )
    tokenizer = train_tokenizer(
        itertools.chain(
            itertools.islice(sample, recipe.tokenizer_documents),
            itertools.islice(taught, recipe.tokenizer_documents // 10),
        ),
        recipe.shape.vocabulary,
    )
    model = new_model(recipe.shape, tokenizer, torch.Generator().manual_seed(recipe.seed))
    losses = {}
    texts = pretraining_texts(tables, stream(recipe, "pretraining"))
    losses["base"] = pretrain(model, tokenizer, texts, recipe.pretraining)
    save_checkpoint(model, tokenizer, out / "base", chat=False)
    turns = instructions(tables, stream(recipe, "sft"))
    losses["sft"] = fine_tune(model, tokenizer, turns, recipe.sft)
    save_checkpoint(model, tokenizer, out / "sft", chat=True)
    pairs = preference_pairs(tables, stream(recipe, "pairs"))
    rng = stream(recipe, "dpo")
    losses["aligned"] = align(model, tokenizer, pairs, recipe.dpo, recipe.beta, rng)
    save_checkpoint(model, tokenizer, out / "aligned", chat=True)
    write_recipe(recipe, model, losses, out)
    return losses


def stream(recipe: Recipe, name: str) -> random.Random:
    """The generator of one part of the recipe, so that no part disturbs another."""
    return random.Random(f"{recipe.seed} {name}")


def write_recipe(
    recipe: Recipe, model: LlamaForCausalLM, losses: dict[str, list[float]], out: Path
) -> None:
    """Write what made the weights: numbers, losses and versions, nothing about when or where."""
    import tokenizers
    import torch
    import transformers

    record = {
        "recipe": dataclasses.asdict(recipe),
        "parameters": model.num_parameters(),
        "losses": losses,
        "versions": {
            "torch": str(torch.__version__),
            "transformers": transformers.__version__,
            "tokenizers": tokenizers.__version__,
        },
    }
    text = json.dumps(record, indent=2) + "\n"
    (out / "recipe.json").write_text(text, encoding="utf-8")


def use_every_core() -> None:
    """Use all that the machine calls a core, and yield it while waiting.

    Torch counts two threads of one physical core as one; and threads that spin while they wait
    make training several times slower on a machine that does something else as well.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch

    torch.set_num_threads(os.cpu_count() or 1)


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(prog="python -m harness.demo.train", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for base, sft and aligned")
    parser.add_argument("--seed", type=int, default=Recipe().seed, help="decides every draw")
    options = parser.parse_args()
    use_every_core()
    train_family(dataclasses.replace(Recipe(), seed=options.seed), options.out)


if __name__ == "__main__":
    main()

"""Loads a model, its adapter and its tokenizer with transformers and peft, and checks the fit.

Nothing here runs code or unpickles anything from a checkpoint (``trust_remote_code`` is off,
weights are safetensors or GGUF), unless the command line allowed it when it was inspected.

An adapter is applied, not merged: merging rounds base + delta to the model's dtype, and in bfloat16
a small delta is lost in that rounding; unmerged, the sum is formed on activations, as in training.
"""

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from harness.backends.base import BackendSpec
from harness.backends.device import resolve_device, resolve_dtype
from harness.checkpoint import Inspection
from harness.errors import CheckpointError

__all__ = ["adapted", "load_base", "load_model", "load_tokenizer", "quiet"]


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the messages, warnings and progress bars of transformers and peft off the terminal.

    What goes wrong is raised; standard error carries bars only (GGUF's can't be turned off).
    """
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(logging.CRITICAL)
    logging.disable_progress_bar()
    try:
        with redirect_stderr(StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # how they call each other is not the user's matter
            yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def load_tokenizer(inspection: Inspection) -> Any:
    """Return the tokenizer that counts: the adapter's own if it brings one, else the model's.

    Raises CheckpointError if transformers can't make one of the files.
    """
    from transformers import AutoTokenizer

    where = inspection.tokenizer or inspection.folder
    options: dict[str, Any] = {
        "trust_remote_code": inspection.runs_code,
        "local_files_only": True,
    }
    if inspection.tokenizer is None:
        options["gguf_file"] = str(inspection.gguf)
    with _explained(where, "tokenizer"):
        return AutoTokenizer.from_pretrained(where, **options)


def load_model(spec: BackendSpec, inspection: Inspection) -> Any:
    """Return the model in evaluation mode on its device, the adapter applied.

    Raises CheckpointError in one line that names the tensor if weights don't fit the configuration
    or the adapter doesn't fit the base, and if the run's ``max_length`` exceeds the model's.
    """
    model = load_base(spec, inspection)
    return model if inspection.adapter is None else adapted(model, inspection.adapter)[0]


def load_base(spec: BackendSpec, inspection: Inspection) -> Any:
    """Return the model without its adapter; errors as :func:`load_model`."""
    import torch
    from transformers import AutoModelForCausalLM

    device = resolve_device(spec.device)
    options: dict[str, Any] = {"dtype": getattr(torch, resolve_dtype(spec.device, spec.dtype))}
    if inspection.gguf is not None:
        options["gguf_file"] = inspection.gguf
    else:
        options["use_safetensors"] = not inspection.pickled
    if spec.device_map is not None:
        options["device_map"] = spec.device_map
    with _explained(inspection.folder, "weights"):
        model, report = AutoModelForCausalLM.from_pretrained(
            inspection.folder,
            trust_remote_code=inspection.runs_code,
            local_files_only=True,
            ignore_mismatched_sizes=True,  # so that the report names them
            output_loading_info=True,
            **options,
        )
    _check_fit(inspection.folder, report)
    _check_length(inspection.folder, model, spec.max_length)
    if spec.device_map is None:
        model = model.to(device)
    return model.eval()


@contextmanager
def _explained(where: Path, what: str) -> Iterator[None]:
    """Turn what transformers, peft and safetensors raise into one line about ``where``."""
    from safetensors import SafetensorError

    try:
        with quiet():
            yield
    except (
        ArithmeticError,
        AttributeError,
        ImportError,
        LookupError,
        OSError,
        RuntimeError,
        SafetensorError,
        UnpicklingError,  # what torch's weights_only reader doesn't build
        TypeError,
        ValueError,
    ) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        wrong = re.search(r"size mismatch for \S+:.*", str(error))
        said = " ".join((wrong.group() if wrong else lines[0]).split())[:300]
        raise CheckpointError(f"{where}: {what} can't be loaded: {said}") from error


def _check_fit(folder: Path, report: dict[str, Any]) -> None:
    for name, found, wanted in sorted(report["mismatched_keys"]):
        raise CheckpointError(
            f"{folder}: tensor {name} has shape {tuple(found)}, config.json says {tuple(wanted)}"
        )
    if missing := sorted(report["missing_keys"]):
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        raise CheckpointError(f"{folder}: tensor {missing[0]}{more} is missing from the weights")


def _check_length(folder: Path, model: Any, max_length: int) -> None:
    positions = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    if isinstance(positions, int) and 0 < positions < max_length:
        raise CheckpointError(
            f"{folder}: the model has {positions} positions, the run's max_length is {max_length};"
            f" set backend.max_length to {positions} or less for all checkpoints"
        )


def adapted(model: Any, folder: Path) -> tuple[Any, Callable[[], Any] | None]:
    """Return the model with an adapter applied, and what takes it off again.

    None where the adapter replaces weights of the base, which can't be undone.
    """
    from peft import PeftConfig, PeftModel, get_peft_model_state_dict

    with _explained(folder, "adapter"):
        config = PeftConfig.from_pretrained(str(folder))
        if config.is_prompt_learning:
            raise ValueError(
                f"{config.peft_type} isn't LoRA; only injected adapters can be applied"
            )
        shapes = _shapes(folder)
        _extend_vocabulary(model, shapes)
        changed = PeftModel.from_pretrained(model, str(folder), is_trainable=False)
        wanted = set(get_peft_model_state_dict(changed, save_embedding_layers=False))
    for name in sorted(wanted ^ set(shapes)):
        if ".lora_" in name:
            side = "lacks" if name in wanted else "has, and the base has no place for,"
            raise CheckpointError(
                f"{folder}: the adapter {side} tensor {name}; was it made for another base?"
            )
    only_adds = all(".lora_" in name for name in shapes)
    return changed.get_base_model().eval(), changed.unload if only_adds else None


def _shapes(folder: Path) -> dict[str, list[int]]:
    """Return the shape of each tensor of an adapter; of a pickle, which was allowed, by loading."""
    safe = folder / "adapter_model.safetensors"
    if not safe.is_file():
        import torch

        tensors = torch.load(folder / "adapter_model.bin", map_location="cpu", weights_only=True)
        return {name: list(tensor.shape) for name, tensor in tensors.items()}
    from safetensors import safe_open

    with safe_open(safe, framework="pt") as file:
        return {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118


def _extend_vocabulary(model: Any, shapes: dict[str, list[int]]) -> None:
    """Resize the embeddings where the adapter brings its own for an extended vocabulary."""
    embedding = model.get_input_embeddings()
    path = next(name for name, module in model.named_modules() if module is embedding)
    for name, shape in shapes.items():
        if name.endswith(f"{path}.weight") and shape[0] != embedding.weight.shape[0]:
            model.resize_token_embeddings(shape[0], mean_resizing=False)

"""IFEval as a built-in task."""

from pathlib import Path

from toys import write_jsonl

from harness.registry import builtin_tasks

ROWS = [
    {
        "id": "ifeval-1",
        "prompt": "Answer without a comma.",
        "instruction_id_list": ["punctuation:no_comma"],
        "kwargs": [{}],
    },
    {
        "id": "ifeval-2",
        "prompt": "Answer in 3 sentences.",
        "instruction_id_list": ["length_constraints:number_sentences"],
        "kwargs": [{"relation": "at least", "num_sentences": 3}],
    },
]


def ids(name: str, folder: Path) -> list[str]:
    return [document.id for document in builtin_tasks()[name].documents(folder)]


def test_the_offline_twin_leaves_out_what_needs_a_download(tmp_path: Path) -> None:
    (tmp_path / "ifeval").mkdir()
    write_jsonl(tmp_path / "ifeval" / "test.jsonl", ROWS)
    assert ids("ifeval", tmp_path) == ["ifeval-1", "ifeval-2"]
    assert ids("ifeval_offline", tmp_path) == ["ifeval-1"]


def test_the_published_prompts_load_whole(shared: Path) -> None:
    assert len(ids("ifeval", shared / "data")) == 541
    assert len(ids("ifeval_offline", shared / "data")) == 477

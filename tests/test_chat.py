"""Chat templates against transformers' own rendering."""

import pytest

from harness.chat import ChatTemplate
from harness.errors import CheckpointError

CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
LLAMA_LIKE = """{{- bos_token }}
{%- if tools is not none %}{{ raise_exception('no tools here') }}{% endif %}
{%- set ns = namespace(turns=0) %}
{%- for message in messages %}
    {%- if message.role == 'assistant' %}
        {%- generation %}{{ message.content }}{{ eos_token }}{% endgeneration %}
    {%- else %}
        {%- set ns.turns = ns.turns + 1 %}
{{ '[' ~ ns.turns ~ ']' ~ message.content | trim ~ (message | tojson) }}
    {%- endif %}
    {%- if loop.index > 5 %}{% break %}{% endif %}
{%- endfor %}
{% if add_generation_prompt %}
[assistant]{% endif %}"""
TALKS = [
    [{"role": "user", "content": "  Wie geht's? <b>&</b> 患者 "}],
    [
        {"role": "user", "content": "2+2?"},
        {"role": "assistant", "content": "4"},
        {"role": "user", "content": "And 3+3?"},
    ],
]


@pytest.mark.parametrize("source", [CHATML, LLAMA_LIKE])
@pytest.mark.parametrize("messages", TALKS)
def test_templates_render_as_in_transformers(source: str, messages: list[dict[str, str]]) -> None:
    from transformers.utils.chat_template_utils import render_jinja_template

    theirs, _ = render_jinja_template(
        [messages],
        chat_template=source,
        add_generation_prompt=True,
        bos_token="<s>",
        eos_token="</s>",
    )
    ours = ChatTemplate(source=source, bos_token="<s>", eos_token="</s>").render(messages)
    assert ours == theirs[0]
    assert "assistant" in ours[-12:]


def test_a_template_that_prints_the_date_prints_the_same_every_day() -> None:
    template = ChatTemplate(source="{{ strftime_now('%d %b %Y') }}")
    assert template.render(TALKS[0]) == "26 Jul 2024"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ raise_exception('roles must alternate') }}", "roles must alternate"),
        ("{% if %}", "Expected an expression"),
        ("{{ messages[7]['content'] }}", "list object has no element 7"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{{ 1 / 0 }}", "division by zero"),
    ],
)
def test_a_template_that_refuses_gives_one_line(source: str, said: str) -> None:
    with pytest.raises(CheckpointError, match=said) as caught:
        ChatTemplate(source=source).render(TALKS[0])
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_the_hash_tells_templates_and_their_tokens_apart() -> None:
    one = ChatTemplate(source=CHATML, bos_token="<s>")
    assert one.hash == ChatTemplate(source=CHATML, bos_token="<s>").hash
    assert one.hash != ChatTemplate(source=CHATML, bos_token="<bos>").hash
    assert one.hash != ChatTemplate(source=CHATML + " ", bos_token="<s>").hash

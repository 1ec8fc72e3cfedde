"""How entities and records are asked for, one row per language; English if there is none."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractionWording:
    """The two questions of one language, and how an entity is written in an answer."""

    entities: str
    record: str
    comma: str
    colon: str
    none: str
    """The answer for a text without entities."""

    def ask_for_entities(self, text: str, types: Sequence[str]) -> str:
        """Return the question which entities of some types a text names."""
        return self.entities.format(text=text, types=self.comma.join(types))

    def ask_for_record(self, text: str, fields: Sequence[str]) -> str:
        """Return the question how a note fills the fields of a record."""
        return self.record.format(text=text, fields=self.comma.join(fields))


_WORDING = {
    "en": ExtractionWording(
        entities=(
            "Text: {text}\n"
            "List every mention of these types in the text: {types}.\n"
            'One per line as "type: mention", copied, in the order of the text; '
            '"none" if there are none.\n'
            "Mentions:"
        ),
        record=(
            "Note: {text}\n"
            "Write a JSON object with these fields of the note: {fields}.\n"
            "Copy the words of the note; null for what it does not state.\n"
            "JSON:"
        ),
        comma=", ",
        colon=": ",
        none="none",
    ),
    "zh": ExtractionWording(
        entities=(
            "文本：{text}\n"
            "列出文本中下列类型的所有实体：{types}。\n"
            "照抄原文，按出现顺序每行写一个“类型：实体”；没有则写“无”。\n"
            "实体："
        ),
        record=(
            "病历：{text}\n"
            "写出一个JSON对象，包含病历的下列字段：{fields}。\n"
            "照抄病历原文；未提及的写null。\n"
            "JSON："
        ),
        comma="、",
        colon="：",
        none="无",
    ),
}


def extraction_wording(language: str) -> ExtractionWording:
    """Return the words for a BCP 47 tag (``zh-Hans`` is ``zh``)."""
    return _WORDING.get(language.split("-")[0].lower(), _WORDING["en"])

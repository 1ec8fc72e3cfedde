"""Is an answer written in another script than the one asked for?"""

from harness.metrics.tokenizers import CJK, is_cjk_language


def is_foreign(text: str, language: str) -> bool:
    """Say whether a text can't be in a language (primary subtag: ``en``, ``zh``).

    Chinese or Japanese: it has letters and none is CJK; any other: more than half of them are.
    """
    letters = [char for char in text if char.isalpha()]
    cjk = sum(1 for char in letters if CJK.match(char))
    if is_cjk_language(language):
        return bool(letters) and cjk == 0
    return 2 * cjk > len(letters)

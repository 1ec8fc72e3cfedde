"""Text that others wrote, in places where Streamlit reads Markdown."""

from harness.render import markdown


def plain(text: str) -> str:
    """Return text that Streamlit shows as it is: no formula, colour, icon, link or picture."""
    return markdown(text).replace("$", "&#36;").replace(":", "&#58;")

"""A sender's own look: its colour as a style sheet of its own, its logo in the page and in that page's policy. Pure.

Nothing of it stands in the page's HTML but the logo's address: styles there would need a weaker policy.
"""

from urllib.parse import urlsplit

from gateway.config import colours
from suppression.model import Sender

PREFIX = "/assets/theme/"


def path(sender: Sender | None) -> str | None:
    """Where the style sheet is, for a sender that has one."""
    return f"{PREFIX}{sender.name}.css" if sender is not None and sender.colour else None


def style_sheet(sender: Sender) -> str:
    """The colour, and the tints of it that page.css needs in the light and the dark scheme."""
    dark = colours.for_dark(sender.colour)
    light = _variables(sender.colour, colours.ON_LIGHT, colours.darker(sender.colour))
    return (
        f":root{{{light}}}\n"
        f"@media (prefers-color-scheme:dark){{:root{{"
        f"{_variables(dark, colours.ON_DARK, colours.lighter(dark))}}}}}\n"
    )


def _variables(accent: str, on_accent: str, over: str) -> str:
    return f"--accent:{accent};--on-accent:{on_accent};--accent-over:{over};--mark:{accent}"


def image_source(sender: Sender | None) -> str:
    """What the page's policy must let in for the logo; "" for none."""
    if sender is None or not sender.logo_url:
        return ""
    url = urlsplit(sender.logo_url)
    return f"{url.scheme}://{url.netloc}"

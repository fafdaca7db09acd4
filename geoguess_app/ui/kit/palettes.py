"""The colours of the window, light and dark: one accent, readable contrast everywhere."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor, QPalette


@dataclass(frozen=True, slots=True)
class Tokens:
    """Colours by their job in the window, as ``#rrggbb``. Text on its ground has ≥ 4.5 : 1."""

    dark: bool
    window: str
    surface: str
    """Lists, panels and fields."""
    raised: str
    """Cards, badges and hovered things on a surface."""
    border: str
    field: str
    """The edge of what one types into or chooses from: stronger than a mere border."""
    text: str
    muted: str
    """Second-rank text."""
    accent: str
    on_accent: str
    accent_soft: str
    """Ground of the selected row and of the accent badge."""
    warning: str
    warning_soft: str
    error: str
    error_soft: str


LIGHT = Tokens(
    dark=False,
    window="#f1f3f6",
    surface="#ffffff",
    raised="#eef1f5",
    border="#d5dbe3",
    field="#8592a3",
    text="#18202b",
    muted="#566273",
    accent="#0b62b8",
    on_accent="#ffffff",
    accent_soft="#dcebfa",
    warning="#7d5200",
    warning_soft="#fdf1d7",
    error="#a8231c",
    error_soft="#fde9e7",
)

DARK = Tokens(
    dark=True,
    window="#12161c",
    surface="#1a2028",
    raised="#242c37",
    border="#333e4c",
    field="#5f6e82",
    text="#e6ebf2",
    muted="#9eabbc",
    accent="#6fb4ff",
    on_accent="#0a1624",
    accent_soft="#1f3a57",
    warning="#f2c063",
    warning_soft="#3a2f17",
    error="#ff9a90",
    error_soft="#43211f",
)


def palette(tokens: Tokens) -> QPalette:
    """A whole Fusion palette; the colour scheme of the platform alone changes nothing."""
    made = QPalette()
    roles = {
        QPalette.ColorRole.Window: tokens.window,
        QPalette.ColorRole.WindowText: tokens.text,
        QPalette.ColorRole.Base: tokens.surface,
        QPalette.ColorRole.AlternateBase: tokens.raised,
        QPalette.ColorRole.Text: tokens.text,
        QPalette.ColorRole.Button: tokens.raised,
        QPalette.ColorRole.ButtonText: tokens.text,
        QPalette.ColorRole.BrightText: tokens.error,
        QPalette.ColorRole.ToolTipBase: tokens.raised,
        QPalette.ColorRole.ToolTipText: tokens.text,
        QPalette.ColorRole.PlaceholderText: tokens.muted,
        QPalette.ColorRole.Highlight: tokens.accent,
        QPalette.ColorRole.HighlightedText: tokens.on_accent,
        QPalette.ColorRole.Link: tokens.accent,
        QPalette.ColorRole.LinkVisited: tokens.accent,
        QPalette.ColorRole.Accent: tokens.accent,
        QPalette.ColorRole.Mid: tokens.border,
        QPalette.ColorRole.Midlight: tokens.raised,
        QPalette.ColorRole.Light: tokens.surface,
        QPalette.ColorRole.Dark: tokens.border,
        QPalette.ColorRole.Shadow: "#000000" if tokens.dark else "#9aa5b3",
    }
    for role, colour in roles.items():
        made.setColor(role, QColor(colour))
    for role in (
        QPalette.ColorRole.WindowText,
        QPalette.ColorRole.Text,
        QPalette.ColorRole.ButtonText,
    ):
        made.setColor(QPalette.ColorGroup.Disabled, role, _between(tokens.muted, tokens.window))
    return made


def _between(first: str, second: str) -> QColor:
    a, b = QColor(first), QColor(second)
    return QColor(
        (a.red() + b.red()) // 2, (a.green() + b.green()) // 2, (a.blue() + b.blue()) // 2
    )

"""The results as an SVG that reads in a light and in a dark theme: it brings its own background for each."""

from __future__ import annotations

from html import escape
from typing import NamedTuple

WIDTH, LABELS, ROW, BAR = 860, 430, 24, 14
STYLE = """
svg { --ground: #ffffff; --ink: #1f2328; --soft: #59636e; --line: #8c959f; --met: #1f6feb; --missed: #c04a00; }
@media (prefers-color-scheme: dark) {
  svg { --ground: #0d1117; --ink: #f0f6fc; --soft: #9198a1; --line: #6e7681; --met: #58a6ff; --missed: #f0883e; }
}
text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.title { font-weight: 600; font-size: 14px; }
.soft { fill: var(--soft); }
.met { fill: var(--met); }
.missed { fill: var(--missed); }
.bound { stroke: var(--line); stroke-width: 1.5; stroke-dasharray: 4 3; }
"""


class Bar(NamedTuple):
    """One row: its words, its length in units of the panel, its figure, and whether it meets its target."""

    label: str
    length: float
    shown: str
    met: bool = True


class Panel(NamedTuple):
    """Bars under a title, the longest over the whole width. bound: where a line stands."""

    title: str
    bars: list[Bar]
    bound: float | None = None


def draw(panels: list[Panel]) -> str:
    """Return the picture."""
    parts, y = [], 16
    for panel in panels:
        drawn, y = _panel(panel, y)
        parts += drawn
    described = "; ".join(f"{bar.label}: {bar.shown}" for panel in panels for bar in panel.bars)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" role="img">\n<title>Benchmarks</title>\n'
        f'<desc>{escape(described)}</desc>\n<style>{STYLE}</style>\n'
        f'<rect width="{WIDTH}" height="{y}" fill="var(--ground)"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )  # fmt: skip


def _panel(panel: Panel, top: int) -> tuple[list[str], int]:
    """Return the elements of a panel, and where the next one begins."""
    unit = (WIDTH - LABELS - 90) / max(bar.length for bar in panel.bars)
    parts = [f'<text class="title" x="16" y="{top + 14}">{escape(panel.title)}</text>']
    first = y = top + 28
    for bar in panel.bars:
        kind = "met" if bar.met else "missed"
        parts += [
            f'<text x="{LABELS - 10}" y="{y + 12}" text-anchor="end">{escape(bar.label)}</text>',
            f'<rect class="{kind}" x="{LABELS}" y="{y + 1}" width="{bar.length * unit:.1f}" height="{BAR}" rx="2"/>',
            f'<text class="soft" x="{WIDTH - 16}" y="{y + 12}" text-anchor="end">{escape(bar.shown)}</text>',
        ]
        y += ROW
    if panel.bound is not None:
        at = LABELS + panel.bound * unit
        parts.append(f'<line class="bound" x1="{at:.1f}" x2="{at:.1f}" y1="{first - 3}" y2="{y - 4}"/>')
    return parts, y + 16

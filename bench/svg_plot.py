"""Small SVG figures, light and dark, of lines over named places; needs nothing but Python."""
import math
from html import escape

STYLE = """<style>
text { font: 12px sans-serif; fill: #24292f } .title { font-weight: bold; font-size: 13px }
.axis { stroke: #57606a; fill: none } .grid { stroke: #d0d7de; fill: none } .back { fill: #ffffff }
.c0 { stroke: #0969da; fill: #0969da } .c1 { stroke: #bc4c00; fill: #bc4c00 } .c2 { stroke: #1a7f37; fill: #1a7f37 }
.c3 { stroke: #8250df; fill: #8250df } .c4 { stroke: #bf3989; fill: #bf3989 }
polyline { fill: none !important; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .axis { stroke: #9198a1 } .grid { stroke: #3d444d } .back { fill: #0d1117 }
  .c0 { stroke: #58a6ff; fill: #58a6ff } .c1 { stroke: #f0883e; fill: #f0883e } .c2 { stroke: #3fb950; fill: #3fb950 }
  .c3 { stroke: #bc8cff; fill: #bc8cff } .c4 { stroke: #f778ba; fill: #f778ba }
}
</style>"""
WIDTH, HEIGHT = 360, 250  # of a panel, in pixels
LEFT, TOP, BOTTOM = 58, 30, 44  # of these, before and around the plot


def text(x, y, content, anchor="middle", extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {extra}>{escape(content)}</text>'


def power(exponent):
    digits = str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return "10" + digits


def round_step(span):
    """A distance of ticks, 1, 2 or 5 times a power of ten, that cuts the span into about five."""
    unit = 10.0 ** math.floor(math.log10(span / 5))
    return min((factor * unit for factor in (1, 2, 5, 10)), key=lambda step: abs(span / step - 5))


class Panel:
    """A plot with a logarithmic or linear y axis and an x axis of named places."""

    def __init__(self, title, x_name, places, y_range, not_finite=False, linear=False):
        self.places, self.to_axis = places, float if linear else math.log10
        self.low, self.high = map(self.to_axis, y_range)
        self.parts = [text(LEFT, 16, title, "start", 'class="title"')]
        self.parts.append(text(LEFT + self.plot_width() / 2, HEIGHT - 6, x_name))
        self._draw_axes(not_finite)

    @staticmethod
    def plot_width():
        return WIDTH - LEFT - 12

    def x(self, place):
        return LEFT + (place + 0.5) * self.plot_width() / len(self.places)

    def y(self, value):
        share = (self.to_axis(value) - self.low) / (self.high - self.low) if value > 0 else 0
        return HEIGHT - BOTTOM - max(min(share, 1), 0) * (HEIGHT - BOTTOM - TOP)

    def _ticks(self, not_finite):
        """Values and their names."""
        if self.to_axis is float:
            step = round_step(self.high - self.low)
            decimals = max(-math.floor(math.log10(step)), 0)
            first, last = math.ceil(self.low / step), math.floor(self.high / step)
            return [(count * step, f"{count * step:.{decimals}f}") for count in range(first, last + 1)]
        step = 1 if self.high - self.low <= 7 else 3
        exponents = range(math.ceil(self.low), math.floor(self.high) + 1, step)
        top = exponents[-1] if not_finite else None
        return [(10.0**exponent, "NaN, Inf" if exponent == top else power(exponent)) for exponent in exponents]

    def _draw_axes(self, not_finite):
        for value, name in self._ticks(not_finite):
            self.parts.append(f'<path class="grid" d="M{LEFT} {self.y(value):.1f}h{self.plot_width()}"/>')
            self.parts.append(text(LEFT - 6, self.y(value) + 4, name, "end"))
        self.parts.append(f'<path class="axis" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}h{self.plot_width()}"/>')
        every = math.ceil(len(self.places) / 8)
        for place, name in enumerate(self.places):
            if place % every == 0:
                self.parts.append(text(self.x(place), HEIGHT - BOTTOM + 15, name))

    def line(self, values, colour):
        """A value for each place; None where there is none, infinity at the top, marked."""
        points = []
        for place, value in enumerate(values):
            if value is None:
                continue
            x, y = self.x(place), self.y(value)
            points.append(f"{x:.1f},{y:.1f}")
            if math.isinf(value):
                self.parts.append(f'<path class="c{colour}" stroke-width="2" d="M{x - 4:.1f} {y - 4:.1f}l8 8m0-8l-8 8"/>')
            else:
                self.parts.append(f'<circle class="c{colour}" cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>')
        self.parts.append(f'<polyline class="c{colour}" points="{" ".join(points)}"/>')


def figure(panels, legends, columns=2):
    """Panels in rows, each with its own legend, a list of (colour, name)."""
    legend_height = 18 * max(len(legend) for legend in legends) + 8
    cell = HEIGHT + legend_height
    rows = math.ceil(len(panels) / columns)
    width, height = WIDTH * min(columns, len(panels)), cell * rows
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">']
    out += [STYLE, f'<rect class="back" width="{width}" height="{height}"/>']
    for i, (panel, legend) in enumerate(zip(panels, legends)):
        out.append(f'<g transform="translate({i % columns * WIDTH} {i // columns * cell})">')
        out += panel.parts
        for k, (colour, name) in enumerate(legend):
            y = HEIGHT + 18 * k + 6
            out.append(f'<path class="c{colour}" stroke-width="3" d="M{LEFT} {y}h22"/>')
            out.append(text(LEFT + 30, y + 4, name, "start"))
        out.append("</g>")
    return "\n".join(out + ["</svg>"]) + "\n"

"""The frame and the look of all pages: one HTML file each, which asks nothing of a network.

They follow the reader's choice of light or dark, fit a phone, and print on white paper.
"""

from __future__ import annotations

from html import escape
from string import Template

from tinygen.io.messages import text

__all__ = ["document"]


def document(
    title: str, lead: str, body: str, footer: str, more_style: str = "", script: str = ""
) -> str:
    """A whole page around its body.

    Parameters
    ----------
    title, lead, footer : str
        Words.
    body : str
        HTML.
    more_style : str
        CSS of this page alone.
    script : str
        JavaScript, to be run when the page is there.

    Returns
    -------
    str
        HTML.
    """
    return LAYOUT.substitute(
        style=f"{STYLE}\n{more_style}" if more_style else STYLE,
        language=text("language"),
        title=escape(title),
        lead=escape(lead),
        body=body,
        footer=escape(footer),
        script=f"<script>\n{script}\n</script>\n" if script else "",
    )


STYLE = """\
:root {
  color-scheme: light dark;
  --ground: #f6f4ef; --card: #ffffff; --ink: #1d2125; --faint: #5b6168;
  --line: #e2ded5; --blue: #00659e; --wash: #eaf3f9; --orange: #c44e00;
  --paper: #ffffff; --blend: normal; --glow: 0 1px 2px #0000000d, 0 8px 24px #0000000d;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #15181c; --card: #1e2328; --ink: #eceae6; --faint: #a3abb3;
    --line: #343b42; --blue: #6cbcec; --wash: #1c2f3c; --orange: #ff9a52;
    --paper: #e4e2dd; --blend: multiply; --glow: none;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 1.0625rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
main { max-width: 68rem; margin: 0 auto; padding: 0 1.25rem 4rem; }
header { padding: 3.5rem 0 1.5rem; }
h1 {
  font-size: clamp(2rem, 6vw, 3.4rem); line-height: 1.08; letter-spacing: -0.025em;
  margin: 0 0 1rem; text-wrap: balance;
}
h1::before {
  content: ""; display: block; width: 4.5rem; height: .4rem; margin-bottom: 1.4rem;
  border-radius: .2rem; background: linear-gradient(90deg, var(--blue) 72%, var(--orange) 72%);
}
h2, h3 { font-size: 1.3rem; line-height: 1.25; letter-spacing: -0.01em; margin: 0 0 .4rem; }
.chapter { padding: 2.5rem 0 .75rem; }
.chapter h2 { font-size: clamp(1.5rem, 4vw, 2.1rem); line-height: 1.15; text-wrap: balance; }
.chapter p { color: var(--faint); text-wrap: pretty; }
p { margin: 0 0 1rem; max-width: 44rem; }
.lead { font-size: 1.2rem; color: var(--faint); text-wrap: pretty; }
.facts {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr));
  gap: 1rem; margin: 0 0 1.25rem;
}
.facts div, section {
  background: var(--card); border: 1px solid var(--line); border-radius: .9rem;
  box-shadow: var(--glow);
}
.facts div {
  display: flex; flex-direction: column-reverse; justify-content: flex-end;
  padding: 1rem 1.25rem;
}
.facts dd {
  margin: 0; font-size: 2rem; font-weight: 700; line-height: 1.2; letter-spacing: -0.02em;
  color: var(--blue); font-variant-numeric: tabular-nums;
}
.facts dt { color: var(--faint); font-size: .95rem; line-height: 1.4; }
section { padding: 1.5rem 1.5rem 1.6rem; margin: 0 0 1.25rem; }
.figure { display: grid; grid-template-columns: 17rem 1fr; gap: 1rem 2rem; align-items: center; }
.figure p { margin: 0; color: var(--faint); }
.paper {
  display: block; width: fit-content; max-width: 100%; margin: 0 auto; padding: .6rem;
  background: var(--paper); border-radius: .5rem; overflow: hidden;
}
img { display: block; max-width: 100%; height: auto; mix-blend-mode: var(--blend); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .6rem 0 1rem; }
th, td { padding: .55rem .75rem; text-align: right; border-bottom: 1px solid var(--line); }
th:first-child { text-align: left; padding-left: 0; }
td { font-variant-numeric: tabular-nums; white-space: nowrap; }
th { font-weight: 400; }
tr:first-child th { color: var(--faint); font-size: .9rem; }
.own th, .own td { font-weight: 700; color: var(--blue); border-bottom: 0; }
.foreign td:nth-child(3) { color: var(--faint); font-weight: 400; }
.note, .notes { color: var(--faint); font-size: .95rem; margin: 0; }
.notes { padding-left: 1.2rem; max-width: 44rem; }
.notes li { margin: .25rem 0; overflow-wrap: anywhere; }
.cards { display: flex; flex-wrap: wrap; gap: 1.25rem 2rem; margin: 1rem 0 .5rem; }
.card { max-width: 100%; }
.name { font-size: .95rem; font-weight: 600; margin: 0 0 .35rem; overflow-wrap: anywhere; }
.tiles { display: flex; flex-wrap: wrap; gap: .5rem; align-items: flex-start; }
figure { margin: 0; width: var(--width); max-width: 100%; }
figure img {
  width: 100%; image-rendering: pixelated; border-radius: .25rem; outline: 1px solid var(--line);
  outline-offset: -1px; mix-blend-mode: normal;
}
figcaption {
  color: var(--faint); font-size: .85rem; line-height: 1.3; margin-top: .25rem;
  overflow-wrap: anywhere;
}
.commands dt { margin-top: .8rem; }
.commands dd { margin: .2rem 0 0; color: var(--faint); }
code {
  display: inline-block; max-width: 100%; padding: .3rem .6rem; border-radius: .4rem;
  background: var(--wash); overflow-wrap: anywhere;
  font: .92rem/1.45 ui-monospace, "Cascadia Mono", Consolas, "DejaVu Sans Mono", monospace;
}
footer { color: var(--faint); font-size: .9rem; padding-top: .5rem; }
@media (max-width: 52rem) {
  .figure { grid-template-columns: 1fr; }
}
@media (max-width: 40rem) {
  header { padding-top: 2.25rem; }
  main { padding: 0 .9rem 2.5rem; }
  section { padding: 1.1rem 1.1rem 1.2rem; }
  .facts { grid-template-columns: 1fr 1fr; gap: .75rem; }
  .facts dd { font-size: 1.6rem; }
  .facts div { padding: .8rem 1rem; }
  .wide .paper { overflow-x: auto; }
  .wide img { max-width: none; width: 46rem; }
  .overview img { width: 34rem; }
  .card { width: 100%; }
  figure { width: min(var(--width), (100% - 1rem) / 3); }
  .long { width: 100%; }
  table { font-size: .95rem; line-height: 1.4; }
  th, td { padding: .5rem .3rem; }
  td { width: 22%; }
  td:last-child { white-space: normal; }
}
@media print {
  :root {
    --ground: #fff; --card: #fff; --ink: #000; --faint: #444; --line: #bbb;
    --blue: #00527f; --wash: #f1f1f1; --orange: #c44e00;
    --paper: #fff; --blend: normal; --glow: none;
  }
  @page { margin: 14mm; }
  body { font-size: 10.5pt; }
  header { padding: 0 0 1rem; }
  main { max-width: none; padding: 0; }
  .chapter { padding: 1rem 0 .4rem; break-after: avoid; }
  section { break-inside: avoid; border: 0; padding: .4rem 0; }
  .facts { grid-template-columns: repeat(4, 1fr); }
  .figure { grid-template-columns: 6cm 1fr; }
  .paper { padding: 0; }
  .card { break-inside: avoid; }
  figure { width: 2.6cm; }
  figure, .paper { print-color-adjust: exact; }
  .figure img { max-height: 8.6cm; width: auto; }
  .wide .paper { overflow: visible; }
  .wide img { max-width: 100%; width: 100%; }
}"""

LAYOUT = Template(
    """\
<!DOCTYPE html>
<html lang="$language">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
$style
</style>
</head>
<body>
<main>
<header>
<h1>$title</h1>
<p class="lead">$lead</p>
</header>
$body
<footer>$footer</footer>
</main>
$script</body>
</html>
"""
)

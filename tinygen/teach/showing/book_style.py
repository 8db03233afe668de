"""What the pages of the book have besides the look of all pages."""

from __future__ import annotations

__all__ = ["SCRIPT", "STYLE"]

STYLE = """\
:root {
  --word: #8a1f5c; --text: #1b6b3a; --number: #00659e; --remark: #5f666e; --name: #5a3ea6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --word: #f29ac6; --text: #8fd6a5; --number: #6cbcec; --remark: #9aa3ab; --name: #c3b1f5;
  }
}
main { max-width: 57rem; }
header { padding-bottom: .5rem; }
nav {
  display: flex; flex-wrap: wrap; gap: .4rem 1.5rem; align-items: baseline;
  padding: .75rem 0; margin: 0 0 1.5rem; border-bottom: 1px solid var(--line); font-size: .95rem;
}
.lesson + nav { margin-top: 2.5rem; border-top: 1px solid var(--line); }
a { color: var(--blue); }
button {
  margin-left: auto; padding: .2rem .7rem; border: 1px solid var(--line); border-radius: .4rem;
  background: var(--card); color: var(--ink); font: inherit; cursor: pointer;
}
h2 { margin-top: 2.4rem; font-size: 1.5rem; }
h3 { margin-top: 1.6rem; font-size: 1.15rem; }
.words p, .words li, details p, details li { text-wrap: pretty; }
.words li, details li { margin: .2rem 0; max-width: 44rem; }
.words ul, .words ol, details ul, details ol { margin: 0 0 1rem; padding-left: 1.4rem; }
table { width: auto; }
p code, li code, td code, th code, summary code, dd code {
  display: inline; padding: .08em .3em; overflow-wrap: anywhere; font-size: .88em;
}
pre {
  margin: 0 0 1rem; padding: .8rem 1rem; overflow-x: auto; border-radius: .6rem;
  font: .84rem/1.5 ui-monospace, "Cascadia Mono", Consolas, "DejaVu Sans Mono", monospace;
}
pre code { display: block; padding: 0; background: none; font: inherit; }
.words pre, .code { background: var(--card); border: 1px solid var(--line); }
.code + .output, .caption + .code { margin-top: -.6rem; }
.output { padding: .2rem 1rem; border-left: .25rem solid var(--line); border-radius: 0; }
.caption, .label { margin: 0 0 .9rem; font-weight: 600; }
.caption { color: var(--faint); font-size: .92rem; }
.shown { margin: 0 0 1.4rem; }
.shown .paper { margin: 0; border: 1px solid var(--line); background: #fff; }
.shown img { mix-blend-mode: normal; }
.shown p { margin: .4rem 0 0; color: var(--faint); font-size: .92rem; line-height: 1.45; }
.question, .exercise {
  margin: 1.4rem 0 1.2rem; padding: 1rem 1.25rem .4rem; border-radius: .6rem;
  border-left: .3rem solid var(--blue); background: var(--wash);
}
.question ol { list-style: lower-alpha; margin: 0 0 .8rem; padding-left: 1.6rem; }
.question .label, .exercise .label { margin: 0 0 .3rem; }
.question .label { color: var(--blue); }
.later { font-size: .92rem; }
.exercise { border-left-color: var(--orange); background: var(--card); }
.exercise > p + p { color: var(--faint); font-size: .95rem; }
details {
  margin: 0 0 .7rem; padding: .45rem 1rem; border: 1px solid var(--line); border-radius: .6rem;
  background: var(--card);
}
.hint, .solution { margin-bottom: .45rem; padding: .25rem .9rem; font-size: .97rem; }
.exercise { padding-bottom: .6rem; }
details[open] { padding-bottom: .2rem; }
details[open] > summary { margin-bottom: .6rem; }
summary { cursor: pointer; font-weight: 600; }
.hint > summary, .solution > summary { font-weight: 400; color: var(--blue); }
.answer { border-left: .3rem solid var(--blue); }
.contents { list-style: none; margin: 1rem 0 2rem; padding: 0; }
.contents li {
  display: flex; justify-content: space-between; gap: 1rem; padding: .7rem 0;
  border-bottom: 1px solid var(--line); font-size: 1.1rem;
}
.contents span { color: var(--faint); white-space: nowrap; }
.k, .kc, .kd, .kn, .kr, .ow { color: var(--word); font-weight: 600; }
.s, .s1, .s2, .sa, .sd, .se, .si { color: var(--text); }
.m, .mi, .mf, .mh { color: var(--number); }
.c, .c1 { color: var(--remark); font-style: italic; }
.nf, .nc, .nd { color: var(--name); font-weight: 600; }
@media (max-width: 40rem) {
  pre { padding: .6rem .7rem; font-size: .76rem; }
  .question, .exercise { padding: .8rem .9rem .2rem; }
  button { margin-left: 0; }
}
@media print {
  :root {
    --word: #6d1347; --text: #14512c; --number: #00527f; --remark: #444; --name: #43308a;
  }
  main { max-width: none; padding: 0 1px; }
  h1 { font-size: 24pt; }
  h2 { font-size: 15pt; }
  nav, .later { display: none; }
  header { padding: 0; }
  a { color: inherit; text-decoration: none; }
  p, .words li, details li { max-width: none; }
  pre { white-space: pre-wrap; font-size: 8pt; break-inside: avoid; }
  h2, h3, .caption, .label { break-after: avoid; }
  .shown, .question, tr { break-inside: avoid; }
  .shown img { max-height: 11cm; width: auto; }
  .question, .exercise { print-color-adjust: exact; }
  details:not([open]) { display: none; }
  .answer { break-inside: avoid; }
}"""

SCRIPT = """\
const all = selector => [...document.querySelectorAll(selector)];
for (const button of all(".unfold")) {
  button.addEventListener("click", () => {
    const shut = all("details:not([open])");
    for (const details of shut.length ? shut : all("details")) details.open = shut.length > 0;
  });
}
let shut = [];
addEventListener("beforeprint", () => {
  shut = all(".answer:not([open])");
  for (const details of shut) details.open = true;
});
addEventListener("afterprint", () => { for (const details of shut) details.open = false; });
for (const link of all(".later a")) {
  const answer = document.getElementById(link.hash.slice(1));
  link.addEventListener("click", () => { answer.open = true; });
}"""

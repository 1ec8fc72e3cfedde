"""How a report looks: light or dark as the reader's system is, and on paper."""

STYLE = """
:root {
  color-scheme: light dark;
  --ground: #fff; --ink: #1c2024; --quiet: #5c6570; --line: #d9dee3; --soft: #f5f7f9;
  --up: #005a8f; --down: #a63c00; --care: #6b4e00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171a; --ink: #e6e9ec; --quiet: #a3adb7; --line: #353c43; --soft: #1d2226;
    --up: #62b8ee; --down: #ff9a66; --care: #e5c36a;
  }
}
@media screen and (prefers-color-scheme: dark) {
  svg [fill="#0072B2"] { fill: #56B4E9; }
  svg [stroke="#0072B2"] { stroke: #56B4E9; }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 78rem;
  background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "Noto Sans", "Noto Sans CJK SC", sans-serif;
}
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 {
  font-size: 1.35rem; margin: 3rem 0 .75rem; padding-top: 1rem;
  border-top: 1px solid var(--line);
}
h3 { font-size: 1.08rem; margin: 2rem 0 .5rem; }
h4 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
p { max-width: 52rem; margin: 0 0 .75rem; }
header p, section > p { color: var(--quiet); }
a { color: var(--up); }
nav ol {
  display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 1rem 0 0; padding: 0;
  list-style: none;
}
.lead { list-style: none; margin: 0; padding: 0; max-width: 60rem; }
.lead li {
  padding: .75rem 1rem; margin: 0 0 .5rem; background: var(--soft);
  border-left: 3px solid var(--up);
}
.notes { color: var(--quiet); font-size: .875rem; padding-left: 1.1rem; max-width: 60rem; }
figure { margin: 1rem 0; overflow-x: auto; }
figure svg { display: block; max-width: 100%; height: auto; }
figcaption { color: var(--quiet); font-size: .875rem; }
.wide { overflow-x: auto; margin: .5rem 0 1rem; }
.wide:focus-visible { outline: 2px solid var(--up); }
table { border-collapse: collapse; font-size: .875rem; line-height: 1.4; }
th, td {
  text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0;
  border-bottom: 1px solid var(--line);
}
thead th { vertical-align: bottom; white-space: nowrap; border-bottom: 2px solid var(--line); }
tbody th { font-weight: 500; overflow-wrap: break-word; max-width: 22rem; }
td { font-variant-numeric: tabular-nums; overflow-wrap: break-word; max-width: 26rem; }
td.n { white-space: nowrap; }
tr.of th { padding-top: 1rem; color: var(--quiet); font-weight: 600; }
th small { display: block; font-weight: 400; font-size: .8125rem; color: var(--quiet); }
.up { color: var(--up); } .down { color: var(--down); } .care { color: var(--care); }
dl { display: flex; flex-wrap: wrap; gap: .25rem 1rem; max-width: 60rem; margin: .5rem 0 2rem; }
dl > div { flex: 1 1 14rem; }
dl > .whole { flex-basis: 100%; }
dt { font-weight: 600; font-size: .875rem; margin-top: .6rem; }
.note { font-weight: 400; color: var(--quiet); }
dd { margin: .15rem 0 0; }
pre {
  margin: 0; padding: .5rem .75rem; background: var(--soft);
  font: .8125rem/1.5 ui-monospace, monospace;
  white-space: pre-wrap; overflow-wrap: anywhere; max-width: 60rem;
}
@page { size: A4 landscape; margin: 12mm; }
@media print {
  :root {
    --ground: #fff; --ink: #000; --quiet: #444; --line: #bbb; --soft: #f4f4f4;
    --up: #004a75; --down: #8a3200; --care: #5a4100;
  }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  h2, h3, h4 { break-after: avoid; }
  figure, tr, dd, .lead li { break-inside: avoid; }
  .wide, figure { overflow: visible; }
  figure svg { max-height: 165mm; }
  h2 { margin-top: 1.5rem; }
  table { font-size: 7.5pt; }
  th, td { padding-right: .5rem; }
}
"""

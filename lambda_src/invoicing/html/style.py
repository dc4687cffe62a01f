"""The page's style: A4 on paper, a sheet on the screen. One family, four sizes, one accent."""

STYLE = """
@page { size: A4; margin: 14mm 16mm 15mm;
  @bottom-right { content: counter(page) " / " counter(pages); color: #5b6675;
    font: 7.5pt "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif; } }
@page close { margin: 10mm 16mm 12mm; }
:root { --ink: #17202c; --soft: #5b6675; --line: #d9dee5; --wash: #f4f6f8; --accent: #0b5c73; --warn: #9a3412;
  --body: 9pt; --small: 7.5pt; --gap: 2.6mm; --leading: 1.4; }
* { box-sizing: border-box; margin: 0; padding: 0; }
html { background: #e8ebef; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
body { width: 210mm; max-width: 100%; min-height: 297mm; margin: 8mm auto; padding: 15mm 16mm; background: #fff;
  color: var(--ink); font: var(--body)/var(--leading) "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif;
  overflow-wrap: anywhere; box-shadow: 0 1mm 6mm rgb(23 32 44 / .12); position: relative; }
body.dense { --body: 8.5pt; --small: 7pt; --gap: 1.25mm; --leading: 1.25; }
body.tight { page: close; --body: 8pt; --small: 6.6pt; --gap: .8mm; --leading: 1.2; }
h1 { font-size: 21pt; line-height: 1.1; font-weight: 600; letter-spacing: -.01em; }
h2 { font-size: var(--small); font-weight: 600; text-transform: uppercase; letter-spacing: .07em; color: var(--soft);
  margin-bottom: 1mm; }
header { display: flex; justify-content: space-between; align-items: flex-start; gap: 10mm;
  border-top: 1.2mm solid var(--accent); padding-top: 5mm; }
header > div { min-width: 0; }
.seller { font-size: 12pt; font-weight: 600; line-height: 1.25; }
.title { text-align: right; flex: none; max-width: 62%; }
.title p { color: var(--soft); font-size: 10.5pt; margin-top: .6mm; }
.badge { display: inline-block; vertical-align: middle; margin-right: 2.5mm; padding: .7mm 2.4mm; border-radius: 1mm;
  background: var(--warn); color: #fff; font-size: 8pt; font-weight: 600;
  letter-spacing: .08em; text-transform: uppercase; }
.parties { display: grid; grid-template-columns: 1fr 1fr 1.15fr; gap: 7mm; margin-top: 7mm; }
.parties > * { min-width: 0; }
.parties strong { font-weight: 600; }
.soft { color: var(--soft); }
dl.facts { display: grid; grid-template-columns: auto 1fr; gap: 0 4mm; align-content: start; }
dl.facts dt { color: var(--soft); }
dl.facts dd { text-align: right; font-variant-numeric: tabular-nums; }
.due { display: flex; justify-content: space-between; align-items: baseline; gap: 8mm; margin-top: 7mm;
  padding: 3.2mm 4mm; background: var(--wash); border-radius: 1.2mm; break-inside: avoid; }
.due strong { font-size: 15pt; font-weight: 600; line-height: 1.2; font-variant-numeric: tabular-nums; }
.reason { margin-top: 4mm; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
table.lines { margin-top: 6mm; }
caption { text-align: left; font-weight: 600; font-size: 10.5pt; padding-bottom: 1.6mm; break-after: avoid; }
caption span { font-weight: 400; color: var(--soft); font-size: var(--body); }
thead { display: table-header-group; }
thead th { font-size: var(--small); font-weight: 600; color: var(--soft); text-align: left; vertical-align: bottom;
  border-bottom: .35mm solid var(--ink); padding: 0 0 1.2mm 4mm; white-space: nowrap; }
thead th:first-child, tbody th, tbody td:first-child { padding-left: 0; }
tbody { break-inside: avoid; border-bottom: .2mm solid var(--line); }
tbody.segment { break-after: avoid; }
tbody th { font-weight: 400; text-align: left; }
tbody th, tbody td { padding-top: var(--gap); padding-bottom: var(--gap); vertical-align: baseline; }
tbody td { padding-left: 4mm; }
tr.first td { white-space: nowrap; }
tbody.segment th { font-weight: 600; padding-top: calc(var(--gap) * 1.5); }
tbody.segment th span { font-weight: 400; color: var(--soft); }
th.figure, td.figure { text-align: right; white-space: nowrap; }
td.money { font-weight: 500; }
tr.detail td { padding-top: 0; padding-left: 0; color: var(--soft); font-size: var(--small); }
tr.first:not(:last-child) > * { padding-bottom: .3mm; }
tr.detail p + p { margin-top: .2mm; }
.dense tr.detail p { display: inline; }
.dense tr.detail p:not(:last-child) > span:last-child::after { content: " ·"; }
tr.detail span { display: inline-block; max-width: 100%; }
.end { display: flex; justify-content: space-between; gap: 10mm; margin-top: 4mm; break-inside: avoid; }
.end > div { min-width: 0; }
.totals { flex: none; width: 52%; }
.totals tbody { border: 0; }
.totals th, .totals td { padding: .9mm 0; }
.totals tr.total > * { border-top: .35mm solid var(--ink); font-weight: 600; font-size: 11pt; padding-top: 1.8mm; }
.note { padding: .9mm 0; }
footer { margin-top: 7mm; padding-top: 3mm; border-top: .2mm solid var(--line); color: var(--soft);
  font-size: var(--small); line-height: 1.4; break-inside: avoid; }
footer p + p { margin-top: 1mm; }
.dense header { padding-top: 4mm; }
.dense .parties, .dense .due { margin-top: 4.5mm; }
.dense .due { padding: 2.2mm 4mm; }
.dense table.lines, .dense footer { margin-top: 4mm; }
.tight header { padding-top: 3mm; }
.tight h1 { font-size: 18pt; }
.tight .parties, .tight .due, .tight table.lines, .tight .end, .tight footer { margin-top: 3mm; }
.tight .due { padding: 1.4mm 4mm; }
.tight .due strong { font-size: 13pt; }
.tight .end th, .tight .end td, .tight .note { padding-top: .5mm; padding-bottom: .5mm; }
.tight footer { padding-top: 2mm; }
.tight footer p { display: inline; }
.watermark { position: fixed; inset: 0; display: flex; align-items: center; justify-content: center; z-index: 1;
  pointer-events: none; color: var(--warn); opacity: .055; font-size: 120pt; font-weight: 700; letter-spacing: .06em;
  transform: rotate(-32deg); }
@media print { html { background: none; }
  body { width: auto; min-height: 0; margin: 0; padding: 0; box-shadow: none; } }
@media screen and (max-width: 700px) {
  html { background: #fff; }
  body, body.dense { --body: 9pt; --small: 8pt; margin: 0; min-height: 0; padding: 6mm 5mm; }
  header { flex-direction: column-reverse; gap: 4mm; }
  .title { text-align: left; max-width: 100%; }
  .parties { grid-template-columns: 1fr; gap: 4mm; }
  .due { flex-wrap: wrap; gap: 1mm 6mm; }
  main { overflow-x: auto; }
  tbody td, thead th { padding-left: 2mm; }
  .lines tbody th { min-width: 22mm; }
  .end { flex-direction: column-reverse; gap: 2mm; }
  .totals { width: 100%; }
}
@media screen and (max-width: 480px) {
  body, body.dense { --body: 8pt; --small: 7.5pt; padding: 5mm 3mm; }
  tbody td, thead th { padding-left: 1.4mm; }
  .lines tbody th { min-width: 15mm; }
}
"""

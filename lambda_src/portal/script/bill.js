// What the month costs so far: line by line, as the invoice will show it.

/** Returns the bill as a card. */
function billCard(bill, open) {
  const rows = [];
  const starts = new Set(bill.lines.map(firstDay));
  let before = null;
  for (const line of bill.lines) {
    if (starts.size > 1 && firstDay(line) !== before) {
      rows.push(h("tr.group", null, h("th", { scope: "rowgroup", colspan: "4" }, `From ${day(firstDay(line))}`)));
    }
    before = firstDay(line);
    rows.push(billRow(line));
  }
  const columns = [["Description"], ["Quantity", "figure wide-only"], ["Unit price", "figure wide-only"],
    [`Amount (${bill.currency})`, "figure"]];
  const explained = bill.lines.some((line) => explanations(line).length);
  const card = h("section.card.brief", { "aria-labelledby": "charges" },
    h("div.split", null, h("h2", { id: "charges" }, open ? "Charges so far" : "Charges"),
      explained && h("button.quiet.small", { type: "button", id: "how", "aria-pressed": "false", click: toggle },
        "Show calculation")),
    bill.lines.length ? table("Charges", columns, rows) : h("p.soft", null, "No charges yet."),
    totals(bill, open));
  function toggle({ target }) {
    const brief = card.classList.toggle("brief");
    target.setAttribute("aria-pressed", String(!brief));
  }
  return card;
}

const explanations = (line) => [scaled(line), steps(line)].filter((words) => words.length)
  .map((words) => words.join(" · "));

const firstDay = (line) => line.key.split("/")[0];

function billRow(line) {
  const narrow = `${number(line.quantity)} ${line.unit}${line.unit_amount ? ` × ${number(line.unit_amount)}` : ""}`;
  return h("tr", null,
    h("th", { scope: "row" }, line.description,
      h("span.narrow-only.soft.small", null, narrow),
      explanations(line).map((words) => h("span.how", null, words))),
    h("td.figure.wide-only", null, number(line.quantity), " ", h("span.soft", null, line.unit)),
    h("td.figure.wide-only", null, unitPrice(line)),
    h("td.figure.strong", null, number(line.amount)));
}

function unitPrice(line) {
  if (line.unit_amount !== null) return number(line.unit_amount);
  return line.detail?.parts.some((one) => "tier" in one) ? h("span.soft", null, "by tier") : "";
}

function totals(bill, open) {
  const rows = [["Subtotal", number(bill.subtotal)]];
  rows.push(...bill.taxes.map((tax) => [`Tax ${number(tax.rate)} % on ${number(tax.base)}`, number(tax.amount)]));
  if (bill.reverse_charge) rows.push([`Reverse charge on ${number(bill.reverse_charge.base)}`, "no tax"]);
  if (!bill.taxes.length && !bill.reverse_charge) rows.push(["Tax", "not stated yet"]);
  return h("dl.totals", null,
    rows.map(([name, text]) => h("div", null, h("dt", null, name), h("dd", null, text))),
    h("div.total", null, h("dt", null, open ? "Total so far" : "Total"),
      h("dd", { id: "total" }, money(bill.currency, bill.total))),
    open && bill.projected_total !== null && h("div.soft", null, h("dt", null, "Projected for the whole month"),
      h("dd", null, money(bill.currency, bill.projected_total))));
}

// Past invoices and credit notes: the list, and one of them.

const PAGE = 50;
const KINDS = { invoice: "Invoice", credit_note: "Credit note" };
const STATES = { finalized: "Issued", void: "Taken back" };

async function invoicesView(signal) {
  const page = await askJson(`invoices?limit=${PAGE}`, signal);
  const view = h("div.view", null, h("div.head", null, h("div", null, title("Invoices"),
    h("p.soft", null, "Invoices and credit notes, the newest first."))));
  if (!page.invoices.length) {
    view.append(empty("No invoices yet", "The first one comes after the end of the first month with usage."));
  } else {
    const list = table("Invoices", [["Document"], ["State", "wide-only"], ["Total", "figure"]],
      page.invoices.map(invoiceRow), "rows.documents");
    view.append(h("section.card", { "aria-label": "Invoices" }, list, more(page.next, list, signal)));
  }
  return { view, title: "Invoices" };
}

/** Returns the button that adds the next page to the list; nothing if there is none. */
function more(next, list, signal) {
  if (!next) return null;
  const told = h("p.error", { role: "alert" });
  const button = h("button.quiet", { type: "button", click: load }, "Show older ones");
  const area = h("div.more", null, button, told);
  async function load() {
    button.disabled = true;
    told.textContent = "";
    try {
      const page = await askJson(`invoices?limit=${PAGE}&next=${encodeURIComponent(next)}`, signal);
      const rows = page.invoices.map(invoiceRow);
      list.querySelector("tbody").append(...rows);
      area.replaceWith(more(page.next, list, signal) ?? "");
      rows[0]?.querySelector("a").focus();
      say(`${plural(rows.length, "document")} more`);
    } catch (error) {
      refused(error, told, signal);
      button.disabled = false;
    }
  }
  return area;
}

/** Shows a refusal beside what was asked for, where the rest of the view stays. */
function refused(error, place, signal) {
  if (signal.aborted || error instanceof SignedOut) return;
  place.textContent = error instanceof Refusal ? error.message : "Something went wrong. Try again.";
}

const pathOf = (documentNumber) => `#/invoices/${encodeURIComponent(documentNumber)}`;

function invoiceRow(one) {
  const facts = [KINDS[one.kind] ?? sentence(one.kind), month(one.period), `issued ${day(one.issue_date)}`];
  if (one.revision > 1) facts.push(`revision ${one.revision}`);
  if (one.credits) facts.push(`takes back ${one.credits}`);
  const state = one.credit_note ? `Taken back by ${one.credit_note}` : STATES[one.state] ?? sentence(one.state);
  return h("tr", null,
    h("th", { scope: "row" }, h("a", { href: pathOf(one.number) }, one.number),
      h("span.how", null, facts.join(" · ")), h("span.narrow-only.how", null, state)),
    h("td.wide-only", null, h(`span.badge.${one.credit_note ? "off" : "on"}`, null, state)),
    h("td.figure.strong", null, money(one.currency, one.total)));
}

async function invoiceView(signal, documentNumber) {
  const path = `invoices/${encodeURIComponent(documentNumber)}`;
  const [page, json] = await Promise.all([
    askText(path, "text/html", signal), askText(path, "application/json", signal),
  ]);
  const invoice = JSON.parse(json);
  const kind = KINDS[invoice.kind] ?? sentence(invoice.kind);
  const frame = framed(page, `${kind} ${documentNumber}`, signal);
  const told = h("p.error", { role: "alert" });
  const csv = async () => {
    told.textContent = "";
    try {
      save(`${documentNumber}.csv`, await askText(path, "text/csv", signal), "text/csv");
    } catch (error) {
      refused(error, told, signal);
    }
  };
  const button = (id, name, click, kindOf = "quiet") => h(`button.${kindOf}`, { type: "button", id, click }, name);
  const view = h("div.view", null,
    h("p.back", null, h("a", { href: "#/invoices" }, "‹ All invoices")),
    h("div.head", null,
      h("div", null, title(documentNumber),
        h("p.soft", null, `${kind} · ${month(invoice.period.id)} · ${money(invoice.currency, invoice.total)}`)),
      h("div.actions", null,
        button("print", "Print", () => { frame.contentWindow.focus(); frame.contentWindow.print(); }, "main"),
        button("json", "Download JSON", () => save(`${documentNumber}.json`, json, "application/json")),
        button("csv", "Download CSV", csv))),
    told, frame, behind(invoice));
  return { view, title: `${kind} ${documentNumber}` };
}

/** Returns the document in a frame of its own, in which no script runs, whatever it holds. */
function framed(page, name, signal) {
  const url = URL.createObjectURL(new Blob([page], { type: "text/html;charset=utf-8" }));
  signal.addEventListener("abort", () => URL.revokeObjectURL(url));
  // The same origin only so that this page can measure and print it; without allow-scripts it can do nothing itself.
  const frame = h("iframe.sheet", { sandbox: "allow-same-origin allow-modals", title: name, src: url });
  const fit = () => {
    const root = frame.contentDocument?.documentElement;
    // Not its scrollHeight, which is that of the frame if the frame is taller.
    if (root) frame.style.height = `${Math.ceil(root.getBoundingClientRect().height) + 2}px`;
  };
  frame.addEventListener("load", () => {
    fit();
    new ResizeObserver(fit).observe(frame.contentDocument.body);
  });
  return frame;
}

/** Returns the lines of an invoice that have usage behind them. */
function behind(invoice) {
  const lines = invoice.lines.map((line, index) => [line, index + 1]).filter(([line]) => line.meter);
  if (!lines.length) return null;
  const rows = lines.map(([line, place]) => h("tr", null,
    h("th", { scope: "row" },
      h("a", { href: `${pathOf(invoice.number)}/lines/${place}` }, line.description),
      h("span.how", null, `Line ${place} · from ${day(firstDay(line))}`)),
    h("td.figure.wide-only", null, number(line.quantity), " ", h("span.soft", null, line.unit)),
    h("td.figure.strong", null, number(line.amount))));
  return h("section.card", { "aria-labelledby": "behind" }, h("h2", { id: "behind" }, "What is behind the lines"),
    h("p.soft", null, "Open a line to see its usage by day, its breakdown, and every row that it counts."),
    table("Lines with usage", [["Line"], ["Quantity", "figure wide-only"], [`Amount (${invoice.currency})`, "figure"]],
      rows));
}

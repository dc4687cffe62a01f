// What is behind a line of an invoice. It is looked up when somebody asks, which takes a few seconds.

const LONGEST_WAIT = 180;
const SHORTEST_PAUSE = 1;

async function lineView(signal, documentNumber, place) {
  const path = `invoices/${encodeURIComponent(documentNumber)}/lines/${place}`;
  const line = await patiently(path, signal, (text) => waiting(text));
  const back = pathOf(documentNumber);
  const additive = !line.aggregation || ADDITIVE.includes(line.aggregation);
  const view = h("div.view", null,
    h("p.back", null, h("a", { href: back }, `‹ ${documentNumber}`)),
    h("div.head", null, h("div", null, title(line.description),
      h("p.soft", null, `Line ${line.line} of ${documentNumber} · from ${day(firstDay(line))}`))),
    h("article.card.meter", { "aria-labelledby": "title" },
      h("div.facts", null, h("p.label", null, "Quantity on the invoice"), h("p.quantity", null, number(line.quantity)),
        h("p.soft.small", null, `unit: ${line.unit}`), download(`${path}/rows`, signal)),
      h("div.picture", null, line.by_day.length
        ? [h("h2.minor", null, "By day"), chart(line.description, line.by_day[0].day.slice(0, 7), line.by_day, line.unit),
          dayTable(line.description, line.by_day, line.unit)]
        : h("p.soft.none", null, "No usage by day."))),
    line.by_dimension.length > 0 && h("section.card", { "aria-labelledby": "breakdown" },
      h("h2", { id: "breakdown" }, "Breakdown"), dimensionTable(line.description, line, additive)));
  return { view, title: `${line.description} on ${documentNumber}` };
}

/** Asks until the answer is there: 202 says that it is being made, and when to ask again. */
async function patiently(path, signal, tell) {
  for (let waited = 0; waited < LONGEST_WAIT;) {
    const answer = await ask(path, "application/json", signal);
    if (answer.status !== 202) return answer.json();
    tell("Your usage is being counted. This takes a few seconds.");
    const pause = Math.max(SHORTEST_PAUSE, Number(answer.headers.get("Retry-After")) || SHORTEST_PAUSE);
    await sleep(pause, signal);
    waited += pause;
  }
  throw new Refusal("slow", "Still counting", "This takes longer than usual. Try again in a minute.");
}

function sleep(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}

/** Returns the button that prepares the rows, and then the link to them. */
function download(path, signal) {
  const told = h("p.soft.small", { role: "status" });
  const button = h("button.main", { type: "button", id: "rows", click: prepare }, "Prepare the rows as CSV");
  const area = h("div.rows-of", null, button, told);
  async function prepare() {
    button.disabled = true;
    told.textContent = "The rows are being gathered …";
    try {
      const file = await patiently(path, signal, () => {});
      if (!/^https?:$/.test(new URL(file.url, BASE).protocol)) throw new Error("no address of the web");
      // A page of its own: should the link have expired, this one, and with it the session, stays.
      const link = h("a.button.main", { href: file.url, target: "_blank", rel: "noopener noreferrer", id: "file" },
        "Download CSV");
      button.replaceWith(link);
      told.textContent = `${plural(file.bytes, "byte")}; the link works until ${moment(file.expires_at)}.`;
      link.focus();
    } catch (error) {
      told.textContent = "";
      refused(error, told, signal);
      button.disabled = false;
    }
  }
  return area;
}

// Parts that several views are made of.

/** Returns a heading that the reader's focus goes to when its view has come. */
const title = (text, ...more) => h("h1", { tabindex: "-1", id: "title" }, text, ...more);

const notice = (kind, ...children) => h(`p.notice.${kind}`, null, ...children);

/** Returns a table with a caption for those who do not see what is around it. */
function table(caption, columns, rows, kind = "rows") {
  const head = columns.map(([name, type]) => h(`th${type ? `.${type}` : ""}`, { scope: "col" }, name));
  return h("div.scroll", null,
    h(`table.${kind}`, null, h("caption.unseen", null, caption), h("thead", null, h("tr", null, head)),
      h("tbody", null, rows)));
}

/** Returns how much of something is used, as a bar with its words. */
function gauge(label, percent, state, ...words) {
  const shown = Math.min(100, Math.max(0, percent));
  const bar = s("svg", { width: "100%", height: "8", "aria-hidden": "true", focusable: "false" },
    s("rect.track", { width: "100%", height: "8", rx: "4" }),
    shown > 0 && s("rect.fill", { width: `${shown}%`, height: "8", rx: "4" }));
  const meter = h("div", {
    role: "meter", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": shown,
    "aria-valuetext": `${percent} %`,
  }, bar);
  return h(`div.gauge.${state}`, null, h("p.split", null, h("span", null, label), h("strong", null, `${percent} %`)),
    meter, h("p.soft.small", null, ...words));
}

/** Returns what is shown instead of a view that could not be had. */
function failure(error, again) {
  const known = error instanceof Refusal;
  return h("section.card.failure", { role: "alert" },
    title(known ? error.heading : "Something went wrong"),
    h("p", null, known ? error.message : "This page has met something that it does not expect. Try again."),
    h("p.actions", null,
      h("button", { type: "button", click: again, id: "again" }, "Try again"),
      h("a.button.quiet", { href: "#/usage" }, "Go to usage")));
}

const skeleton = () => h("div.skeleton", { "aria-hidden": "true" },
  h("div.bone.head"), h("div.figures", null, h("div.bone"), h("div.bone"), h("div.bone")), h("div.bone.tall"));

const empty = (heading, text) => h("div.card.empty", null, h("h2", null, heading), h("p.soft", null, text));

/** Returns days and their quantities as a table that is folded away. */
function dayTable(name, days, unit) {
  const rows = days.map((one) => h("tr", null,
    h("th", { scope: "row" }, day(one.day)), h("td.figure", null, number(one.quantity))));
  return h("details.days", null, h("summary", null, "Days as a table"),
    table(`${name} by day`, [["Day"], [`Quantity (${unit})`, "figure"]], rows));
}

/** Returns a breakdown as a table with a bar for each part's share, where parts add up to a whole. */
function dimensionTable(name, of, additive) {
  const rows = of.by_dimension.map(({ dimensions, quantity }) => {
    const percent = Math.round(share(quantity, of.quantity, 1000) / 10);
    return h("tr", null, h("th", { scope: "row" }, dimension(dimensions)),
      h("td.figure", null, number(quantity)),
      additive && h("td.share", null, h("span.figure", null, percent === 0 && compare(quantity, "0") > 0
        ? "< 1 %" : `${percent} %`),
        s("svg", { width: "100%", height: "6", "aria-hidden": "true", focusable: "false" },
          s("rect.track", { width: "100%", height: "6", rx: "3" }),
          percent > 0 && s("rect.fill", { width: `${Math.min(100, percent)}%`, height: "6", rx: "3" }))));
  });
  const heads = [[named(Object.keys(of.by_dimension[0].dimensions))], ["Quantity", "figure"]];
  return [table(`${name} by ${heads[0][0]}`, additive ? [...heads, ["Share", "share"]] : heads, rows),
    of.dimensions_omitted > 0 && h("p.soft.small", null,
      `${plural(of.dimensions_omitted, "smaller value")} left out; they are part of the total.`)];
}

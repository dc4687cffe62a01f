// A month's usage, and what it costs: the first thing that a customer sees.

const MONTHS_KEPT = 15;
const NEARLY = 80;
const FEW = 6;
const COUNTS = { count: "Total", sum: "Total", unique_count: "Distinct", max: "Highest", latest: "Latest" };
const ADDITIVE = ["count", "sum"];
const DAYS_APART = {
  unique_count: "The same one on two days counts once in the month, so days do not add up to it.",
  max: "The month counts its highest value.",
  latest: "The month counts its latest value.",
};

async function usageView(signal, id) {
  const mine = session;
  const [usage, now] = await Promise.all([
    askJson(id ? `usage?period=${id}` : "usage", signal),
    id && !mine.month ? askJson("usage", signal) : null,
  ]);
  // Which month it is, the API says: the reader's clock may be wrong.
  mine.month ??= (now ?? usage).period.id;
  byId("tenant").textContent = usage.tenant_id;
  const open = usage.state === "open";
  const view = h("div.view", null, monthBar(usage, mine.month), warnings(usage), figures(usage, open),
    usage.bill && billCard(usage.bill, open), meters(usage));
  return { view, title: `Usage in ${month(usage.period.id)}` };
}

function monthBar(usage, current) {
  const { id } = usage.period;
  const first = shifted(current, -MONTHS_KEPT);
  const kept = Array.from({ length: MONTHS_KEPT + 1 }, (_, back) => shifted(current, -back));
  if (!kept.includes(id)) kept.push(id);
  const go = (to) => { location.hash = `#/usage/${to}`; };
  const step = (name, label, sign, to, allowed) => h("button.quiet.step",
    { type: "button", id: name, "aria-label": label, disabled: !allowed, click: () => go(to) }, sign);
  const choice = h("select", { id: "month", change: (event) => go(event.target.value) },
    kept.map((one) => h("option", { value: one, selected: one === id }, month(one))));
  return h("div.head", null,
    h("div", null, title(month(id)), h("p.soft", { id: "freshness" }, freshness(usage))),
    h("div.months", { role: "group", "aria-label": "Month" },
      step("earlier", "Month before", "‹", shifted(id, -1), id > first),
      h("label.unseen", { for: "month" }, "Month"), choice,
      step("later", "Month after", "›", shifted(id, 1), id < current)));
}

function freshness({ as_of: asOf, cutoff }) {
  if (!asOf) return "Nothing has been counted for this month yet.";
  return `Counted until ${moment(cutoff ?? asOf)}, as of ${moment(asOf)}.`;
}

function warnings({ meters: all, differing_duplicates: differing }) {
  const near = all.filter(({ limit }) => limit && (limit.reached || share(limit.used, limit.limit) >= NEARLY));
  const told = [
    ...near.map(({ description, limit }) => notice(limit.reached ? "bad" : "warn",
      h("strong", null, `${description}: `),
      `${share(limit.used, limit.limit)} % of the month’s limit of ${number(limit.limit)} is used. `,
      limitSays(limit))),
    differing > 0 && notice("warn", `${plural(differing, "repeated event")} differed from the first one of the same ` +
      "source and id. The first one counts."),
  ].filter(Boolean);
  return told.length ? h("div.notices", null, told) : null;
}

function limitSays({ soft, reached }) {
  if (soft) return "Nothing is refused: the limit is for your information.";
  return reached ? "What goes beyond it is refused until the month ends." : "What goes beyond it will be refused.";
}

function figures({ bill, plan, meters: all }, open) {
  const figure = (name, label, amount, note) => h("div.card.figure-card", { id: name }, h("p.label", null, label),
    h("p.amount", null, amount), note && h("p.soft.small", null, note));
  const differs = plan && plan.description && plan.description.toLowerCase() !== plan.name.toLowerCase();
  const taxed = bill && (bill.taxes.length ? "with tax" : "before tax");
  return h("section.figures", { "aria-label": "At a glance" },
    bill && figure("so-far", open ? "Bill so far" : "Bill of the month", money(bill.currency, bill.total), taxed),
    bill && open && bill.projected_total !== null && figure("projected", "Projected for the month",
      money(bill.currency, bill.projected_total), `${taxed}, if usage goes on as it did`),
    figure("plan", "Plan", plan ? sentence(plan.name.replaceAll("-", " ")) : "None",
      plan ? [differs && `${plan.description} · `, `version ${plan.version}`] : "No plan is known for this month."),
    !bill && figure("so-far", "Bill so far", "—", all.length ? "No bill has been drawn up yet." : "Nothing to bill yet."));
}

function meters(usage) {
  if (!usage.meters.length) {
    return empty("No usage yet", `Nothing was metered in ${month(usage.period.id)}. Usage appears within about an hour.`);
  }
  return h("section.meters", { "aria-labelledby": "usage" }, h("h2.big", { id: "usage" }, "Usage"),
    usage.meters.map((meter) => meterCard(meter, usage.period.id)));
}

function meterCard(meter, id) {
  const heading = `meter-${meter.meter}`;
  const additive = ADDITIVE.includes(meter.aggregation);
  const gauges = [limitGauge(meter), ...allowanceGauges(meter)].filter(Boolean);
  return h("article.card.meter", { "aria-labelledby": heading, "data-meter": meter.meter },
    h("div.facts", null,
      h("h3", { id: heading }, meter.description),
      h("p.quantity", null, number(meter.quantity)),
      h("p.soft.small", null, `${COUNTS[meter.aggregation] ?? sentence(meter.aggregation)} · unit: ${meter.unit} · ` +
        `${plural(meter.events, "record")}`),
      gauges),
    h("div.picture", null, dayByDay(meter, id),
      meter.by_dimension.length > 0 && h("details.parts", { open: meter.by_dimension.length <= FEW },
        h("summary", null, `By ${named(Object.keys(meter.by_dimension[0].dimensions))}`),
        dimensionTable(meter.description, meter, additive))));
}

/** Returns the chart of a meter, of all of it or of one part of its breakdown, and the same days as a table. */
function dayByDay(meter, id) {
  const shown = h("div", null);
  const draw = (name, days) => shown.replaceChildren(...(days.length
    ? [chart(name, id, days, meter.unit), dayTable(name, days, meter.unit)]
    : [h("p.soft.none", null, "No usage by day.")]));
  draw(meter.description, meter.by_day);
  const parts = meter.by_dimension.filter(({ by_day: days }) => days?.length);
  const name = `part-${meter.meter}`;
  const pick = parts.length > 1 && h("p.pick", null, h("label.small.soft", { for: name }, "Show"),
    h("select", {
      id: name,
      change: ({ target }) => {
        const one = parts[Number(target.value)];
        draw(one ? `${meter.description}, ${dimension(one.dimensions)}` : meter.description, (one ?? meter).by_day);
      },
    }, h("option", { value: "-1" }, "Everything"),
    parts.map(({ dimensions }, index) => h("option", { value: index }, dimension(dimensions)))));
  return [h("div.split", null, h("h4", null, "By day"), pick),
    DAYS_APART[meter.aggregation] && h("p.soft.small", null, DAYS_APART[meter.aggregation]), shown];
}

function limitGauge({ limit }) {
  if (!limit) return null;
  const percent = share(limit.used, limit.limit);
  const state = limit.reached || percent >= 100 ? "bad" : percent >= NEARLY ? "warn" : "fine";
  return gauge(limit.soft ? "Soft limit" : "Limit", percent, state,
    `${number(limit.used)} of ${number(limit.limit)} used, ${number(limit.remaining)} left. `, limitSays(limit));
}

function allowanceGauges({ allowance }) {
  const { free_units: free, tier } = allowance ?? {};
  return [
    free && gauge("Free units", share(free.used, free.included), "plain",
      `${number(free.used)} of ${number(free.included)} used, ${number(free.remaining)} left.`),
    tier && tierSteps(tier),
  ];
}

function tierSteps(tier) {
  const words = tier.up_to === null
    ? "The last tier: every further unit costs the same."
    : `Up to ${number(tier.up_to)}` + (tier.remaining === null ? "." : `, ${number(tier.remaining)} left at this price.`);
  const gap = 4;
  const wide = 240;
  const width = (wide - gap * (tier.of - 1)) / tier.of;
  return h("div.gauge.plain", null,
    h("p.split", null, h("span", null, "Price tier"), h("strong", null, `${tier.number} of ${tier.of}`)),
    s("svg", { width: "100%", height: "8", viewBox: `0 0 ${wide} 8`, preserveAspectRatio: "none", "aria-hidden": "true" },
      Array.from({ length: tier.of }, (_, index) => s(index < tier.number ? "rect.fill" : "rect.track",
        { x: index * (width + gap), width: Math.max(1, width), height: "8" }))),
    h("p.soft.small", null, words));
}

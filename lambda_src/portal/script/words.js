// Days, months and the steps of a line in words: the same words as on the invoice. All times are UTC.

const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
  "November", "December"];

const TIER = /^tiers\[([0-9]+)\]\.(.+)$/;
const OF_QUANTITY = { free_units: "free", usage_discount: "discounted" };
const OF_AMOUNT = {
  percentage_discount: (figure) => `${figure} % discount`,
  maximum: (figure) => `at most ${figure}`,
  minimum: (figure) => `at least ${figure}`,
  charged: (figure) => `${figure} charged above`,
};
const COUNTED = { units: "", packages: " packages", events: " events" };

/** `2026-11` is `November 2026`. */
function month(id) {
  const [year, ordinal] = id.split("-");
  return `${MONTHS[Number(ordinal) - 1]} ${year}`;
}

/** `2026-11-04` is `4 November 2026`. */
const day = (text) => `${Number(text.slice(8, 10))} ${month(text.slice(0, 7))}`;

/** `2026-11-03T06:00:00Z` is `3 November 2026, 06:00 UTC`. */
const moment = (text) => `${day(text)}, ${text.slice(11, 16)} UTC`;

const daysIn = (id) => new Date(Date.UTC(Number(id.slice(0, 4)), Number(id.slice(5, 7)), 0)).getUTCDate();

/** Returns the month that many months later, or earlier if that is negative. */
function shifted(id, months) {
  const at = Number(id.slice(0, 4)) * 12 + Number(id.slice(5, 7)) - 1 + months;
  return `${String(Math.floor(at / 12)).padStart(4, "0")}-${String((at % 12) + 1).padStart(2, "0")}`;
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1).replaceAll("_", " ");

const SHORT_FORMS = /\b(api|http|id|ip|url)\b/gi;

/** Returns names of columns in words: `http_method` is `HTTP method`, `data.model` is `Model`. */
const named = (names) => names.map((name) => sentence(name.replace(/^data\./, "")).replace(SHORT_FORMS,
  (found) => found.toUpperCase())).join(" · ");

const dimension = (dimensions) => Object.values(dimensions).map((value) => value ?? "(none)").join(" · ");

function plural(count, one, many = `${one}s`) {
  return `${number(String(count))} ${count === 1 ? one : many}`;
}

/** Returns how a line's amount comes about, step by step; none if its own figures say it all. */
function steps(line) {
  const detail = line.detail;
  if (!detail || standsForItself(line)) return [];
  const ofQuantity = detail.adjustments.filter(({ kind }) => kind in OF_QUANTITY);
  const ofAmount = detail.adjustments.filter(({ kind }) => !(kind in OF_QUANTITY));
  const free = ofQuantity.map(({ kind, change }) => ` − ${number(change.replace("-", ""))} ${OF_QUANTITY[kind]}`);
  const every = free.length ? [`${number(line.quantity)}${free.join("")} = ${number(detail.billed_quantity)}`] : [];
  every.push(...detail.parts.map(part));
  every.push(...ofAmount.map((one) => `${OF_AMOUNT[one.kind](number(one.figure))}: ${signed(one.change)}`));
  if (detail.parts.length + ofAmount.length > 1) every.push(`together ${number(detail.unrounded)}`);
  return every;
}

/** Returns the figures that were scaled to a part of the period, the first one with its days. */
function scaled(line) {
  const proration = line.detail?.proration;
  if (!proration?.figures.length) return [];
  const [first, ...others] = proration.figures.map(
    ({ path, full, scaled: left }) => `${figureName(path)} ${number(full)} → ${number(left)}`,
  );
  return [`${proration.days} of ${proration.of_days} days: ${first}`, ...others];
}

function standsForItself({ detail, amount }) {
  if (detail.adjustments.length || detail.parts.length > 1 || detail.parts.some((one) => "tier" in one)) return false;
  if (detail.parts.every(({ kind }) => kind === "flat")) return true;
  return compare(detail.unrounded, amount) === 0 && detail.parts.every(({ kind }) => kind === "units");
}

function part(one) {
  const tier = "tier" in one ? `tier ${one.tier}: ` : "";
  if (one.kind === "flat") return `${tier}flat ${number(one.amount)}`;
  const [quantity, amount] = [number(one.quantity), number(one.amount)];
  if (one.kind === "value") return `${tier}${number(one.rate)} % of ${quantity} = ${amount}`;
  return `${tier}${quantity}${COUNTED[one.kind]} × ${number(one.each)} = ${amount}`;
}

function figureName(path) {
  const tier = TIER.exec(path);
  if (tier) return `tier ${Number(tier[1]) + 1} ${tier[2].replaceAll("_", " ")}`;
  return path === "discount.usage" ? "usage discount" : path.replaceAll("_", " ");
}

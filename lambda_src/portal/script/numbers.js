// Numbers are texts, as the API gives them. What must be compared or drawn is compared as whole numbers: no figure of
// the page ever was a floating point number.

const PLAIN = /^-?[0-9]+(\.[0-9]+)?$/;

/** Returns a number with its thousands apart and a real minus: `-1234.50` is `−1,234.50`. */
function number(text) {
  if (!PLAIN.test(text)) return text;
  const [whole, fraction] = text.replace("-", "").split(".");
  const digits = whole.replace(/\B(?=([0-9]{3})+$)/g, ",");
  return (text.startsWith("-") ? "−" : "") + digits + (fraction === undefined ? "" : `.${fraction}`);
}

/** Returns a number as `number` does, a plus in front of what is not negative. */
const signed = (text) => (text.startsWith("-") ? number(text) : `+${number(text)}`);

const money = (currency, text) => `${currency} ${number(text)}`;

/** Returns numbers as BigInts on one scale, and the decimal places of that scale. */
function aligned(texts) {
  const parts = texts.map((text) => text.split("."));
  const places = Math.max(0, ...parts.map(([, fraction = ""]) => fraction.length));
  const whole = parts.map(([integer, fraction = ""]) => BigInt(integer + fraction.padEnd(places, "0")));
  return { whole, places };
}

function compare(one, other) {
  const [a, b] = aligned([one, other]).whole;
  return a < b ? -1 : Number(a > b);
}

/** Returns how many of `of` parts of a whole a part is, rounded down; 0 if there is no whole. */
function share(part, whole, of = 100) {
  const [a, b] = aligned([part, whole]).whole;
  return b > 0n && a > 0n ? Number((a * BigInt(of)) / b) : 0;
}

/** Returns the text of a whole number on a scale: 1500 with 3 places is `1.5`. */
function unscaled(whole, places) {
  const digits = String(whole < 0n ? -whole : whole).padStart(places + 1, "0");
  const cut = digits.length - places;
  const fraction = digits.slice(cut).replace(/0+$/, "");
  return (whole < 0n ? "-" : "") + digits.slice(0, cut) + (fraction && `.${fraction}`);
}

const PREFIXES = [[12, "T"], [9, "G"], [6, "M"], [3, "k"]];

/** Returns a round number in short: `2500000` is `2.5M`. Exact, as it is made for the marks of an axis. */
function short(text) {
  const [whole, fraction] = text.replace("-", "").split(".");
  const prefix = fraction ? undefined : PREFIXES.find(([power]) => whole.length > power && /0{2,}$/.test(whole));
  if (!prefix) return number(text);
  return `${text.startsWith("-") ? "−" : ""}${number(unscaled(BigInt(whole), prefix[0]))}${prefix[1]}`;
}

/** Returns 1, 2 or 5 times a power of ten: the smallest that is no less than a whole number. */
function round(whole) {
  for (let power = 1n; ; power *= 10n) {
    const found = [1n, 2n, 5n].map((digit) => digit * power).find((one) => one >= whole);
    if (found) return found;
  }
}

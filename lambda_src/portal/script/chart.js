// Usage by day as bars. The picture has a sentence that says the same, and a table beside it says all of it.

const HEIGHT = 196;
const EDGE = { top: 12, right: 4, bottom: 26, left: 46 };
const MOST_MARKS = 4n;

/** Returns a chart of days (`[{ day, quantity }]`) of a month (`2026-11`). */
function chart(name, id, days, unit) {
  const said = summary(name, id, days);
  const picture = s("svg.chart", { role: "img", "aria-label": said, height: HEIGHT, width: "100%" });
  const hint = h("div.hint", { hidden: true, "aria-hidden": "true" });
  const figure = h("div.plot", { pointerleave: () => { hint.hidden = true; } }, picture, hint);
  const draw = () => picture.replaceChildren(...drawn(id, days, picture.clientWidth || 640, show));
  const show = (text, x) => {
    hint.textContent = `${day(text.day)}: ${number(text.quantity)} ${unit}`;
    hint.hidden = false;
    const half = hint.offsetWidth / 2;
    hint.style.left = `${Math.min(Math.max(x - half, 0), figure.clientWidth - 2 * half)}px`;
  };
  new ResizeObserver(draw).observe(figure);
  return figure;
}

function summary(name, id, days) {
  if (!days.length) return `${name} by day, ${month(id)}: no usage.`;
  const most = days.reduce((best, one) => (compare(one.quantity, best.quantity) > 0 ? one : best));
  return `${name} by day, ${month(id)}: ${plural(days.length, "day")} with usage, ` +
    `most on ${day(most.day)} with ${number(most.quantity)}.`;
}

/** Returns the axis of some numbers: its step, its ends, and all numbers on one scale of whole numbers. */
function axis(quantities) {
  const { whole, places } = aligned(quantities);
  const top = whole.reduce((most, one) => (one > most ? one : most), 0n);
  const low = whole.reduce((least, one) => (one < least ? one : least), 0n);
  const step = round((top - low + MOST_MARKS - 1n) / MOST_MARKS || 1n);
  const up = (value) => ((value + step - 1n) / step) * step;
  return { whole, places, step, high: up(top) || step, low: -up(-low) };
}

function drawn(id, days, width, show) {
  const { whole, places, step, high, low } = axis(days.map(({ quantity }) => quantity));
  const tall = HEIGHT - EDGE.top - EDGE.bottom;
  const y = (value) => EDGE.top + Number(((high - value) * BigInt(tall * 100)) / (high - low)) / 100;
  const marks = [];
  for (let value = low; value <= high; value += step) {
    marks.push(s(value ? "line.grid" : "line.zero", { x1: EDGE.left, x2: width - EDGE.right, y1: y(value), y2: y(value) }),
      s("text.mark", { x: EDGE.left - 8, y: y(value) + 4, "text-anchor": "end" }, short(unscaled(value, places))));
  }
  const count = daysIn(id);
  const slot = (width - EDGE.left - EDGE.right) / count;
  const bars = [];
  for (let index = 1; index <= count; index += 1) {
    const date = `${id}-${String(index).padStart(2, "0")}`;
    const place = days.findIndex((one) => one.day === date);
    const x = EDGE.left + (index - 1) * slot;
    if (index % 7 === 1) {
      bars.push(s("text.mark", { x: x + slot / 2, y: HEIGHT - 8, "text-anchor": "middle" }, String(index)));
    }
    const one = days[place] ?? { day: date, quantity: "0" };
    const point = () => show(one, x + slot / 2);
    bars.push(s("g.day", { pointerenter: point, pointerdown: point },
      s("rect.touch", { x, y: EDGE.top, width: slot, height: tall }),
      place >= 0 && whole[place] !== 0n && bar(x + slot * 0.16, slot * 0.68, y(whole[place]), y(0n))));
  }
  return [...marks, ...bars];
}

/** Returns a bar from the line of zero up, or down; never too low to be seen. */
function bar(x, width, end, zero) {
  const tall = Math.max(2, Math.abs(zero - end));
  return s("rect.value", { x, width, y: end <= zero ? zero - tall : zero, height: tall, rx: Math.min(2.5, width / 3) });
}

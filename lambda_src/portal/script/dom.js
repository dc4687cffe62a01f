// Elements. Whatever comes from outside goes into the page as text: there is no way here to put it in as markup.

const SVG = "http://www.w3.org/2000/svg";
const byId = (id) => document.getElementById(id);

/** Makes an element: `h("p.note", { id: "x" }, "text", other)`. Attributes that are null or false are left out. */
function h(name, attributes, ...children) {
  const [kind, ...classes] = name.split(".");
  return filled(document.createElement(kind), classes, attributes, children);
}

/** Makes an element of SVG, as `h` does. */
function s(name, attributes, ...children) {
  const [kind, ...classes] = name.split(".");
  return filled(document.createElementNS(SVG, kind), classes, attributes, children);
}

function filled(element, classes, attributes, children) {
  if (classes.length) element.setAttribute("class", classes.join(" "));
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(key, value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Tells those who do not see the page what has happened. */
function say(text) {
  byId("said").textContent = "";
  requestAnimationFrame(() => { byId("said").textContent = text; });
}

/** Hands a text to the browser as a file. */
function save(name, text, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

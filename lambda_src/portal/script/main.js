// Which view is shown: the part of the address behind the # says it, so that back and forward work.

const ROUTES = [
  [/^#\/usage\/([0-9]{4}-(?:0[1-9]|1[0-2]))$/, usageView, "usage"],
  [/^#\/invoices$/, invoicesView, "invoices"],
  [/^#\/invoices\/([^/]+)$/, invoiceView, "invoices"],
  [/^#\/invoices\/([^/]+)\/lines\/([1-9][0-9]{0,4})$/, lineView, "invoices"],
];
let leaving = new AbortController();

/** Gives up what the view that is shown, or was to be shown, still waits for. */
function leave() {
  leaving.abort();
  leaving = new AbortController();
  return leaving.signal;
}

function route() {
  for (const [pattern, view, place] of ROUTES) {
    const found = pattern.exec(location.hash);
    if (found) return { view, place, given: found.slice(1).map(decoded) };
  }
  return { view: usageView, place: "usage", given: [] };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function enter() {
  byId("email").textContent = session.email;
  byId("tenant").textContent = "";
  byId("bar").hidden = false;
  byId("main").removeAttribute("class");
  byId("main").replaceChildren(skeleton());
  show();
}

async function show() {
  if (!session) return;
  const signal = leave();
  const { view, place, given } = route();
  const main = byId("main");
  const focused = document.activeElement?.id;
  for (const name of ["usage", "invoices"]) {
    if (name === place) byId(`to-${name}`).setAttribute("aria-current", "page");
    else byId(`to-${name}`).removeAttribute("aria-current");
  }
  main.setAttribute("aria-busy", "true");
  say("Loading");
  let content;
  let name;
  try {
    ({ view: content, title: name } = await view(signal, ...given));
  } catch (error) {
    if (signal.aborted || error instanceof SignedOut) return;
    content = failure(error, show);
    name = "Problem";
  }
  if (signal.aborted) return;
  main.removeAttribute("aria-busy");
  main.replaceChildren(content);
  document.title = `${name} · ${config.title}`;
  say(name);
  settle(focused);
}

/** Puts the focus on what had it, if it is there again: whoever goes from month to month stays on the button. */
function settle(id) {
  const again = id && byId("main").querySelector(`#${CSS.escape(id)}:not(:disabled)`);
  (again || byId("title"))?.focus({ preventScroll: Boolean(again) });
  if (!again) scrollTo(0, 0);
}

/** Shows that a view takes a while. */
function waiting(text) {
  if (byId("waiting")) return;
  byId("main").removeAttribute("aria-busy");
  byId("main").replaceChildren(h("section.card.wait", { id: "waiting" }, title("One moment"), h("p.soft", null, text),
    h("div.bone.tall", { "aria-hidden": "true" })));
  say(text);
}

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("main").focus();
});
byId("sign-out").addEventListener("click", () => {
  signOut();
  location.hash = "";
  showSignIn();
});
addEventListener("hashchange", show);
showSignIn();

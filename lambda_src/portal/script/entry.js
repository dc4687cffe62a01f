// The way in: signing in, and choosing a password where a temporary one has to be replaced.

function field(id, label, attributes, help) {
  const described = help ? `${id}-help problem` : "problem";
  const input = h("input", { id, name: id, required: true, "aria-describedby": described, ...attributes });
  const secret = attributes.type === "password";
  const toggle = secret && h("button.peek", {
    type: "button", "aria-label": `Show ${label.toLowerCase()}`, "aria-pressed": "false",
    click: () => {
      const shown = input.type === "password";
      input.type = shown ? "text" : "password";
      toggle.setAttribute("aria-pressed", String(shown));
      toggle.textContent = shown ? "Hide" : "Show";
    },
  }, "Show");
  return h("div.field", null, h("label", { for: id }, label), h("div.input", null, input, toggle),
    help && h("p.soft.small", { id: `${id}-help` }, help));
}

/** Returns a form that does its work when it is sent: one problem at a time, told where the reader is. */
function entryForm(name, fields, doing, work) {
  const problem = h("p.notice.bad", { id: "problem", role: "alert", hidden: true });
  const button = h("button.main", { type: "submit" }, name);
  const form = h("form", { submit: send }, problem, fields, button);
  const tell = (text) => {
    problem.textContent = text;
    problem.hidden = false;
  };
  async function send(event) {
    event.preventDefault();
    problem.hidden = true;
    button.disabled = true;
    button.textContent = doing;
    try {
      await work(form);
    } catch (error) {
      tell(error instanceof Refusal ? error.message : "Something went wrong. Try again.");
      button.disabled = false;
      button.textContent = name;
      form.querySelector("[name=password]").focus();
    }
  }
  return { form, tell };
}

function entry(heading, lead, form) {
  byId("bar").hidden = true;
  for (const name of ["tenant", "email", "said"]) byId(name).textContent = "";
  document.title = `${heading} · ${config.title}`;
  const mark = s("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
    s("rect", { width: 24, height: 24, rx: 6 }), s("path", { d: "M7 17v-4M12 17V7M17 17v-7" }));
  byId("main").setAttribute("class", "entry");
  byId("main").removeAttribute("aria-busy");
  byId("main").replaceChildren(h("div.card.sign", null, h("p.brand", null, mark, h("span", null, config.title)),
    h("h1", null, heading), h("p.soft", null, lead), form));
  form.querySelector("input").focus();
}

/** Shows the sign-in, and a message if there is a reason that the reader should know. */
function showSignIn(message) {
  leave();
  const { form, tell } = entryForm("Sign in", [
    field("username", "E-mail address", { type: "email", autocomplete: "username", inputmode: "email" }),
    field("password", "Password", { type: "password", autocomplete: "current-password" }),
  ], "Signing in …", async ({ username, password }) => {
    const challenge = await signIn(username.value.trim(), password.value);
    if (challenge) showNewPassword(username.value.trim(), challenge);
    else enter();
  });
  entry("Sign in", "See your usage, what it costs so far, and your invoices.", form);
  if (message) tell(message);
}

function showNewPassword(email, challenge) {
  const { form } = entryForm("Set password and sign in", [
    // For password managers, which save the new password under it.
    h("input.unseen", { type: "email", autocomplete: "username", value: email, readonly: true, tabindex: "-1",
      "aria-label": "E-mail address" }),
    field("password", "New password", { type: "password", autocomplete: "new-password", minlength: 8 },
      "As your provider’s rules ask for: best a long one, with letters of both cases, digits and symbols."),
    field("repeated", "New password once more", { type: "password", autocomplete: "new-password" }),
  ], "Setting …", async ({ password, repeated }) => {
    if (password.value !== repeated.value) throw new Refusal("differ", "", "The two passwords differ.");
    await setPassword(email, challenge, password.value);
    enter();
  });
  entry("Choose a password", "The one that you were given was for the first time only.", form);
  form.querySelector("#password").focus();
}

// Saves by itself what somebody chooses and types about a story.
import { saver, unsaved } from "./saving.js";

const MOST_TOPICS = 3;
const CHOICES = {
  name: "about", fields: (chosen) => chosen, kept: "What you chose is kept in this browser", asks: false,
};

const form = document.getElementById("about");
const line = document.getElementById("about-saving");
const notice = document.getElementById("about-trouble");
const most = document.getElementById("topics-most");
const saving = saver({
  id: form.dataset.story,
  url: form.action,
  token: form.elements.csrf_token.value,
  revision: Number(form.elements.revision.value),
  read,
  show,
  kind: CHOICES,
});

form.querySelector("button[type=submit]").hidden = true;
form.addEventListener("submit", (event) => { event.preventDefault(); saving.save(); });
form.addEventListener("input", ({ target }) => {
  const four = target.name === "tags" && form.querySelectorAll("[name=tags]:checked").length > MOST_TOPICS;
  if (four) target.checked = false;
  most.textContent = four ? "That would be four. Take one away first." : "";
  saving.changed();
});
// What is chosen is saved at once; while somebody types, it waits for a pause.
form.addEventListener("change", () => saving.save());

const lost = unsaved(form.dataset.story, CHOICES);
if (lost && lost.text !== read()) {
  put(lost.text);
  saving.from(lost.revision);
} else saving.drop();

/** What is chosen and typed, as the form sends it. */
function read() {
  const fields = new FormData(form);
  for (const name of ["csrf_token", "revision"]) fields.delete(name);
  return new URLSearchParams(fields).toString();
}

/** Choose and type it again. */
function put(chosen) {
  const fields = new URLSearchParams(chosen);
  for (const each of form.querySelectorAll(".tile input")) each.checked = fields.getAll(each.name).includes(each.value);
  form.elements.strength.value = fields.get("strength") ?? "";
}

function show({ state, text, theirs, signedOut, told }) {
  line.dataset.state = state;
  line.textContent = text;
  notice.hidden = !(theirs || signedOut);
  if (theirs) conflict(theirs);
  if (signedOut) tell([], Object.assign(document.createElement("a"), { className: "button", textContent: "Sign in again", href: location.pathname }));
  if (told?.labels !== undefined) labels(told.labels);
}

function conflict({ who, theirs, revision }) {
  tell(
    [`This is what ${who} said: ${theirs.join(", ") || "nothing at all"}.`],
    press("Keep what I chose", () => saving.over(revision)),
    press(`Take what ${who} chose`, () => { saving.drop(); location.reload(); }),
  );
}

/** The labels at the head of the page are those that were saved. */
function labels(page) {
  const fresh = new DOMParser().parseFromString(page, "text/html").querySelector(".labels");
  const old = document.querySelector("h1 ~ .labels");
  if (old && fresh) old.replaceWith(fresh);
  else if (fresh) document.querySelector("h1 ~ .facts")?.after(fresh);
  else old?.remove();
}

function tell(sentences, ...doings) {
  const all = Object.assign(document.createElement("div"), { className: "notice warn" });
  all.append(...sentences.map((textContent) => Object.assign(document.createElement("p"), { textContent })));
  const row = Object.assign(document.createElement("div"), { className: "buttons" });
  row.append(...doings);
  all.append(row);
  notice.replaceChildren(all);
}

function press(textContent, then) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent });
  button.addEventListener("click", then);
  return button;
}

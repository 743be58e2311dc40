// Saves by itself what somebody chooses and types about a story.
import { asking } from "./asking.js";
import { saver, unsaved } from "./saving.js";

const MOST_TOPICS = 3;

const form = document.getElementById("about");
const most = document.getElementById("topics-most");
const id = form.dataset.story;
// As the page came: on a slow tablet somebody may have chosen before this script was there.
const given = form.cloneNode(true);
given.reset();
const asks = asking("choices", () => saving, { line: "about-saving", notice: "about-trouble", theirs: "choices" });
const saving = saver({
  id,
  what: "choices",
  url: form.action,
  token: form.elements.csrf_token.value,
  revision: Number(form.elements.revision.value),
  read,
  saved: read(given),
  fields: (chosen) => chosen,
  show,
  // A choice is on its way before anybody has found the next link, and lies in this browser besides.
  asks: false,
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

const lost = unsaved(id, "choices");
if (lost && lost.text !== read()) {
  put(lost.text);
  saving.from(lost.revision);
} else if (read() === read(given)) saving.drop();
else saving.save();

/** What is chosen and typed, as the form sends it. */
function read(from = form) {
  const fields = new FormData(from);
  for (const name of ["csrf_token", "revision"]) fields.delete(name);
  return new URLSearchParams(fields).toString();
}

/** Choose and type it again. */
function put(chosen) {
  const fields = new URLSearchParams(chosen);
  for (const each of form.querySelectorAll(".tile input")) each.checked = fields.getAll(each.name).includes(each.value);
  form.elements.strength.value = fields.get("strength") ?? "";
}

function show(state) {
  asks.show(state);
  if (state.told) labels(state.told.labels);
}

/** The labels at the head of the page are those that were saved. */
function labels(page) {
  const fresh = new DOMParser().parseFromString(page, "text/html").querySelector(".labels");
  const old = document.querySelector("h1 ~ .labels");
  if (old && fresh) old.replaceWith(fresh);
  else if (fresh) document.querySelector("h1 ~ .facts")?.after(fresh);
  else old?.remove();
}

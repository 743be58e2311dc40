// Typing the words of a story in a form: the sound at hand, and saved by itself. Without this file the form is sent.
import { asking } from "./asking.js";
import { forget, saver, unsaved } from "./saving.js";
import { sound } from "./sound.js";

sound();
const hint = document.getElementById("typing-hint");
if (hint) hint.hidden = false;
const form = document.getElementById("typing");
if ("byItself" in form.dataset) savesByItself(form);

function savesByItself({ dataset, elements: { text, revision, csrf_token: token }, action }) {
  const id = dataset.story;
  const saving = saver({ id, url: action, token: token.value, revision: Number(revision.value), read: () => text.value, show });
  const asks = asking("words", () => saving);
  const button = form.querySelector("button[type=submit]");
  button.textContent = "I am done";

  function show(told) {
    asks.show(told);
    // Should the form be sent after all, it is that of what was saved last.
    if (told.revision !== undefined) revision.value = told.revision;
  }

  text.addEventListener("input", saving.changed);
  text.addEventListener("blur", () => { if (saving.dirty()) saving.save(); });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await saving.save();
    if (!saving.dirty()) location.assign(dataset.then);
  });

  const lost = unsaved(id);
  if (lost && lost.text === text.value) forget(id);
  else if (lost) {
    const again = () => { text.value = lost.text; saving.from(lost.revision); text.focus(); };
    asks.offer(["You typed words here that were not saved:", asks.quoted(lost.text)], again, () => forget(id));
  } else text.focus();
}

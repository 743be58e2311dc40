// Putting words right where they stand: the words become a text that can be typed in, and go on being lit.
import { asking } from "./asking.js";
import { forget, saver, unsaved } from "./saving.js";

/** Set up the button under the words. */
export function editing(section) {
  const button = document.getElementById("edit");
  const passage = section.querySelector(".passage");
  if (!button || !passage) return;
  const check = document.getElementById("check");
  const id = section.dataset.story;
  const read = () => [...passage.querySelectorAll("p")].map((each) => words(each.textContent)).filter(Boolean).join("\n\n");
  const saving = saver({
    id, read, url: button.dataset.save, token: button.dataset.token, revision: Number(section.dataset.revision), show,
  });

  const asks = asking("words", () => saving);
  button.querySelector("span").textContent = "Put the words right";

  function show(told) {
    asks.show(told);
    // Whoever says that the words are right means those that are saved.
    if (check) check.hidden = !["saved", "none"].includes(told.state);
    if (check && told.revision !== undefined) check.elements.revision.value = told.revision;
  }

  function begin() {
    section.classList.add("editing");
    for (const each of passage.querySelectorAll("p")) {
      plain(each);
      each.setAttribute("role", "textbox");
      each.setAttribute("aria-multiline", "true");
      each.setAttribute("aria-label", `What was said at ${each.parentElement.dataset.at ?? "0:00"}`);
    }
    button.querySelector("span").textContent = "I am done";
    button.setAttribute("role", "button");
  }

  async function end() {
    await saving.save();
    // The page as it is kept: words with the times that they got.
    if (!saving.dirty()) location.reload();
  }

  button.addEventListener("click", (event) => {
    event.preventDefault();
    if (section.classList.contains("editing")) { end(); return; }
    begin();
    passage.querySelector("p").focus();
  });
  passage.addEventListener("input", saving.changed);
  passage.addEventListener("focusout", () => { if (saving.dirty()) saving.save(); });

  const lost = unsaved(id);
  if (lost && words(lost.text) === words(read())) forget(id);
  else if (lost) {
    const again = () => { put(lost.text); begin(); saving.from(lost.revision); };
    asks.offer(["You typed words here that were not saved:", asks.quoted(lost.text)], again, () => forget(id));
  }

  /** Put a text in the place of the words. */
  function put(text) {
    passage.replaceChildren(...text.split("\n\n").map((each) => {
      const paragraph = Object.assign(document.createElement("div"), { className: "paragraph" });
      paragraph.append(Object.assign(document.createElement("p"), { textContent: each }));
      return paragraph;
    }));
  }
}

/** Let a paragraph be typed in, as text without any looks. */
function plain(paragraph) {
  try {
    paragraph.contentEditable = "plaintext-only";
  } catch {
    // Older browsers know no such thing: what is pasted there is made plain by hand.
    paragraph.contentEditable = "true";
    paragraph.addEventListener("paste", (event) => {
      event.preventDefault();
      const range = getSelection().getRangeAt(0);
      range.deleteContents();
      range.insertNode(document.createTextNode(event.clipboardData.getData("text/plain")));
      range.collapse(false);
      paragraph.dispatchEvent(new InputEvent("input", { bubbles: true }));
    });
  }
}

const words = (text) => text.split(/\s+/).filter(Boolean).join(" ");

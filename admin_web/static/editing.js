// Putting words right where they stand: the words become a text that can be typed in, and go on being lit.
import { forget, saver, unsaved } from "./saving.js";

/** Set up the button under the words. */
export function editing(section) {
  const button = document.getElementById("edit");
  const passage = section.querySelector(".passage");
  if (!button || !passage) return;
  const line = document.getElementById("saving");
  const notice = document.getElementById("trouble");
  const check = document.getElementById("check");
  const id = section.dataset.story;
  const read = () => [...passage.querySelectorAll("p")].map((each) => words(each.textContent)).filter(Boolean).join("\n\n");
  const saving = saver({
    id, read, url: button.dataset.save, token: button.dataset.token, revision: Number(section.dataset.revision), show,
  });

  function show({ state, text, theirs, signedOut, revision }) {
    line.dataset.state = state;
    line.textContent = text;
    notice.hidden = !(theirs || signedOut);
    if (theirs) conflict(theirs);
    if (signedOut) notice.replaceChildren(card([], [link("Sign in again", location.pathname)]));
    // Whoever says that the words are right means those that are saved.
    if (check) check.hidden = state !== "saved";
    if (check && revision !== undefined) check.elements.revision.value = revision;
  }

  function conflict(theirs) {
    const quote = Object.assign(document.createElement("blockquote"), { textContent: theirs.theirs || "No words at all." });
    const mine = press("Keep my words", () => saving.over(theirs.revision));
    const others = press(`Take the words of ${theirs.who}`, () => { saving.drop(); location.reload(); });
    notice.replaceChildren(card([`These are the words of ${theirs.who}:`, quote], [mine, others]));
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
  if (lost && words(lost.text) === words(read())) forget(`sayso words ${id}`);
  else if (lost) offer(lost);

  function offer(words) {
    notice.hidden = false;
    const back = press("Put them back", () => {
      notice.hidden = true;
      put(words.text);
      begin();
      saving.from(words.revision);
    });
    const away = press("Throw them away", () => { notice.hidden = true; forget(`sayso words ${id}`); });
    const quote = Object.assign(document.createElement("blockquote"), { textContent: words.text });
    notice.replaceChildren(card(["You typed words here that were not saved:", quote], [back, away]));
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

function press(text, then) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: text });
  button.addEventListener("click", then);
  return button;
}

function link(text, href) {
  return Object.assign(document.createElement("a"), { textContent: text, href, className: "button" });
}

function card(told, doings) {
  const all = Object.assign(document.createElement("div"), { className: "notice warn" });
  all.append(...told.map((each) => (typeof each === "string" ? Object.assign(document.createElement("p"), { textContent: each }) : each)));
  const row = Object.assign(document.createElement("div"), { className: "buttons" });
  row.append(...doings);
  all.append(row);
  return all;
}

// Keys for the recording: letters while nobody types, and with Ctrl everywhere.
//
// The letters can be turned off (WCAG 2.1.4): whoever talks to their computer, or rests a hand on the keyboard, would set
// them off. A screen reader in its reading mode takes letters for itself, and has those with Ctrl.
import { remember, remembered } from "./remembered.js";

const LETTERS = { p: "toggle", b: "back", s: "slower", d: "doubtful" };
const WITH_CTRL = { " ": "toggle", ",": "back", ".": "slower", Enter: "doubtful" };
const TYPED_IN = "textarea, select, [contenteditable], input:not([type=range], [type=checkbox], [type=radio])";

/**
 * Set up the keys and the list that shows them.
 * @param {{[name: string]: () => void}} doings what the keys do; a key without one does nothing.
 */
export function keys(doings) {
  const list = document.getElementById("keys");
  const letters = document.getElementById("letter-keys");
  letters.checked = remembered("letter keys", "on") === "on";
  letters.addEventListener("change", () => remember("letter keys", letters.checked ? "on" : "off"));
  list.hidden = false;

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.altKey || event.metaKey || event.shiftKey) return;
    const name = event.ctrlKey ? WITH_CTRL[event.key] : letter(event);
    if (!name || !doings[name]) return;
    event.preventDefault();
    if (!event.repeat || name === "back") doings[name]();
  });

  function letter(event) {
    return letters.checked && !event.target.closest(TYPED_IN) ? LETTERS[event.key.toLowerCase()] : undefined;
  }
}

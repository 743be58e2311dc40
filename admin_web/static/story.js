// A story's page: ties player and words together, and waits for words that are still being written down.
import { editing } from "./editing.js";
import { hearing, redacting } from "./redacting.js";
import { sound } from "./sound.js";
import { words } from "./words.js";

const AGAIN_MS = 3000;

const audio = document.getElementById("sound");
let section = document.getElementById("words");
let spoken = words(section, audio);
sound((seconds) => spoken.light(seconds), { doubtful: () => spoken.next() });
if (section.dataset.again) setTimeout(lookAgain, AGAIN_MS);
else editing(section);
redacting(section);
hearing(audio);

async function lookAgain() {
  // A page in a tab that nobody looks at asks for nothing.
  if (!document.hidden) {
    try {
      const answer = await fetch(section.dataset.again);
      if (answer.redirected) { say("You were signed out. Load the page again to sign in."); return; }
      if (answer.status === 404) { say("This story has been taken away."); return; }
      if (answer.ok) take(await answer.text());
    } catch {
      // The site is away for a moment (it may be starting again): ask again later.
    }
  }
  if (section.dataset.again) setTimeout(lookAgain, AGAIN_MS);
}

function take(page) {
  const fresh = new DOMParser().parseFromString(page, "text/html").getElementById("words");
  if (!fresh || fresh.dataset.state === "waiting") return;
  section.replaceWith(fresh);
  section = fresh;
  spoken = words(section, audio);
  editing(section);
  redacting(section);
  if (audio) spoken.light(audio.currentTime);
  say("The words are here.");
}

/** Tell it once, also to whoever has the page read aloud. */
function say(text) {
  let line = document.getElementById("told");
  if (!line) {
    line = Object.assign(document.createElement("p"), { id: "told", className: "hint" });
    line.setAttribute("role", "status");
    section.before(line);
  }
  // A region that is new must be there before its text changes, or it is not read.
  requestAnimationFrame(() => { line.textContent = text; });
}

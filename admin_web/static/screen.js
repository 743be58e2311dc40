// The station screen: shows what the kiosk tells, line by line, and comes back by itself whatever is started again.

const SILENT_MS = 4000;
const AGAIN_MS = 500;
const FULL_MS = 3000;
/** How much of the level may fade in a quarter of a second: it moves with a voice, and never flickers. */
const FADE = 0.12;
const SIGNS = { green: "tick", red: "cross", blue: "megaphone", any: "dot" };

const page = document.body.dataset;
const part = Object.fromEntries(
  ["screen", "picture", "card", "time", "clock", "level", "words", "keys", "key"].map((id) => [id, document.getElementById(id)]),
);
const awayWords = part.keys.dataset.away;
let level = 0;

follow();

async function follow() {
  for (;;) {
    let wait = 0;
    try {
      wait = await read();
    } catch {
      // The site is being started again, or the line to it was cut.
      showAway();
      wait = AGAIN_MS;
    }
    await new Promise((done) => setTimeout(done, wait));
  }
}

/** Show what comes until it ends; return how long to wait before asking again. */
async function read() {
  const stop = new AbortController();
  let watchdog = setTimeout(() => stop.abort(), SILENT_MS);
  try {
    const answer = await fetch(page.now, { cache: "no-store", signal: stop.signal });
    if (answer.status === 503) {
      showAway(await answer.text());
      return FULL_MS;
    }
    if (!answer.ok || answer.redirected) throw new Error(`${answer.status}`);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return 0;
      clearTimeout(watchdog);
      watchdog = setTimeout(() => stop.abort(), SILENT_MS);
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) take(JSON.parse(line));
    }
  } finally {
    clearTimeout(watchdog);
  }
}

function take({ edition, away, scene, progress }) {
  if (edition && edition !== page.edition) location.reload();
  if (away) showAway();
  if (scene) showScene(scene);
  if (progress) showProgress(progress);
}

/** The kiosk is not there: calm words, and nothing to press. */
function showAway(words = awayWords) {
  showScene({ state: "away", picture: "hourglass", words, card: "", telling: false, keys: [], pressable: false });
}

function showScene({ state, picture, words, card, telling, keys, pressable }) {
  const told = part.screen.dataset;
  if (telling && told.telling !== "true") showProgress({ seconds: 0, level: 0 });
  Object.assign(told, { state, picture, telling, length: size(words) });
  part.picture.setAttribute("href", `#sign-${picture}`);
  setText(part.words, words);
  setText(part.card, card);
  part.card.hidden = !card;
  // A long number is made smaller: it must stay one line, as on its card.
  part.card.style.setProperty("--letters", card.length || 1);
  part.time.hidden = part.level.hidden = !telling;
  showKeys(keys, pressable);
}

/** Longer words are made smaller, so that all of them are seen at once. */
function size(words) {
  if (words.length > 95) return "longest";
  if (words.length > 60) return "long";
  return words.length > 34 ? "middle" : "short";
}

function showProgress({ seconds, level: now }) {
  const whole = Math.floor(seconds);
  setText(part.clock, `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`);
  level = Math.max(now, level - FADE, 0);
  part.screen.style.setProperty("--level", level.toFixed(2));
}

/** Change the buttons in place, so that the one with the focus keeps it. */
function showKeys(keys, pressable) {
  const kind = JSON.stringify([pressable, keys.map(({ button }) => button)]);
  if (part.keys.dataset.kind !== kind) {
    part.keys.dataset.kind = kind;
    part.keys.replaceChildren(...keys.map(({ button }) => newKey(button, pressable)));
    // With one switch, a device that types a space or "enter" works at once.
    if (pressable && keys.length === 1) part.keys.firstElementChild?.focus();
  }
  keys.forEach(({ look, name, label, light, spoken }, at) => {
    const key = part.keys.children[at];
    Object.assign(key.dataset, { look, light, spoken });
    if (pressable) key.setAttribute("aria-label", label ? `${label} (${name})` : name);
    key.querySelector("use").setAttribute("href", `#sign-${SIGNS[look]}`);
    setText(key.querySelector(".label"), label);
  });
}

function newKey(button, pressable) {
  const key = document.createElement(pressable ? "button" : "div");
  key.className = "key";
  key.append(part.key.content.cloneNode(true));
  if (pressable) {
    key.type = "button";
    key.addEventListener("click", () => press(button));
    // A key that is held down is one press.
    key.addEventListener("keydown", (event) => { if (event.repeat) event.preventDefault(); });
  }
  return key;
}

async function press(button) {
  try {
    await fetch(page.press + button, { method: "POST" });
  } catch {
    // Nobody is there; the page says so already.
  }
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

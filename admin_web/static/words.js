// The words under the player: the one being said is lit, and each can be played from.
import { start } from "./player.js";

// A browser gives times in whole microseconds, so that a jump to 1.23 s may read 1.229999.
const ROUNDING_S = 0.002;
// A word stays lit over the short gap to the next, or the text would flicker; in a longer silence none is lit.
const GAP_S = 0.3;
// So much is heard before a doubtful word: a word alone is harder to understand than in its sentence.
const RUN_UP_S = 1;

/**
 * Set up the words in `section`.
 * @param {HTMLElement} section
 * @param {HTMLAudioElement | null} audio
 * @returns {{light: (seconds: number) => void, next: () => void}} lights the word that is said at a time; goes to the
 *   next word that the computer was not sure of, and plays from a little before it.
 */
export function words(section, audio) {
  const all = [...section.querySelectorAll("[data-start]")];
  if (!all.length || !audio) return { light: () => {}, next: () => {} };
  const starts = Float64Array.from(all, (word) => Number(word.dataset.start));
  const ends = Float64Array.from(all, (word) => Number(word.dataset.end));
  const places = new Map(all.map((word, place) => [word, place]));
  let lit = -1;
  // The one word that the Tab key stops at; the arrow keys move it.
  let stop = -1;

  const stopAt = (place) => {
    if (place === stop) return;
    if (stop >= 0) { all[stop].removeAttribute("tabindex"); all[stop].removeAttribute("role"); }
    stop = place;
    all[stop].tabIndex = 0;
    all[stop].setAttribute("role", "button");
  };

  const light = (seconds) => {
    const place = wordAt(starts, ends, seconds + ROUNDING_S);
    if (place === lit) return;
    const followed = lit < 0 || inView(all[lit]);
    if (lit >= 0) all[lit].classList.remove("lit");
    lit = place;
    if (lit < 0) return;
    all[lit].classList.add("lit");
    if (!section.contains(document.activeElement)) stopAt(lit);
    // Whoever scrolled away to read elsewhere is left there.
    if (followed && !audio.paused && !inView(all[lit])) all[lit].scrollIntoView({ block: "center" });
  };

  const playFrom = (place, runUp_s = 0) => {
    audio.currentTime = Math.max(0, starts[place] - runUp_s);
    start(audio);
  };

  const go = (place) => {
    stopAt(Math.max(0, Math.min(all.length - 1, place)));
    all[stop].focus();
  };
  const keys = {
    ArrowRight: () => go(stop + 1),
    ArrowLeft: () => go(stop - 1),
    ArrowDown: () => go(lineFrom(all, stop, 1)),
    ArrowUp: () => go(lineFrom(all, stop, -1)),
    Home: () => go(0),
    End: () => go(all.length - 1),
    Enter: () => playFrom(stop),
    " ": () => playFrom(stop),
  };

  section.addEventListener("click", (event) => {
    const place = places.get(event.target);
    // Somebody who marks words to copy them does not want to hear them.
    if (place === undefined || !getSelection().isCollapsed || section.classList.contains("editing")) return;
    stopAt(place);
    playFrom(place);
  });
  section.addEventListener("keydown", (event) => {
    if (section.classList.contains("editing") || !places.has(event.target) || event.ctrlKey || event.altKey || event.metaKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });

  section.classList.add("live");
  document.getElementById("words-hint").hidden = false;
  stopAt(0);
  const next = doubtfulWords(section, all, starts, audio, (place) => {
    stopAt(place);
    if (!inView(all[place])) all[place].scrollIntoView({ block: "center" });
    playFrom(place, RUN_UP_S);
  });
  return { light, next };
}

/** Set up the button for them; returns what it does. */
function doubtfulWords(section, all, starts, audio, go) {
  const doubtful = all.flatMap((word, place) => (word.classList.contains("doubtful") ? [place] : []));
  const button = document.getElementById("doubtful");
  button.hidden = !doubtful.length;
  let sought = -1;

  const next = () => {
    // A word that was typed over is not there any more.
    const left = doubtful.filter((place) => all[place].isConnected);
    if (!left.length) return;
    const at = audio.currentTime + ROUNDING_S;
    // Pressed again in the run-up to a word, it goes on to the one after that.
    const inRunUp = sought >= 0 && at >= starts[sought] - RUN_UP_S && at < starts[sought];
    const place = left.find((each) => (inRunUp ? each > sought : starts[each] > at)) ?? left[0];
    all[sought]?.classList.remove("sought");
    sought = place;
    all[sought].classList.add("sought");
    const number = left.indexOf(place) + 1;
    button.querySelector(".which").textContent = `${number}/${left.length}`;
    document.getElementById("told-aloud").textContent = `${number} of ${left.length}: ${all[place].textContent}`;
    // Whoever is putting words right types over it at once.
    if (section.classList.contains("editing")) getSelection().selectAllChildren(all[place]);
    go(place);
  };
  button.onclick = next;
  return next;
}

/** The place of the word said at `seconds`, or -1: the last that has begun, unless it ended a while ago. */
export function wordAt(starts, ends, seconds) {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= seconds) low = middle + 1;
    else high = middle;
  }
  const place = low - 1;
  return place >= 0 && seconds < ends[place] + GAP_S ? place : -1;
}

/** The word on the next (1) or last (-1) line that stands nearest below or above. */
function lineFrom(all, place, step) {
  const from = all[place].getBoundingClientRect();
  let [best, distance, line] = [place, Infinity, null];
  for (let at = place + step; at >= 0 && at < all.length; at += step) {
    const box = all[at].getBoundingClientRect();
    if (Math.abs(box.top - from.top) < from.height / 2) continue;
    line ??= box.top;
    if (Math.abs(box.top - line) >= box.height / 2) break;
    if (Math.abs(box.left - from.left) < distance) [best, distance] = [at, Math.abs(box.left - from.left)];
  }
  return best;
}

function inView(word) {
  const box = word.getBoundingClientRect();
  const covered = document.querySelector(".player")?.getBoundingClientRect().bottom ?? 0;
  return box.top >= covered && box.bottom <= innerHeight;
}

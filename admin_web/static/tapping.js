// Tapping along: somebody hears the story and taps when each line begins. Without this file there is nothing to do here.
import { asking } from "./asking.js";
import { clock, start } from "./player.js";
import { forget, saver, unsaved } from "./saving.js";
import { sound } from "./sound.js";

// People tap a little after they have heard it: of what is read along, less than the quarter of a second that a
// surprise takes.
const LATE_S = 0.15;
// Two lines do not begin at once.
const APART_S = 0.05;
// A browser gives times in whole microseconds, so that a jump to 1.23 s may read 1.229999.
const ROUNDING_S = 0.002;

const audio = document.getElementById("sound");
const box = document.getElementById("tapping");
const tap = document.getElementById("tap");
const back = document.getElementById("line-back");
const lines = [...document.querySelectorAll(".line")];
const texts = lines.map((line) => line.querySelector(".text").textContent);
const words = texts.join(" ");
const id = box.dataset.story;
// When each line begins in seconds; null: nobody knows yet.
let starts = lines.map((line) => ("timed" in box.dataset ? Number(line.dataset.at) : null));
// The line that the next tap is for.
let now = 0;
// Where the last jump went. A busy computer says late that it is done: then the sound has gone on from there.
let jumped_s = 0;

const saving = saver({
  id, what: "times", url: box.dataset.save, token: box.dataset.token, revision: Number(box.dataset.revision), show,
  read: () => JSON.stringify({ words, starts }),
  fields: () => ({ text: words, taps: starts.map((at, line) => `${lines[line].dataset.word}:${at.toFixed(3)}`).join(" ") }),
  notYet: () => (starts.includes(null) ? "They are saved when every line has its time." : ""),
});
const asks = asking("times", () => saving);

function show(told) {
  if (told.theirs) told.theirs.others = told.theirs.theirs !== words;
  asks.show(told);
}

function press() {
  if (audio.paused) start(audio);
  else if (now < lines.length) {
    const before = now ? starts[now - 1] + APART_S : 0;
    starts[now] = Math.max(before, audio.currentTime - LATE_S * audio.playbackRate);
    // Lines that would begin earlier than this one are to be tapped again.
    for (let line = now + 1; line < lines.length; line += 1) if (starts[line] <= starts[now]) starts[line] = null;
    now += 1;
    saving.changed();
  }
  draw();
}

/** Go to where a line can be tapped: the line before it is heard first. */
function goTo(line) {
  audio.currentTime = Math.max(0, line ? starts[line - 1] : 0);
  start(audio);
  tap.focus({ preventScroll: true });
  box.scrollIntoView({ block: "nearest" });
}

/** Wherever somebody goes in the recording, they tap on from there. */
function follow(from_s) {
  const at_s = from_s + ROUNDING_S;
  const next = at_s < APART_S ? 0 : starts.findIndex((at) => at === null || at > at_s);
  now = next < 0 ? lines.length : next;
  draw();
}

function draw() {
  const known = starts.indexOf(null) < 0 ? lines.length : starts.indexOf(null);
  lines.forEach((line, number) => {
    const at = starts[number] === null ? "–" : clock(starts[number]);
    const shown = line.querySelector(".at");
    if (shown.textContent !== at) shown.textContent = at;
    line.disabled = number > known;
    if (number === now) line.setAttribute("aria-current", "step");
    else line.removeAttribute("aria-current");
  });
  const over = now >= lines.length;
  document.getElementById("line-number").textContent = over ? "That was the last line." : `Line ${now + 1} of ${lines.length}`;
  document.getElementById("line-now").textContent = texts[now] ?? "";
  document.getElementById("line-next").textContent = texts[now + 1] ? `Then: ${texts[now + 1]}` : "";
  tap.textContent = label(over);
  back.disabled = now === 0;
}

function label(over) {
  if (audio.paused) return audio.currentTime > 0 && !audio.ended ? "Go on" : "Start";
  return over ? "Listen to the end" : "Tap when this line begins";
}

// A tap counts from the moment it is made, not when the finger is lifted. But only a whole click may start the sound:
// some browsers allow it no earlier.
let tappedAlready = false;
tap.addEventListener("pointerdown", (event) => {
  tappedAlready = !audio.paused && event.button === 0;
  if (tappedAlready) press();
});
tap.addEventListener("click", () => {
  if (!tappedAlready) press();
  tappedAlready = false;
});
back.addEventListener("click", () => goTo(now - 1));
lines.forEach((line, number) => line.addEventListener("click", () => goTo(number)));
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  const elsewhere = event.target.closest("a, button, input, select, summary") && event.target !== tap;
  if (event.key === " " && !elsewhere) {
    event.preventDefault();
    if (!event.repeat) press();
  } else if (event.key === "Backspace" && !event.target.closest("input, select") && now) {
    event.preventDefault();
    goTo(now - 1);
  }
});
// Some browsers click when the key is let go, whatever was done when it was pressed.
tap.addEventListener("keyup", (event) => { if (event.key === " ") event.preventDefault(); });
audio.addEventListener("seeking", () => { jumped_s = audio.currentTime; });
audio.addEventListener("seeked", () => follow(jumped_s));
for (const event of ["play", "pause", "ended"]) audio.addEventListener(event, draw);

sound();
box.hidden = false;
draw();
offerAgain(unsaved(id, "times"));

function offerAgain(lost) {
  if (!lost) return;
  const again = JSON.parse(lost.text);
  const away = () => forget(id, "times");
  if (again.words === words && again.starts.length === lines.length) {
    const put = () => { starts = again.starts; saving.from(lost.revision); follow(audio.currentTime); };
    asks.offer(["You tapped times here that were not saved."], put, away);
  } else {
    asks.tell("You tapped times here, and the words were changed since. Please tap them again.");
    away();
  }
}

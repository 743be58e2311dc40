// The player: play, back, speed, and the place in the recording. Without this file the browser's own controls stay.
import { remember, remembered } from "./remembered.js";

const BACK_S = 2;
const SLOW = "0.75";
// More than the slider has pixels.
const STEPS = 2000;

/** "0:07", "12:30", "1:02:30": as `wording.clock` on the server. */
export function clock(seconds) {
  const whole = Math.floor(seconds);
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** "1 min 12 s", for whoever has the page read aloud. */
function spoken(seconds) {
  const whole = Math.floor(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/**
 * Set up the player around `audio`.
 * @param {HTMLAudioElement} audio
 * @param {(seconds: number) => void} moved is called with the place: at every frame while it plays, and after a jump.
 * @returns {{toggle: () => void, back: () => void, slower: () => void}} what its buttons and keys do.
 */
export function player(audio, moved) {
  const controls = document.querySelector(".controls");
  const play = document.getElementById("play");
  const place = document.getElementById("place");
  const now = document.getElementById("now");
  let frame = 0;
  // While a finger holds the slider, the sound must not pull it away.
  let held = false;
  let placed = 0;

  const show = () => {
    const at = audio.currentTime;
    // While it plays, a step that nobody could see is not made: each is a new painting.
    if (!frame || Math.abs(at - placed) > place.max / STEPS) {
      placed = at;
      if (!held) place.value = at;
      // Through the style object, which the content security policy allows.
      place.style.setProperty("--done", `${(100 * place.value) / (place.max || 1)}%`);
    }
    const text = clock(at);
    if (now.textContent !== text) {
      now.textContent = text;
      place.setAttribute("aria-valuetext", spoken(at));
    }
    moved(at);
  };
  const follow = () => {
    show();
    frame = audio.paused ? 0 : requestAnimationFrame(follow);
  };
  const state = () => {
    play.classList.toggle("playing", !audio.paused);
    play.querySelector("span").textContent = audio.paused ? "Play" : "Pause";
    if (!frame) follow();
  };

  const speed = document.getElementById("speed");
  const setSpeed = (wanted) => {
    if ([...speed.options].some((each) => each.value === wanted)) speed.value = wanted;
    // A voice stays the voice that it is.
    audio.preservesPitch = true;
    audio.defaultPlaybackRate = audio.playbackRate = Number(speed.value);
  };
  const doings = {
    toggle: () => (audio.paused ? start(audio) : audio.pause()),
    back: () => { audio.currentTime = Math.max(0, audio.currentTime - BACK_S); },
    /** Slow, and with the next press as fast as the person likes it. */
    slower: () => setSpeed(speed.value === SLOW ? usual() : SLOW),
  };
  const usual = () => { const kept = remembered("speed", "1"); return kept === SLOW ? "1" : kept; };

  play.addEventListener("click", doings.toggle);
  document.getElementById("back").addEventListener("click", doings.back);
  speed.addEventListener("change", () => { setSpeed(speed.value); remember("speed", speed.value); });
  setSpeed(remembered("speed", "1"));
  place.addEventListener("input", () => { held = true; audio.currentTime = Number(place.value); });
  place.addEventListener("change", () => { held = false; });
  for (const event of ["play", "pause", "ended"]) audio.addEventListener(event, state);
  for (const event of ["seeking", "seeked", "loadedmetadata"]) audio.addEventListener(event, () => frame || show());
  audio.addEventListener("loadedmetadata", () => { if (Number.isFinite(audio.duration)) place.max = audio.duration; });
  audio.addEventListener("error", () => { document.getElementById("sound-trouble").hidden = false; });

  audio.controls = false;
  controls.hidden = false;
  if (audio.error) document.getElementById("sound-trouble").hidden = false;
  show();
  return doings;
}

/** Play on; a refusal shows as the audio's own error, or is the person's own next press. */
export function start(audio) {
  audio.play().catch(() => {});
}

// The recording on a page: player, drawing, keys, and what was listened to.
import { keys } from "./keys.js";
import { listening } from "./listening.js";
import { player } from "./player.js";
import { waveform } from "./waveform.js";

/**
 * Set it all up, if there is a recording.
 * @param {(seconds: number) => void} moved is called with the place in it whenever that changes.
 * @param {{[name: string]: () => void}} more that keys do on this page.
 */
export function sound(moved = () => {}, more = {}) {
  const audio = document.getElementById("sound");
  if (!audio) return;
  const wave = waveform(audio);
  const doings = player(audio, (seconds) => { moved(seconds); wave.show(seconds); });
  listening(audio, wave.played);
  keys({ ...doings, ...more });
}

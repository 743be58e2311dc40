// Notes which parts of the recording were really played, and tells the site.

const TELL_MS = 5000;
// Between two looks at where the sound is, it moves on by less than this; more is a jump.
const STEP_S = 1.5;

/**
 * @param {HTMLAudioElement} audio
 * @param {(begin: number, end: number) => void} played is called with each part that was.
 */
export function listening(audio, played) {
  const line = document.querySelector("[data-listened]");
  let parts = [];
  let last = null;

  audio.addEventListener("timeupdate", () => {
    const at = audio.currentTime;
    const plays = !audio.paused || audio.ended;
    if (plays && last !== null && at > last && at - last < STEP_S * Math.max(1, audio.playbackRate)) add(last, at);
    last = plays ? at : null;
  });
  audio.addEventListener("seeking", () => { last = null; });
  // From the very first moment: a look comes only every quarter of a second, and on a busy computer later.
  for (const event of ["playing", "seeked"]) audio.addEventListener(event, () => { if (!audio.paused) last = audio.currentTime; });
  setInterval(tell, TELL_MS);
  for (const event of ["pause", "ended"]) audio.addEventListener(event, tell);
  document.addEventListener("visibilitychange", () => { if (document.hidden) tell(); });

  function add(begin, end) {
    const part = parts.at(-1);
    if (part && Math.abs(part[1] - begin) < 0.01) part[1] = end;
    else parts.push([begin, end]);
    played(begin, end);
  }

  async function tell() {
    if (!parts.length) return;
    const told = parts;
    parts = [];
    const body = new URLSearchParams({
      csrf_token: line.dataset.token,
      parts: told.map((part) => part.map((each) => each.toFixed(2)).join("-")).join(" "),
    });
    try {
      const answer = await fetch(line.dataset.listened, { method: "POST", body, keepalive: true, redirect: "manual" });
      if (!answer.ok) throw new Error(answer.statusText);
      show(await answer.json());
    } catch {
      // Told with the next ones.
      parts = [...told, ...parts];
    }
  }

  function show({ share, heard }) {
    const text = document.getElementById("listened");
    if (text) text.textContent = heard ? "Heard" : `${Math.round(100 * share)} % of this story has been played`;
    const form = document.getElementById("heard");
    if (heard && form) form.hidden = true;
    if (heard) for (const each of document.querySelectorAll("[data-when-heard]")) each.hidden = each.dataset.whenHeard === "gone";
  }
}

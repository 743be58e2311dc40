// Notes which parts of the recording were really played, and tells the site.

const TELL_MS = 5000;

/**
 * @param {HTMLAudioElement} audio
 * @param {(begin: number, end: number) => void} played is called with each part that was.
 */
export function listening(audio, played) {
  const line = document.querySelector("[data-listened]");
  let parts = [];

  audio.addEventListener("timeupdate", () => {
    const at = audio.currentTime;
    // The browser itself knows what was played, also while a busy computer does not come to look.
    const begin = audio.seeking ? null : beginOf(audio.played, at);
    if (begin !== null) add(begin, at);
  });
  setInterval(tell, TELL_MS);
  for (const event of ["pause", "ended"]) audio.addEventListener(event, tell);
  document.addEventListener("visibilitychange", () => { if (document.hidden) tell(); });

  function add(begin, end) {
    const part = parts.at(-1);
    if (part && part[0] === begin) part[1] = Math.max(part[1], end);
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

/** Where the part that was played to this place begins; null: there is none. */
function beginOf(played, at) {
  for (let part = 0; part < played.length; part += 1) {
    if (played.start(part) < at && at <= played.end(part)) return played.start(part);
  }
  return null;
}

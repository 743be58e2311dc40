// Saves words by itself, and says where they are: nothing that was typed is ever lost without a word.
//
// Until the site says that it has them, they also lie in this browser: a tablet that is switched off, a session that
// ends or a site that is away loses none of them.

const PAUSE_MS = 1200;
const AGAIN_MS = [2000, 4000, 8000, 15000];
const KEPT = "Your words are kept in this browser";

/**
 * @param {object} story
 * @param {string} story.id
 * @param {string} story.url where to save to.
 * @param {string} story.token against other sites' forms.
 * @param {number} story.revision of the words that are being changed.
 * @param {() => string} story.read returns the words as they stand now.
 * @param {(told: {state: string, text: string, theirs?: object}) => void} story.show tells the person.
 */
export function saver({ id, url, token, revision, read, show }) {
  const key = `sayso words ${id}`;
  let saved = read();
  let timer = 0;
  let tries = 0;
  let busy = false;
  // Only the person can say how it goes on: nothing is sent until they have.
  let held = false;

  const dirty = () => read() !== saved;
  const later = (ms) => { clearTimeout(timer); timer = setTimeout(save, ms); };
  const trouble = (text, more = {}) => show({ state: "trouble", text, ...more });
  const again = (text) => {
    trouble(`${text} ${KEPT}; it tries again by itself.`);
    later(AGAIN_MS[Math.min(tries++, AGAIN_MS.length - 1)]);
  };

  function changed() {
    if (!dirty()) return;
    keep(key, { revision, text: read() });
    if (held) return;
    show({ state: "waiting", text: "Not saved yet" });
    tries = 0;
    later(PAUSE_MS);
  }

  async function save() {
    clearTimeout(timer);
    if (held) return undefined;
    if (busy) return later(PAUSE_MS);
    if (!dirty()) return undefined;
    const text = read();
    busy = true;
    show({ state: "saving", text: "Saving …" });
    try {
      const body = new URLSearchParams({ csrf_token: token, revision, text });
      // A page that is being left may still send so much.
      const keepalive = body.toString().length < 60000;
      const answer = await fetch(url, {
        method: "POST", body, keepalive, redirect: "manual", headers: { Accept: "application/json" },
      });
      await understand(answer, text);
    } catch {
      again("No connection to the station.");
    } finally {
      busy = false;
    }
    return undefined;
  }

  async function understand(answer, text) {
    if (answer.type === "opaqueredirect" || answer.status === 403) {
      held = true;
      return trouble(`You were signed out. ${KEPT}: sign in again, and they are offered to you here.`, { signedOut: true });
    }
    const told = await answer.json().catch(() => ({}));
    if (answer.ok) {
      revision = told.revision;
      saved = text;
      tries = 0;
      if (dirty()) return changed();
      forget(key);
      const at = new Date(told.at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
      return show({ state: "saved", text: `Saved at ${at}`, revision });
    }
    if (answer.status === 409 && "theirs" in told) {
      held = true;
      return trouble(`${told.error} Nothing is lost: choose below.`, { theirs: told });
    }
    if (answer.status === 404) return trouble(`This story has been taken away. ${KEPT}, if you want to copy them.`);
    if (answer.status === 409 || answer.status === 422) return trouble(`Not saved. ${told.error} ${KEPT}.`);
    return again(told.error ?? "Not saved: the station has a problem.");
  }

  addEventListener("beforeunload", (event) => { if (dirty()) event.preventDefault(); });
  addEventListener("online", () => { if (dirty()) save(); });
  document.addEventListener("visibilitychange", () => { if (document.hidden && dirty()) save(); });
  return {
    changed,
    save,
    dirty,
    /** Save over what somebody else saved; theirs stays among the earlier versions. */
    over(theirs) { held = false; revision = theirs; return save(); },
    /** Begin with words that were kept in this browser, changed from an earlier revision. */
    from(earlier) { revision = earlier; changed(); },
    /** What was typed is not wanted. */
    drop() { saved = read(); clearTimeout(timer); forget(key); },
  };
}

/** Words of this story that were typed in this browser and never saved, or null. */
export function unsaved(id) {
  try {
    const found = JSON.parse(localStorage.getItem(`sayso words ${id}`));
    return found && typeof found.text === "string" && Number.isInteger(found.revision) ? found : null;
  } catch {
    return null;
  }
}

/** Let them go. */
export function forget(key) {
  try { localStorage.removeItem(key); } catch { /* there is none in this browser */ }
}

function keep(key, words) {
  // A browser may have no room, or no such place at all: then the page says that they are not saved, and no more.
  try { localStorage.setItem(key, JSON.stringify(words)); } catch { /* see above */ }
}

// Saves by itself what somebody typed or chose, and says where it is: nothing of it is ever lost without a word.
//
// Until the site says that it has it, it also lies in this browser: a tablet that is switched off, a session that ends or
// a site that is away loses none of it.

const PAUSE_MS = 1200;
const AGAIN_MS = [2000, 4000, 8000, 15000];

/** What is saved: its name in this browser, how it is sent, what a person is told of it, and whether leaving the page
 *  with some of it unsaved is asked about. */
export const WORDS = {
  name: "words", fields: (text) => ({ text }), kept: "Your words are kept in this browser", asks: true,
};

/**
 * @param {object} story
 * @param {string} story.id
 * @param {string} story.url where to save to.
 * @param {string} story.token against other sites' forms.
 * @param {number} story.revision of the words that are being changed.
 * @param {() => string} story.read returns what is to be saved as it stands now.
 * @param {typeof WORDS} story.kind what it is.
 * @param {(told: {state: string, text: string, theirs?: object, told?: object}) => void} story.show tells the person.
 */
export function saver({ id, url, token, revision, read, show, kind = WORDS }) {
  const key = keyOf(id, kind);
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
    trouble(`${text} ${kind.kept}; it tries again by itself.`);
    later(AGAIN_MS[Math.min(tries++, AGAIN_MS.length - 1)]);
  };

  function changed() {
    if (!dirty()) {
      // As it was: there is nothing to save, nor to keep.
      if (!busy && !held) { clearTimeout(timer); forget(key); show({ state: "none", text: "" }); }
      return;
    }
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
      const body = new URLSearchParams(kind.fields(text));
      body.set("csrf_token", token);
      body.set("revision", revision);
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
      return trouble(`You were signed out. ${kind.kept}: sign in again, then go on here.`, { signedOut: true });
    }
    const told = await answer.json().catch(() => ({}));
    if (answer.ok) {
      revision = told.revision;
      saved = text;
      tries = 0;
      if (dirty()) return changed();
      forget(key);
      const at = new Date(told.at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
      return show({ state: "saved", text: `Saved at ${at}`, revision, told });
    }
    if (answer.status === 409 && "theirs" in told) {
      held = true;
      return trouble(`${told.error} Nothing is lost: choose below.`, { theirs: told });
    }
    if (answer.status === 404) return trouble(`This story has been taken away. ${kind.kept}.`);
    if (answer.status === 409 || answer.status === 422) return trouble(`Not saved. ${told.error} ${kind.kept}.`);
    return again(told.error ?? "Not saved: the station has a problem.");
  }

  addEventListener("beforeunload", (event) => { if (kind.asks && dirty()) event.preventDefault(); });
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

const keyOf = (id, kind) => `sayso ${kind.name} ${id}`;

/** What was typed or chosen for this story in this browser and never saved, or null. */
export function unsaved(id, kind = WORDS) {
  try {
    const found = JSON.parse(localStorage.getItem(keyOf(id, kind)));
    return found && typeof found.text === "string" && Number.isInteger(found.revision) ? found : null;
  } catch {
    return null;
  }
}

/** Let it go. */
export function forget(key) {
  try { localStorage.removeItem(key); } catch { /* there is none in this browser */ }
}

function keep(key, what) {
  // A browser may have no room, or no such place at all: then the page says that they are not saved, and no more.
  try { localStorage.setItem(key, JSON.stringify(what)); } catch { /* see above */ }
}

// Saves words (their times, or choices) by itself, and says where they are: nothing that was done is ever lost without a
// word.
//
// Until the site says that it has them, they also lie in this browser: a tablet that is switched off, a session that
// ends or a site that is away loses none of them.

const PAUSE_MS = 1200;
const AGAIN_MS = [2000, 4000, 8000, 15000];

/**
 * @param {object} story
 * @param {string} story.id
 * @param {string} story.what is saved: "words", "times" or "choices".
 * @param {string} story.url where to save to.
 * @param {string} story.token against other sites' forms.
 * @param {number} story.revision of the words that are being changed.
 * @param {() => string} story.read returns them as they stand now.
 * @param {string} story.saved what the site has of them, as `read` returns it; what stands there now if it is not given.
 * @param {(text: string) => object | string} story.fields returns the form's fields for what was read.
 * @param {() => string} story.notYet returns why they cannot be saved as they are, or nothing.
 * @param {boolean} story.asks before somebody leaves the page while there is something to save.
 * @param {(told: {state: string, text: string, theirs?: object, told?: object}) => void} story.show tells the person.
 */
export function saver({
  id, what = "words", url, token, revision, read, show, fields = (text) => ({ text }), notYet = () => "", asks = true,
  saved = read(),
}) {
  const key = keyOf(id, what);
  const kept = `Your ${what} are kept in this browser`;
  let timer = 0;
  let tries = 0;
  // Savings follow one another: the second is made to what the first has made.
  let running = Promise.resolve();
  let sending = false;
  // Only the person can say how it goes on: nothing is sent until they have.
  let held = false;

  const dirty = () => read() !== saved;
  const later = (ms) => { clearTimeout(timer); timer = setTimeout(save, ms); };
  const trouble = (text, more = {}) => show({ state: "trouble", text, ...more });
  const again = (text) => {
    trouble(`${text} ${kept}; it tries again by itself.`);
    later(AGAIN_MS[Math.min(tries++, AGAIN_MS.length - 1)]);
  };

  function changed() {
    if (!dirty()) {
      // As it was: there is nothing to save, and nothing to keep.
      if (!sending && !held) { clearTimeout(timer); forget(id, what); show({ state: "none", text: "" }); }
      return;
    }
    keep(key, { revision, text: read() });
    if (held) return;
    show({ state: "waiting", text: notYet() ? `${kept}. ${notYet()}` : "Not saved yet" });
    tries = 0;
    later(PAUSE_MS);
  }

  function save() {
    clearTimeout(timer);
    running = running.then(send);
    return running;
  }

  async function send() {
    if (held || notYet() || !dirty()) return;
    const text = read();
    sending = true;
    show({ state: "saving", text: "Saving …" });
    try {
      const body = new URLSearchParams(fields(text));
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
      sending = false;
    }
  }

  async function understand(answer, text) {
    if (answer.type === "opaqueredirect" || answer.status === 403) {
      held = true;
      return trouble(`You were signed out. ${kept}: sign in again, and they are offered to you here.`, { signedOut: true });
    }
    const told = await answer.json().catch(() => ({}));
    if (answer.ok) {
      revision = told.revision;
      saved = text;
      tries = 0;
      if (dirty()) return changed();
      forget(id, what);
      const at = new Date(told.at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
      return show({ state: "saved", text: `Saved at ${at}`, revision, told });
    }
    if (answer.status === 409 && "theirs" in told) {
      held = true;
      return trouble(`${told.error} Nothing is lost: choose below.`, { theirs: told });
    }
    if (answer.status === 404) return trouble(`This story has been taken away. ${kept}, if you want to copy them.`);
    if (answer.status === 409 || answer.status === 422) return trouble(`Not saved. ${told.error} ${kept}.`);
    return again(told.error ?? "Not saved: the station has a problem.");
  }

  addEventListener("beforeunload", (event) => { if (asks && dirty()) event.preventDefault(); });
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
    drop() { saved = read(); clearTimeout(timer); forget(id, what); },
  };
}

const keyOf = (id, what) => `sayso ${what} ${id}`;

/** Words (times, choices) of this story that were made in this browser and never saved, or null. */
export function unsaved(id, what = "words") {
  try {
    const found = JSON.parse(localStorage.getItem(keyOf(id, what)));
    return found && typeof found.text === "string" && Number.isInteger(found.revision) ? found : null;
  } catch {
    return null;
  }
}

/** Let them go. */
export function forget(id, what = "words") {
  try { localStorage.removeItem(keyOf(id, what)); } catch { /* there is none in this browser */ }
}

function keep(key, words) {
  // A browser may have no room, or no such place at all: then the page says that they are not saved, and no more.
  try { localStorage.setItem(key, JSON.stringify(words)); } catch { /* see above */ }
}

// Says how saving goes, and asks where only the person can say how it goes on.

/**
 * @param {string} what is saved: "words", "times" or "choices".
 * @param {() => object} saving returns what saves them.
 * @param {{line: string, notice: string, theirs: string}} where ids of the line that tells and of the place for questions,
 *   and what somebody else's are.
 * @returns `show` for the saver's `show`, `offer` for what was never saved, and `tell` for what cannot be any more.
 */
export function asking(what, saving, where = { line: "saving", notice: "trouble", theirs: "words" }) {
  const line = document.getElementById(where.line);
  const notice = document.getElementById(where.notice);

  return {
    show({ state, text, theirs, signedOut }) {
      line.dataset.state = state;
      line.textContent = text;
      notice.hidden = !(theirs || signedOut);
      if (theirs) notice.replaceChildren(conflict(theirs));
      if (signedOut) notice.replaceChildren(card([], [link("Sign in again", location.pathname)]));
    },
    /** Offer what was made in this browser before: `put` puts it back, `away` lets it go. */
    offer(told, put, away) {
      const done = (then) => () => { notice.hidden = true; then(); };
      notice.replaceChildren(card(told, [press("Put them back", done(put)), press("Throw them away", done(away))]));
      notice.hidden = false;
    },
    tell(text) {
      notice.replaceChildren(card([text], []));
      notice.hidden = false;
    },
    quoted,
  };

  function conflict(theirs) {
    const mine = press(`Keep my ${what}`, () => saving().over(theirs.revision));
    const others = press(`Take the ${what} of ${theirs.who}`, () => { saving().drop(); location.reload(); });
    // Times belong to words: those of other words are of no use.
    return card([`These are the ${where.theirs} of ${theirs.who}:`, quoted(theirs.theirs || `No ${where.theirs} at all.`)], theirs.others ? [others] : [mine, others]);
  }
}

function quoted(text) {
  return Object.assign(document.createElement("blockquote"), { textContent: text });
}

function press(text, then) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: text });
  button.addEventListener("click", then);
  return button;
}

function link(text, href) {
  return Object.assign(document.createElement("a"), { textContent: text, href, className: "button" });
}

function card(told, doings) {
  const all = Object.assign(document.createElement("div"), { className: "notice warn" });
  all.append(...told.map((each) => (typeof each === "string" ? Object.assign(document.createElement("p"), { textContent: each }) : each)));
  const row = Object.assign(document.createElement("div"), { className: "buttons" });
  row.append(...doings);
  all.append(row);
  return all;
}

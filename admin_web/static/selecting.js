// Choosing words of a story: for whatever is then done with them.
//
// With a mouse or a finger: mark them as any text, or click the first and shift-click the last. With the keyboard: shift
// and the arrow keys, from the word that has the focus. Escape lets go.

const sections = new WeakMap();

/**
 * Let words of `section` be chosen. Whoever asks again for the same section gets the same.
 * @param {HTMLElement} section
 * @returns {{selected: () => Chosen | null, onChange: (callback: (chosen: Chosen | null) => void) => void, choose: (first: number, last: number) => void, clear: () => void}}
 *   `Chosen` is {first, last, words, start, end}: places among the words in the order in which they were said (both
 *   included), their text, and seconds into the recording.
 */
export function selecting(section) {
  if (!sections.has(section)) sections.set(section, made(section));
  return sections.get(section);
}

function made(section) {
  const all = [...section.querySelectorAll("[data-start]")];
  const places = new Map(all.map((word, place) => [word, place]));
  const callbacks = [];
  let chosen = null;
  // Where it began: shift and an arrow key move the other end.
  let from = -1;
  let extending = false;

  const selected = () => {
    if (!chosen) return null;
    const words = all.slice(chosen.first, chosen.last + 1);
    return {
      ...chosen,
      words: words.map((word) => word.textContent).join(" "),
      start: Number(words[0].dataset.start),
      end: Math.max(...words.map((word) => Number(word.dataset.end))),
    };
  };

  const take = (first, last) => {
    if (chosen?.first === first && chosen?.last === last) return;
    mark(false);
    chosen = first < 0 ? null : { first, last };
    mark(true);
    for (const callback of callbacks) callback(selected());
  };
  const mark = (on) => {
    if (chosen) for (const word of all.slice(chosen.first, chosen.last + 1)) word.classList.toggle("chosen", on);
  };
  const clear = () => { from = -1; take(-1, -1); };
  const choose = (first, last) => {
    from = Math.max(0, first);
    take(from, Math.min(all.length - 1, last));
  };
  const extend = (place) => take(Math.min(from, place), Math.max(from, place));
  const idle = () => section.classList.contains("editing");

  section.addEventListener("click", (event) => {
    const place = places.get(event.target);
    if (place === undefined || idle()) return;
    if (event.shiftKey && from >= 0) {
      // The browser has marked something of its own, from letter to letter.
      getSelection().removeAllRanges();
      extend(place);
    } else if (getSelection().isCollapsed) {
      choose(place, place);
      // Whoever goes on with the keyboard goes on from here.
      event.target.focus({ preventScroll: true });
    }
  });
  // Before the arrow keys move the focus (words.js), and again when it has moved.
  section.addEventListener("keydown", (event) => {
    if (idle()) return;
    extending = event.shiftKey && places.has(event.target);
    if (extending && from < 0) from = places.get(event.target);
  }, true);
  section.addEventListener("keyup", (event) => { if (event.key === "Shift") extending = false; });
  section.addEventListener("focusin", (event) => {
    if (extending && places.has(event.target) && !idle()) extend(places.get(event.target));
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && chosen && section.isConnected) clear(); });
  document.addEventListener("selectionchange", () => {
    const marked = getSelection();
    if (idle() || !marked.rangeCount || marked.isCollapsed || !section.isConnected) return;
    const range = marked.getRangeAt(0);
    if (!range.intersectsNode(section)) return;
    const within = all.filter((word) => overlaps(range, word)).map((word) => places.get(word));
    if (within.length) choose(within[0], within.at(-1));
  });

  return { selected, onChange: (callback) => callbacks.push(callback), choose, clear };
}

/** Whether some of the word's letters are marked: ending right before it is not enough. */
function overlaps(range, word) {
  const own = document.createRange();
  own.selectNodeContents(word);
  return range.compareBoundaryPoints(Range.START_TO_END, own) > 0 && range.compareBoundaryPoints(Range.END_TO_START, own) < 0;
}

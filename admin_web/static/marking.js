// What somebody has marked of a story's words, handed from the story's page to the form about a worry.

const KEY = "sayso-marked-";

/** Remember what is marked when the link is followed. */
export function marking(link, passage, story) {
  let marked = "";
  // A press on the link may end the marking before its click comes: what was marked last counts.
  document.addEventListener("selectionchange", () => {
    const selection = getSelection();
    if (selection.isCollapsed || !passage().contains(selection.anchorNode)) return;
    marked = selection.toString().trim().replace(/\s+/g, " ");
  });
  link.addEventListener("click", () => {
    try {
      sessionStorage.setItem(KEY + story, marked);
    } catch {
      // A browser that keeps nothing: they type the words.
    }
  });
}

/** What was marked on the page of this story; once. */
export function taken(story) {
  try {
    const marked = sessionStorage.getItem(KEY + story) ?? "";
    sessionStorage.removeItem(KEY + story);
    return marked;
  } catch {
    return "";
  }
}

// Tells how far an export is while the browser fetches it.
const ASK_MS = 1000;
const progress = document.getElementById("progress");
const bar = document.getElementById("done");
const howFar = document.getElementById("how-far");

const TOLD = {
  waiting: () => "It begins in a moment.",
  going: ({ done, of }) => (of ? `${done} of ${of} ${of === 1 ? "story" : "stories"}` : "The words come first."),
  done: ({ of }) => `All is sent: ${of} ${of === 1 ? "story" : "stories"}.`,
  stopped: () => "It was broken off. What arrived is not whole. Delete it, and download it again.",
};

async function follow() {
  const answer = await fetch(progress.dataset.asks).then((each) => (each.redirected ? null : each.json()), () => null);
  if (!answer) {
    howFar.textContent = "Sayso does not say how far it is. Look at your browser's own list of downloads.";
    return;
  }
  const told = TOLD[answer.state](answer);
  // Said only when it changed, so that nobody who listens hears it each second.
  if (howFar.textContent !== told) howFar.textContent = told;
  bar.max = answer.of || 1;
  bar.value = answer.state === "done" ? bar.max : answer.done;
  if (answer.state === "going" || answer.state === "waiting") setTimeout(follow, ASK_MS);
}

document.getElementById("fetch").addEventListener("click", () => {
  progress.hidden = false;
  // The download itself comes first.
  setTimeout(follow, ASK_MS);
});

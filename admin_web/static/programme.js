// Beside each sentence: how many words it has, and about how long it takes to say. Without this, the site says so later.

const form = document.querySelector("form[data-words-per-minute]");
// As `speaking_s` of the station's preview reckons.
const BREATH_S = 0.4;

for (const line of document.querySelectorAll(".length[data-of]")) {
  const input = document.getElementById(line.dataset.of);
  const tell = () => show(line, input.value.trim() || line.dataset.usual);
  input.addEventListener("input", tell);
  // On a slow tablet somebody may have typed before this script was there.
  if (input.value !== input.defaultValue) tell();
}
document.getElementById("preview")?.focus();

function show(line, text) {
  const words = text.split(/\s+/).filter(Boolean).length;
  const seconds = words / form.dataset.wordsPerMinute * 60 + (text.match(/[.?!]/g) ?? []).length * BREATH_S;
  const most = Number(form.dataset.mostWords);
  const many = words > most ? `, and ${most} words are the most` : "";
  line.textContent = words ? `${words} ${words === 1 ? "word" : "words"}, about ${Math.max(1, Math.round(seconds))} s to say${many}` : "";
  line.classList.toggle("uncertain", words > most);
}

// Puts the words that somebody marked on the story's page into the form about a worry. They stay in this browser tab.
import { taken } from "./marking.js";

const form = document.getElementById("worry-form");
const words = form.elements.words;
if (!words.value) words.value = taken(form.dataset.story);

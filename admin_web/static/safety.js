// On a story's page: the words that are marked go along to the form about a worry.
import { marking } from "./marking.js";

const link = document.getElementById("worry");
const words = () => document.getElementById("words");
marking(link, words, words().dataset.story);

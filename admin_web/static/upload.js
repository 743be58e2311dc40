// Sends the form in two steps, so that nobody waits for a large file only to hear that a day is missing: first all the
// rest, then the file, with how far it is. Without a script, the form goes off as any other.
const form = document.getElementById("upload");
const faults = document.getElementById("faults");
const progress = document.getElementById("progress");
const button = form.querySelector("button.main");
const file = form.elements.file;
const told = document.getElementById("told");
const CUT_OFF = "The line was cut. Nothing was brought in. Press the button again.";

function send(body, meanwhile) {
  return new Promise((answered) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.addEventListener("load", () => {
      // Who is signed out is led to another page.
      const status = request.responseURL === form.action ? request.status : 403;
      answered(request.response ?? refusal(status));
    });
    request.addEventListener("error", () => answered({ errors: { file: CUT_OFF } }));
    request.addEventListener("abort", () => answered({ errors: {} }));
    if (meanwhile) meanwhile(request);
    request.send(body);
  });
}

function refusal(status) {
  if (status === 413) return { errors: { file: form.dataset.tooLarge } };
  if (status === 507) return { errors: { file: "The disk of the station is nearly full. Tell whoever looks after it." } };
  if (status === 403) return { errors: { file: "You were signed out meanwhile. Open this page in another tab, sign in, then try again." } };
  return { errors: { file: "Sayso could not take it just now. Nothing was changed. Try again in a minute." } };
}

function show(errors) {
  // As they stand in the form, one below the other.
  const place = (name) => document.getElementById(name).getBoundingClientRect().top;
  const ordered = Object.entries(errors).sort(([one], [other]) => place(one) - place(other));
  const lines = ordered.map(([name, text]) => {
    const line = document.createElement("li");
    const link = document.createElement("a");
    link.href = `#${name}`;
    link.textContent = labelOf(name);
    line.append(link, ` ${text}`);
    return line;
  });
  faults.querySelector("ul").replaceChildren(...lines);
  faults.querySelectorAll("ul ~ p").forEach((each) => each.remove());
  faults.hidden = !lines.length;
  document.title = document.title.replace(/^(Not right yet: )?/, lines.length ? "Not right yet: " : "");
  if (lines.length) faults.focus();
}

function labelOf(name) {
  const at = document.getElementById(name);
  return (at.matches("div") ? at.querySelector("legend") : at.labels[0]).textContent.trim();
}

function follow(request) {
  progress.hidden = false;
  const bar = document.getElementById("sent");
  const howFar = document.getElementById("how-far");
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    bar.value = (100 * loaded) / total;
    howFar.textContent = `${Math.round((100 * loaded) / total)} of 100 per cent`;
  });
  request.upload.addEventListener("load", () => {
    progress.hidden = true;
    told.textContent = "The file has arrived. Sayso is looking through it. This takes up to a minute.";
  });
  document.getElementById("stop").onclick = () => request.abort();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  told.textContent = "";
  const everything = new FormData(form);
  const first = new FormData(form);
  first.delete("file");
  const { errors } = await send(first);
  const chosen = file.files[0];
  // That there is no file is no news: it was left out.
  if (chosen) delete errors.file;
  if (chosen && chosen.size > Number(form.dataset.largest)) errors.file = form.dataset.tooLarge;
  if (Object.keys(errors).length) {
    show(errors);
  } else {
    show({});
    const answer = await send(everything, follow);
    if (answer.to) {
      window.location.assign(answer.to);
      return;
    }
    show(answer.errors);
  }
  progress.hidden = true;
  told.textContent = "";
  button.disabled = false;
});

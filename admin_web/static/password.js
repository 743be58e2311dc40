// Lets a person see the password they type: on a phone most mistakes are made blind.
for (const button of document.querySelectorAll("[data-shows]")) {
  const field = document.getElementById(button.dataset.shows);
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    button.textContent = shown ? "Hide password" : "Show password";
    field.focus();
  });
  // Hidden again before it is sent, so that the browser keeps it as a password and not as a text typed before.
  field.form.addEventListener("submit", () => { field.type = "password"; });
}
document.querySelector("[aria-invalid=true]")?.focus();

// Copies a link at one press. Without a script, the field can be selected and copied as any text.
for (const button of document.querySelectorAll("[data-copies]")) {
  const field = document.getElementById(button.dataset.copies);
  const told = document.getElementById(`${field.id}-copied`);
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.focus();
    field.select();
    // Browsers have the clipboard on https and on the machine itself only; on a centre's own network the old way works.
    const copied = navigator.clipboard
      ? await navigator.clipboard.writeText(field.value).then(() => true, () => false)
      : document.execCommand("copy");
    told.textContent = copied ? "Copied." : "Please copy the marked text yourself.";
  });
}

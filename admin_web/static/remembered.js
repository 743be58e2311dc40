// Small choices that stay in this browser, as far as it keeps any.

export function remembered(name, otherwise) {
  try {
    return localStorage.getItem(`sayso ${name}`) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function remember(name, value) {
  try { localStorage.setItem(`sayso ${name}`, value); } catch { /* then it holds for this page alone */ }
}

// Before the first paint: the look that the reader chose, if any, so that nothing flashes.
try {
  const look = localStorage.getItem('lq-look');
  if (look === 'light' || look === 'dark') document.documentElement.dataset.look = look;
} catch {
  // Storage is switched off: the system's look it is.
}
